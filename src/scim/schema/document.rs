//! Reads schema and resource-type documents as RFC 7643 §7 and §6 print them, and notes all that is wrong.

use serde_json::Value;

use super::attribute_document::{MAX_NAME, attributes, is_name, misspelt};
use super::fault::{DocumentFaults, Place};
use super::node::Node;
use super::registry::Schema;
use crate::scim::json;

/// The longest URN of a schema; [`MAX_NAME`] does the arithmetic.
const MAX_URN: usize = 200;
/// How `schemas` names the two kinds of document.
const SCHEMA_URN: &str = "urn:ietf:params:scim:schemas:core:2.0:Schema";
const TYPE_URN: &str = "urn:ietf:params:scim:schemas:core:2.0:ResourceType";

/// The documents of all files, each with its place.
#[derive(Debug, Default)]
pub(super) struct Documents {
    pub(super) schemas: Vec<SchemaDocument>,
    pub(super) types: Vec<TypeDocument>,
}

/// A schema document (RFC 7643 §7).
#[derive(Debug)]
pub(super) struct SchemaDocument {
    pub(super) at: Place,
    pub(super) schema: Schema,
}

/// A resource-type document (RFC 7643 §6), which may also only add extensions to a type.
#[derive(Debug)]
pub(super) struct TypeDocument {
    pub(super) at: Place,
    pub(super) name: String,
    /// With a leading slash.
    pub(super) endpoint: Option<String>,
    pub(super) description: Option<String>,
    pub(super) schema: Option<String>,
    pub(super) extensions: Vec<ExtensionDocument>,
}

/// One entry of `schemaExtensions`.
#[derive(Debug)]
pub(super) struct ExtensionDocument {
    pub(super) at: Place,
    pub(super) schema: String,
    pub(super) required: bool,
}

impl Documents {
    /// Reads a file: one document, or an array of them.
    pub(super) fn read(&mut self, file: &str, text: &str, faults: &mut DocumentFaults) {
        let at = Place::file(file);
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        match json::parse_value(text) {
            Ok(Value::Array(documents)) => {
                for (ordinal, document) in documents.iter().enumerate() {
                    self.read_one(at.element(ordinal), document, faults);
                }
            }
            Ok(document) => self.read_one(at, &document, faults),
            Err(why) => faults.add(&at, format!("is no usable JSON: {why}")),
        }
    }

    fn read_one(&mut self, at: Place, document: &Value, faults: &mut DocumentFaults) {
        let Some(node) = Node::read(at, document, faults) else {
            return;
        };
        match kind(&node, faults) {
            Some(Kind::Schema) => self.schemas.extend(schema(&node, faults)),
            Some(Kind::ResourceType) => self.types.extend(resource_type(&node, faults)),
            None => faults.add(
                &node.at,
                format!(
                    "is neither a schema nor a resource type: write {SCHEMA_URN} or {TYPE_URN} into schemas"
                ),
            ),
        }
    }
}

enum Kind {
    Schema,
    ResourceType,
}

/// What `schemas` says, or else what only one of the two has.
fn kind(node: &Node<'_>, faults: &mut DocumentFaults) -> Option<Kind> {
    let said = node.texts("schemas", faults);
    let says = |urn: &str| said.iter().any(|one| one.eq_ignore_ascii_case(urn));
    if says(SCHEMA_URN) {
        return Some(Kind::Schema);
    }
    if says(TYPE_URN) {
        return Some(Kind::ResourceType);
    }
    if node.has("attributes") {
        return Some(Kind::Schema);
    }
    let of_types = ["endpoint", "schema", "schemaExtensions"];
    of_types
        .iter()
        .any(|name| node.has(name))
        .then_some(Kind::ResourceType)
}

fn schema(node: &Node<'_>, faults: &mut DocumentFaults) -> Option<SchemaDocument> {
    misspelt(node, &[], faults);
    let id = node.needed("id", faults);
    if let Some(id) = id
        && !is_urn(id)
    {
        let why = format!(
            "{id:?} is no URN of a schema: write urn: and then letters, digits and -._:~, {MAX_URN} characters at most"
        );
        faults.add(&node.at.member("id"), why);
    }
    let attributes = attributes(node, faults);
    if !node.has("attributes") {
        faults.add(&node.at.member("attributes"), "is missing");
    }
    let name = node.text("name", faults);
    let description = node.text("description", faults);
    let id = id?;
    Some(SchemaDocument {
        at: node.at.clone(),
        schema: Schema {
            id: id.into(),
            name: name.unwrap_or(id).to_owned(),
            description: description.unwrap_or_default().to_owned(),
            attributes,
        },
    })
}

/// What can stand in a path, in a filter, in a list of names and as a segment of a URL.
fn is_urn(text: &str) -> bool {
    let scheme = text.get(..4).unwrap_or_default();
    scheme.eq_ignore_ascii_case("urn:")
        && text.len() > 4
        && text.len() <= MAX_URN
        && text.ends_with(|last: char| last.is_ascii_alphanumeric())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-._:~".contains(&byte))
}

fn resource_type(node: &Node<'_>, faults: &mut DocumentFaults) -> Option<TypeDocument> {
    misspelt(node, &[], faults);
    let name = node.needed("name", faults);
    if let Some(name) = name
        && !is_name(name)
    {
        let why = format!(
            "{name:?} is no name of a resource type: write a letter and then letters, digits, - and _, {MAX_NAME} at most"
        );
        faults.add(&node.at.member("name"), why);
    }
    let extensions = node.nodes("schemaExtensions", faults);
    let extensions = extensions
        .iter()
        .filter_map(|extension| {
            misspelt(extension, &[], faults);
            let required = extension.flag("required", faults).unwrap_or(false);
            Some(ExtensionDocument {
                at: extension.at.clone(),
                schema: extension.needed("schema", faults)?.to_owned(),
                required,
            })
        })
        .collect();
    let endpoint = endpoint(node, faults);
    let description = node.text("description", faults).map(str::to_owned);
    let schema = node.text("schema", faults).map(str::to_owned);
    Some(TypeDocument {
        at: node.at.clone(),
        name: name?.to_owned(),
        endpoint,
        description,
        schema,
        extensions,
    })
}

/// The endpoints of the protocol itself, which no resource type can have (RFC 7644 §3.2, §4).
const RESERVED: [&str; 7] = [
    "Schemas",
    "ResourceTypes",
    "ServiceProviderConfig",
    "Bulk",
    "Me",
    ".search",
    "Self",
];

fn endpoint(node: &Node<'_>, faults: &mut DocumentFaults) -> Option<String> {
    let said = node.text("endpoint", faults)?;
    let segment = said.strip_prefix('/').unwrap_or(said);
    let at = node.at.member("endpoint");
    if RESERVED
        .iter()
        .any(|reserved| reserved.eq_ignore_ascii_case(segment))
    {
        faults.add(
            &at,
            format!("{said:?} belongs to SCIM itself: take another"),
        );
    } else if !is_name(segment) {
        let why = format!(
            "{said:?} is no endpoint: write one segment of letters, digits, - and _, such as /Devices"
        );
        faults.add(&at, why);
    }
    Some(format!("/{segment}"))
}
