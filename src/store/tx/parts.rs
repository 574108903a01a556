//! The parts of a resource that a filter and an order look at: of a document that is read for them, no more is parsed.

use serde_json::{Map, Value, json};

use super::Record;
use crate::scim::filter::{AttrRef, Filter, attributes};
use crate::scim::resource::Document;
use crate::scim::schema::ResourceType;
use crate::store::{Error, Result};

/// What of a resource is looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Parts<'p> {
    /// Members of the document: attributes of the core schema and of no schema, and the URNs of extensions.
    names: Vec<&'p str>,
    pub(super) relations: Relations,
}

/// What is not in the document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Relations {
    None,
    Members,
    Groups,
}

impl<'p> Parts<'p> {
    /// What a filter and an order look at.
    pub(super) fn new(
        rt: &ResourceType,
        filter: Option<&'p Filter>,
        by: Option<&'p AttrRef>,
    ) -> Self {
        let mut parts = Self {
            names: Vec::new(),
            relations: Relations::None,
        };
        for attr in filter.into_iter().flat_map(attributes).chain(by) {
            if parts.relations == Relations::None {
                parts.relations = Relations::of(rt, attr);
            }
            let name = attr.extension.as_deref().unwrap_or(&attr.attribute.name);
            if !parts.names.contains(&name) {
                parts.names.push(name);
            }
        }
        parts
    }

    /// These parts of the resource as it is answered, but for its URLs, members and groups.
    pub(super) fn of(&self, rt: &ResourceType, record: &Record) -> Result<Map<String, Value>> {
        let wanted = |name: &str| self.names.contains(&name);
        let mut parts = Document::parse_parts(&record.body, &self.names)
            .ok_or_else(|| Error::corrupt("body", &record.id, "no JSON object"))?;
        if record.locked && wanted("active") {
            parts.insert("active".to_owned(), false.into());
        }
        if wanted("id") {
            parts.insert("id".to_owned(), record.id.as_str().into());
        }
        if wanted("meta") {
            let meta = json!({
                "resourceType": &*rt.name,
                "created": record.created.to_string(),
                "lastModified": record.modified.to_string(),
                "version": format!("W/\"{}\"", record.version),
            });
            parts.insert("meta".to_owned(), meta);
        }
        Ok(parts)
    }
}

impl Relations {
    fn of(rt: &ResourceType, attr: &AttrRef) -> Self {
        if rt.is_members(attr) {
            Self::Members
        } else if rt.is_user() && attr.extension.is_none() && attr.attribute.name == "groups" {
            Self::Groups
        } else {
            Self::None
        }
    }
}
