//! The component schemas: SCIM schemas by URN, resource types by name, messages under `scim.`.
//!
//! The three sorts of key never meet: only the name of a resource type has no dot, and only that of a schema
//! begins with `urn.`.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::attribute::{properties, required};
use super::{message, reference};
use crate::scim::schema::{Registry, ResourceType, Schema};

/// Everything that paths refer to.
pub(super) fn schemas(registry: &Registry) -> Map<String, Value> {
    let keys = keys(registry.schemas());
    let mut all = message::schemas();
    for schema in registry.schemas() {
        let body = json!({
            "type": "object",
            "title": schema.name,
            "description": schema.description,
            "properties": properties(&schema.attributes),
        });
        all.insert(key(&keys, schema), body);
    }
    for rt in registry.types() {
        all.insert(rt.name.to_string(), resource(&keys, rt));
        all.insert(sent(rt), sent_schema(rt));
        all.insert(list(rt), list_schema(rt));
    }
    all
}

/// The key of what a client sends to make or replace a resource.
pub(super) fn sent(rt: &ResourceType) -> String {
    format!("{}.sent", rt.name)
}

/// The key of a list of resources.
pub(super) fn list(rt: &ResourceType) -> String {
    format!("{}.list", rt.name)
}

/// A resource as it is answered; `attributes` can leave out everything but `schemas` and `id`.
fn resource(keys: &BTreeMap<&str, String>, rt: &ResourceType) -> Value {
    let mut members = properties(rt.common());
    for extension in &rt.extensions {
        let schema = &extension.schema;
        members.insert(
            schema.id.to_string(),
            reference("schemas", &key(keys, schema)),
        );
    }
    // What RFC 7643 §3 wants of clients; `common` describes what a server answers.
    members.insert(
        "schemas".to_owned(),
        json!({
            "type": "array",
            "items": { "type": "string", "format": "uri" },
            "examples": [[&*rt.schema.id]],
            "description": "The schemas whose attributes the resource has.",
        }),
    );
    json!({
        "type": "object",
        "description": rt.description,
        "allOf": [reference("schemas", &key(keys, &rt.schema))],
        "properties": members,
        "required": ["schemas", "id"],
    })
}

/// A resource as it is sent: with everything that is required.
fn sent_schema(rt: &ResourceType) -> Value {
    let mut needed = vec!["schemas"];
    needed.extend(required(&rt.schema.attributes));
    let mut inside = Map::new();
    for extension in &rt.extensions {
        let schema = &extension.schema;
        if extension.required {
            needed.push(&schema.id);
        }
        let within = required(&schema.attributes);
        if !within.is_empty() {
            inside.insert(schema.id.to_string(), json!({ "required": within }));
        }
    }
    json!({
        "allOf": [
            reference("schemas", &rt.name),
            { "type": "object", "required": needed, "properties": inside },
        ],
    })
}

fn list_schema(rt: &ResourceType) -> Value {
    let items = reference("schemas", &rt.name);
    json!({
        "allOf": [
            reference("schemas", message::LIST),
            { "properties": { "Resources": { "type": "array", "items": items } } },
        ],
    })
}

fn key(keys: &BTreeMap<&str, String>, schema: &Schema) -> String {
    keys.get(&*schema.id).cloned().unwrap_or_default()
}

/// A key for each URN, of the characters that keys may have (OpenAPI 3.1 §4.8.7).
fn keys(schemas: &[Arc<Schema>]) -> BTreeMap<&str, String> {
    let mut keys: BTreeMap<&str, String> = BTreeMap::new();
    for schema in schemas {
        let allowed = |c: char| {
            if c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.') {
                c
            } else {
                '.'
            }
        };
        let mut key: String = schema.id.chars().map(allowed).collect();
        while keys.values().any(|taken| *taken == key) {
            key.push('_');
        }
        keys.insert(&schema.id, key);
    }
    keys
}
