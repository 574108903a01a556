//! PATCH (RFC 7644 §3.5.2).

use std::sync::Arc;

use bytes::Bytes;

use super::create::state;
use super::get::not_found;
use super::render::Joined;
use super::{Answer, body, condition, members};
use crate::scim::patch::{Applied, Patch, apply};
use crate::scim::project::Projection;
use crate::scim::query::{Conditions, Wanted};
use crate::scim::resource::Document;
use crate::scim::schema::ResourceType;
use crate::service::{Caller, Error, Gateway, Result};
use crate::store::{Actor, Record, Tx};

impl Gateway {
    /// Applies the operations of a PATCH message, all or none. What changes nothing leaves
    /// `lastModified` alone.
    ///
    /// # Errors
    /// 404, 412, 409, and the errors of [`Patch::parse`] and [`apply`].
    pub async fn patch(
        &self,
        caller: &Caller,
        rt: &Arc<ResourceType>,
        id: &str,
        bytes: Bytes,
        wanted: Wanted,
        conditions: Conditions,
    ) -> Result<Answer> {
        let projection = caller.projection(rt, &wanted)?;
        let patch = Patch::parse(rt, body::patch(caller, rt, id, &bytes)?)?;
        let (rt_, id, asked) = (Arc::clone(rt), id.to_owned(), projection.clone());
        let (policy, strict) = (
            caller.profile.unmatched(),
            self.settings().scim.require_references,
        );
        let cause = self.cause(
            Actor::Connection(caller.connection.to_string()),
            &caller.request,
        );
        let (record, joined, password) = self
            .store()
            .write(cause, move |tx| {
                let Some(record) = tx.get(&rt_, &id)? else {
                    return Err(not_found(&rt_, &id));
                };
                condition::allow_change(&record, &conditions)?;
                let present = document(&record)?;
                let mut changed = present.clone();
                let applied = apply(&rt_, &patch, &mut changed, policy)?;
                members::require_references(tx, strict, &changed, &added(&applied))?;
                let rows = members::apply(tx, &record, &applied.members)?;
                let record = if changed == present {
                    touched(tx, record, rows)?
                } else {
                    let state = state(&changed, record.state);
                    tx.update(&rt_, &record, &changed, state)?
                };
                let joined = answered(tx, &rt_, &record, &asked)?;
                Ok::<_, Error>((record, joined, applied.password))
            })
            .await?;
        body::dropped(caller, password, &[]);
        match joined {
            Some(joined) => self.answer(rt, &record, &joined, &projection),
            None => Ok(Answer {
                body: None,
                location: self.location(rt, &record.id),
                etag: condition::etag(&record),
            }),
        }
    }

    pub(super) fn answer(
        &self,
        rt: &ResourceType,
        record: &Record,
        joined: &Joined,
        projection: &Projection,
    ) -> Result<Answer> {
        Ok(Answer {
            body: Some(self.render(rt, record, joined, projection)?.into()),
            location: self.location(rt, &record.id),
            etag: condition::etag(record),
        })
    }
}

/// The document of a record.
pub(super) fn document(record: &Record) -> Result<Document> {
    Document::parse(&record.body).ok_or_else(|| Error::Internal {
        why: format!(
            "the stored document of {} {} is no object",
            record.kind, record.id
        ),
    })
}

/// The record when only its members changed: a new version if any did.
pub(super) fn touched(tx: &mut Tx<'_>, record: Record, rows: u64) -> Result<Record> {
    if rows == 0 {
        Ok(record)
    } else {
        Ok(tx.touch(&record)?)
    }
}

/// What is answered; nothing for a large group that nobody asked for.
fn answered(
    tx: &mut Tx<'_>,
    rt: &ResourceType,
    record: &Record,
    projection: &Projection,
) -> Result<Option<Joined>> {
    if rt.is_group() && projection.is_default() {
        let first = tx.members(&record.id, None, members::ANSWERED_UNASKED + 1)?;
        if first.len() > members::ANSWERED_UNASKED as usize {
            return Ok(None);
        }
        return Ok(Some(Joined {
            members: first,
            groups: Vec::new(),
        }));
    }
    members::joined(tx, rt, record, projection).map(Some)
}

/// Everybody whom the operations make a member.
fn added(applied: &Applied) -> Vec<crate::scim::resource::Member> {
    use crate::scim::patch::MemberDelta as Delta;
    let mut all = Vec::new();
    for delta in &applied.members {
        match delta {
            Delta::Add(members) | Delta::Set(members) => all.extend(members.iter().cloned()),
            Delta::Replace { with, .. } => all.push(with.clone()),
            Delta::Remove(_) | Delta::RemoveWhere(_) | Delta::Clear | Delta::Display { .. } => {}
        }
    }
    all
}
