//! An attribute as JSON Schema (2020-12, as OpenAPI 3.1 has it).

use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::scim::schema::{Attribute, DataType, Mutability, Returned, Uniqueness};
use crate::scim::typed::MAX_INTEGER;

/// The properties that attributes are.
pub(super) fn properties(attributes: &[Arc<Attribute>]) -> Map<String, Value> {
    attributes
        .iter()
        .map(|attribute| (attribute.name.clone(), property(attribute)))
        .collect()
}

/// The names of those that a client must send.
pub(super) fn required(attributes: &[Arc<Attribute>]) -> Vec<&str> {
    attributes
        .iter()
        .filter(|attribute| attribute.required && attribute.mutability != Mutability::ReadOnly)
        .map(|attribute| attribute.name.as_str())
        .collect()
}

fn property(attribute: &Attribute) -> Value {
    let single = single(attribute);
    let mut members = if attribute.multi_valued {
        Map::from_iter([
            ("type".to_owned(), json!("array")),
            ("items".to_owned(), Value::Object(single)),
        ])
    } else {
        single
    };
    let mut put = |name: &str, value: Value| members.insert(name.to_owned(), value);
    if !attribute.description.is_empty() {
        put("description", json!(attribute.description));
    }
    if attribute.mutability == Mutability::ReadOnly {
        put("readOnly", json!(true));
    }
    if attribute.returned == Returned::Never {
        put("writeOnly", json!(true));
    }
    let said = characteristics(attribute);
    if !said.is_empty() {
        put("x-scim", Value::Object(said));
    }
    Value::Object(members)
}

/// One value.
fn single(attribute: &Attribute) -> Map<String, Value> {
    let limit = i64::try_from(MAX_INTEGER).unwrap_or(i64::MAX);
    let schema = match attribute.data_type {
        DataType::String => json!({ "type": "string" }),
        DataType::Boolean => json!({ "type": "boolean" }),
        DataType::Decimal => json!({ "type": "number" }),
        DataType::Integer => {
            json!({ "type": "integer", "format": "int64", "minimum": -limit, "maximum": limit })
        }
        DataType::DateTime => json!({ "type": "string", "format": "date-time" }),
        DataType::Binary => json!({ "type": "string", "contentEncoding": "base64" }),
        DataType::Reference => json!({ "type": "string", "format": "uri-reference" }),
        DataType::Complex => json!({
            "type": "object",
            "properties": properties(&attribute.sub_attributes),
        }),
    };
    let Value::Object(mut members) = schema else {
        return Map::new();
    };
    // Canonical values are suggestions (RFC 7643 §7): an `enum` would refuse others.
    if !attribute.canonical_values.is_empty() {
        members.insert("examples".to_owned(), json!(attribute.canonical_values));
    }
    let needed = required(&attribute.sub_attributes);
    if !needed.is_empty() {
        members.insert("required".to_owned(), json!(needed));
    }
    members
}

/// What JSON Schema has no words for, where it is not the default of RFC 7643 §2.2.
fn characteristics(attribute: &Attribute) -> Map<String, Value> {
    let mut said = Map::new();
    let mut put = |name: &str, value: Value| said.insert(name.to_owned(), value);
    if attribute.case_exact {
        put("caseExact", json!(true));
    }
    if attribute.mutability == Mutability::Immutable {
        put("mutability", json!(attribute.mutability));
    }
    if matches!(attribute.returned, Returned::Always | Returned::Request) {
        put("returned", json!(attribute.returned));
    }
    if attribute.uniqueness != Uniqueness::None {
        put("uniqueness", json!(attribute.uniqueness));
    }
    if !attribute.reference_types.is_empty() {
        put("referenceTypes", json!(attribute.reference_types));
    }
    said
}
