//! What was checked: a filter whose names are attributes and whose literals fit their types.

use std::sync::Arc;

use jiff::Timestamp;

use crate::scim::schema::Attribute;
use crate::scim::syntax::CompareOp;

/// An attribute of a resource type, found: where it is in a document and what it is like.
#[derive(Debug, Clone, PartialEq)]
pub struct AttrRef {
    /// The URN under which it stands in a document; `None` for core and common attributes.
    pub extension: Option<Arc<str>>,
    /// The top-level attribute.
    pub attribute: Arc<Attribute>,
    /// The sub-attribute, if one was named.
    pub sub: Option<Arc<Attribute>>,
}

impl AttrRef {
    /// The attribute whose values are meant: the sub-attribute if there is one.
    pub fn leaf(&self) -> &Attribute {
        self.sub.as_deref().unwrap_or(&self.attribute)
    }

    /// The canonical notation (RFC 7644 §3.10): `userName`, `emails.value`, `urn:…:User:department`.
    /// It is the `path` of index rows and unique keys.
    pub fn path(&self) -> String {
        let mut text = String::new();
        if let Some(urn) = &self.extension {
            text.push_str(urn);
            text.push(':');
        }
        text.push_str(&self.attribute.name);
        if let Some(sub) = &self.sub {
            text.push('.');
            text.push_str(&sub.name);
        }
        text
    }
}

/// A literal of the type of the attribute it is compared with.
#[derive(Debug, Clone, PartialEq)]
pub enum Operand {
    /// Text (string, reference, binary), already folded by the attribute's `caseExact`
    /// with [`crate::scim::value::fold`].
    Text(String),
    /// A boolean.
    Boolean(bool),
    /// An integer or decimal.
    Number(f64),
    /// A point in time; `co`, `sw` and `ew` compare times as text.
    Time(Timestamp),
    /// `null`: `eq null` is "has no value", `ne null` is "has one".
    Null,
}

/// A filter that can be evaluated ([`super::matches`]) and compiled by the store.
#[derive(Debug, Clone, PartialEq)]
pub enum Filter {
    /// All of them hold.
    And(Vec<Filter>),
    /// One of them holds.
    Or(Vec<Filter>),
    /// It does not hold.
    Not(Box<Filter>),
    /// The attribute has a non-empty value.
    Present(AttrRef),
    /// Some value of the attribute compares so. `Ne` also holds where there is no value.
    Compare(AttrRef, CompareOp, Operand),
    /// Some one value of the complex attribute fulfils the inner filter; inside, `AttrRef`s keep the
    /// full path (`attribute` is the outer one, `sub` the inner name).
    ValuePath(AttrRef, Box<Filter>),
}

impl Filter {
    /// Counts the comparisons: how much work it is to evaluate the filter once.
    pub fn terms(&self) -> usize {
        match self {
            Self::And(parts) | Self::Or(parts) => parts.iter().map(Self::terms).sum(),
            Self::Not(inner) | Self::ValuePath(_, inner) => inner.terms(),
            Self::Present(_) | Self::Compare(..) => 1,
        }
    }
}
