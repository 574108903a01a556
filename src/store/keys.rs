//! The index rows of a document, and what a key can prove about the value it was made from.

use std::fmt::Write as _;

use serde_json::{Map, Value};

use super::hash::hex_digest;
use crate::scim::filter::AttrRef;
use crate::scim::index::{INDEX_KEY_CHARS, Key, cut, folded, index_keys, unique_keys};
use crate::scim::resource::{Document, values};
use crate::scim::schema::ResourceType;
use crate::scim::value::fold;

/// How much of a value that is longer than [`INDEX_KEY_CHARS`] a unique key keeps: 512 less the 64
/// digits of a SHA-256 and the sign before them.
pub(super) const UNIQUE_HEAD_CHARS: usize = 447;

/// Stands between the head of a long unique value and its hash.
const HASH_SIGN: char = '\u{1}';

/// The rows of table `attribute`. Ordinal 0 has the value that sorts: that of the primary element, else the first.
pub(super) fn attribute_rows(rt: &ResourceType, document: &Document) -> Vec<Key> {
    let mut rows = index_keys(rt, document);
    for attr in rt.indexed() {
        let primary = primary_position(attr, document.as_map());
        if primary == 0 {
            continue;
        }
        let path = attr.path();
        for row in rows.iter_mut().filter(|row| row.path == path) {
            if row.ordinal == primary {
                row.ordinal = 0;
            } else if row.ordinal < primary {
                row.ordinal += 1;
            }
        }
    }
    rows
}

/// The rows of table `unique_key`.
pub(super) fn unique_rows(rt: &ResourceType, document: &Document) -> Vec<Key> {
    let mut rows = unique_keys(rt, document);
    for row in &mut rows {
        row.folded = unique_row(&row.folded);
    }
    rows
}

/// The key of a folded unique value: the value itself, or for a long one its head and its hash, so that
/// long values are still distinct and no row outgrows what an engine allows.
pub(super) fn unique_row(value: &str) -> String {
    if value.char_indices().nth(INDEX_KEY_CHARS).is_none() {
        return value.to_owned();
    }
    let mut key: String = value.chars().take(UNIQUE_HEAD_CHARS).collect();
    // Writing to a String cannot fail.
    let _ = write!(key, "{HASH_SIGN}{}", hex_digest(value.as_bytes()));
    key
}

/// The column `external_id`.
pub(super) fn external_key(document: &Document) -> Option<String> {
    document.external_id().map(|text| {
        let mut key = fold(text, true);
        cut(&mut key);
        key
    })
}

/// The key by which a resource sorts: that of the primary value, else the first (RFC 7644 §3.4.2.3).
pub(super) fn sort_key(attr: &AttrRef, whole: &Map<String, Value>) -> Option<String> {
    let position = usize::try_from(primary_position(attr, whole)).ok()?;
    let mut key = values(whole, attr)
        .into_iter()
        .filter_map(|value| folded(attr, value))
        .nth(position)?;
    cut(&mut key);
    Some(key)
}

/// Which of the values of `attr` belongs to the primary element; 0 when none does.
fn primary_position(attr: &AttrRef, whole: &Map<String, Value>) -> u32 {
    let Some(sub) = attr.sub.as_ref().filter(|_| attr.attribute.multi_valued) else {
        return 0;
    };
    let elements = AttrRef {
        sub: None,
        ..attr.clone()
    };
    let mut position = 0;
    for element in values(whole, &elements) {
        let keys = match element.get(&sub.name) {
            Some(Value::Array(many)) => many.iter().filter_map(|one| folded(attr, one)).count(),
            Some(one) => usize::from(folded(attr, one).is_some()),
            None => 0,
        };
        if keys == 0 {
            continue;
        }
        if element.get("primary").and_then(Value::as_bool) == Some(true) {
            return position;
        }
        position += u32::try_from(keys).unwrap_or(u32::MAX);
    }
    0
}
