//! Reads a Bulk request (RFC 7644 §3.7): what is wrong with the whole is refused, what is wrong with one
//! operation is answered in its place.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::{Operation, REQUEST_URN, Request, Verb, Work};
use crate::scim::error::{Error, ErrorKind, Result};
use crate::scim::json::kind_of;
use crate::scim::schema::{Registry, ResourceType};

/// Reads the message.
///
/// # Errors
/// 400 `invalidSyntax` for a message that is none, 413 for more than `max_operations`.
pub fn parse(
    registry: &Registry,
    body: Map<String, Value>,
    max_operations: u64,
) -> Result<Request> {
    let (mut schemas, mut fail_on_errors, mut operations) = (Value::Null, Value::Null, Value::Null);
    for (name, value) in body {
        match name.to_ascii_lowercase().as_str() {
            "schemas" => schemas = value,
            "failonerrors" => fail_on_errors = value,
            "operations" => operations = value,
            _ => {}
        }
    }
    check_schemas(&schemas)?;
    let Value::Array(list) = operations else {
        return Err(Error::syntax("Operations is missing or no array."));
    };
    if list.is_empty() {
        return Err(Error::syntax("Operations is empty: send at least one."));
    }
    if list.len() as u64 > max_operations {
        let detail = format!(
            "The request has {} operations, {max_operations} (maxOperations) are allowed: send it in parts.",
            list.len()
        );
        return Err(Error::new(ErrorKind::TooLarge, detail));
    }
    let operations = list
        .into_iter()
        .map(|one| operation(registry, one))
        .collect();
    Ok(Request {
        fail_on_errors: limit(&fail_on_errors)?,
        operations,
    })
}

fn check_schemas(schemas: &Value) -> Result<()> {
    let named = |urn: &Value| {
        urn.as_str()
            .is_some_and(|urn| urn.eq_ignore_ascii_case(REQUEST_URN))
    };
    if schemas
        .as_array()
        .is_some_and(|urns| urns.iter().any(named))
    {
        return Ok(());
    }
    Err(Error::syntax(format!(
        "schemas does not name \"{REQUEST_URN}\"."
    )))
}

fn limit(value: &Value) -> Result<Option<u64>> {
    match value {
        Value::Null => Ok(None),
        other => match other.as_u64() {
            Some(0) | None => Err(Error::value(
                "failOnErrors is a whole number of at least 1.",
            )),
            Some(limit) => Ok(Some(limit)),
        },
    }
}

fn operation(registry: &Registry, value: Value) -> Operation {
    let Value::Object(mut members) = value else {
        let work = Err(Error::syntax(format!(
            "The operation is {}: send an object.",
            kind_of(&value)
        )));
        return Operation {
            method: String::new(),
            bulk_id: None,
            version: None,
            work,
        };
    };
    let mut take = |wanted: &str| {
        let name = members
            .keys()
            .find(|name| name.eq_ignore_ascii_case(wanted))
            .cloned()?;
        members.shift_remove(&name)
    };
    let (method, bulk_id, version) = (take("method"), take("bulkId"), take("version"));
    let (path, data) = (take("path"), take("data"));
    let text = |value: Option<Value>| match value {
        Some(Value::String(text)) if !text.is_empty() => Some(text),
        _ => None,
    };
    let method = text(method).unwrap_or_default().to_ascii_uppercase();
    let (bulk_id, version) = (text(bulk_id), text(version));
    let work = work(registry, &method, bulk_id.as_deref(), text(path), data);
    Operation {
        method,
        bulk_id,
        version,
        work,
    }
}

fn work(
    registry: &Registry,
    method: &str,
    bulk_id: Option<&str>,
    path: Option<String>,
    data: Option<Value>,
) -> Result<Work> {
    let verb = match method {
        "POST" => Verb::Post,
        "PUT" => Verb::Put,
        "PATCH" => Verb::Patch,
        "DELETE" => Verb::Delete,
        _ => return Err(Error::syntax("method is POST, PUT, PATCH or DELETE.")),
    };
    let path =
        path.ok_or_else(|| Error::syntax("path is missing: send \"/Users\" or \"/Users/{id}\"."))?;
    let (rt, id) = target(registry, &path)?;
    match (verb, id.is_empty()) {
        (Verb::Post, false) => {
            return Err(Error::syntax(
                "The path of a POST is that of the resource type, without an id.",
            ));
        }
        (Verb::Put | Verb::Patch | Verb::Delete, true) => {
            return Err(Error::syntax("path has no id: send \"/Users/{id}\"."));
        }
        (Verb::Post, true) | (Verb::Put | Verb::Patch | Verb::Delete, false) => {}
    }
    if verb == Verb::Post && bulk_id.is_none() {
        return Err(Error::syntax("bulkId is missing: a POST needs one."));
    }
    let data = match (verb, data) {
        (Verb::Delete, _) => Map::new(),
        (Verb::Post | Verb::Put | Verb::Patch, Some(Value::Object(data))) => data,
        (Verb::Post | Verb::Put | Verb::Patch, _) => {
            return Err(Error::syntax("data is missing or no object."));
        }
    };
    Ok(Work { rt, id, verb, data })
}

/// `/Users`, `Users/{id}`: relative to the SCIM root (§3.7, `path`).
fn target(registry: &Registry, path: &str) -> Result<(Arc<ResourceType>, String)> {
    let trimmed = path.trim_start_matches('/').trim_end_matches('/');
    let (endpoint, id) = trimmed.split_once('/').unwrap_or((trimmed, ""));
    let shown: String = path.chars().take(128).collect();
    let Some(rt) = registry.by_endpoint(endpoint) else {
        return Err(Error::not_found(format!(
            "The path \"{shown}\" is that of no resource type."
        )));
    };
    if id.contains(['/', '?', '#']) {
        return Err(Error::not_found(format!(
            "The path \"{shown}\" is that of no resource."
        )));
    }
    Ok((Arc::clone(rt), id.to_owned()))
}
