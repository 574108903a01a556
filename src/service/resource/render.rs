//! The answer for a record: its document as stored, with `id`, `meta`, and groups or members spliced in.

use serde_json::{Map, Value, json};

use super::condition::etag;
use crate::scim::project::Projection;
use crate::scim::schema::ResourceType;
use crate::service::{Error, Result};
use crate::store::{GroupRef, Record, StoredMember};

/// What is joined to a record when it is read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Joined {
    /// The groups that a user is in; empty for everything else.
    pub(super) groups: Vec<GroupRef>,
    /// The members of a group; empty for everything else.
    pub(super) members: Vec<StoredMember>,
}

/// The URL of a resource.
pub(super) fn location(base: &str, rt: &ResourceType, id: &str) -> String {
    format!("{base}{}/{id}", rt.endpoint)
}

/// The resource as JSON text.
///
/// # Errors
/// [`Error::Internal`] when the stored document is no object.
pub(super) fn resource(
    base: &str,
    rt: &ResourceType,
    record: &Record,
    joined: &Joined,
    projection: &Projection,
) -> Result<Vec<u8>> {
    if projection.is_default() && rt.is_plain() {
        return spliced(base, rt, record, joined);
    }
    let mut map: Map<String, Value> =
        serde_json::from_slice(&spliced(base, rt, record, joined)?).map_err(|_| damaged(record))?;
    projection.apply(rt, &mut map);
    Ok(Value::Object(map).to_string().into_bytes())
}

/// The stored text is not parsed: what is added goes before its first and behind its last member.
fn spliced(base: &str, rt: &ResourceType, record: &Record, joined: &Joined) -> Result<Vec<u8>> {
    let stored = record.body.as_str();
    let inner = stored
        .strip_prefix('{')
        .and_then(|rest| rest.strip_suffix('}'))
        .filter(|inner| !inner.is_empty())
        .ok_or_else(|| damaged(record))?;
    let more = joined.groups.len() * 160 + joined.members.len() * 180;
    let mut text = String::with_capacity(stored.len() + more + 400);
    text.push_str("{\"id\":\"");
    text.push_str(&record.id);
    text.push_str("\",");
    text.push_str(inner);
    push_list(&mut text, ",\"groups\":[", joined.groups.iter().map(|group| group_value(base, group)));
    push_list(
        &mut text,
        ",\"members\":[",
        joined.members.iter().map(|member| member_value(base, rt, member)),
    );
    push_meta(&mut text, base, rt, record);
    text.push('}');
    Ok(text.into_bytes())
}

fn push_list(text: &mut String, opening: &str, elements: impl Iterator<Item = Value>) {
    let mut separator = opening;
    let mut any = false;
    for element in elements {
        text.push_str(separator);
        text.push_str(&element.to_string());
        separator = ",";
        any = true;
    }
    if any {
        text.push(']');
    }
}

/// `groups` of a user (RFC 7643 §4.1.2): direct ones only, as membership gives rights directly only.
fn group_value(base: &str, group: &GroupRef) -> Value {
    let mut value = json!({ "value": group.id });
    if let Value::Object(members) = &mut value {
        members.insert("$ref".to_owned(), format!("{base}/Groups/{}", group.id).into());
        if let Some(display) = &group.display {
            members.insert("display".to_owned(), display.as_str().into());
        }
        members.insert("type".to_owned(), "direct".into());
    }
    value
}

/// A member (RFC 7643 §4.2): as sent; `$ref` and a missing `type` come from what the id stood for when
/// it was added.
fn member_value(base: &str, _rt: &ResourceType, member: &StoredMember) -> Value {
    let mut value = json!({ "value": member.value });
    if let Value::Object(members) = &mut value {
        if let Some(kind) = &member.resolved {
            members.insert("$ref".to_owned(), format!("{base}/{kind}s/{}", member.value).into());
        }
        if let Some(kind) = member.kind.as_ref().or(member.resolved.as_ref()) {
            members.insert("type".to_owned(), kind.as_str().into());
        }
        if let Some(display) = &member.display {
            members.insert("display".to_owned(), display.as_str().into());
        }
    }
    value
}

/// `meta` (RFC 7643 §3.1), to the millisecond.
fn push_meta(text: &mut String, base: &str, rt: &ResourceType, record: &Record) {
    use std::fmt::Write as _;
    let _ = write!(
        text,
        ",\"meta\":{{\"resourceType\":\"{}\",\"created\":\"{:.3}\",\"lastModified\":\"{:.3}\",\
         \"location\":\"{base}{}/{}\",\"version\":{}}}",
        rt.name,
        record.created,
        record.modified,
        rt.endpoint,
        record.id,
        Value::from(etag(record)),
    );
}

fn damaged(record: &Record) -> Error {
    Error::Internal { why: format!("the stored document of {} {} is no object", record.kind, record.id) }
}
