//! What somebody asks of their own account page: one change each.

use super::account::Details;
use super::error::Result;
use super::gateway::Gateway;
use super::personal_token::NewPersonalToken;
use super::session::Me;
use crate::config::Secret;
use crate::service::sign_in::Visitor;
use crate::store::Actor;

/// One change of one's own account.
#[derive(Debug, Clone)]
pub enum AccountChange {
    /// Other names or another address.
    Details {
        /// What they are to be.
        details: Details,
        /// The present password, which another address needs.
        password: Secret,
    },
    /// Another password.
    Password {
        /// The present one.
        present: Secret,
        /// The one that is to be.
        new: Secret,
    },
    /// A new personal access token.
    MakeToken(NewPersonalToken),
    /// The end of the token with this id.
    EndToken(String),
    /// The end of the session with this id.
    EndSession(String),
    /// The end of every session but the one that asks.
    EndOtherSessions,
}

impl Gateway {
    /// Makes a change that somebody asks for in a session of theirs; answers the text of a new token.
    ///
    /// # Errors
    /// 400 and 403 with what to mend; [`crate::service::Error::Limited`] for too many wrong passwords.
    pub async fn change_account(
        &self,
        me: &Me,
        change: &AccountChange,
        from: &Visitor,
    ) -> Result<Option<Secret>> {
        let request = &*from.request;
        let (id, session) = (
            &*me.id,
            me.session.as_ref().map_or("", |session| &session.id),
        );
        match change {
            AccountChange::Details { details, password } => {
                self.change_details(id, details, password, from).await?;
            }
            AccountChange::Password { present, new } => {
                self.change_password(id, session, present, new, from)
                    .await?;
            }
            AccountChange::MakeToken(new) => {
                return self.make_personal_token(id, new, request).await.map(Some);
            }
            AccountChange::EndToken(token) => {
                self.end_personal_token(id, token, request).await?;
            }
            AccountChange::EndSession(other) => {
                self.end_session_of(Actor::Person(id.to_owned()), id, other)
                    .await?;
            }
            AccountChange::EndOtherSessions => {
                self.end_other_sessions(id, session, request).await?;
            }
        }
        Ok(None)
    }
}
