//! GET of one resource (RFC 7644 §3.4.1).

use super::condition::{allow_read, etag, is_known};
use super::{Fetched, One, members};
use crate::scim;
use crate::scim::query::Preference;
use crate::scim::schema::ResourceType;
use crate::service::{Caller, Error, Gateway, Result};

impl Gateway {
    /// Reads a resource, unless the caller has this version already.
    ///
    /// # Errors
    /// 404 when there is none with this id, 412 when it is at another version than `If-Match` says.
    pub async fn get(&self, caller: &Caller, one: One) -> Result<Fetched> {
        caller.scopes.may_read()?;
        let One {
            rt,
            id,
            wanted,
            conditions,
        } = one;
        let projection = caller.projection(&rt, &wanted)?;
        let gateway = self.clone();
        let viewer = caller.viewer();
        self.store()
            .read(move |tx| {
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
                gateway
                    .answer(&rt, &record, &joined, &projection, Preference::None)
                    .map(Fetched::Found)
            })
            .await
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
