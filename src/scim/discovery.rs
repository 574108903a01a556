//! What a client can ask about this server: `/ServiceProviderConfig`, `/ResourceTypes`, `/Schemas`
//! (RFC 7644 §4, RFC 7643 §5–§7, RFC 9865 §2.4).

use serde_json::{Map, Value, json};

use super::schema::{Attribute, DataType, ResourceType, Schema};

const CONFIG_URN: &str = "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig";
const TYPE_URN: &str = "urn:ietf:params:scim:schemas:core:2.0:ResourceType";
const SCHEMA_URN: &str = "urn:ietf:params:scim:schemas:core:2.0:Schema";

/// The limits that this server publishes and enforces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// How many resources a page has when the client does not say.
    pub page_size: u64,
    /// How many resources a page has at most.
    pub max_results: u64,
    /// How long a cursor is valid, in seconds (RFC 9865 §4).
    pub cursor_seconds: u64,
    /// How many operations a Bulk request has at most.
    pub max_operations: u64,
    /// How many bytes a request body has at most.
    pub max_payload: u64,
    /// Whether passwords can be set.
    pub passwords: bool,
}

/// The answer of `/ServiceProviderConfig` (RFC 7643 §5); `base` is the URL of the SCIM root, and
/// `documentation` that of what says more, such as the limits for which the standard has no names.
pub fn service_provider_config(base: &str, documentation: &str, limits: Limits) -> Value {
    json!({
        "schemas": [CONFIG_URN],
        "documentationUri": documentation,
        "patch": { "supported": true },
        "bulk": {
            "supported": true,
            "maxOperations": limits.max_operations,
            "maxPayloadSize": limits.max_payload,
        },
        "filter": { "supported": true, "maxResults": limits.max_results },
        "changePassword": { "supported": limits.passwords },
        "sort": { "supported": true },
        "etag": { "supported": true },
        "pagination": {
            "cursor": true,
            "index": true,
            "defaultPaginationMethod": "index",
            "defaultPageSize": limits.page_size,
            "maxPageSize": limits.max_results,
            "cursorTimeout": limits.cursor_seconds,
        },
        "authenticationSchemes": [{
            "type": "oauthbearertoken",
            "name": "Bearer token",
            "description": "A token of `muster token create`, in the Authorization header.",
            "specUri": "https://www.rfc-editor.org/rfc/rfc6750",
            "primary": true,
        }],
        "meta": {
            "resourceType": "ServiceProviderConfig",
            "location": format!("{base}/ServiceProviderConfig"),
        },
    })
}

/// One resource type, as `/ResourceTypes/{name}` answers it (RFC 7643 §6).
pub fn resource_type(base: &str, rt: &ResourceType) -> Value {
    let extensions: Vec<Value> = rt
        .extensions
        .iter()
        .map(|found| json!({ "schema": &*found.schema.id, "required": found.required }))
        .collect();
    json!({
        "schemas": [TYPE_URN],
        "id": &*rt.name,
        "name": &*rt.name,
        "endpoint": rt.endpoint,
        "description": rt.description,
        "schema": &*rt.schema.id,
        "schemaExtensions": extensions,
        "meta": {
            "resourceType": "ResourceType",
            "location": format!("{base}/ResourceTypes/{}", rt.name),
        },
    })
}

/// One schema, as `/Schemas/{urn}` answers it: every characteristic of every attribute (RFC 7643 §7).
pub fn schema(base: &str, schema: &Schema) -> Value {
    let attributes: Vec<Value> = schema.attributes.iter().map(|one| attribute(one)).collect();
    json!({
        "schemas": [SCHEMA_URN],
        "id": &*schema.id,
        "name": schema.name,
        "description": schema.description,
        "attributes": attributes,
        "meta": {
            "resourceType": "Schema",
            "location": format!("{base}/Schemas/{}", schema.id),
        },
    })
}

fn attribute(attribute: &Attribute) -> Value {
    let mut members = Map::new();
    let mut put = |name: &str, value: Value| {
        members.insert(name.to_owned(), value);
    };
    put("name", json!(attribute.name));
    put("type", json!(attribute.data_type));
    put("multiValued", json!(attribute.multi_valued));
    put("description", json!(attribute.description));
    put("required", json!(attribute.required));
    put("caseExact", json!(attribute.case_exact));
    put("mutability", json!(attribute.mutability));
    put("returned", json!(attribute.returned));
    put("uniqueness", json!(attribute.uniqueness));
    if !attribute.canonical_values.is_empty() {
        put("canonicalValues", json!(attribute.canonical_values));
    }
    if attribute.data_type == DataType::Reference {
        put("referenceTypes", json!(attribute.reference_types));
    }
    if attribute.is_complex() {
        let subs: Vec<Value> = attribute
            .sub_attributes
            .iter()
            .map(|sub| self::attribute(sub))
            .collect();
        put("subAttributes", Value::Array(subs));
    }
    Value::Object(members)
}
