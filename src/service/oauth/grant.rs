//! `/oauth/token`: an access token for a connection's token or an assertion (RFC 6749 §4.4, RFC 7521 §4.2, RFC 7523 §2.2).

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::access::{ASSERTION, PREFIX};
use crate::config::Location;
use crate::login::{Expected, names};
use crate::service::authenticate::Live;
use crate::service::token::{CONFIG_CONNECTION, after, hex};
use crate::service::{Error, Gateway, Result};
use crate::store::{AccessToken, Actor, Federation};

/// How long an access token lives: what Entra asks for is 1 to 6 hours.
const LIFETIME: Duration = Duration::from_secs(3600);

/// What a client shows.
pub enum ClientProof {
    /// The name of a connection and a token of it.
    Secret {
        /// `client_id`
        id: String,
        /// `client_secret`
        secret: String,
    },
    /// A JWT that `muster connection federate` accepts for a connection.
    Assertion {
        /// `client_id`, if it was sent: the connection that is meant.
        id: Option<String>,
        /// `client_assertion`
        assertion: String,
    },
}

/// An access token, shown once.
pub struct Granted {
    /// The token.
    pub token: String,
    /// Seconds it lives.
    pub expires_in: u64,
    /// What it may do, apart by spaces.
    pub scope: String,
}

/// Why none is given.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GrantRefused {
    /// `invalid_client`: unknown, wrong or expired. Which of them is for the log only.
    #[error("the client is not known, or its secret or assertion is not valid")]
    Client,
    /// Too often, or the gateway cannot now.
    #[error(transparent)]
    Service(#[from] Error),
}

/// A client that proved who it is.
struct Client {
    live: Live,
    credential: String,
}

impl Gateway {
    /// Gives an access token for a proof; wrong ones count against the address `from`.
    ///
    /// # Errors
    /// [`GrantRefused`].
    pub async fn grant(
        &self,
        proof: ClientProof,
        from: IpAddr,
    ) -> std::result::Result<Granted, GrantRefused> {
        let limited = |retry_after| Error::Limited { retry_after };
        let found = match proof {
            ClientProof::Secret { id, secret } => self.client_by_secret(&id, &secret).await?,
            ClientProof::Assertion { id, assertion } => {
                self.client_by_assertion(id.as_deref(), &assertion).await?
            }
        };
        let Some(client) = found else {
            self.limits().failed(from).map_err(limited)?;
            return Err(GrantRefused::Client);
        };
        self.limits().used(&client.live.id).map_err(limited)?;
        Ok(self.issue_access_token(client).await?)
    }

    async fn client_by_secret(&self, id: &str, secret: &str) -> Result<Option<Client>> {
        let live = self.find_token(secret).await?;
        let Some(live) = live.filter(|live| live.connection == id) else {
            return Ok(None);
        };
        let credential = if live.connection == CONFIG_CONNECTION {
            self.config_credential()
        } else {
            Some(live.id.clone())
        };
        Ok(credential.map(|credential| Client { live, credential }))
    }

    /// The connection that accepts an assertion. What it names is looked up before it is believed; then it must have been
    /// signed by a key of just that issuer.
    async fn client_by_assertion(&self, id: Option<&str>, text: &str) -> Result<Option<Client>> {
        let (issuer, subject) = match names(text) {
            Ok(names) => names,
            Err(why) => {
                tracing::info!(%why, "an assertion was not believed");
                return Ok(None);
            }
        };
        let (by, about) = (issuer.clone(), subject.clone());
        let accepted = self
            .store()
            .read(move |tx| tx.federations_of(&by, &about))
            .await?;
        if accepted.is_empty() {
            tracing::info!(
                issuer = short(&issuer),
                subject = short(&subject),
                "no connection accepts the assertions of this issuer about this subject"
            );
        }
        for federation in accepted {
            let meant = id.is_none_or(|id| id == federation.connection);
            if meant && self.believes(text, &federation).await {
                return self.federated(federation).await;
            }
        }
        Ok(None)
    }

    async fn believes(&self, text: &str, federation: &Federation) -> bool {
        let expected = Expected {
            issuer: &federation.issuer,
            audience: &federation.audience,
            subject: Some(&federation.subject),
            tenant: federation.tenant.as_deref(),
        };
        let keys = Location::Url(federation.keys.clone());
        let believed = self.issuers().believe(text, &keys, expected).await;
        if let Err(why) = &believed {
            tracing::info!(connection = federation.connection, %why, "an assertion was not believed");
        }
        believed.is_ok()
    }

    async fn federated(&self, federation: Federation) -> Result<Option<Client>> {
        let name = federation.connection;
        let connection = self.store().read(move |tx| tx.connection(&name)).await?;
        Ok(connection.map(|connection| Client {
            live: Live::of(format!("{ASSERTION}:{}", connection.name), connection),
            credential: ASSERTION.to_owned(),
        }))
    }

    async fn issue_access_token(&self, client: Client) -> Result<Granted> {
        let Client { live, credential } = client;
        let id = hex(&self.clock().random::<8>()?);
        let secret = URL_SAFE_NO_PAD.encode(self.clock().random::<32>()?);
        let token = format!("{PREFIX}{id}_{secret}");
        let cause = self.cause(Actor::Connection(live.connection.clone()), "");
        let row = AccessToken {
            id,
            connection: live.connection,
            hash: self.keys().token_hash(&token).to_stored(),
            credential,
            expires: after(cause.at, LIFETIME)?,
        };
        let connection: Arc<str> = row.connection.as_str().into();
        let store = self.store().for_client(&connection);
        store
            .write(cause, Duration::ZERO, move |tx| {
                tx.insert_access_token(&row)
            })
            .await?;
        Ok(Granted {
            token,
            expires_in: LIFETIME.as_secs(),
            scope: live.scopes.to_string(),
        })
    }
}

fn short(text: &str) -> &str {
    text.get(..256).unwrap_or(text)
}
