//! Whose credential it is: one read of the store, and nothing that is remembered from the last one.

use jiff::Timestamp;

use super::begin::later;
use super::{Credential, Me, SessionInfo};
use crate::clock::is_ahead;
use crate::config::Secret;
use crate::service::last_use::Used;
use crate::service::personal_token::is_personal_token;
use crate::service::{Error, Gateway, Result, jwt};
use crate::store;
use crate::store::{Actor, Session};

impl Gateway {
    /// Whose credential this is: they are active, and it has neither ended nor been taken back. One read of the store;
    /// that a session is used is noted at most once a minute, beside the request.
    ///
    /// # Errors
    /// What the store answers when it cannot read.
    pub async fn whoami(&self, credential: &Credential) -> Result<Option<Me>> {
        match credential {
            Credential::Cookie(cookie) => self.whose_cookie(cookie).await,
            Credential::Bearer(token) if is_personal_token(token.expose()) => {
                self.whose_personal_token(token).await
            }
            Credential::Bearer(token) => match jwt::kid_of(token.expose()) {
                Some(kid) => self.whose_jwt(token, kid).await,
                None => Ok(None),
            },
        }
    }

    /// Whether a bearer token looks like one that people hold, so that no connection is looked for by it.
    pub fn is_of_person(&self, token: &str) -> bool {
        is_personal_token(token) || jwt::is_ours(self, token)
    }

    async fn whose_jwt(&self, token: &Secret, kid: String) -> Result<Option<Me>> {
        let (gateway, rt, token) = (self.clone(), self.user_type()?, token.clone());
        self.store()
            .glance(move |tx| {
                let key = tx.signing_key(gateway.keys().sealer(), &kid)?;
                let claims = key.and_then(|key| jwt::verify(&gateway, token.expose(), &key));
                let Some(claims) = claims else {
                    return Ok(None);
                };
                let found = tx.session_by_id(&claims.sid)?;
                let lives =
                    |session: &Session| session.resource == claims.sub && gateway.is_live(session);
                let Some(session) = found.filter(lives) else {
                    return Ok(None);
                };
                let Some(record) = tx.holder(&rt, &session.resource)? else {
                    return Ok(None);
                };
                let expires = Timestamp::from_second(claims.exp).unwrap_or(session.expires);
                gateway
                    .me(tx, &rt, &record, Some(session.into()), expires)
                    .map(Some)
            })
            .await
    }

    async fn whose_cookie(&self, cookie: &Secret) -> Result<Option<Me>> {
        let (gateway, rt) = (self.clone(), self.user_type()?);
        let hash = self.keys().session_hash(cookie.expose());
        let me = self
            .store()
            .glance(move |tx| {
                let found = tx.session(&hash)?;
                let Some(session) = found.filter(|session| gateway.is_live(session)) else {
                    return Ok(None);
                };
                let Some(record) = tx.holder(&rt, &session.resource)? else {
                    return Ok(None);
                };
                let expires = session.expires;
                gateway
                    .me(tx, &rt, &record, Some(session.into()), expires)
                    .map(Some)
            })
            .await?;
        if let Some(session) = me.as_ref().and_then(|me: &Me| me.session.as_ref()) {
            self.record_session_use(session);
        }
        Ok(me)
    }

    /// Whether a session has neither been idle for too long nor come to its end. One that began while the clock was ahead
    /// would outlast its lifetime by as much, and is over.
    pub(in crate::service) fn is_live(&self, session: &Session) -> bool {
        let now = self.clock().now();
        let idle = later(session.seen, self.settings().login.session_idle);
        now < session.expires && now < idle && !is_ahead(session.created, now)
    }

    /// Notes that a session is used, if that was last done a while ago.
    pub(super) fn record_session_use(&self, session: &SessionInfo) {
        let now = self.clock().now();
        let every = self.flushed_every();
        let recorded = Some(session.seen);
        self.last_uses()
            .note(Used::Session, &session.id, recorded, now, every);
    }

    /// Forgets sessions that have ended; answers how many.
    ///
    /// # Errors
    /// What the store answers when it cannot write.
    pub async fn drop_ended_sessions(&self) -> Result<u64> {
        /// As many rows as one change should touch.
        const AT_ONCE: u32 = 1_000;
        let now = self.clock().now();
        let idle = self.settings().login.session_idle.as_duration();
        let since = now.checked_sub(idle).unwrap_or(Timestamp::MIN);
        let cause = self.cause(Actor::System, "");
        let dropped = self
            .store()
            .write(cause, move |tx| tx.drop_ended_sessions(now, since, AT_ONCE));
        dropped
            .await
            .map_err(|error: store::Error| Error::from(error))
    }
}
