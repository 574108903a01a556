//! Filters against a schema: checked, then evaluated (RFC 7644 §3.4.2.2).

mod check;
mod eval;
#[cfg(test)]
mod model;
#[cfg(test)]
mod tests;
mod tree;

pub use check::{check, check_across, check_values};
pub use eval::{attributes, matches, matches_value};
pub use tree::{AttrRef, Filter, Operand};
