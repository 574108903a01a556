//! Reads schema and resource-type documents as RFC 7643 §7 and §6 print them.

use std::sync::Arc;

use serde::Deserialize;

use super::attribute::{Attribute, DataType, Mutability, Returned, Uniqueness};
use super::registry::Schema;

/// A schema document (RFC 7643 §7).
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SchemaDocument {
    id: String,
    name: String,
    #[serde(default)]
    description: String,
    attributes: Vec<AttributeDocument>,
}

/// A resource-type document (RFC 7643 §6).
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ResourceTypeDocument {
    pub(super) name: String,
    pub(super) endpoint: String,
    #[serde(default)]
    pub(super) description: String,
    pub(super) schema: String,
    #[serde(default)]
    pub(super) schema_extensions: Vec<ExtensionDocument>,
}

/// One entry of `schemaExtensions`.
#[derive(Debug, Deserialize)]
pub(super) struct ExtensionDocument {
    pub(super) schema: String,
    #[serde(default)]
    pub(super) required: bool,
}

/// One attribute; what is left out has the default of RFC 7643 §2.2.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(
    clippy::struct_excessive_bools,
    reason = "the document of RFC 7643 §7 has these members"
)]
struct AttributeDocument {
    name: String,
    #[serde(rename = "type", default)]
    data_type: DataType,
    #[serde(default)]
    description: String,
    #[serde(default)]
    multi_valued: bool,
    #[serde(default)]
    required: bool,
    #[serde(default)]
    case_exact: bool,
    #[serde(default)]
    mutability: Mutability,
    #[serde(default)]
    returned: Returned,
    #[serde(default)]
    uniqueness: Uniqueness,
    #[serde(default)]
    canonical_values: Vec<String>,
    #[serde(default)]
    reference_types: Vec<String>,
    #[serde(default)]
    sub_attributes: Vec<AttributeDocument>,
    #[serde(rename = "x-muster-index", default)]
    indexed: bool,
}

impl From<SchemaDocument> for Schema {
    fn from(document: SchemaDocument) -> Self {
        Self {
            id: document.id.into(),
            name: document.name,
            description: document.description,
            attributes: shared(document.attributes),
        }
    }
}

fn shared(documents: Vec<AttributeDocument>) -> Vec<Arc<Attribute>> {
    documents
        .into_iter()
        .map(|document| Arc::new(document.into()))
        .collect()
}

impl From<AttributeDocument> for Attribute {
    fn from(document: AttributeDocument) -> Self {
        Self {
            name: document.name,
            data_type: document.data_type,
            description: document.description,
            multi_valued: document.multi_valued,
            required: document.required,
            case_exact: document.case_exact,
            mutability: document.mutability,
            returned: document.returned,
            uniqueness: document.uniqueness,
            canonical_values: document.canonical_values,
            reference_types: document.reference_types,
            sub_attributes: shared(document.sub_attributes),
            indexed: document.indexed,
        }
    }
}
