//! POST (RFC 7644 §3.3).

use std::sync::Arc;

use bytes::Bytes;

use super::render::Joined;
use super::{Answer, body, members};
use crate::scim::project::Projection;
use crate::scim::query::Wanted;
use crate::scim::resource::Document;
use crate::scim::schema::ResourceType;
use crate::scim::validate;
use crate::service::{Caller, Error, Gateway, Result};
use crate::store::{Actor, NewResource, State};

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
        let projection = caller.projection(rt, &wanted)?;
        let incoming = validate::create(rt, body::resource(caller, rt, &bytes)?)?;
        body::dropped(caller, incoming.password, &incoming.unknown);
        let (id, rt_, owner) = (
            self.clock().id(),
            Arc::clone(rt),
            Arc::clone(&caller.connection),
        );
        let wants_members = projection.wants(rt, "members");
        let strict = self.settings().scim.require_references;
        let cause = self.cause(
            Actor::Connection(caller.connection.to_string()),
            &caller.request,
        );
        let (record, joined) = self
            .store()
            .write(cause, move |tx| {
                members::require_references(tx, strict, &incoming.document, &incoming.members)?;
                let record = tx.insert(&NewResource {
                    id: &id,
                    rt: &rt_,
                    owner: Some(&owner),
                    state: state(&incoming.document, State::Active),
                    document: &incoming.document,
                })?;
                tx.add_members(&record, &incoming.members)?;
                let mut joined = Joined::default();
                if wants_members && !incoming.members.is_empty() {
                    joined = members::joined(tx, &rt_, &record, &Projection::Default)?;
                }
                Ok::<_, Error>((record, joined))
            })
            .await?;
        self.answer(rt, &record, &joined, &projection)
    }
}

/// The state that `active` in the document asks for; without it, what it was.
pub(super) fn state(document: &Document, present: State) -> State {
    match document.active() {
        Some(true) => State::Active,
        Some(false) => State::Deactivated,
        None => present,
    }
}
