//! `bulkId:…` references: found anywhere in an operation and replaced by the id that was drawn (RFC 7644 §3.7.2).

use std::collections::{BTreeSet, HashMap};

use serde_json::Value;

use crate::scim::error::{Error, ErrorKind, Result};

const MARK: &str = "bulkId:";

/// What each `bulkId` stands for: the position of its POST and the id drawn for it.
pub(super) type Drawn = HashMap<String, (usize, String)>;

/// Replaces the references in `value`: whole strings, and quoted parts of the `path` of a PATCH operation.
/// Adds the positions of the POSTs that are named to `needs`.
///
/// # Errors
/// 409 for a `bulkId` that no POST of the request has.
pub(super) fn resolve(value: &mut Value, drawn: &Drawn, needs: &mut BTreeSet<usize>) -> Result<()> {
    match value {
        Value::String(text) => resolve_whole(text, drawn, needs),
        Value::Array(elements) => elements
            .iter_mut()
            .try_for_each(|element| resolve(element, drawn, needs)),
        Value::Object(members) => {
            for (name, member) in members.iter_mut() {
                match member {
                    Value::String(path) if name.eq_ignore_ascii_case("path") => {
                        resolve_quoted(path, drawn, needs)?;
                    }
                    other => resolve(other, drawn, needs)?,
                }
            }
            Ok(())
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => Ok(()),
    }
}

/// Replaces a string that is a reference and nothing else.
///
/// # Errors
/// As [`resolve`].
pub(super) fn resolve_whole(
    text: &mut String,
    drawn: &Drawn,
    needs: &mut BTreeSet<usize>,
) -> Result<()> {
    if let Some(bulk_id) = text.strip_prefix(MARK) {
        *text = find(bulk_id, drawn, needs)?;
    }
    Ok(())
}

fn resolve_quoted(path: &mut String, drawn: &Drawn, needs: &mut BTreeSet<usize>) -> Result<()> {
    if !path.contains(MARK) {
        return Ok(());
    }
    let mut parts: Vec<String> = path.split('"').map(str::to_owned).collect();
    for part in &mut parts {
        resolve_whole(part, drawn, needs)?;
    }
    *path = parts.join("\"");
    Ok(())
}

fn find(bulk_id: &str, drawn: &Drawn, needs: &mut BTreeSet<usize>) -> Result<String> {
    let Some((position, id)) = drawn.get(bulk_id) else {
        let shown: String = bulk_id.chars().take(64).collect();
        let detail = format!("No POST of this request has the bulkId \"{shown}\".");
        return Err(Error::new(ErrorKind::Conflict, detail));
    };
    needs.insert(*position);
    Ok(id.clone())
}
