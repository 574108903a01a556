//! The size of one resource: the bytes of its document, and the values of each attribute.

use std::io;

use serde_json::{Map, Value};

use super::error::{Error, Result};
use super::resource::Document;

/// The largest document of a resource. A large user has 10 KiB and a photo of 100 KiB in it; each change
/// writes the document anew, so 1 MiB is what one commit writes in some 10 ms.
pub const MAX_DOCUMENT_BYTES: usize = 1024 * 1024;

/// The most values of one attribute. Each may have index rows, so that 1,000 of them are what one
/// operation writes in some 20 ms. Members of groups are rows of their own and are not counted.
pub const MAX_VALUES: usize = 1_000;

/// Refuses a change that makes a document larger than it may be. What was stored before there was a
/// bound can still be changed: `active`, removals and whatever does not make it larger pass.
///
/// # Errors
/// 400 `invalidValue` that names the attribute, the bound and the size.
pub fn check_growth(before: Option<&Document>, after: &Document) -> Result<()> {
    let none = Map::new();
    let before = before.map_or(&none, Document::as_map);
    check_values(None, after.as_map(), before)?;
    check_bytes(before, after.as_map())
}

fn check_bytes(before: &Map<String, Value>, after: &Map<String, Value>) -> Result<()> {
    let bytes = size(after);
    if bytes <= MAX_DOCUMENT_BYTES || bytes <= size(before) {
        return Ok(());
    }
    let largest = after.iter().max_by_key(|(_, value)| bytes_of(value));
    let (name, largest) = largest.map_or(("", 0), |(name, value)| (name.as_str(), bytes_of(value)));
    Err(Error::value(format!(
        "The resource would have {bytes} bytes, {largest} of them in {name}: at most {MAX_DOCUMENT_BYTES} bytes are stored; send less."
    )))
}

/// The bytes of a document but for `active`, which an identity provider can always change.
fn size(document: &Map<String, Value>) -> usize {
    let counted = document.iter().filter(|(name, _)| *name != "active");
    counted
        .map(|(name, value)| name.len() + bytes_of(value))
        .sum()
}

fn bytes_of(value: &Value) -> usize {
    let mut counted = CountedBytes(0);
    // What only counts never fails, and a value always is JSON.
    let _ = serde_json::to_writer(&mut counted, value);
    counted.0
}

/// A writer that keeps nothing.
struct CountedBytes(usize);

impl io::Write for CountedBytes {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The names that lead to a value, as a list on the stack: a path is written out for a refusal alone.
#[derive(Clone, Copy)]
struct NamePath<'p> {
    parent: Option<&'p NamePath<'p>>,
    name: &'p str,
}

impl<'p> NamePath<'p> {
    fn names(self) -> Vec<&'p str> {
        let mut names: Vec<&str> = Vec::new();
        let mut next = Some(self);
        while let Some(NamePath { parent, name }) = next {
            names.push(name);
            next = parent.copied();
        }
        names.reverse();
        names
    }
}

/// Looks for arrays that are too long, at any depth; `parent` leads to the object.
fn check_values(
    parent: Option<&NamePath<'_>>,
    object: &Map<String, Value>,
    before: &Map<String, Value>,
) -> Result<()> {
    object
        .iter()
        .try_for_each(|(name, value)| check_value(NamePath { parent, name }, value, before))
}

fn check_value(path: NamePath<'_>, value: &Value, before: &Map<String, Value>) -> Result<()> {
    match value {
        Value::Object(object) => check_values(Some(&path), object, before),
        Value::Array(values) => {
            check_count(path, values.len(), before)?;
            let mut values = values.iter();
            values.try_for_each(|value| check_value(path, value, before))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Ok(()),
    }
}

fn check_count(path: NamePath<'_>, count: usize, before: &Map<String, Value>) -> Result<()> {
    if count <= MAX_VALUES {
        return Ok(());
    }
    let path = path.names();
    if count <= stored_values(before, &path) {
        return Ok(());
    }
    let name = shown(&path);
    Err(Error::value(format!(
        "The attribute {name} would have {count} values: at most {MAX_VALUES} are stored; send fewer."
    )))
}

/// The name of the attribute at `path` (RFC 7644 §3.10).
fn shown(path: &[&str]) -> String {
    match path.split_first() {
        Some((urn, names)) if urn.contains(':') => format!("{urn}:{}", names.join(".")),
        Some(_) | None => path.join("."),
    }
}

/// How many values there are at `path` now; of several arrays, in the longest.
fn stored_values(before: &Map<String, Value>, path: &[&str]) -> usize {
    let first = path.split_first();
    first.map_or(0, |(name, rest)| longest(before.get(*name), rest))
}

fn longest(value: Option<&Value>, path: &[&str]) -> usize {
    match (value, path.split_first()) {
        (Some(Value::Array(values)), None) => values.len(),
        (Some(Value::Array(values)), Some(_)) => {
            let each = values.iter().map(|value| longest(Some(value), path));
            each.max().unwrap_or(0)
        }
        (Some(Value::Object(object)), Some((name, rest))) => longest(object.get(*name), rest),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn document(value: Value) -> Document {
        let Value::Object(map) = value else {
            panic!("{value}")
        };
        Document::new(map)
    }

    fn emails(count: usize) -> Value {
        let each = (0..count).map(|at| json!({ "value": format!("{at}@example.org") }));
        each.collect()
    }

    fn refusal(before: Option<&Document>, after: &Document) -> Option<String> {
        check_growth(before, after).err().map(|error| error.detail)
    }

    #[test]
    fn an_attribute_has_a_thousand_values() {
        let user = |count| document(json!({ "userName": "ada", "emails": emails(count) }));
        assert_eq!(refusal(None, &user(MAX_VALUES)), None);
        let detail = refusal(None, &user(MAX_VALUES + 1)).unwrap();
        for word in ["emails", "1001", "1000"] {
            assert!(detail.contains(word), "{detail}");
        }
        assert!(refusal(Some(&user(2_000)), &user(2_001)).is_some());
        for fewer in [2_000, 1_999, 0] {
            assert_eq!(refusal(Some(&user(2_000)), &user(fewer)), None, "{fewer}");
        }
    }

    #[test]
    fn values_count_in_extensions_and_in_values() {
        let nested = |count: usize| {
            let tags: Vec<usize> = (0..count).collect();
            document(json!({ "urn:example:car": { "wheels": [{ "tags": [] }, { "tags": tags }] } }))
        };
        let detail = refusal(None, &nested(1_001)).unwrap();
        assert!(detail.contains("urn:example:car:wheels.tags"), "{detail}");
        assert!(refusal(Some(&nested(1_001)), &nested(1_002)).is_some());
        assert_eq!(refusal(Some(&nested(1_002)), &nested(1_001)), None);
    }

    #[test]
    fn a_document_has_a_mebibyte_and_a_leaver_always_leaves() {
        let user = |active: bool, length: usize| {
            document(json!({ "userName": "ada", "title": "x".repeat(length), "active": active }))
        };
        assert_eq!(refusal(None, &user(true, 1_000_000)), None);
        let detail = refusal(None, &user(true, MAX_DOCUMENT_BYTES)).unwrap();
        for word in ["title", "1048576", "1048596"] {
            assert!(detail.contains(word), "{detail}");
        }
        let stored = user(true, 3_000_000);
        assert_eq!(refusal(Some(&stored), &user(false, 3_000_000)), None);
        assert_eq!(refusal(Some(&stored), &user(false, 2_000_000)), None);
        assert!(refusal(Some(&stored), &user(false, 3_000_001)).is_some());
    }
}
