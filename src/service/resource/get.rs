//! GET of one resource (RFC 7644 §3.4.1).

use std::sync::Arc;

use super::condition::{allow_read, etag, is_known};
use super::response_body::ResourceView;
use super::{Answer, Fetched, One, members};
use crate::scim;
use crate::scim::project::Projection;
use crate::scim::query::{Conditions, Preference, Wanted};
use crate::scim::schema::ResourceType;
use crate::scim::syntax::Name;
use crate::service::{Caller, Error, Gateway, Me, Result};
use crate::store::{Tx, Viewer};

impl Gateway {
    /// Reads a resource, unless the caller has this version already.
    ///
    /// # Errors
    /// 404 when there is none with this id, 412 when it is at another version than `If-Match` says.
    pub async fn get(&self, caller: &Caller, one: One) -> Result<Fetched> {
        caller.scopes.may_read()?;
        let projection = caller.projection(&one.rt, &one.wanted)?;
        let client = &caller.connection;
        self.fetch(client, caller.viewer(), one, projection).await
    }

    /// Reads the record of somebody who is logged in (RFC 7644 §3.11).
    ///
    /// # Errors
    /// As [`Gateway::get`].
    pub async fn get_me(&self, me: &Me, wanted: Wanted, conditions: Conditions) -> Result<Fetched> {
        let (rt, id) = (self.user_type()?, me.id.clone());
        let list = |names: Option<&str>| {
            let names = names.unwrap_or_default().split(',').map(str::trim);
            let names = names.filter(|name| !name.is_empty());
            names.map(|name| Name(name.to_owned())).collect::<Vec<_>>()
        };
        let attributes = list(wanted.attributes.as_deref());
        let excluded = list(wanted.excluded.as_deref());
        let projection = Projection::new(&rt, &attributes, &excluded)?;
        let one = One {
            rt,
            id,
            wanted,
            conditions,
        };
        let client = Arc::from(me.id.as_str());
        self.fetch(&client, Viewer::All, one, projection).await
    }

    /// Reads a resource for `client`, whose share of the memory for responses the answer is counted in.
    pub(super) async fn fetch(
        &self,
        client: &Arc<str>,
        viewer: Viewer,
        one: One,
        projection: Projection,
    ) -> Result<Fetched> {
        let One {
            rt,
            id,
            wanted: _,
            conditions,
        } = one;
        let has_members = rt.is_group() && projection.wants(&rt, "members");
        let store = self.store().for_client(client);
        let (gateway, client) = (self.clone(), Arc::clone(client));
        let read = move |tx: &mut Tx<'_>| {
            let Some(record) = tx.get(&viewer, &rt, &id)? else {
                return Err(not_found(&rt, &id));
            };
            allow_read(&record, &conditions)?;
            if is_known(&record, conditions.if_none_match.as_ref()) {
                return Ok(Fetched::NotModified {
                    etag: etag(&record),
                    location: gateway.location(&rt, &record.id),
                });
            }
            let joined = members::joined(tx, &viewer, &rt, &record, &projection)?;
            let mut lease = gateway.response_memory().lease(&client);
            let view = ResourceView {
                viewer: &viewer,
                rt: &rt,
                record: &record,
                projection: &projection,
            };
            let rendered = gateway.rendered(tx, &view, &joined, &mut lease)?;
            Ok(Fetched::Found(Answer {
                body: Some(rendered.into_body(lease)),
                location: gateway.location(&rt, &record.id),
                etag: etag(&record),
                preference: Preference::None,
            }))
        };
        if has_members {
            store.read(read).await
        } else {
            store.glance(read).await
        }
    }
}

/// 404 for an id; the id is what the caller sent, cut to a sane length.
pub(super) fn not_found(rt: &ResourceType, id: &str) -> Error {
    let shown: String = id.chars().take(64).collect();
    Error::Scim(scim::Error::not_found(format!(
        "There is no {} with the id \"{shown}\".",
        rt.name
    )))
}
