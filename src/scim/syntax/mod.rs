//! The grammar of filters and paths: text in, tree out, and back (RFC 7644 §3.4.2.2, §3.5.2 Figure 7).

mod tree;

pub use tree::{CompareOp, Filter, Literal, Name, Path};
