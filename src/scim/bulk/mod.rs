//! Bulk: the request, its references resolved and its order found, and the answer (RFC 7644 §3.7).

mod answer;
mod plan;
mod reference;
mod request;

use std::sync::Arc;

use serde_json::{Map, Value};

pub use answer::{Outcome, answer};
pub use plan::plan;
pub use request::parse;

use super::error::Error;
use super::schema::ResourceType;

/// The URN of a Bulk request.
pub const REQUEST_URN: &str = "urn:ietf:params:scim:api:messages:2.0:BulkRequest";
/// The URN of its answer.
pub const RESPONSE_URN: &str = "urn:ietf:params:scim:api:messages:2.0:BulkResponse";

/// A Bulk request as parsed; an operation that makes no sense carries its own error.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// After how many errors to stop; `None`: never.
    pub fail_on_errors: Option<u64>,
    /// In the order of the request.
    pub operations: Vec<Operation>,
}

/// One operation.
#[derive(Debug, Clone, PartialEq)]
pub struct Operation {
    /// `method` as sent, in capitals.
    pub method: String,
    /// `bulkId`
    pub bulk_id: Option<String>,
    /// `version`: the entity tag that the resource must have.
    pub version: Option<String>,
    /// What to do, or why not.
    pub work: Result<Work, Error>,
}

/// What an operation does.
#[derive(Debug, Clone, PartialEq)]
pub struct Work {
    /// The resource type of the path.
    pub rt: Arc<ResourceType>,
    /// The id in the path; for a POST the one that [`plan()`] draws.
    pub id: String,
    /// The method.
    pub verb: Verb,
    /// The body; empty for DELETE.
    pub data: Map<String, Value>,
}

/// The methods of an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// Make one.
    Post,
    /// Replace one.
    Put,
    /// Change one.
    Patch,
    /// Delete one.
    Delete,
}

/// A Bulk request ready to run: its references are ids, and its order respects them.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// After how many errors to stop; `None`: never.
    pub fail_on_errors: Option<u64>,
    /// In the order of the request.
    pub steps: Vec<Step>,
    /// In the order to run, as positions of steps. Steps of one unit refer to each other in a circle:
    /// all of them happen or none.
    pub units: Vec<Vec<usize>>,
}

/// One operation of a plan.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// The operation, with ids in the place of references.
    pub operation: Operation,
    /// The positions of the POSTs whose resources it names; when one fails, it fails too.
    pub needs: Vec<usize>,
}
