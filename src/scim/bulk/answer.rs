//! The answer to a Bulk request (RFC 7644 §3.7.3).

use serde_json::{Map, Value, json};

use super::{Operation, RESPONSE_URN};
use crate::scim::error::Error;
use crate::scim::message::error_value;

/// What became of one operation.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// It happened.
    Done {
        /// The HTTP status that a request of its own would have had.
        status: u16,
        /// `meta.location`
        location: String,
        /// `meta.version`; `None` after a DELETE.
        version: Option<String>,
    },
    /// It was refused, and changed nothing.
    Refused {
        /// Why.
        error: Error,
        /// The resource it was about; `None` for a POST.
        location: Option<String>,
    },
}

/// The body: the operations that were run, in the order of the request.
pub fn answer<'o>(outcomes: impl Iterator<Item = (&'o Operation, Outcome)>) -> Value {
    let operations: Vec<Value> = outcomes
        .map(|(operation, outcome)| Value::Object(entry(operation, outcome)))
        .collect();
    json!({ "schemas": [RESPONSE_URN], "Operations": operations })
}

fn entry(operation: &Operation, outcome: Outcome) -> Map<String, Value> {
    let mut members = Map::new();
    let mut put = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            members.insert(name.to_owned(), value);
        }
    };
    put("method", Some(operation.method.as_str().into()));
    put("bulkId", operation.bulk_id.as_deref().map(Value::from));
    match outcome {
        Outcome::Done {
            status,
            location,
            version,
        } => {
            put("version", version.map(Value::from));
            put("location", Some(location.into()));
            put("status", Some(status.to_string().into()));
        }
        Outcome::Refused { error, location } => {
            put("location", location.map(Value::from));
            put("status", Some(error.kind.status().to_string().into()));
            put("response", Some(error_value(&error)));
        }
    }
    members
}
