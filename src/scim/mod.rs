//! The SCIM protocol, pure: no clock, no files, no database, no HTTP.

pub mod error;
pub mod filter;
pub mod index;
pub mod resource;
pub mod schema;
pub mod syntax;
pub mod value;

pub use error::{Error, ErrorKind, Result};
