//! The answer for a record: its document as stored, with `id`, `meta`, and groups or members spliced in.

use std::borrow::Cow;

use serde_json::{Map, Value, json};

use super::condition::etag;
use crate::scim::project::Projection;
use crate::scim::schema::ResourceType;
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
        let text = self.spliced(rt, record, joined)?;
        if projection.is_default() && rt.is_plain() {
            return Ok(text.into_bytes());
        }
        let mut map: Map<String, Value> =
            serde_json::from_str(&text).map_err(|_| damaged(record))?;
        projection.apply(rt, &mut map);
        Ok(Value::Object(map).to_string().into_bytes())
    }

    /// The stored text is not parsed: what is added goes before its first and behind its last member.
    fn spliced(&self, rt: &ResourceType, record: &Record, joined: &Joined) -> Result<String> {
        let body = shown(record)?;
        let inner = body
            .strip_prefix('{')
            .and_then(|rest| rest.strip_suffix('}'))
            .filter(|inner| !inner.is_empty())
            .ok_or_else(|| damaged(record))?;
        let more = joined.groups.len() * 160 + joined.members.len() * 180;
        let mut text = String::with_capacity(body.len() + more + 400);
        text.push_str("{\"id\":\"");
        text.push_str(&record.id);
        text.push_str("\",");
        text.push_str(inner);
        push_list(
            &mut text,
            ",\"groups\":[",
            joined.groups.iter().map(|group| self.group(group)),
        );
        push_list(
            &mut text,
            ",\"members\":[",
            joined.members.iter().map(|member| self.member(member)),
        );
        self.push_meta(&mut text, rt, record);
        text.push('}');
        Ok(text)
    }

    /// `groups` of a user (RFC 7643 §4.1.2): direct ones only, as membership gives rights directly only.
    fn group(&self, group: &GroupRef) -> Value {
        let mut value = json!({ "value": group.id });
        if let Value::Object(members) = &mut value {
            members.insert(
                "$ref".to_owned(),
                format!("{}/Groups/{}", self.base(), group.id).into(),
            );
            if let Some(display) = &group.display {
                members.insert("display".to_owned(), display.as_str().into());
            }
            members.insert("type".to_owned(), "direct".into());
        }
        value
    }

    /// A member (RFC 7643 §4.2): as sent; `$ref` and a missing `type` come from what the id stood for
    /// when it was added.
    fn member(&self, member: &StoredMember) -> Value {
        let mut value = json!({ "value": member.value });
        let kind = member.resolved.as_deref();
        if let Value::Object(members) = &mut value {
            if let Some(rt) = kind.and_then(|kind| self.registry().by_name(kind)) {
                members.insert("$ref".to_owned(), self.location(rt, &member.value).into());
            }
            if let Some(kind) = member.kind.as_deref().or(kind) {
                members.insert("type".to_owned(), kind.into());
            }
            if let Some(display) = &member.display {
                members.insert("display".to_owned(), display.as_str().into());
            }
        }
        value
    }

    /// `meta` (RFC 7643 §3.1), to the millisecond.
    fn push_meta(&self, text: &mut String, rt: &ResourceType, record: &Record) {
        use std::fmt::Write as _;
        let _ = write!(
            text,
            ",\"meta\":{{\"resourceType\":\"{}\",\"created\":\"{:.3}\",\"lastModified\":\"{:.3}\",\
             \"location\":\"{}{}/{}\",\"version\":{}}}",
            rt.name,
            record.created,
            record.modified,
            self.base(),
            rt.endpoint,
            record.id,
            Value::from(etag(record)),
        );
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

fn damaged(record: &Record) -> Error {
    Error::Internal {
        why: format!(
            "the stored document of {} {} is no object",
            record.kind, record.id
        ),
    }
}
