//! The SCIM protocol, pure: no clock, no files, no database, no HTTP.

pub mod budget;
pub mod bulk;
pub mod discovery;
pub mod error;
pub mod filter;
pub mod growth;
pub mod index;
pub mod json;
pub mod message;
pub mod openapi;
mod part;
pub mod patch;
pub mod profile;
pub mod project;
pub mod query;
pub mod resource;
pub mod schema;
pub mod search;
pub mod syntax;
mod typed;
pub mod validate;
pub mod value;

pub use error::{Error, ErrorKind, Result};
