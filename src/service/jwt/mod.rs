//! JWTs for applications: signed with ES256 by a key of the present period, and taken back only while their session lives.

mod claims;
mod keys;
mod verified;

use jiff::Timestamp;

use super::gateway::Gateway;
use super::session::Me;
use super::{Error, Result};

pub(super) use claims::{is_ours, kid_of, verify};
pub(super) use verified::Verified;

/// A JWT that somebody is handed.
#[derive(Clone)]
pub struct Jwt {
    /// Its text.
    pub token: String,
    /// For how many seconds it holds.
    pub expires_in: u64,
}

impl Gateway {
    /// A JWT for who is logged in.
    ///
    /// # Errors
    /// [`Error::Internal`] when no key can be made or opened.
    pub async fn jwt(&self, me: &Me) -> Result<Jwt> {
        let now = self.clock().now();
        let key = self.present_key(now).await?;
        let lifetime = self.settings().login.token_lifetime.as_duration().as_secs();
        let left = me.expires.as_second().saturating_sub(now.as_second());
        let expires_in = lifetime.min(u64::try_from(left).unwrap_or(0));
        let claims = claims::of(self, me, now, expires_in);
        let private = self.keys().open_signing_key(&key.kid, key.sealed.clone());
        let private = private.ok_or_else(|| fault("a signing key cannot be opened"))?;
        let token = claims::sign(&key.kid, &private, &claims).map_err(fault)?;
        Ok(Jwt { token, expires_in })
    }

    /// The published keys, as a JWK Set (RFC 7517 §5).
    ///
    /// # Errors
    /// As [`Gateway::jwt`].
    pub async fn jwks(&self) -> Result<String> {
        let now: Timestamp = self.clock().now();
        self.present_key(now).await?;
        let keys = self.published_keys(now).await?;
        let keys: Vec<&str> = keys.iter().map(|key| key.public.as_str()).collect();
        Ok(format!("{{\"keys\":[{}]}}", keys.join(",")))
    }
}

impl std::fmt::Debug for Jwt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Jwt(hidden, {} s)", self.expires_in)
    }
}

fn fault(why: impl std::fmt::Display) -> Error {
    Error::Internal {
        why: why.to_string(),
    }
}
