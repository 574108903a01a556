//! Sessions: who is logged in, since when, with which roles.

mod me;

pub use me::{Credential, Me, SessionInfo};

use super::error::Result;
use super::gateway::Gateway;
use crate::config::Secret;

impl Gateway {
    /// Whose credential this is: they are active, and it has neither ended nor been taken back. One read of the store;
    /// that a session is used is noted at most once a minute.
    ///
    /// # Errors
    /// What the store answers when it cannot read.
    pub async fn whoami(&self, credential: &Credential) -> Result<Option<Me>> {
        let _ = credential;
        Ok(None)
    }

    /// Ends the session of this cookie; answers whether there was one.
    ///
    /// # Errors
    /// What the store answers when it cannot write.
    pub async fn end_session(&self, cookie: &Secret, request: &str) -> Result<bool> {
        let _ = (cookie, request);
        Ok(false)
    }

    /// Ends one session of a person by its id, as they or an administrator do from a list; answers whether there was one.
    ///
    /// # Errors
    /// What the store answers when it cannot write.
    pub async fn end_session_of(&self, person: &str, session: &str, request: &str) -> Result<bool> {
        let _ = (person, session, request);
        Ok(false)
    }

    /// The sessions of a person, the latest first.
    ///
    /// # Errors
    /// What the store answers when it cannot read.
    pub async fn sessions_of(&self, person: &str) -> Result<Vec<SessionInfo>> {
        let _ = person;
        Ok(Vec::new())
    }
}
