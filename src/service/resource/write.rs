//! POST, PUT, PATCH and DELETE of one resource (RFC 7644 §3.3, §3.5, §3.6).

use std::sync::Arc;

use bytes::Bytes;

use super::change::{Change, Changed, Terms, What};
use super::create::{New, Promise};
use super::render::Joined;
use super::{Answer, body, condition, members};
use crate::scim::patch::Patch;
use crate::scim::project::Projection;
use crate::scim::query::{Conditions, Wanted};
use crate::scim::schema::ResourceType;
use crate::service::{Caller, Error, Gateway, Result};
use crate::store::{Actor, Record, Tx};

impl Gateway {
    /// Makes a resource, owned by the caller's connection.
    ///
    /// # Errors
    /// 400 for a body that is not one of `rt`, 409 `uniqueness` when a unique value is taken.
    pub async fn create(
        &self,
        caller: &Caller,
        rt: &Arc<ResourceType>,
        bytes: Bytes,
        wanted: Wanted,
    ) -> Result<Answer> {
        caller.scopes.may_change(rt)?;
        let projection = caller.projection(rt, &wanted)?;
        let new = New::new(rt, body::resource(caller, rt, &bytes)?, Promise::None)?;
        let change = Change {
            rt: Arc::clone(rt),
            id: self.clock().id(),
            conditions: Conditions::default(),
            what: What::Create(Box::new(new)),
        };
        self.change(caller, change, projection, Size::Any).await
    }

    /// Replaces a resource: what the body leaves out is gone, but for the state of an account. A body
    /// that says what is there already changes nothing, not even `lastModified`.
    ///
    /// # Errors
    /// 404, 412, 400 for a body that is not one of `rt`, 409 when a unique value is taken.
    pub async fn replace(
        &self,
        caller: &Caller,
        rt: &Arc<ResourceType>,
        id: &str,
        bytes: Bytes,
        wanted: Wanted,
        conditions: Conditions,
    ) -> Result<Answer> {
        caller.scopes.may_change(rt)?;
        let projection = caller.projection(rt, &wanted)?;
        let what = What::Replace(body::resource(caller, rt, &bytes)?);
        let change = Change {
            rt: Arc::clone(rt),
            id: id.to_owned(),
            conditions,
            what,
        };
        self.change(caller, change, projection, Size::Any).await
    }

    /// Applies the operations of a PATCH message, all or none. What changes nothing leaves
    /// `lastModified` alone. A group of many members is not answered unless attributes were asked for.
    ///
    /// # Errors
    /// 404, 412, 409, and the errors of [`Patch::parse`] and [`crate::scim::patch::apply`].
    pub async fn patch(
        &self,
        caller: &Caller,
        rt: &Arc<ResourceType>,
        id: &str,
        bytes: Bytes,
        wanted: Wanted,
        conditions: Conditions,
    ) -> Result<Answer> {
        caller.scopes.may_change(rt)?;
        let projection = caller.projection(rt, &wanted)?;
        let what = What::Patch(Patch::parse(rt, body::patch(caller, rt, id, &bytes)?)?);
        let change = Change {
            rt: Arc::clone(rt),
            id: id.to_owned(),
            conditions,
            what,
        };
        self.change(caller, change, projection, Size::Small).await
    }

    /// Deletes a resource: to SCIM it is gone, its names are free again; the gateway keeps it.
    ///
    /// # Errors
    /// 404 when there is none with this id, 412.
    pub async fn delete(
        &self,
        caller: &Caller,
        rt: &Arc<ResourceType>,
        id: &str,
        conditions: Conditions,
    ) -> Result<()> {
        caller.scopes.may_change(rt)?;
        let change = Change {
            rt: Arc::clone(rt),
            id: id.to_owned(),
            conditions,
            what: What::Delete,
        };
        let terms = Terms::new(self, caller);
        let cause = self.cause(
            Actor::Connection(caller.connection.to_string()),
            &caller.request,
        );
        self.store()
            .write(cause, move |tx| change.run(tx, &terms).map(drop))
            .await
    }

    async fn change(
        &self,
        caller: &Caller,
        change: Change,
        projection: Projection,
        size: Size,
    ) -> Result<Answer> {
        let (terms, rt, asked) = (
            Terms::new(self, caller),
            Arc::clone(&change.rt),
            projection.clone(),
        );
        let cause = self.cause(
            Actor::Connection(caller.connection.to_string()),
            &caller.request,
        );
        let (changed, joined) = self
            .store()
            .write(cause, move |tx| {
                let changed = change.run(tx, &terms)?;
                let joined = answered(tx, &change.rt, &changed.record, &asked, size)?;
                Ok::<_, Error>((changed, joined))
            })
            .await?;
        let Changed { record, notes } = changed;
        body::noted(caller, &record.id, &notes);
        match joined {
            Some(joined) => self.answer(&rt, &record, &joined, &projection),
            None => Ok(Answer {
                body: None,
                location: self.location(&rt, &record.id),
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

/// How large a group may be to be answered unasked.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Size {
    Any,
    Small,
}

/// What is answered; nothing for a large group that nobody asked for.
fn answered(
    tx: &mut Tx<'_>,
    rt: &ResourceType,
    record: &Record,
    projection: &Projection,
    size: Size,
) -> Result<Option<Joined>> {
    if size == Size::Any || !rt.is_group() || !projection.is_default() {
        return members::joined(tx, rt, record, projection).map(Some);
    }
    let first = tx.members(&record.id, None, members::ANSWERED_UNASKED + 1)?;
    if first.len() > members::ANSWERED_UNASKED as usize {
        return Ok(None);
    }
    Ok(Some(Joined {
        members: first,
        groups: Vec::new(),
    }))
}
