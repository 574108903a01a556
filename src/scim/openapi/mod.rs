//! The OpenAPI 3.1 document of a gateway: made from its schemas and from what its routes serve.

mod attribute;
mod auth;
mod component;
mod message;
mod oauth;
mod operation;
mod parameter;

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::growth::{MAX_DOCUMENT_BYTES, MAX_VALUES};
use super::json;
use super::schema::{Registry, ResourceType};

pub use auth::Auth;

/// What the document says about the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct About<'a> {
    /// The URL that all paths begin at.
    pub url: &'a str,
    /// The version of the program.
    pub version: &'a str,
    /// The name of the session cookie.
    pub cookie: &'a str,
    /// The largest body of a SCIM request, in bytes.
    pub max_payload: usize,
}

/// One URL pattern and what stands behind it.
#[derive(Debug, Clone, PartialEq)]
pub struct Endpoint {
    /// The path, `{name}` for a segment that varies.
    pub path: String,
    /// The methods that are served. HEAD is left out of the document: it comes with GET.
    pub methods: &'static [&'static str],
    /// Whether a bearer token is needed.
    pub access: Access,
    /// What it serves.
    pub serves: Serves,
}

/// Who may use an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Anybody.
    Public,
    /// Whoever has a token.
    Bearer,
    /// An OAuth client with its id and secret, or an assertion in their stead.
    Client,
    /// Whoever has a session cookie.
    Session,
    /// Whoever has a session cookie, a JWT or a personal access token.
    Person,
}

/// What an endpoint serves.
#[derive(Debug, Clone, PartialEq)]
pub enum Serves {
    /// The resources of a type.
    Collection(Arc<ResourceType>),
    /// One of them.
    Item(Arc<ResourceType>),
    /// Searches among them.
    Search(Arc<ResourceType>),
    /// Searches among all.
    SearchAll,
    /// All resources.
    Root,
    /// Many changes at once.
    Bulk,
    /// The resource of who asks.
    Me,
    /// `/ServiceProviderConfig`
    ProviderConfig,
    /// `/ResourceTypes`
    ResourceTypes,
    /// One resource type.
    ResourceType,
    /// `/Schemas`
    Schemas,
    /// One schema.
    Schema,
    /// Whether the server lives, or can serve.
    Probe,
    /// This document.
    OpenApi,
    /// `/oauth/token`
    OauthToken,
    /// What is about logins.
    Auth(Auth),
}

/// The document (OpenAPI 3.1).
pub fn document(about: About<'_>, registry: &Registry, endpoints: &[Endpoint]) -> Value {
    let mut paths = Map::new();
    for endpoint in endpoints {
        paths.insert(endpoint.path.clone(), operation::path_item(endpoint));
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Muster",
            "summary": "SCIM 2.0 provisioning gateway",
            "description": limits(about.max_payload),
            "version": about.version,
            "license": { "name": "Apache 2.0", "identifier": "Apache-2.0" },
        },
        "servers": [{ "url": about.url }],
        "paths": paths,
        "components": {
            "schemas": component::schemas(registry),
            "responses": message::responses(),
            "parameters": parameter::all(),
            "headers": message::headers(),
            "securitySchemes": {
                "client": {
                    "type": "http",
                    "scheme": "basic",
                    "description": "The name of a connection and its token (RFC 6749 §2.3.1); both may be in the form.",
                },
                "session": {
                    "type": "apiKey",
                    "in": "cookie",
                    "name": about.cookie,
                    "description": "The session that a login begins.",
                },
                "person": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "A JWT of `/auth/token`, or a personal access token.",
                },
                "bearer": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "A token of `muster token create` (RFC 6750).",
                },
            },
        },
    })
}

/// What fits into a request and a resource.
fn limits(max_payload: usize) -> String {
    let values = json::max_values(max_payload);
    format!(
        "The body of a SCIM request has at most {max_payload} bytes and {values} JSON values (413). A resource has at most \
         {MAX_DOCUMENT_BYTES} bytes, and an attribute but `members` {MAX_VALUES} values (400 `invalidValue`): only a change that \
         makes it larger is refused."
    )
}

/// A reference to a component.
fn reference(kind: &str, key: &str) -> Value {
    json!({ "$ref": format!("#/components/{kind}/{key}") })
}
