//! What is no resource: messages, documents of discovery, errors, headers (RFC 7644 §3, §4; RFC 7643 §5–§7).

use serde_json::{Map, Value, json};

use super::reference;
use crate::scim::message::{ERROR_URN, LIST_URN, MEDIA_TYPE, PATCH_URN};

/// The keys of the messages.
pub(super) const LIST: &str = "scim.ListResponse";
pub(super) const PATCH: &str = "scim.PatchOp";
pub(super) const SEARCH: &str = "scim.SearchRequest";
pub(super) const BULK: &str = "scim.BulkRequest";
pub(super) const BULK_ANSWER: &str = "scim.BulkResponse";
pub(super) const CONFIG: &str = "scim.ServiceProviderConfig";
pub(super) const TYPE: &str = "scim.ResourceType";
pub(super) const SCHEMA: &str = "scim.Schema";
const ATTRIBUTE: &str = "scim.Attribute";
const ERROR: &str = "scim.Error";

/// The errors that operations refer to, by status.
const ERRORS: [(u16, &str); 12] = [
    (
        400,
        "The request is wrong; `scimType` and `detail` say why.",
    ),
    (401, "The credentials are missing or not valid."),
    (403, "The credentials, or the server, do not allow this."),
    (404, "There is no such resource."),
    (
        408,
        "The body did not arrive in time, or was the slowest of too many.",
    ),
    (409, "The value of a unique attribute is taken."),
    (412, "The resource is not at the version in `If-Match`."),
    (
        413,
        "The body is longer or has more JSON values, or its filters look at more, than the server takes.",
    ),
    (415, "The body is not JSON."),
    (429, "Too many requests."),
    (501, "This server does not offer it."),
    (503, "Not at the moment; try again."),
];

/// The answers to `statuses`.
pub(super) fn errors(statuses: &[u16]) -> Vec<(String, Value)> {
    let refer = |status: &u16| {
        (
            status.to_string(),
            reference("responses", &error_key(*status)),
        )
    };
    statuses.iter().map(refer).collect()
}

/// The components that [`errors`] refers to.
pub(super) fn responses() -> Map<String, Value> {
    let one = |(status, description): (u16, &str)| {
        let mut answer = json!({
            "description": description,
            "content": { MEDIA_TYPE: { "schema": reference("schemas", ERROR) } },
        });
        let header = match status {
            401 => Some("WWW-Authenticate"),
            429 | 503 => Some("Retry-After"),
            _ => None,
        };
        if let (Some(name), Value::Object(members)) = (header, &mut answer) {
            members.insert(
                "headers".to_owned(),
                json!({ name: reference("headers", name) }),
            );
        }
        (error_key(status), answer)
    };
    ERRORS.into_iter().map(one).collect()
}

/// The headers of answers.
pub(super) fn headers() -> Map<String, Value> {
    [
        ("ETag", "The version of the resource, `meta.version`."),
        ("Location", "The URL of the resource, `meta.location`."),
        (
            "WWW-Authenticate",
            "What credentials are asked for (RFC 6750).",
        ),
        ("Retry-After", "In so many seconds."),
    ]
    .into_iter()
    .map(|(name, description)| {
        let one = json!({ "description": description, "schema": { "type": "string" } });
        (name.to_owned(), one)
    })
    .collect()
}

/// The schemas of messages and documents.
pub(super) fn schemas() -> Map<String, Value> {
    [
        (ERROR, error()),
        (LIST, list()),
        (PATCH, patch()),
        (SEARCH, search()),
        (BULK, bulk(&bulk_operation())),
        (BULK_ANSWER, bulk(&bulk_result())),
        (CONFIG, config()),
        (TYPE, resource_type()),
        (SCHEMA, schema()),
        (ATTRIBUTE, attribute()),
    ]
    .into_iter()
    .map(|(key, schema)| (key.to_owned(), schema))
    .collect()
}

fn error_key(status: u16) -> String {
    format!("scim.{status}")
}

fn urns(urn: &str) -> Value {
    json!({ "type": "array", "items": { "type": "string" }, "examples": [[urn]] })
}

fn error() -> Value {
    json!({
        "type": "object",
        "properties": {
            "schemas": urns(ERROR_URN),
            "status": { "type": "string" },
            "scimType": { "type": "string" },
            "detail": { "type": "string" },
        },
        "required": ["schemas", "status"],
    })
}

fn list() -> Value {
    json!({
        "type": "object",
        "properties": {
            "schemas": urns(LIST_URN),
            "totalResults": { "type": "integer" },
            "startIndex": { "type": "integer" },
            "itemsPerPage": { "type": "integer" },
            "nextCursor": { "type": "string" },
            "Resources": { "type": "array", "items": { "type": "object" } },
        },
        "required": ["schemas"],
    })
}

