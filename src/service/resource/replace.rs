//! PUT (RFC 7644 §3.5.1).

use std::sync::Arc;

use bytes::Bytes;

use super::create::state;
use super::get::not_found;
use super::{Answer, body, condition, members, patch};
use crate::scim::query::{Conditions, Wanted};
use crate::scim::schema::ResourceType;
use crate::scim::validate;
use crate::service::{Caller, Error, Gateway, Result};
use crate::store::Actor;

impl Gateway {
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
        let projection = caller.projection(rt, &wanted)?;
        let sent = body::resource(caller, rt, &bytes)?;
        let (rt_, id, asked) = (Arc::clone(rt), id.to_owned(), projection.clone());
        let strict = self.settings().scim.require_references;
        let cause = self.cause(
            Actor::Connection(caller.connection.to_string()),
            &caller.request,
        );
        let (record, joined, ignored) = self
            .store()
            .write(cause, move |tx| {
                let Some(record) = tx.get(&rt_, &id)? else {
                    return Err(not_found(&rt_, &id));
                };
                condition::allow_change(&record, &conditions)?;
                let present = patch::document(&record)?;
                let incoming = validate::replace(&rt_, &present, sent.clone())?;
                members::require_references(tx, strict, &incoming.document, &incoming.members)?;
                let rows = if rt_.is_group() {
                    tx.set_members(&record, &incoming.members)?
                } else {
                    0
                };
                let record = if incoming.document == present {
                    patch::touched(tx, record, rows)?
                } else {
                    let state = state(&incoming.document, record.state);
                    tx.update(&rt_, &record, &incoming.document, state)?
                };
                let joined = members::joined(tx, &rt_, &record, &asked)?;
                Ok::<_, Error>((record, joined, (incoming.password, incoming.unknown)))
            })
            .await?;
        body::dropped(caller, ignored.0, &ignored.1);
        self.answer(rt, &record, &joined, &projection)
    }
}
