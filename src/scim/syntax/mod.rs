//! The grammar of filters and paths: text in, tree out, and back (RFC 7644 §3.4.2.2, §3.5.2 Figure 7).

mod filter;
mod lexer;
mod name;
mod path;
mod print;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
mod tree;

pub use filter::{MAX_DEPTH, MAX_FILTER_BYTES, MAX_TERMS};
pub use path::MAX_PATH_BYTES;
pub use tree::{CompareOp, Filter, Literal, Name, Path};
