//! Filters against a schema: checked, then evaluated (RFC 7644 §3.4.2.2).

mod tree;

pub use tree::{AttrRef, Filter, Operand};
