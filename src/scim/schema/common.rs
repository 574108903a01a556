//! The attributes that every resource has and no schema document lists (RFC 7643 §3, §3.1).

use std::sync::Arc;

use super::attribute::{Attribute, DataType, Mutability, Returned, Uniqueness};

/// `schemas`, `id`, `externalId` and `meta`.
pub(super) fn attributes() -> Vec<Arc<Attribute>> {
    let schemas = Attribute {
        multi_valued: true,
        required: true,
        ..server_set(
            "schemas",
            DataType::Reference,
            "The schemas whose attributes the resource has.",
        )
    };
    let id = Attribute {
        case_exact: true,
        uniqueness: Uniqueness::Server,
        ..server_set(
            "id",
            DataType::String,
            "The server's unchangeable name of the resource.",
        )
    };
    let external_id = Attribute {
        case_exact: true,
        mutability: Mutability::ReadWrite,
        returned: Returned::Default,
        ..server_set(
            "externalId",
            DataType::String,
            "The client's name of the resource.",
        )
    };
    let meta = Attribute {
        returned: Returned::Default,
        sub_attributes: meta(),
        ..server_set(
            "meta",
            DataType::Complex,
            "What the server knows about the resource.",
        )
    };
    [schemas, id, external_id, meta]
        .into_iter()
        .map(Arc::new)
        .collect()
}

/// Whether every resource has an attribute called `name`.
pub(super) fn is_common(name: &str) -> bool {
    ["schemas", "id", "externalId", "meta"]
        .iter()
        .any(|common| common.eq_ignore_ascii_case(name))
}

fn meta() -> Vec<Arc<Attribute>> {
    let part = |name, data_type, description| Attribute {
        case_exact: true,
        returned: Returned::Default,
        ..server_set(name, data_type, description)
    };
    [
        part(
            "resourceType",
            DataType::String,
            "The name of the resource type.",
        ),
        part("created", DataType::DateTime, "When the resource was made."),
        part(
            "lastModified",
            DataType::DateTime,
            "When the resource was last changed.",
        ),
        part("location", DataType::Reference, "The URL of the resource."),
        part(
            "version",
            DataType::String,
            "The entity tag of the present state.",
        ),
    ]
    .into_iter()
    .map(Arc::new)
    .collect()
}

/// A readOnly attribute that is always returned.
fn server_set(name: &str, data_type: DataType, description: &str) -> Attribute {
    Attribute {
        name: name.to_owned(),
        data_type,
        description: description.to_owned(),
        multi_valued: false,
        required: false,
        case_exact: false,
        mutability: Mutability::ReadOnly,
        returned: Returned::Always,
        uniqueness: Uniqueness::None,
        canonical_values: Vec::new(),
        reference_types: Vec::new(),
        sub_attributes: Vec::new(),
        indexed: false,
    }
}
