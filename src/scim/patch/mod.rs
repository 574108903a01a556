//! PATCH: the message, its operations against a schema, and their effect on a document (RFC 7644 §3.5.2).
//!
//! `Group.members` never is in the document: operations on it become [`MemberDelta`]s, which the store
//! applies row by row, so that a change of one member costs the same in a group of any size.

mod apply;
mod members;
#[cfg(test)]
mod model;
mod operation;
#[cfg(test)]
mod tests;
mod write;

use std::sync::Arc;

use serde_json::{Map, Value};

pub use apply::{Applied, apply};
pub use members::{MemberDelta, Whom};
pub use operation::{MAX_OPERATIONS, check_size};

use super::budget;
use super::error::Result;
use super::filter::{AttrRef, Filter};
use super::resource;
use super::schema::{Attribute, ResourceType, Schema};

/// A PATCH message whose paths are attributes of the resource type.
#[derive(Debug, Clone, PartialEq)]
pub struct Patch {
    operations: Vec<Operation>,
}

impl Patch {
    /// Reads the message and checks its paths.
    ///
    /// # Errors
    /// 400 `invalidSyntax` for a malformed message, `invalidPath` for a path that does not parse or
    /// names no attribute, `noTarget` for a remove without path. How many operations there are was
    /// checked before ([`check_size`]).
    pub fn parse(rt: &ResourceType, body: Map<String, Value>) -> Result<Self> {
        operation::parse(rt, body).map(|operations| Self { operations })
    }

    /// The password that the operations set, the last one if there are several.
    pub fn password(&self, rt: &ResourceType) -> Option<&Value> {
        let set = self
            .operations
            .iter()
            .rev()
            .filter(|operation| operation.verb != Verb::Remove);
        set.filter_map(|operation| match &operation.target {
            Target::Resource => resource::password_in(rt, operation.value.as_object()?),
            Target::Attribute(attr) if resource::is_password(rt, attr) => Some(&operation.value),
            Target::Attribute(_) | Target::Extension(_) | Target::Values(_) => None,
        })
        .find(|value| !value.is_null())
    }

    /// Returns true if an operation may look at every member of a group, and not only at those that it names.
    pub fn looks_at_members(&self, rt: &ResourceType) -> bool {
        self.operations
            .iter()
            .any(|operation| match &operation.target {
                Target::Attribute(attr) => rt.is_members(attr) && attr.sub.is_some(),
                Target::Values(selection) => {
                    rt.is_members(&selection.attr) && !members::names_one(selection)
                }
                Target::Resource | Target::Extension(_) => false,
            })
    }

    /// Estimates what it costs to read and copy the values of the operations once.
    pub fn copy_cost(&self) -> u64 {
        let values = self.operations.iter().map(|operation| &operation.value);
        values.map(budget::copy_cost).sum()
    }

    /// Whether an operation writes the core attribute `name`, by its path or in a value without one.
    pub fn writes(&self, name: &str) -> bool {
        self.operations.iter().any(|operation| {
            let value = || operation.value.as_object();
            match &operation.target {
                Target::Resource => value().is_some_and(|members| {
                    members.keys().any(|key| key.eq_ignore_ascii_case(name))
                }),
                Target::Attribute(attr) => attr.extension.is_none() && attr.attribute.name == name,
                Target::Extension(_) | Target::Values(_) => false,
            }
        })
    }
}

/// What to do where a value filter selects nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unmatched {
    /// 400 `noTarget`, as RFC 7644 §3.5.2.3 wants.
    NoTarget,
    /// Make the value, with what the filter's `eq` terms say, as Entra expects.
    Create,
}

/// What a client profile decides about value filters that select nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// For `add`.
    pub add: Unmatched,
    /// For `replace`.
    pub replace: Unmatched,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verb {
    Add,
    Replace,
    Remove,
}

#[derive(Debug, Clone, PartialEq)]
struct Operation {
    verb: Verb,
    target: Target,
    /// `Null` where the message has none.
    value: Value,
}

#[derive(Debug, Clone, PartialEq)]
enum Target {
    /// No path.
    Resource,
    /// The URN of an extension.
    Extension(Arc<Schema>),
    /// `attr`, `attr.sub`.
    Attribute(AttrRef),
    /// `attr[filter]`, `attr[filter].sub`.
    Values(Selection),
}

#[derive(Debug, Clone, PartialEq)]
struct Selection {
    /// The multi-valued attribute.
    attr: AttrRef,
    filter: Filter,
    /// What the `eq` terms of the filter say, as written: a new value starts with it.
    seed: Map<String, Value>,
    sub: Option<Arc<Attribute>>,
}
