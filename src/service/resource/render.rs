//! The answer for a record: its document as stored, with `id`, `meta`, and groups or members spliced in.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::condition::etag;
use crate::scim::project::Projection;
use crate::scim::schema::ResourceType;
use crate::scim::value::push_time;
use crate::service::{Error, Gateway, Result};
use crate::store::{GroupRef, Record, StoredMember};

/// What is joined to a record when it is read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(in crate::service) struct Joined {
    /// The groups that a user is in; empty for everything else.
    pub(in crate::service) groups: Vec<GroupRef>,
    /// The members of a group; empty for everything else.
    pub(in crate::service) members: Vec<StoredMember>,
}

impl Gateway {
    /// The URL of a resource.
    pub(in crate::service) fn location(&self, rt: &ResourceType, id: &str) -> String {
        format!("{}{}/{id}", self.base(), rt.endpoint)
    }

    /// The resource as JSON text.
    ///
    /// # Errors
    /// [`Error::Internal`] when the stored document is no object.
    pub(in crate::service) fn render(
        &self,
        rt: &ResourceType,
        record: &Record,
        joined: &Joined,
        projection: &Projection,
    ) -> Result<Vec<u8>> {
        let (mut text, end) = self.render_open(rt, record, joined, projection)?;
        text.extend_from_slice(&end);
        Ok(text)
    }

    /// The resource as JSON text that is cut behind the last member of a group: more members fit between.
    pub(super) fn render_open(
        &self,
        rt: &ResourceType,
        record: &Record,
        joined: &Joined,
        projection: &Projection,
    ) -> Result<(Vec<u8>, Vec<u8>)> {
        let (text, end) = self.spliced(rt, record, joined)?;
        if projection.is_default() && rt.is_plain() {
            return Ok((text.into_bytes(), end.into_bytes()));
        }
        let mut map: Map<String, Value> =
            serde_json::from_str(&(text + &end)).map_err(|_| damaged(record))?;
        projection.apply(rt, &mut map);
        Ok(opened(map, !joined.members.is_empty()))
    }

    /// The stored text is not parsed: what is added goes before its first and behind its last member.
    fn spliced(
        &self,
        rt: &ResourceType,
        record: &Record,
        joined: &Joined,
    ) -> Result<(String, String)> {
        let body = shown(record)?;
        let inner = body
            .strip_prefix('{')
            .and_then(|rest| rest.strip_suffix('}'))
            .filter(|inner| !inner.is_empty())
            .ok_or_else(|| damaged(record))?;
        let more = joined.groups.len() * 160 + joined.members.len() * 180;
        let mut text = String::with_capacity(body.len() + more + 450);
        text.push_str("{\"id\":\"");
        text.push_str(&record.id);
        text.push_str("\",");
        text.push_str(inner);
        if !joined.groups.is_empty() {
            text.push_str(",\"groups\":[");
            push_list(&mut text, &joined.groups, |text, group| {
                self.push_group(text, group);
            });
            text.push(']');
        }
        if joined.members.is_empty() {
            self.push_meta(&mut text, rt, record);
            text.push('}');
            return Ok((text, String::new()));
        }
        text.push_str(",\"members\":[");
        self.push_members(&mut text, &joined.members);
        let mut end = "]".to_owned();
        self.push_meta(&mut end, rt, record);
        end.push('}');
        Ok((text, end))
    }

    /// More members of a group whose answer has begun, each with a comma before it.
    pub(super) fn continued(
        &self,
        rt: &ResourceType,
        projection: &Projection,
        members: &[StoredMember],
    ) -> Result<Vec<u8>> {
        if members.is_empty() {
            return Ok(Vec::new());
        }
        let mut text = ",".to_owned();
        self.push_members(&mut text, members);
        if projection.is_default() && rt.is_plain() {
            return Ok(text.into_bytes());
        }
        let list = text.get(1..).unwrap_or_default();
        let mut map: Map<String, Value> =
            serde_json::from_str(&format!("{{\"members\":[{list}]}}")).map_err(|why| {
                Error::Internal {
                    why: why.to_string(),
                }
            })?;
        projection.apply(rt, &mut map);
        let mut text = Vec::new();
        for member in map
            .get("members")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
        {
            text.push(b',');
            text.extend_from_slice(member.to_string().as_bytes());
        }
        Ok(text)
    }

