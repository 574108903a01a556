//! Whose token a request carries: looked up at every request, at the same cost whether the token is known or not.

use std::net::IpAddr;
use std::sync::Arc;

use super::error::{Error, Result};
use super::gateway::Gateway;
use super::last_use::{Used, WRITTEN_EVERY};
use super::provisioning::Notes;
use super::scope::Scopes;
use super::token::{CONFIG_CONNECTION, DEFAULT_PROFILE, PREFIX};
use crate::clock::Stopwatch;
use crate::scim::profile::Profile;
use crate::store::{Connection, Token};

/// Proof that a request carried a live token; every call on resources wants one.
#[derive(Debug, Clone)]
pub struct Caller {
    /// The connection's name.
    pub connection: Arc<str>,
    /// How its requests are read.
    pub profile: &'static Profile,
    /// What it may do.
    pub scopes: Scopes,
    /// The id of the request.
    pub request: String,
    /// When its token was known.
    pub(super) started: Stopwatch,
    /// What is noted about it for the provisioning log.
    pub(super) notes: Notes,
}

/// A credential that is valid now.
pub(super) struct Live {
    /// By what its use is counted.
    pub(super) id: String,
    pub(super) connection: String,
    profile: String,
    pub(super) scopes: Scopes,
}

impl Live {
    /// A credential of `connection` whose use is counted under `id`.
    pub(super) fn of(id: String, connection: Connection) -> Self {
        let profile = connection.profile;
        let scopes = connection.scopes.iter().map(String::as_str);
        Self {
            id,
            scopes: Scopes::new(&connection.name, scopes),
            connection: connection.name,
            profile: profile.unwrap_or_else(|| DEFAULT_PROFILE.to_owned()),
        }
    }
}

impl Gateway {
    /// Whose token this is; `None` when it is nobody's, has expired or was revoked. Nothing is cached:
    /// a revocation is felt by the next request. Wrong tokens count against the address `from`; a right
    /// one is let through whatever was tried from there.
    ///
    /// # Errors
    /// [`Error::Limited`] for too many requests of a token or too many wrong tokens, and what the store
    /// answers when it cannot look.
    pub async fn authenticate(
        &self,
        token: &str,
        from: IpAddr,
        request: &str,
    ) -> Result<Option<Caller>> {
        let limited = |retry_after| Error::Limited { retry_after };
        let Some(found) = self.find_credential(token).await? else {
            self.limits().failed(from).map_err(limited)?;
            return Ok(None);
        };
        self.limits().used(&found.id).map_err(limited)?;
        caller(found, request).map(Some)
    }

    /// The connection whose token this is.
    pub(super) async fn find_token(&self, token: &str) -> Result<Option<Live>> {
        let hash = self.keys().token_hash(token);
        let given = self.settings().scim.token.as_ref();
        if given.is_some_and(|given| hash.is_that_of(&self.keys().token_hash(given.expose()))) {
            return Ok(Some(self.live_config()));
        }
        let id = public_id(token).unwrap_or_default().to_owned();
        let found = self
            .store()
            .glance(move |tx| tx.credential(&id, |stored| hash.is(stored)))
            .await
            .map_err(Error::from)?;
        let now = self.clock().now();
        let live = |token: &Token| token.revoked.is_none() && now < token.expires;
        let Some((token, connection)) = found.filter(|(token, _)| live(token)) else {
            return Ok(None);
        };
        self.last_uses()
            .note(Used::Token, &token.id, token.used, now, WRITTEN_EVERY);
        Ok(Some(Live::of(token.id, connection)))
    }

    /// The connection of `scim.token`.
    pub(super) fn live_config(&self) -> Live {
        let scim = &self.settings().scim;
        let scopes = scim.scopes.iter().map(|scope| scope.as_str());
        Live {
            id: CONFIG_CONNECTION.to_owned(),
            connection: CONFIG_CONNECTION.to_owned(),
            profile: scim.profile.as_str().to_owned(),
            scopes: Scopes::new(CONFIG_CONNECTION, scopes),
        }
    }
}

fn caller(live: Live, request: &str) -> Result<Caller> {
    let Some(profile) = Profile::by_name(&live.profile) else {
        return Err(Error::Internal {
            why: format!(
                "connection {} has the unknown profile {}",
                live.connection, live.profile
            ),
        });
    };
    Ok(Caller {
        connection: live.connection.into(),
        profile,
        scopes: live.scopes,
        request: request.to_owned(),
        started: Stopwatch::start(),
        notes: Notes::default(),
    })
}

/// The public id in a token: what stands between the prefix and the next underscore.
fn public_id(token: &str) -> Option<&str> {
    token
        .strip_prefix(PREFIX)?
        .split_once('_')
        .map(|(id, _)| id)
}
