//! Schemas, resource types and their attributes (RFC 7643 §6, §7).

mod attribute;
mod common;
mod document;
mod registry;

pub use attribute::{Attribute, DataType, Mutability, Returned, Uniqueness};
pub use registry::{
    DocumentError, ENTERPRISE_URN, Extension, GROUP_URN, GroupNames, Registry, ResourceType,
    Schema, Target, USER_URN,
};
