//! Schemas, resource types and their attributes (RFC 7643 §6, §7).

mod attribute;

pub use attribute::{Attribute, DataType, Mutability, Returned, Uniqueness};
