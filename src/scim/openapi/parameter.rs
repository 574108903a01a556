//! The parameters of requests (RFC 7644 §3.4.2, §3.9, §3.14; RFC 7240; RFC 9865).

use serde_json::{Map, Value, json};

use super::reference;

/// Those of a request for many resources.
pub(super) const LIST: &[&str] = &[
    "filter",
    "sortBy",
    "sortOrder",
    "startIndex",
    "count",
    "cursor",
    "attributes",
    "excludedAttributes",
];
/// Those of a request for one.
pub(super) const READ: &[&str] = &["attributes", "excludedAttributes", "If-None-Match"];
/// Those of a request that makes one.
pub(super) const CREATE: &[&str] = &["attributes", "excludedAttributes", "Prefer"];
/// Those of a request that changes one.
pub(super) const CHANGE: &[&str] = &["attributes", "excludedAttributes", "If-Match", "Prefer"];
/// Those of a request that deletes one.
pub(super) const DELETE: &[&str] = &["If-Match"];

/// References to parameters.
pub(super) fn references(names: &[&str]) -> Vec<Value> {
    names
        .iter()
        .map(|name| reference("parameters", name))
        .collect()
}

/// A segment of the path.
pub(super) fn in_path(name: &str) -> Value {
    json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } })
}

/// The parameters, by name.
pub(super) fn all() -> Map<String, Value> {
    let text = || json!({ "type": "string" });
    let number = || json!({ "type": "integer", "format": "int64" });
    let order =
        json!({ "type": "string", "enum": ["ascending", "descending"], "default": "ascending" });
    let query = [
        (
            "filter",
            text(),
            "Which resources, such as `userName eq \"ada\"` (RFC 7644 §3.4.2.2).",
        ),
        ("sortBy", text(), "The attribute to sort by."),
        (
            "sortOrder",
            order,
            "Resources without the attribute come last, or first when descending.",
        ),
        (
            "startIndex",
            number(),
            "The position of the first resource of the page, from 1. Not with `cursor`.",
        ),
        ("count", number(), "How many resources a page has at most."),
        (
            "cursor",
            text(),
            "The page behind the one that gave out this cursor; empty: the first (RFC 9865).",
        ),
        (
            "attributes",
            text(),
            "Only these, and those that are always returned; with commas between.",
        ),
        (
            "excludedAttributes",
            text(),
            "Without these; with commas between.",
        ),
    ];
    let header = [
        (
            "If-Match",
            "Only when the resource is at this version (RFC 7644 §3.14).",
        ),
        (
            "If-None-Match",
            "Only when the resource is not at this version.",
        ),
        (
            "Prefer",
            "`return=minimal`: no body in the answer (RFC 7240).",
        ),
    ];
    let mut all = Map::new();
    for (name, schema, description) in query {
        let one =
            json!({ "name": name, "in": "query", "schema": schema, "description": description });
        all.insert(name.to_owned(), one);
    }
    for (name, description) in header {
        let one =
            json!({ "name": name, "in": "header", "schema": text(), "description": description });
        all.insert(name.to_owned(), one);
    }
    all
}
