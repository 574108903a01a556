//! Connections and their bearer tokens: made, listed, revoked, and looked up at every request.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde_json::Value;

use super::audit::{self, Changes, Entry};
use super::error::{Error, Result};
use super::gateway::Gateway;
use super::keys::{Keys, same};
use super::provisioning::Notes;
use super::scope::Scopes;
use crate::clock::Stopwatch;
use crate::scim::profile::Profile;
use crate::scim::{self, ErrorKind};
use crate::store::{self, Actor, Connection, Token, Tx};

/// What every token starts with, so that secret scanners know one.
const PREFIX: &str = "muster_";
/// The connection of the token in `scim.token`.
pub const CONFIG_CONNECTION: &str = "config";
/// The connection that the first start makes.
pub const FIRST_CONNECTION: &str = "first";
/// The profile of a connection that was made without one.
pub(super) const DEFAULT_PROFILE: &str = "auto";
/// How long the token of the first start lives.
const FIRST_LIFETIME: Duration = Duration::from_secs(24 * 60 * 60);
/// What a connection may do unless it is said otherwise.
const DEFAULT_SCOPES: [&str; 4] = ["read", "users", "groups", "admin-groups"];
/// How old the recorded last use of a token may get before it is written again.
const USE_RECORDED_EVERY: Duration = Duration::from_secs(60);

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

/// A token that is valid now.
struct Live {
    id: String,
    connection: String,
    profile: String,
    scopes: Scopes,
}

