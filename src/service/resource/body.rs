//! From the bytes of a request to strict JSON: parsed, then freed of what the client's profile knows.

use serde_json::{Map, Value};

use super::change::Notes;
use crate::scim::json;
use crate::scim::message::SEARCH_URN;
use crate::scim::patch;
use crate::scim::profile::Correction;
use crate::scim::schema::ResourceType;
use crate::scim::search;
use crate::scim::{Error, Result};
use crate::service::Caller;

/// The body of a POST or PUT.
pub(super) fn resource(
    caller: &Caller,
    rt: &ResourceType,
    bytes: &[u8],
    max_values: usize,
) -> Result<Map<String, Value>> {
    mended(caller, rt, json::parse_object(bytes, max_values)?)
}

/// The body of a PATCH of the resource `id`.
pub(super) fn patch(
    caller: &Caller,
    rt: &ResourceType,
    id: &str,
    bytes: &[u8],
    max_values: usize,
) -> Result<Map<String, Value>> {
    mended_patch(caller, rt, id, json::parse_object(bytes, max_values)?)
}

/// The body of a POST or PUT that is JSON already.
pub(in crate::service) fn mended(
    caller: &Caller,
    rt: &ResourceType,
    body: Map<String, Value>,
) -> Result<Map<String, Value>> {
    let (body, corrections) = caller.profile.body(rt, Value::Object(body));
    told(caller, &corrections);
    object(body)
}

/// The body of a PATCH of the resource `id` that is JSON already.
pub(in crate::service) fn mended_patch(
    caller: &Caller,
    rt: &ResourceType,
    id: &str,
    body: Map<String, Value>,
) -> Result<Map<String, Value>> {
    patch::check_size(&body)?;
    let (body, corrections) = caller.profile.patch(rt, id, Value::Object(body));
    told(caller, &corrections);
    object(body)
}

/// The body of a search; `rt` is the type that is searched, or any.
pub(super) fn search(
    caller: &Caller,
    rt: &ResourceType,
    bytes: &[u8],
    max_values: usize,
) -> Result<Map<String, Value>> {
    let body = Value::Object(json::parse_object(bytes, max_values)?);
    let profile = caller.profile;
    let (body, corrections) = profile.message(rt, SEARCH_URN, &search::KEYS, body);
    told(caller, &corrections);
    object(body)
}

/// What a profile corrected stands in the log by name: nothing is changed silently.
pub(in crate::service) fn told(caller: &Caller, corrections: &[Correction]) {
    if corrections.is_empty() {
        return;
    }
    caller.notes.corrected(corrections);
    let names: Vec<String> = corrections
        .iter()
        .map(|found| format!("{} at {}", found.quirk.name(), found.at))
        .collect();
    tracing::info!(
        connection = &*caller.connection,
        corrected = names.join(", "),
        "the request was rewritten for the client's profile"
    );
}

/// What was left out of a body, or opened nothing, stands in the log too.
pub(in crate::service) fn noted(caller: &Caller, id: &str, notes: &Notes) {
    let connection = &*caller.connection;
    if notes.password {
        tracing::info!(
            connection,
            "a password was dropped: setting one needs the scope password, and login.method = local"
        );
    }
    if !notes.unknown.is_empty() {
        tracing::info!(
            connection,
            attributes = notes.unknown.join(", "),
            "attributes that no schema knows were ignored"
        );
    }
    if notes.unheeded {
        tracing::info!(
            connection,
            id,
            "active = true is remembered and opens nothing: an administrator has locked the account"
        );
    }
}

/// The members of an object.
pub(in crate::service) fn object(body: Value) -> Result<Map<String, Value>> {
    match body {
        Value::Object(members) => Ok(members),
        other => Err(Error::syntax(format!(
            "The body is {}: send an object.",
            json::kind_of(&other)
        ))),
    }
}
