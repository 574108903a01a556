//! Schemas, resource types and their attributes (RFC 7643 §6, §7).

mod assemble;
mod attribute;
mod attribute_document;
mod common;
mod document;
mod fault;
mod node;
mod registry;
#[cfg(test)]
mod tests;

pub use attribute::{Attribute, DataType, Mutability, Returned, Uniqueness};
pub use fault::{DocumentFault, DocumentFaults};
pub use registry::{
    ENTERPRISE_URN, Extension, GROUP_URN, GroupNames, Registry, ResourceType, Schema, Target,
    USER_URN,
};