fn patch() -> Value {
    let operation = json!({
        "type": "object",
        "properties": {
            "op": { "type": "string", "enum": ["add", "remove", "replace"] },
            "path": { "type": "string", "examples": ["emails[type eq \"work\"].value"] },
            "value": {},
        },
        "required": ["op"],
    });
    json!({
        "type": "object",
        "properties": {
            "schemas": urns(PATCH_URN),
            "Operations": { "type": "array", "minItems": 1, "items": operation },
        },
        "required": ["schemas", "Operations"],
    })
}

fn search() -> Value {
    let names = json!({ "type": "array", "items": { "type": "string" } });
    json!({
        "type": "object",
        "properties": {
            "schemas": urns("urn:ietf:params:scim:api:messages:2.0:SearchRequest"),
            "filter": { "type": "string" },
            "sortBy": { "type": "string" },
            "sortOrder": { "type": "string", "enum": ["ascending", "descending"] },
            "startIndex": { "type": "integer" },
            "count": { "type": "integer" },
            "cursor": { "type": "string" },
            "attributes": names,
            "excludedAttributes": names,
        },
        "required": ["schemas"],
    })
}

fn bulk(operation: &Value) -> Value {
    json!({
        "type": "object",
        "properties": {
            "schemas": { "type": "array", "items": { "type": "string" } },
            "failOnErrors": { "type": "integer" },
            "Operations": { "type": "array", "items": operation },
        },
        "required": ["schemas", "Operations"],
    })
}

fn bulk_operation() -> Value {
    json!({
        "type": "object",
        "properties": {
            "method": { "type": "string", "enum": ["POST", "PUT", "PATCH", "DELETE"] },
            "path": { "type": "string" },
            "bulkId": { "type": "string" },
            "version": { "type": "string" },
            "data": { "type": "object" },
        },
        "required": ["method", "path"],
    })
}

fn bulk_result() -> Value {
    json!({
        "type": "object",
        "properties": {
            "method": { "type": "string" },
            "location": { "type": "string", "format": "uri" },
            "bulkId": { "type": "string" },
            "version": { "type": "string" },
            "status": { "type": "string" },
            "response": reference("schemas", ERROR),
        },
        "required": ["method", "status"],
    })
}

fn config() -> Value {
    let supported = json!({
        "type": "object",
        "properties": { "supported": { "type": "boolean" } },
        "required": ["supported"],
    });
    json!({
        "type": "object",
        "properties": {
            "schemas": { "type": "array", "items": { "type": "string" } },
            "patch": supported,
            "bulk": supported,
            "filter": supported,
            "changePassword": supported,
            "sort": supported,
            "etag": supported,
            "pagination": { "type": "object" },
            "authenticationSchemes": { "type": "array", "items": { "type": "object" } },
            "meta": { "type": "object" },
        },
        "required": ["schemas", "patch", "bulk", "filter", "changePassword", "sort", "etag", "authenticationSchemes"],
    })
}

fn resource_type() -> Value {
    let extension = json!({
        "type": "object",
        "properties": { "schema": { "type": "string" }, "required": { "type": "boolean" } },
        "required": ["schema", "required"],
    });
    json!({
        "type": "object",
        "properties": {
            "schemas": { "type": "array", "items": { "type": "string" } },
            "id": { "type": "string" },
            "name": { "type": "string" },
            "endpoint": { "type": "string" },
            "description": { "type": "string" },
            "schema": { "type": "string" },
            "schemaExtensions": { "type": "array", "items": extension },
            "meta": { "type": "object" },
        },
        "required": ["schemas", "name", "endpoint", "schema"],
    })
}

fn schema() -> Value {
    json!({
        "type": "object",
        "properties": {
            "schemas": { "type": "array", "items": { "type": "string" } },
            "id": { "type": "string" },
            "name": { "type": "string" },
            "description": { "type": "string" },
            "attributes": { "type": "array", "items": reference("schemas", ATTRIBUTE) },
            "meta": { "type": "object" },
        },
        "required": ["schemas", "id", "attributes"],
    })
}

fn attribute() -> Value {
    let texts = json!({ "type": "array", "items": { "type": "string" } });
    json!({
        "type": "object",
        "properties": {
            "name": { "type": "string" },
            "type": { "type": "string" },
            "description": { "type": "string" },
            "multiValued": { "type": "boolean" },
            "required": { "type": "boolean" },
            "caseExact": { "type": "boolean" },
            "mutability": { "type": "string" },
            "returned": { "type": "string" },
            "uniqueness": { "type": "string" },
            "canonicalValues": texts,
            "referenceTypes": texts,
            "subAttributes": { "type": "array", "items": reference("schemas", ATTRIBUTE) },
        },
        "required": ["name", "type"],
    })
}
