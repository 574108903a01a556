//! DELETE (RFC 7644 §3.6): to SCIM the resource is gone, to the gateway it is a soft delete.

use std::sync::Arc;

use super::condition;
use super::get::not_found;
use crate::scim::query::Conditions;
use crate::scim::schema::ResourceType;
use crate::service::{Caller, Error, Gateway, Result};
use crate::store::Actor;

impl Gateway {
    /// Deletes a resource: 404 from now on, its names free again.
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
        let (rt, id) = (Arc::clone(rt), id.to_owned());
        let cause = self.cause(
            Actor::Connection(caller.connection.to_string()),
            &caller.request,
        );
        self.store()
            .write(cause, move |tx| {
                let Some(record) = tx.get(&rt, &id)? else {
                    return Err(not_found(&rt, &id));
                };
                condition::allow_change(&record, &conditions)?;
                tx.delete(&rt, &record)?;
                Ok::<_, Error>(())
            })
            .await
    }
}
