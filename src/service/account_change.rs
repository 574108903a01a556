//! What somebody asks of their own account page: one change each.

use jiff::SignedDuration;

use super::account::Details;
use super::error::{Error, Result};
use super::gateway::Gateway;
use super::personal_token::NewPersonalToken;
use super::session::{Me, SessionInfo};
use crate::config::Secret;
use crate::scim::{self, ErrorKind};
use crate::service::password::Right;
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
    MakeToken {
        /// What it is to be.
        token: NewPersonalToken,
        /// The present password; not looked at where people log in elsewhere.
        password: Secret,
    },
    /// The end of the token with this id.
    EndToken(String),
    /// The end of the session with this id.
    EndSession(String),
    /// The end of every session but the one that asks.
    EndOtherSessions,
}

/// How old a login may be that stands for a password given again, where the password is one of an identity provider or a
/// directory: long enough to fill a form in.
const FRESH_LOGIN: SignedDuration = SignedDuration::from_mins(5);

impl Gateway {
    /// Makes sure that the person asks, and not whoever found their session open: by their password or, where they log in
    /// elsewhere, by a login of the last five minutes. Returns the password that was right.
    async fn confirm_presence(
        &self,
        me: &Me,
        password: &Secret,
        from: &Visitor,
    ) -> Result<Option<Right>> {
        if self.keeps_passwords() {
            let right = self.own_password(&me.id, password, from).await?;
            let detail = "For a new token, give your present password: that was not it.";
            return right.map(Some).ok_or_else(|| refused(detail));
        }
        let now = self.clock().now();
        let is_fresh = |session: &SessionInfo| now.duration_since(session.created) <= FRESH_LOGIN;
        if me.session.as_ref().is_some_and(is_fresh) {
            return Ok(None);
        }
        Err(refused(
            "For a new token, log out and in again: your login is older than five minutes.",
        ))
    }

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
            AccountChange::MakeToken { token, password } => {
                let right = self.confirm_presence(me, password, from).await?;
                let made = self.make_personal_token(id, token, right, request);
                return made.await.map(Some);
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

fn refused(detail: &str) -> Error {
    scim::Error::new(ErrorKind::Forbidden, detail).into()
}