/// A token as it may be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenInfo {
    /// Its public id.
    pub id: String,
    /// Its connection.
    pub connection: String,
    /// When it was made.
    pub created: Timestamp,
    /// When it ends.
    pub expires: Timestamp,
    /// When it was last used, to the minute.
    pub used: Option<Timestamp>,
    /// When it was revoked.
    pub revoked: Option<Timestamp>,
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
        let Some(found) = self.find_token(token).await? else {
            self.limits().failed(from).map_err(limited)?;
            return Ok(None);
        };
        self.limits().used(&found.id).map_err(limited)?;
        caller(found, request).map(Some)
    }

    async fn find_token(&self, token: &str) -> Result<Option<Live>> {
        let hash = self.keys().token_hash(token);
        let given = self.settings().scim.token.as_ref();
        if given.is_some_and(|given| same(&hash, &self.keys().token_hash(given.expose()))) {
            let scopes = &self.settings().scim.scopes;
            return Ok(Some(Live {
                scopes: Scopes::new(CONFIG_CONNECTION, scopes.iter().map(|scope| scope.as_str())),
                id: CONFIG_CONNECTION.to_owned(),
                connection: CONFIG_CONNECTION.to_owned(),
                profile: self.settings().scim.profile.as_str().to_owned(),
            }));
        }
        let id = public_id(token).unwrap_or_default().to_owned();
        let wanted = id.clone();
        let found = self.store().glance(move |tx| tx.credential(&wanted));
        let Some(found) = found.await? else {
            return Ok(None);
        };
        let now = self.clock().now();
        if !(same(&hash, &found.hash) && !found.is_revoked && now < found.expires) {
            return Ok(None);
        }
        self.record_use(&id, found.used, now);
        let scopes = found.scopes.split_whitespace();
        Ok(Some(Live {
            scopes: Scopes::new(&found.connection, scopes),
            id,
            profile: found.profile.unwrap_or_else(|| DEFAULT_PROFILE.to_owned()),
            connection: found.connection,
        }))
    }

    /// Writes the last use of a token, at most once a minute and beside the request.
    fn record_use(&self, id: &str, used: Option<Timestamp>, now: Timestamp) {
        let recent = |used: Timestamp| now.duration_since(used).unsigned_abs() < USE_RECORDED_EVERY;
        if used.is_some_and(recent) {
            return;
        }
        let (gateway, id) = (self.clone(), id.to_owned());
        tokio::spawn(async move {
            let cause = gateway.cause(Actor::System, "");
            let written = gateway
                .store()
                .write(cause, move |tx| tx.touch_token(&id, now))
                .await;
            if let Err::<_, store::Error>(error) = written {
                tracing::warn!(%error, "the last use of a token was not recorded");
            }
        });
    }

    /// Makes the connection `name` if there is none, and a token for it that lives for `lifetime`.
    ///
    /// # Errors
    /// 400 for a reserved or unusable name, or when the connection exists with another profile.
    pub async fn create_token(
        &self,
        name: &str,
        profile: Option<&str>,
        lifetime: Duration,
    ) -> Result<String> {
        if [CONFIG_CONNECTION, FIRST_CONNECTION].contains(&name) {
            return Err(refused(format!(
                "\"{name}\" is a reserved name: choose another."
            )));
        }
        self.issue(Actor::Cli, name, profile, lifetime).await
    }

    /// The token of the first start: only on a loopback address, and while the store has neither a
    /// connection nor a resource.
    ///
    /// # Errors
    /// What the store answers when it cannot write.
    pub async fn first_token(&self) -> Result<Option<String>> {
        let loopback = self.settings().server.listen.ip().is_loopback();
        let empty = self
            .store()
            .read(|tx| tx.is_empty().map_err(Error::from))
            .await?;
        if !(loopback && empty) {
            return Ok(None);
        }
        self.issue(Actor::System, FIRST_CONNECTION, None, FIRST_LIFETIME)
            .await
            .map(Some)
    }

    async fn issue(
        &self,
        actor: Actor,
        name: &str,
        profile: Option<&str>,
        lifetime: Duration,
    ) -> Result<String> {
        check_name(name)?;
        if profile.is_some_and(|profile| Profile::by_name(profile).is_none()) {
            return Err(refused(
                "There is no such profile: choose auto, rfc, entra, okta or lenient.".into(),
            ));
        }
        let cause = self.cause(actor, "");
        let (text, token) = self.draw_token(name, cause.at, lifetime)?;
        let (wanted, keys) = (profile.map(str::to_owned), Arc::clone(self.keys()));
        self.store()
            .write(cause, move |tx| {
                match tx.connection(&token.connection)? {
                    Some(present) if wanted.is_some() && present.profile != wanted => {
                        let has = present.profile.unwrap_or_else(|| "auto".to_owned());
                        return Err(refused(format!(
                            "The connection \"{}\" exists with the profile {has}.",
                            token.connection
                        )));
                    }
                    Some(_) => {}
                    None => tx
                        .insert_connection(&Connection {
                            name: token.connection.clone(),
                            profile: wanted.clone(),
                            scopes: DEFAULT_SCOPES.map(str::to_owned).to_vec(),
                            created: token.created,
                        })
                        .map(drop)?,
                }
                tx.insert_token(&token)?;
                Ok(record_token(tx, &keys, "token.create", &token)?)
            })
            .await?;
        Ok(text)
    }

    /// A new token and what is stored of it.
    fn draw_token(&self, name: &str, at: Timestamp, lifetime: Duration) -> Result<(String, Token)> {
        let id = hex(&self.clock().random::<8>()?);
        let secret = URL_SAFE_NO_PAD.encode(self.clock().random::<32>()?);
        let text = format!("{PREFIX}{id}_{secret}");
        let token = Token {
            id,
            connection: name.to_owned(),
            hash: self.keys().token_hash(&text).to_vec(),
            created: at,
            expires: after(at, lifetime)?,
            revoked: None,
            used: None,
        };
        Ok((text, token))
    }

    /// Makes a new token for the connection; its present ones live on for `overlap` at most.
    ///
    /// # Errors
    /// 404 when there is no such connection.
    pub async fn rotate_token(
        &self,
        name: &str,
        overlap: Duration,
        lifetime: Duration,
    ) -> Result<String> {
        let cause = self.cause(Actor::Cli, "");
        let (text, token) = self.draw_token(name, cause.at, lifetime)?;
        let until = after(cause.at, overlap)?;
        let keys = Arc::clone(self.keys());
        self.store()
            .write(cause, move |tx| {
                if tx.connection(&token.connection)?.is_none() {
                    return Err(no_connection(&token.connection));
                }
                tx.shorten_tokens(&token.connection, until)?;
                tx.insert_token(&token)?;
                Ok(record_token(tx, &keys, "token.rotate", &token)?)
            })
            .await?;
        Ok(text)
    }

    /// All tokens, by connection and age.
    ///
    /// # Errors
    /// What the store answers when it cannot read.
    pub async fn tokens(&self) -> Result<Vec<TokenInfo>> {
        let tokens = self.store().read(|tx| tx.tokens(None)).await?;
        Ok(tokens.into_iter().map(TokenInfo::from).collect())
    }

    /// Ends every live token of the connection at once; returns how many those were.
    ///
    /// # Errors
    /// 404 when there is no such connection.
    pub async fn revoke_tokens(&self, name: &str) -> Result<u64> {
        let (cause, name) = (self.cause(Actor::Cli, ""), name.to_owned());
        let (at, keys) = (cause.at, Arc::clone(self.keys()));
        self.store()
            .write(cause, move |tx| {
                if tx.connection(&name)?.is_none() {
                    return Err(no_connection(&name));
                }
                let live = tx.tokens(Some(&name))?.into_iter();
                let live: Vec<String> = live
                    .filter(|token| token.revoked.is_none())
                    .map(|token| token.id)
                    .collect();
                if live.is_empty() {
                    return Ok(0);
                }
                let changes = Changes::default().set("tokens", live, Value::Null);
                let entry = Entry {
                    action: "token.revoke",
                    kind: "Connection",
                    resource: &name,
                    owner: Some(&name),
                    changes: &changes,
                };
                audit::record(tx, &keys, &entry)?;
                Ok(tx.revoke_tokens(&name, at)?)
            })
            .await
    }
}

