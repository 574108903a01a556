//! Sessions: who is logged in, since when, with which roles.

mod begin;
mod introspect;
mod me;
mod whoami;

pub use me::{Credential, Me, SessionInfo};

pub(super) use begin::Draft;

use serde_json::Value;

use super::audit::{self, Changes};
use super::error::Result;
use super::gateway::Gateway;
use crate::config::Secret;
use crate::store::{Actor, Session, Tx};

impl Gateway {
    /// Ends the session of this cookie; answers what single logout needs to know of it, `None` when there was none.
    ///
    /// # Errors
    /// What the store answers when it cannot write.
    pub async fn end_session(&self, cookie: &Secret, request: &str) -> Result<Option<Session>> {
        let (gateway, hash) = (self.clone(), self.keys().session_hash(cookie.expose()));
        self.store()
            .write(self.cause(Actor::System, request), move |tx| {
                let Some(session) = tx.session(&hash)? else {
                    return Ok(None);
                };
                gateway.end(tx, &session)?;
                Ok(Some(session))
            })
            .await
    }

    /// Ends one session of a person by its id, as they or an administrator do from a list; answers whether there was one.
    ///
    /// # Errors
    /// What the store answers when it cannot write.
    pub async fn end_session_of(&self, actor: Actor, person: &str, session: &str) -> Result<bool> {
        let (gateway, person, id) = (self.clone(), person.to_owned(), session.to_owned());
        self.store()
            .write(self.cause(actor, ""), move |tx| {
                let found = tx.session_by_id(&id)?;
                let Some(session) = found.filter(|session| session.resource == person) else {
                    return Ok(false);
                };
                gateway.end(tx, &session)?;
                Ok(true)
            })
            .await
    }

    /// The live sessions of a person, the latest first.
    ///
    /// # Errors
    /// What the store answers when it cannot read.
    pub async fn sessions_of(&self, person: &str) -> Result<Vec<SessionInfo>> {
        let (gateway, person) = (self.clone(), person.to_owned());
        let found = self.store().read(move |tx| tx.sessions_of(&person)).await?;
        let live = found.into_iter().filter(|session| gateway.is_live(session));
        Ok(live.map(SessionInfo::from).collect())
    }

    /// Ends a session, and records that.
    pub(super) fn end(&self, tx: &mut Tx<'_>, session: &Session) -> Result<()> {
        tx.end_session(&session.id)?;
        let changes = Changes::default().set("session", session.id.as_str(), Value::Null);
        let entry = audit::Entry {
            action: "user.logout",
            kind: "User",
            resource: &session.resource,
            owner: None,
            changes: &changes,
        };
        Ok(audit::record(tx, self.keys(), &entry)?)
    }
}
