//! What the store keeps beside a document so that it can be found: unique keys and index rows.

use serde_json::Value;

use super::filter::AttrRef;
use super::resource::Document;
use super::schema::{DataType, ResourceType};
use super::value::{fold, number_key, parse_time, time_key};

/// How much of a folded value an index row holds, in characters. 512 characters are at most 2,048
/// bytes: with its path, well below the 2,704 bytes that a PostgreSQL index row may have.
pub const INDEX_KEY_CHARS: usize = 512;

/// One index row or unique key of a resource.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    /// The attribute ([`AttrRef::path`]).
    pub path: String,
    /// The position of the value among the values of a multi-valued attribute.
    pub ordinal: u32,
    /// The value, folded so that equal values have equal keys and keys sort as values do; at most
    /// [`INDEX_KEY_CHARS`] characters for an index row, whole for a unique key.
    pub folded: String,
}

/// The rows that answer filters and sorting without reading documents.
pub fn index_keys(rt: &ResourceType, document: &Document) -> Vec<Key> {
    let mut keys = keys(rt.indexed(), document);
    for key in &mut keys {
        cut(&mut key.folded);
    }
    keys
}

/// The values that no other resource of the type may have.
pub fn unique_keys(rt: &ResourceType, document: &Document) -> Vec<Key> {
    keys(rt.unique(), document)
}

/// Cuts `folded` to what an index row holds.
pub fn cut(folded: &mut String) {
    if let Some((end, _)) = folded.char_indices().nth(INDEX_KEY_CHARS) {
        folded.truncate(end);
    }
}

/// The folded text of one value of `attr`; `None` when the value is not of the attribute's type.
pub fn folded(attr: &AttrRef, value: &Value) -> Option<String> {
    let leaf = attr.leaf();
    match leaf.data_type {
        DataType::String | DataType::Reference | DataType::Binary => {
            value.as_str().map(|text| fold(text, leaf.case_exact))
        }
        DataType::Boolean => value.as_bool().map(|truth| truth.to_string()),
        DataType::Integer | DataType::Decimal => value.as_f64().map(number_key),
        DataType::DateTime => value.as_str().and_then(parse_time).map(time_key),
        DataType::Complex => None,
    }
}

fn keys(attrs: &[AttrRef], document: &Document) -> Vec<Key> {
    let mut keys = Vec::new();
    for attr in attrs {
        let found = document
            .values(attr)
            .into_iter()
            .filter_map(|value| folded(attr, value));
        for (ordinal, folded) in (0..).zip(found) {
            keys.push(Key {
                path: attr.path(),
                ordinal,
                folded,
            });
        }
    }
    keys
}