impl From<Token> for TokenInfo {
    fn from(token: Token) -> Self {
        let Token {
            id,
            connection,
            created,
            expires,
            used,
            revoked,
            hash: _,
        } = token;
        Self {
            id,
            connection,
            created,
            expires,
            used,
            revoked,
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

/// The entry of a new token.
fn record_token(tx: &mut Tx<'_>, keys: &Keys, action: &str, token: &Token) -> store::Result<()> {
    let changes = Changes::default()
        .set("connection", Value::Null, token.connection.as_str())
        .set("expires", Value::Null, token.expires.to_string());
    let entry = Entry {
        action,
        kind: "Token",
        resource: &token.id,
        owner: Some(&token.connection),
        changes: &changes,
    };
    audit::record(tx, keys, &entry)
}

/// The public id in a token: what stands between the prefix and the next underscore.
fn public_id(token: &str) -> Option<&str> {
    token
        .strip_prefix(PREFIX)?
        .split_once('_')
        .map(|(id, _)| id)
}

/// A name is shown in logs, lists and command lines: letters, digits, `-`, `_` and `.`, at most 64.
fn check_name(name: &str) -> Result<()> {
    let plain = |c: char| c.is_ascii_alphanumeric() || ['-', '_', '.'].contains(&c);
    if name.is_empty() || name.len() > 64 || !name.chars().all(plain) {
        return Err(refused(
            "A connection's name is 1 to 64 letters, digits, \"-\", \"_\" or \".\".".into(),
        ));
    }
    Ok(())
}

pub(super) fn no_connection(name: &str) -> Error {
    let detail = format!("There is no connection \"{name}\": see `muster connection list`.");
    Error::Scim(scim::Error::not_found(detail))
}

/// So much later.
fn after(at: Timestamp, time: Duration) -> Result<Timestamp> {
    let time = jiff::SignedDuration::try_from(time).map_err(|_| too_long())?;
    at.checked_add(time).map_err(|_| too_long())
}

fn too_long() -> Error {
    refused("That is too long for the life of a token: every token expires.".into())
}

fn refused(detail: String) -> Error {
    Error::Scim(scim::Error::new(ErrorKind::InvalidValue, detail))
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        let _ = write!(text, "{byte:02x}");
    }
    text
}
