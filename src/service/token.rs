//! Connections and their bearer tokens: made, listed, rotated and revoked.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde_json::Value;

use super::audit::{self, Changes, Entry};
use super::error::{Error, Result};
use super::gateway::Gateway;
use super::keys::Keys;
use crate::config::Scope;
use crate::scim::profile::Profile;
use crate::scim::{self, ErrorKind};
use crate::store::{self, Actor, Connection, Token, Tx};

/// What every token starts with, so that secret scanners know one.
pub(super) const PREFIX: &str = "muster_";
/// The connection of the token in `scim.token`.
pub const CONFIG_CONNECTION: &str = "config";
/// The connection that the first start makes.
pub const FIRST_CONNECTION: &str = "first";
/// The profile of a connection that was made without one.
pub(super) const DEFAULT_PROFILE: &str = "auto";
/// How long the token of the first start lives.
const FIRST_LIFETIME: Duration = Duration::from_secs(24 * 60 * 60);
/// What a connection may do unless it is said otherwise.
const DEFAULT_SCOPES: [Scope; 4] = [Scope::Read, Scope::Users, Scope::Groups, Scope::AdminGroups];

/// What is wanted of the connection that a token is made for; what is not said is as it is, or usual.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Wanted<'w> {
    /// The name of its profile.
    pub profile: Option<&'w str>,
    /// What it may do.
    pub scopes: Option<&'w [Scope]>,
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
    /// Makes the connection `name` if there is none, and a token for it that lives for `lifetime`.
    ///
    /// # Errors
    /// 400 for a reserved or unusable name, or when the connection exists and is not as wanted.
    pub async fn create_token(
        &self,
        name: &str,
        wanted: Wanted<'_>,
        lifetime: Duration,
    ) -> Result<String> {
        if [CONFIG_CONNECTION, FIRST_CONNECTION].contains(&name) {
            return Err(refused(format!(
                "\"{name}\" is a reserved name: choose another."
            )));
        }
        self.issue(Actor::Cli, name, wanted, lifetime).await
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
        self.issue(
            Actor::System,
            FIRST_CONNECTION,
            Wanted::default(),
            FIRST_LIFETIME,
        )
        .await
        .map(Some)
    }

    async fn issue(
        &self,
        actor: Actor,
        name: &str,
        wanted: Wanted<'_>,
        lifetime: Duration,
    ) -> Result<String> {
        check_name(name)?;
        let cause = self.cause(actor, "");
        let like = wanted.connection(name, cause.at)?;
        let (text, token) = self.draw_token(name, cause.at, lifetime)?;
        let (all_scopes, keys) = (wanted.scopes.is_some(), Arc::clone(self.keys()));
        self.store()
            .write(cause, move |tx| {
                if let Some(present) = tx.connection(&like.name)? {
                    check_same(&present, &like, all_scopes)?;
                } else {
                    tx.insert_connection(&like)?;
                    record_connection(tx, &keys, &like)?;
                }
                tx.insert_token(&token)?;
                Ok::<_, Error>(record_token(tx, &keys, "token.create", &token)?)
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
            hash: self.keys().token_hash(&text).to_stored(),
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

    /// Ends every token of the connection at once; returns how many those were.
    ///
    /// # Errors
    /// 404 when there is no such connection.
    pub async fn revoke_tokens(&self, name: &str) -> Result<u64> {
        self.revoke(name, None).await
    }

    /// Ends the token with this public id at once, and no other of the connection.
    ///
    /// # Errors
    /// 404 when there is no such connection, or it has no such token.
    pub async fn revoke_token(&self, name: &str, id: &str) -> Result<u64> {
        self.revoke(name, Some(id.to_owned())).await
    }

    async fn revoke(&self, name: &str, only: Option<String>) -> Result<u64> {
        let (cause, name) = (self.cause(Actor::Cli, ""), name.to_owned());
        let (at, keys) = (cause.at, Arc::clone(self.keys()));
        self.store()
            .write(cause, move |tx| {
                if tx.connection(&name)?.is_none() {
                    return Err(no_connection(&name));
                }
                let ids: Vec<String> = tx
                    .tokens(Some(&name))?
                    .into_iter()
                    .filter(|token| token.revoked.is_none())
                    .map(|token| token.id)
                    .filter(|id| only.as_ref().is_none_or(|only| only == id))
                    .collect();
                let revoked = match (&only, ids.is_empty()) {
                    (Some(id), true) => return Err(no_token(&name, id)),
                    (None, true) => return Ok(0),
                    (Some(id), false) => tx.revoke_token(id, at)?,
                    (None, false) => {
                        tx.drop_access_tokens(&name)?;
                        tx.revoke_tokens(&name, at)?
                    }
                };
                let changes = Changes::default().set("tokens", ids, Value::Null);
                let entry = Entry {
                    action: "token.revoke",
                    kind: "Connection",
                    resource: &name,
                    owner: Some(&name),
                    changes: &changes,
                };
                audit::record(tx, &keys, &entry)?;
                Ok(revoked)
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

impl Wanted<'_> {
    /// The connection, if it is a new one.
    fn connection(self, name: &str, created: Timestamp) -> Result<Connection> {
        if self
            .profile
            .is_some_and(|profile| Profile::by_name(profile).is_none())
        {
            return Err(refused(
                "There is no such profile: choose auto, rfc, entra, okta or lenient.".into(),
            ));
        }
        let mut scopes: Vec<String> = Vec::new();
        for scope in self.scopes.unwrap_or(&DEFAULT_SCOPES) {
            if !scopes.iter().any(|name| name == scope.as_str()) {
                scopes.push(scope.to_string());
            }
        }
        Ok(Connection {
            name: name.to_owned(),
            profile: self.profile.map(str::to_owned),
            scopes,
            created,
        })
    }
}

/// A connection that is there is not changed in passing.
fn check_same(present: &Connection, wanted: &Connection, all_scopes: bool) -> Result<()> {
    let name = &present.name;
    if wanted.profile.is_some() && present.profile != wanted.profile {
        let has = present.profile.as_deref().unwrap_or(DEFAULT_PROFILE);
        return Err(refused(format!(
            "The connection \"{name}\" exists with the profile {has}."
        )));
    }
    let sorted = |scopes: &[String]| {
        let mut scopes = scopes.to_vec();
        scopes.sort_unstable();
        scopes
    };
    if all_scopes && sorted(&present.scopes) != sorted(&wanted.scopes) {
        return Err(refused(format!(
            "The connection \"{name}\" exists with the scopes {}: `muster connection scope {name}` changes them.",
            present.scopes.join(",")
        )));
    }
    Ok(())
}

/// The entry of a new connection.
fn record_connection(tx: &mut Tx<'_>, keys: &Keys, new: &Connection) -> store::Result<()> {
    let profile = new.profile.as_deref().unwrap_or(DEFAULT_PROFILE);
    let changes = Changes::default().set("profile", Value::Null, profile).set(
        "scopes",
        Value::Null,
        new.scopes.join(" "),
    );
    let entry = Entry {
        action: "connection.create",
        kind: "Connection",
        resource: &new.name,
        owner: Some(&new.name),
        changes: &changes,
    };
    audit::record(tx, keys, &entry)
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
    let detail = if name == CONFIG_CONNECTION {
        "The token and the scopes of the connection \"config\" are settings: change scim.token and scim.scopes."
            .to_owned()
    } else {
        format!("There is no connection \"{name}\": see `muster connection list`.")
    };
    Error::Scim(scim::Error::not_found(detail))
}

fn no_token(name: &str, id: &str) -> Error {
    let id: String = id.chars().take(64).collect();
    let detail = format!(
        "The connection \"{name}\" has no token with the id \"{id}\" that could be revoked: see `muster token list`."
    );
    Error::Scim(scim::Error::not_found(detail))
}

/// So much later.
pub(super) fn after(at: Timestamp, time: Duration) -> Result<Timestamp> {
    let time = jiff::SignedDuration::try_from(time).map_err(|_| too_long())?;
    at.checked_add(time).map_err(|_| too_long())
}

fn too_long() -> Error {
    refused("That is too long for the life of a token: every token expires.".into())
}

fn refused(detail: String) -> Error {
    Error::Scim(scim::Error::new(ErrorKind::InvalidValue, detail))
}

pub(super) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        let _ = write!(text, "{byte:02x}");
    }
    text
}
