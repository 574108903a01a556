//! The beginning of a session: another cookie at every login, and the end of the one that the browser had.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::{Me, SessionInfo};
use crate::config::{Period, Secret};
use crate::login::SingleLogout;
use crate::service::sign_in::{Proof, SignedIn, Visitor};
use crate::service::{Gateway, Result};
use crate::store::{Record, Session, SessionName, Tx};

/// How many sessions one person can have; the oldest ends when there are more. Enough for every device that one has, and a
/// bound for a program that logs in again and again.
const SESSIONS: u32 = 100;

/// A session that is about to begin.
pub(in crate::service) struct Draft {
    cookie: Secret,
    session: Session,
    /// Source, NameID and SessionIndex.
    name: Option<(String, SingleLogout)>,
    /// The hash of the cookie that the browser had.
    before: Option<[u8; 32]>,
    /// What the name was logged in from.
    place: Option<[u8; 32]>,
}

impl Gateway {
    /// What is drawn for a session before the transaction.
    pub(in crate::service) fn draft_session(
        &self,
        proof: &Proof,
        from: &Visitor,
        at: Timestamp,
    ) -> Result<Draft> {
        let cookie = URL_SAFE_NO_PAD.encode(self.clock().random::<32>()?);
        let single_logout = proof.identity().and_then(|identity| {
            let source = identity.source.clone();
            identity
                .single_logout
                .clone()
                .map(|logout| (source, logout))
        });
        let limit = single_logout
            .as_ref()
            .and_then(|(_, logout)| logout.not_on_or_after);
        let lifetime = later(at, self.settings().login.session_lifetime);
        Ok(Draft {
            session: Session {
                hash: self.keys().session_hash(&cookie).to_vec(),
                id: self.clock().id(),
                resource: String::new(),
                created: at,
                seen: at,
                expires: limit.map_or(lifetime, |limit| limit.min(lifetime)),
                method: proof.method.as_str().to_owned(),
                address: from.address.map(|address| address.to_string()),
                agent: from.agent.clone(),
                logout: single_logout
                    .as_ref()
                    .map(|(_, logout)| logout_json(logout)),
            },
            cookie: Secret::new(cookie),
            name: single_logout,
            before: from
                .session
                .as_ref()
                .map(|old| self.keys().session_hash(old.expose())),
            place: self.place(from),
        })
    }

    /// What the browser gets.
    pub(in crate::service) fn signed_in(
        &self,
        me: Me,
        draft: &Draft,
        from: &Visitor,
    ) -> Result<SignedIn> {
        Ok(SignedIn {
            session: draft.cookie.clone(),
            device: self.device(from)?,
            me,
        })
    }
}

impl Draft {
    /// Begins the session of `record`; the one that the browser had ends, whoever's it was.
    pub(in crate::service) fn begin(
        &self,
        tx: &mut Tx<'_>,
        record: &Record,
    ) -> Result<SessionInfo> {
        if let Some(before) = &self.before
            && let Some(old) = tx.session(before)?
        {
            tx.end_session(&old.id)?;
        }
        let session = Session {
            resource: record.id.clone(),
            ..self.session.clone()
        };
        let name = self.name.as_ref().map(|(source, logout)| SessionName {
            issuer: source,
            name_id: &logout.name_id,
            index: logout.session_index.as_deref(),
        });
        tx.begin_session(&session, name)?;
        tx.end_oldest_sessions(&record.id, SESSIONS)?;
        if let Some(place) = &self.place {
            tx.remember_place(&record.id, place)?;
        }
        Ok(session.into())
    }
}

/// So much later.
pub(super) fn later(at: Timestamp, period: Period) -> Timestamp {
    let period = SignedDuration::try_from(period.as_duration()).unwrap_or(SignedDuration::MAX);
    at.checked_add(period).unwrap_or(Timestamp::MAX)
}

fn logout_json(logout: &SingleLogout) -> String {
    let SingleLogout {
        name_id,
        format,
        name_qualifier,
        sp_name_qualifier,
        session_index,
        not_on_or_after: _,
    } = logout;
    json!({
        "name_id": name_id, "format": format, "name_qualifier": name_qualifier,
        "sp_name_qualifier": sp_name_qualifier, "session_index": session_index,
    })
    .to_string()
}
