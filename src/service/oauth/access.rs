//! Which credentials a SCIM request may show: a token of a connection, an access token, or a JWT of the issuer of
//! `scim.jwt_issuer`.

use jiff::Timestamp;

use crate::login::Expected;
use crate::service::authenticate::Live;
use crate::service::token::{CONFIG_CONNECTION, hex};
use crate::service::{Gateway, Result};
use crate::store::{self, AccessToken, Tx};

/// What every access token starts with.
pub(super) const PREFIX: &str = "muster_at_";
/// What stands before the start of a hash where the credential was `scim.token`, which has no row.
const CONFIG_CREDENTIAL: &str = "config:";
/// The credential of an access token that was given for an assertion.
pub(super) const ASSERTION: &str = "assertion";

impl Gateway {
    /// Whose credential this is; `None` when it is nobody's, or no longer.
    pub(in crate::service) async fn find_credential(&self, text: &str) -> Result<Option<Live>> {
        if let Some((id, _)) = text
            .strip_prefix(PREFIX)
            .and_then(|rest| rest.split_once('_'))
        {
            return self.find_access_token(id, text).await;
        }
        if text.bytes().filter(|byte| *byte == b'.').count() == 2
            && let Some(connection) = &self.settings().scim.jwt_connection
        {
            return self.find_jwt(connection, text).await;
        }
        self.find_token(text).await
    }

    async fn find_access_token(&self, id: &str, text: &str) -> Result<Option<Live>> {
        let (id, now) = (id.to_owned(), self.clock().now());
        let hash = self.keys().token_hash(text);
        let found = self.store().read(move |tx| {
            let token = tx.access_token(&id)?;
            // What proves nothing costs the same whether there is such a token or not.
            let is_same = hash.is(token.as_ref().map(|token| token.hash.as_slice()));
            let Some(token) = token.filter(|_| is_same) else {
                return Ok(None);
            };
            let good = token_is_good(tx, &token, now)?;
            let connection = tx.connection(&token.connection)?;
            Ok::<_, store::Error>(good.then_some((token, connection)))
        });
        let Some((token, connection)) = found.await? else {
            return Ok(None);
        };
        let configured = token.credential.starts_with(CONFIG_CREDENTIAL);
        if configured && Some(&token.credential) != self.config_credential().as_ref() {
            return Ok(None);
        }
        let live = if configured {
            Some(self.live_config())
        } else {
            connection.map(|connection| Live::of(token.credential, connection))
        };
        Ok(live)
    }

    async fn find_jwt(&self, connection: &str, text: &str) -> Result<Option<Live>> {
        let scim = &self.settings().scim;
        let (Some(issuer), Some(audience), Some(keys)) =
            (&scim.jwt_issuer, &scim.jwt_audience, &scim.jwks)
        else {
            return Ok(None);
        };
        let expected = Expected {
            issuer,
            audience,
            subject: None,
            tenant: None,
        };
        if let Err(why) = self.issuers().believe(text, keys, expected).await {
            tracing::info!(%why, "a JWT was not believed");
            return Ok(None);
        }
        if connection == CONFIG_CONNECTION {
            return Ok(Some(self.live_config()));
        }
        let name = connection.to_owned();
        let found = self.store().read(move |tx| tx.connection(&name));
        let Some(found) = found.await? else {
            tracing::warn!(
                connection,
                "scim.jwt_connection names no connection: make it with `muster token create`"
            );
            return Ok(None);
        };
        Ok(Some(Live::of(format!("jwt:{connection}"), found)))
    }

    /// How `scim.token` is named in access tokens: with another token it is another name.
    pub(super) fn config_credential(&self) -> Option<String> {
        let token = self.settings().scim.token.as_ref()?;
        let hash = self.keys().token_hash(token.expose()).to_stored();
        let start = hex(hash.get(..16).unwrap_or(&hash));
        Some(format!("{CONFIG_CREDENTIAL}{start}"))
    }
}

/// Whether an access token has not ended, nor what it was given for.
fn token_is_good(
    tx: &mut Tx<'_>,
    token: &AccessToken,
    now: Timestamp,
) -> std::result::Result<bool, store::Error> {
    if now >= token.expires {
        return Ok(false);
    }
    if token.credential == ASSERTION || token.credential.starts_with(CONFIG_CREDENTIAL) {
        return Ok(true);
    }
    let secret = tx.token(&token.credential)?;
    Ok(secret.is_some_and(|secret| secret.revoked.is_none() && now < secret.expires))
}