    fn push_members(&self, text: &mut String, members: &[StoredMember]) {
        push_list(text, members, |text, member| self.push_member(text, member));
    }

    /// `groups` of a user (RFC 7643 §4.1.2): direct ones only, as membership gives rights directly only.
    fn push_group(&self, text: &mut String, group: &GroupRef) {
        let url = [self.base(), "/Groups/", &group.id];
        push_member_of(text, "{\"value\":", &[&group.id]);
        push_member_of(text, ",\"$ref\":", &url);
        if let Some(display) = &group.display {
            push_member_of(text, ",\"display\":", &[display]);
        }
        text.push_str(",\"type\":\"direct\"}");
    }

    /// A member (RFC 7643 §4.2): as sent; `$ref` and a missing `type` come from what the id stood for
    /// when it was added.
    fn push_member(&self, text: &mut String, member: &StoredMember) {
        let kind = member.resolved.as_deref();
        push_member_of(text, "{\"value\":", &[&member.value]);
        if let Some(rt) = kind.and_then(|kind| self.registry().by_name(kind)) {
            let url = [self.base(), &rt.endpoint, "/", &member.value];
            push_member_of(text, ",\"$ref\":", &url);
        }
        if let Some(kind) = member.kind.as_deref().or(kind) {
            push_member_of(text, ",\"type\":", &[kind]);
        }
        if let Some(display) = &member.display {
            push_member_of(text, ",\"display\":", &[display]);
        }
        text.push('}');
    }

    /// `meta` (RFC 7643 §3.1), to the millisecond.
    fn push_meta(&self, text: &mut String, rt: &ResourceType, record: &Record) {
        text.push_str(",\"meta\":{\"resourceType\":\"");
        text.push_str(&rt.name);
        text.push_str("\",\"created\":\"");
        push_time(text, record.created);
        text.push_str("\",\"lastModified\":\"");
        push_time(text, record.modified);
        text.push_str("\",\"location\":\"");
        for part in [self.base(), &rt.endpoint, "/", &record.id] {
            text.push_str(part);
        }
        text.push('"');
        push_member_of(text, ",\"version\":", &[&etag(record)]);
        text.push('}');
    }
}

/// The document as it is shown: only that of a locked account differs from what is stored.
fn shown(record: &Record) -> Result<Cow<'_, str>> {
    if record.locked {
        Ok(Cow::Owned(record.shown()?.to_text()))
    } else {
        Ok(Cow::Borrowed(&record.body))
    }
}

/// The elements of a list, with commas between.
fn push_list<T>(text: &mut String, elements: &[T], push: impl Fn(&mut String, &T)) {
    for (position, element) in elements.iter().enumerate() {
        if position > 0 {
            text.push(',');
        }
        push(text, element);
    }
}

/// A name as it stands in JSON, and the text of these parts.
fn push_member_of(text: &mut String, name: &str, parts: &[&str]) {
    text.push_str(name);
    text.push('"');
    for part in parts {
        push_escaped(text, part);
    }
    text.push('"');
}

/// Most texts have nothing to escape.
fn push_escaped(text: &mut String, part: &str) {
    if part
        .bytes()
        .all(|byte| byte >= 0x20 && byte != b'"' && byte != b'\\')
    {
        text.push_str(part);
        return;
    }
    let quoted = Value::from(part).to_string();
    text.push_str(quoted.get(1..quoted.len() - 1).unwrap_or_default());
}

/// A projected resource as JSON text, cut behind its last member where members are to follow.
fn opened(mut map: Map<String, Value>, has_members: bool) -> (Vec<u8>, Vec<u8>) {
    let members = has_members.then(|| map.shift_remove("members")).flatten();
    let mut text = Value::Object(map).to_string();
    let Some(members) = members else {
        return (text.into_bytes(), Vec::new());
    };
    text.pop();
    if text.len() > 1 {
        text.push(',');
    }
    text.push_str("\"members\":");
    text.push_str(&members.to_string());
    text.pop();
    (text.into_bytes(), b"]}".to_vec())
}

fn damaged(record: &Record) -> Error {
    Error::Internal {
        why: format!(
            "the stored document of {} {} is no object",
            record.kind, record.id
        ),
    }
}
