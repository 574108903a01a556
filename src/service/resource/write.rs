//! POST, PUT, PATCH and DELETE of one resource (RFC 7644 §3.3, §3.5, §3.6).

use std::collections::HashSet;
use std::sync::Arc;

use bytes::Bytes;

use super::change::{Change, Changed, Terms, What};
use super::create::{New, Promise};
use super::render::Joined;
use super::{Answer, Fetched, One, ResponseBody, body, condition, members};
use crate::scim::patch::Patch;
use crate::scim::project::Projection;
use crate::scim::query::{Conditions, Preference, Wanted};
use crate::scim::schema::ResourceType;
use crate::service::provisioning::{self, Asked};
use crate::service::{Caller, Error, Gateway, Result};
use crate::store::{Actor, Record, Tx, Viewer};

/// The status of an answer without a body.
const NO_CONTENT: u16 = 204;

/// What is reserved for the answer before a change is made: most resources have less.
const ANSWER_BYTES: usize = 4 * 1024;

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
        let kind = Arc::clone(rt);
        let read = move |caller: &Caller, bytes: &[u8], max_values| {
            let body = body::resource(caller, &kind, bytes, max_values)?;
            New::read(&kind, body, Promise::None)
        };
        let new = self.read_body(caller, bytes, read).await?;
        let change = Change {
            rt: Arc::clone(rt),
            id: self.clock().id(),
            conditions: Conditions::default(),
            what: What::Create(Box::new(new)),
            password: None,
        };
        let share = Share::new(Share::Whole, &projection, wanted.preference);
        self.change(caller, change, projection, share).await
    }

    /// Replaces a resource: what the body leaves out is gone, but for the state of an account. A body
    /// that says what is there already changes nothing, not even `lastModified`.
    ///
    /// # Errors
    /// 404, 412, 400 for a body that is not one of `rt`, 409 when a unique value is taken.
    pub async fn replace(&self, caller: &Caller, one: One, bytes: Bytes) -> Result<Answer> {
        caller.scopes.may_change(&one.rt)?;
        let projection = caller.projection(&one.rt, &one.wanted)?;
        let kind = Arc::clone(&one.rt);
        let read = move |caller: &Caller, bytes: &[u8], max_values| {
            body::resource(caller, &kind, bytes, max_values)
        };
        let what = What::Replace(self.read_body(caller, bytes, read).await?);
        let share = Share::new(Share::Whole, &projection, one.wanted.preference);
        let change = Change {
            rt: one.rt,
            id: one.id,
            conditions: one.conditions,
            what,
            password: None,
        };
        self.change(caller, change, projection, share).await
    }

    /// Applies the operations of a PATCH message, all or none. What changes nothing leaves
    /// `lastModified` alone. A group of many members is not answered unless attributes were asked for.
    ///
    /// # Errors
    /// 404, 412, 409, and the errors of [`Patch::parse`] and [`crate::scim::patch::apply`].
    pub async fn patch(&self, caller: &Caller, one: One, bytes: Bytes) -> Result<Answer> {
        caller.scopes.may_change(&one.rt)?;
        let projection = caller.projection(&one.rt, &one.wanted)?;
        let (kind, id) = (Arc::clone(&one.rt), one.id);
        let read = move |caller: &Caller, bytes: &[u8], max_values| {
            let body = body::patch(caller, &kind, &id, bytes, max_values)?;
            Ok((Patch::parse(&kind, body)?, id))
        };
        let (patch, id) = self.read_body(caller, bytes, read).await?;
        let share = Share::new(Share::Small, &projection, one.wanted.preference);
        let change = Change {
            rt: one.rt,
            id,
            conditions: one.conditions,
            what: What::Patch(patch),
            password: None,
        };
        self.change(caller, change, projection, share).await
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
            password: None,
        };
        let (terms, asked) = (Terms::new(self, caller), Asked::by(&change, caller));
        let cause = self.cause(
            Actor::Connection(caller.connection.to_string()),
            &caller.request,
        );
        let store = self.store().for_client(&caller.connection);
        let done = store.write(cause, change.estimate(), move |tx| {
            let changed = change.run(tx, &terms)?;
            provisioning::done(tx, terms.scene(), &asked, &changed, NO_CONTENT).map(drop)
        });
        self.or_asked(caller, done.await).await
    }

    /// A refusal that an administrator can lift leaves a question in the inbox.
    async fn or_asked<T>(&self, caller: &Caller, done: Result<T>) -> Result<T> {
        if let Err(Error::Undecided(waits)) = &done {
            let actor = Actor::Connection(caller.connection.to_string());
            self.ask_undecided(actor, &caller.request, waits).await?;
        }
        done
    }

    async fn change(
        &self,
        caller: &Caller,
        mut change: Change,
        projection: Projection,
        (share, preference): (Share, Preference),
    ) -> Result<Answer> {
        let mut lease = self.response_memory().lease(&caller.connection);
        lease.reserve(ANSWER_BYTES)?;
        let terms = Terms::new(self, caller);
        self.hash_for(caller, &terms, &HashSet::new(), &mut change)
            .await?;
        let (rt, asked) = (Arc::clone(&change.rt), projection.clone());
        let told = Asked::by(&change, caller);
        let cause = self.cause(
            Actor::Connection(caller.connection.to_string()),
            &caller.request,
        );
        let store = self.store().for_client(&caller.connection);
        let done = store.write(cause, change.estimate(), move |tx| {
            let changed = change.run(tx, &terms)?;
            let shown = shown(
                tx,
                &terms.owner.viewer(),
                &change.rt,
                &changed.record,
                &asked,
                share,
            )?;
            let status = status(&change.what, &shown);
            let idle = provisioning::done(tx, terms.scene(), &told, &changed, status)?;
            Ok::<_, Error>((changed, shown, idle))
        });
        let (changed, shown, idle) = self.or_asked(caller, done.await).await?;
        if let Some(idle) = idle {
            self.buffer().push(idle);
        }
        let Changed { record, notes, .. } = changed;
        body::noted(caller, &record.id, &notes);
        let body = match shown {
            Shown::Nothing => None,
            Shown::Resource(joined) => {
                let text = self.render(&rt, &record, &joined, &projection)?;
                // The change is made: where there is no memory for the resource, that alone is answered.
                let fits = lease.fit(text.len()).is_ok();
                fits.then(|| ResponseBody::of_text(text.into(), lease))
            }
            Shown::LargeGroup => {
                if let Some(answer) = self.reread(caller, &rt, &record, projection).await {
                    return Ok(Answer {
                        preference,
                        ..answer
                    });
                }
                None
            }
        };
        let preference = match body {
            Some(_) => preference,
            None => share.followed(preference),
        };
        Ok(Answer {
            body,
            location: self.location(&rt, &record.id),
            etag: condition::etag(&record),
            preference,
        })
    }

    /// Reads a large group that was just changed, as it is now: the writer reads none of its members. `None` where that
    /// fails, or the group is gone by now.
    async fn reread(
        &self,
        caller: &Caller,
        rt: &Arc<ResourceType>,
        record: &Record,
        projection: Projection,
    ) -> Option<Answer> {
        let one = One {
            rt: Arc::clone(rt),
            id: record.id.clone(),
            wanted: Wanted::default(),
            conditions: Conditions::default(),
        };
        let fetched = self.fetch(&caller.connection, caller.viewer(), one, projection);
        match fetched.await {
            Ok(Fetched::Found(answer)) => Some(answer),
            Ok(Fetched::NotModified { .. }) | Err(_) => None,
        }
    }
}

