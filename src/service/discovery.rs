//! The answers about the server itself, made once: they change with the settings only (RFC 7644 §4).

use bytes::Bytes;
use serde_json::Value;

use super::error::{Error, Result};
use super::resource::CURSOR_SECONDS;
use crate::config::{LoginMethod, Settings};
use crate::scim;
use crate::scim::discovery::{self, Limits};
use crate::scim::message::{ListHead, list_body};
use crate::scim::schema::Registry;

/// The bodies of `/ServiceProviderConfig`, `/ResourceTypes` and `/Schemas`.
pub struct Discovery {
    config: Bytes,
    types: Listing,
    schemas: Listing,
}

/// A list and its elements by id.
struct Listing {
    all: Bytes,
    each: Vec<(String, Bytes)>,
}

impl Discovery {
    pub(super) fn new(base: &str, settings: &Settings, registry: &Registry) -> Self {
        let limits = Limits {
            page_size: settings.scim.page_size,
            max_results: settings.scim.max_results,
            cursor_seconds: u64::from(CURSOR_SECONDS),
            max_operations: settings.scim.max_bulk_operations,
            max_payload: settings.scim.max_payload.bytes(),
            passwords: settings.login.method == LoginMethod::Local,
        };
        let documentation = format!("{}/openapi.json", settings.server.public_url);
        let config = discovery::service_provider_config(base, &documentation, limits).to_string();
        let types = registry
            .types()
            .iter()
            .map(|rt| (rt.name.to_string(), discovery::resource_type(base, rt)));
        let schemas = registry
            .schemas()
            .iter()
            .map(|schema| (schema.id.to_string(), discovery::schema(base, schema)));
        Self {
            config: config.into(),
            types: Listing::new(types),
            schemas: Listing::new(schemas),
        }
    }

    /// `/ServiceProviderConfig` (RFC 7643 §5).
    pub fn config(&self) -> Bytes {
        self.config.clone()
    }

    /// `/ResourceTypes`.
    pub fn resource_types(&self) -> Bytes {
        self.types.all.clone()
    }

    /// `/ResourceTypes/{name}`; the name in exact case.
    ///
    /// # Errors
    /// 404 when there is none of that name.
    pub fn resource_type(&self, name: &str) -> Result<Bytes> {
        self.types
            .find(|id| id == name)
            .ok_or_else(|| missing("resource type", name))
    }

    /// `/Schemas`.
    pub fn schemas(&self) -> Bytes {
        self.schemas.all.clone()
    }

    /// `/Schemas/{urn}`; the URN in any case (RFC 8141 §3.1).
    ///
    /// # Errors
    /// 404 when there is none with that URN.
    pub fn schema(&self, urn: &str) -> Result<Bytes> {
        self.schemas
            .find(|id| id.eq_ignore_ascii_case(urn))
            .ok_or_else(|| missing("schema", urn))
    }
}

impl Listing {
    fn new(elements: impl Iterator<Item = (String, Value)>) -> Self {
        let each: Vec<(String, Bytes)> = elements
            .map(|(id, value)| (id, Bytes::from(value.to_string())))
            .collect();
        let bodies: Vec<&Bytes> = each.iter().map(|(_, body)| body).collect();
        let head = ListHead {
            total: bodies.len() as u64,
            start_index: 1,
            items: bodies.len(),
        };
        Self {
            all: list_body(head, &bodies).into(),
            each,
        }
    }

    fn find(&self, wanted: impl Fn(&str) -> bool) -> Option<Bytes> {
        self.each
            .iter()
            .find(|(id, _)| wanted(id))
            .map(|(_, body)| body.clone())
    }
}

fn missing(what: &str, name: &str) -> Error {
    let shown: String = name.chars().take(128).collect();
    Error::Scim(scim::Error::not_found(format!(
        "There is no {what} \"{shown}\" here."
    )))
}
