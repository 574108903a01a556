//! Entity tags: how a version is written, and what a condition on it decides (RFC 7644 §3.14, RFC 9110 §13).

use crate::scim::query::{Conditions, EntityTags};
use crate::scim::{Error, ErrorKind};
use crate::store::Record;

/// The entity tag of a record: weak, as two answers of one version may differ in their attributes.
pub(in crate::service) fn etag(record: &Record) -> String {
    format!("W/\"{}\"", record.version)
}

/// Refuses a read whose `If-Match` does not hold; it is asked before `If-None-Match` (RFC 9110 §13.2.2).
pub(super) fn allow_read(record: &Record, conditions: &Conditions) -> Result<(), Error> {
    let only = Conditions {
        if_match: conditions.if_match.clone(),
        if_none_match: None,
    };
    allow_change(record, &only)
}

/// Refuses a change whose `If-Match` or `If-None-Match` does not hold.
pub(super) fn allow_change(record: &Record, conditions: &Conditions) -> Result<(), Error> {
    let version = record.version.to_string();
    let moved = conditions
        .if_match
        .as_ref()
        .is_some_and(|tags| !tags.matches(&version));
    let present = conditions
        .if_none_match
        .as_ref()
        .is_some_and(|tags| tags.matches(&version));
    if moved || present {
        let detail = format!(
            "The resource is at version {}, which the condition of the request excludes: read it again.",
            etag(record)
        );
        return Err(Error::new(ErrorKind::PreconditionFailed, detail));
    }
    Ok(())
}

/// Whether a read may be answered with 304.
pub(super) fn is_known(record: &Record, tags: Option<&EntityTags>) -> bool {
    tags.is_some_and(|tags| tags.matches(&record.version.to_string()))
}