/// The status that the answer will have.
fn status(what: &What, shown: &Shown) -> u16 {
    match (what, shown) {
        (What::Create(_), _) => 201,
        (What::Replace(_) | What::Patch(_), Shown::Resource(_) | Shown::LargeGroup) => 200,
        (What::Replace(_) | What::Patch(_), Shown::Nothing) | (What::Delete, _) => NO_CONTENT,
    }
}

/// What an answer shows of a changed resource.
enum Shown {
    /// No body.
    Nothing,
    /// The resource with what is joined to it.
    Resource(Joined),
    /// A group with more members than are read in the transaction of a change.
    LargeGroup,
}

/// How much of a changed resource is answered.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Share {
    /// What the projection says.
    Whole,
    /// That, unless it is a group of many members.
    Small,
    /// No body.
    Nothing,
}

impl Share {
    /// What is answered where `usual` is without a preference, and the preference that is followed. Who names
    /// attributes wants to see them: a PATCH with `attributes` is answered with 200 (RFC 7644 §3.5.2). A preference may be
    /// left aside (RFC 7240 §2): to have the resource does not make a group of many members small.
    fn new(usual: Self, projection: &Projection, preference: Preference) -> (Self, Preference) {
        let named = !projection.is_default();
        match preference {
            Preference::Minimal if named => (Self::Whole, Preference::None),
            Preference::Minimal => (Self::Nothing, preference),
            Preference::None | Preference::Representation if named => (Self::Whole, preference),
            Preference::None | Preference::Representation => (usual, preference),
        }
    }

    /// The preference that was followed by an answer without a body.
    fn followed(self, preference: Preference) -> Preference {
        match self {
            Self::Nothing => preference,
            Self::Whole | Self::Small => Preference::None,
        }
    }
}

/// Reads what is answered; nothing of a large group that was not asked for.
fn shown(
    tx: &mut Tx<'_>,
    viewer: &Viewer,
    rt: &ResourceType,
    record: &Record,
    projection: &Projection,
    share: Share,
) -> Result<Shown> {
    match share {
        Share::Nothing => return Ok(Shown::Nothing),
        Share::Small if rt.is_group() => {}
        Share::Small | Share::Whole => {
            let joined = members::joined(tx, viewer, rt, record, projection)?;
            let is_large = joined.members.len() >= members::SLICE as usize;
            return Ok(if is_large {
                Shown::LargeGroup
            } else {
                Shown::Resource(joined)
            });
        }
    }
    let first = tx.members(viewer, record, None, members::ANSWERED_UNASKED + 1)?;
    if first.len() > members::ANSWERED_UNASKED as usize {
        return Ok(Shown::Nothing);
    }
    Ok(Shown::Resource(Joined {
        members: first,
        groups: Vec::new(),
    }))
}
