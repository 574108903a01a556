//! One attribute of a schema with all its characteristics (RFC 7643 §2.2, §7).

use std::sync::Arc;

use serde::Serialize;

/// The data type of an attribute (RFC 7643 §2.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum DataType {
    /// Text.
    #[default]
    String,
    /// `true` or `false`.
    Boolean,
    /// A number with a fraction.
    Decimal,
    /// A number without a fraction.
    Integer,
    /// A date with a time (xsd:dateTime).
    DateTime,
    /// Base64 text.
    Binary,
    /// A URI, absolute or relative.
    Reference,
    /// An object with sub-attributes.
    Complex,
}

/// Who may write an attribute, and when (RFC 7643 §7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Mutability {
    /// Set by the server; what a client sends is ignored, or refused in PATCH.
    ReadOnly,
    /// Anybody, any time.
    #[default]
    ReadWrite,
    /// At creation, or while it has no value.
    Immutable,
    /// Never read back.
    WriteOnly,
}

/// When an attribute is part of an answer (RFC 7643 §7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Returned {
    /// Always, whatever `attributes` and `excludedAttributes` say.
    Always,
    /// Never, not even when asked for.
    Never,
    /// Unless excluded, or others were asked for.
    #[default]
    Default,
    /// Only when asked for.
    Request,
}

/// Whether two resources may have the same value (RFC 7643 §7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Uniqueness {
    /// They may.
    #[default]
    None,
    /// Not within one resource type of this server.
    Server,
    /// Not anywhere; kept like `Server`.
    Global,
}

/// One attribute or sub-attribute.
#[derive(Debug, Clone, PartialEq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "the characteristics of RFC 7643 §2.2 are independent of each other"
)]
pub struct Attribute {
    /// The name as the schema spells it; compared without case (RFC 7643 §2.1).
    pub name: String,
    /// The data type; `Complex` has sub-attributes, others none.
    pub data_type: DataType,
    /// What it means, for people.
    pub description: String,
    /// Whether it is an array.
    pub multi_valued: bool,
    /// Whether a resource without it is refused.
    pub required: bool,
    /// Whether values that differ in case only are different.
    pub case_exact: bool,
    /// Who may write it.
    pub mutability: Mutability,
    /// When it is answered.
    pub returned: Returned,
    /// Whether its values are unique.
    pub uniqueness: Uniqueness,
    /// Suggested values (RFC 7643 §7): others are accepted.
    pub canonical_values: Vec<String>,
    /// What a `Reference` may point to: resource type names, `external` or `uri`.
    pub reference_types: Vec<String>,
    /// The sub-attributes of a complex attribute.
    pub sub_attributes: Vec<Arc<Attribute>>,
    /// Whether the store keeps an index row for each value (`"x-muster-index": true` in the document).
    pub indexed: bool,
}

impl Attribute {
    /// The sub-attribute called `name`, without regard to case.
    pub fn sub(&self, name: &str) -> Option<&Arc<Attribute>> {
        self.sub_attributes
            .iter()
            .find(|sub| sub.name.eq_ignore_ascii_case(name))
    }

    /// Whether the values are objects.
    pub fn is_complex(&self) -> bool {
        self.data_type == DataType::Complex
    }
}
