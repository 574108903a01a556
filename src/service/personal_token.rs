//! Personal access tokens: with them programs speak for a person, as far as the person lets them.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::audit::{self, Changes};
use super::error::{Error, Result};
use super::gateway::Gateway;
use super::last_use::{Used, WRITTEN_EVERY};
use super::session::Me;
use super::token::hex;
use crate::clock::is_ahead;
use crate::config::Secret;
use crate::scim::{self, ErrorKind};
use crate::service::password::Right;
use crate::store::{Actor, PersonalToken, State, Tx, Viewer};

/// What every personal token starts with. No SCIM token does: their ids are hexadecimal.
const PREFIX: &str = "muster_pat_";
/// Longest name.
const NAME_CHARS: usize = 100;
/// How many tokens one person may have: each program on each machine has its own, and the list stays one page.
const MAX_TOKENS: u32 = 100;
/// How many days a token may live: every token expires.
pub const TOKEN_DAYS: [u32; 4] = [7, 30, 90, 365];

/// What a personal token may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PersonalScope {
    /// Be let through to the applications behind the gateway: `/auth/check`.
    Check,
    /// Read the person's own record: `GET /scim/v2/Me`.
    Me,
}

/// A personal token as it may be shown to its person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonalTokenInfo {
    /// Its public id.
    pub id: String,
    /// What the person calls it.
    pub name: String,
    /// What it may do.
    pub scopes: Vec<PersonalScope>,
    /// When it was made.
    pub created: Timestamp,
    /// When it ends.
    pub expires: Timestamp,
    /// When it was last used, to the minute.
    pub used: Option<Timestamp>,
}

/// A personal token that is to be made.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NewPersonalToken {
    /// What the person calls it.
    pub name: String,
    /// What it may do.
    pub scopes: Vec<PersonalScope>,
    /// How many days it lives: one of [`TOKEN_DAYS`].
    pub days: u32,
}

impl PersonalScope {
    /// All there are.
    pub const ALL: [Self; 2] = [Self::Check, Self::Me];

    /// As it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Check => "check",
            Self::Me => "me",
        }
    }
}

impl fmt::Display for PersonalScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for PersonalScope {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        let known = Self::ALL.into_iter().find(|scope| scope.as_str() == text);
        known.ok_or_else(|| format!("\"{text}\" is no scope of a personal token"))
    }
}

impl Gateway {
    /// Makes a personal token for somebody who is logged in, and answers its text, which is kept nowhere. `right` is the
    /// password that they gave: it must still be that one, as a reset ends all tokens and none may slip in behind it.
    ///
    /// # Errors
    /// 400 for a name, scopes or days that make no token, and past the hundredth; 403 for somebody who is not active or
    /// whose password has changed.
    pub(super) async fn make_personal_token(
        &self,
        person: &str,
        new: &NewPersonalToken,
        right: Option<Right>,
        request: &str,
    ) -> Result<Secret> {
        let cause = self.cause(Actor::Person(person.to_owned()), request);
        let (text, token) = self.draw_personal_token(person, new, cause.at)?;
        let (rt, keys) = (self.user_type()?, self.keys().clone());
        self.store()
            .write(cause, move |tx| {
                let record = tx.get(&Viewer::All, &rt, &token.resource)?;
                let Some(record) = record.filter(|record| record.state == State::Active) else {
                    let detail = "Only an active account has personal tokens.";
                    return Err(Error::from(scim::Error::new(ErrorKind::Forbidden, detail)));
                };
                if let Some(right) = &right
                    && tx.password(&record.id)?.map(|present| present.changed)
                        != Some(right.changed)
                {
                    let detail = "The password was changed meanwhile: log in again.";
                    return Err(scim::Error::new(ErrorKind::Forbidden, detail).into());
                }
                if tx.count_personal_tokens(&record.id)? >= u64::from(MAX_TOKENS) {
                    let detail =
                        format!("Nobody has more than {MAX_TOKENS} tokens: revoke one first.");
                    return Err(scim::Error::value(detail).into());
                }
                tx.insert_personal_token(&token)?;
                let changes = Changes::default()
                    .set("token", Value::Null, token.id.as_str())
                    .set("name", Value::Null, token.name.as_str())
                    .set("scopes", Value::Null, token.scopes.clone())
                    .set("expires", Value::Null, token.expires.to_string());
                Ok(audit::record_as(
                    tx,
                    &keys,
                    "personal_token.create",
                    &record,
                    &changes,
                )?)
            })
            .await?;
        Ok(Secret::new(text))
    }

    /// The personal tokens of somebody, oldest first.
    ///
    /// # Errors
    /// What the store answers when it cannot read.
    pub async fn personal_tokens(&self, person: &str) -> Result<Vec<PersonalTokenInfo>> {
        let person = person.to_owned();
        let read = move |tx: &mut Tx<'_>| tx.personal_tokens(&person, MAX_TOKENS);
        let tokens = self.store().read(read).await?;
        Ok(tokens.into_iter().map(PersonalTokenInfo::from).collect())
    }

    /// Ends a personal token of this person; answers whether there was one.
    ///
    /// # Errors
    /// What the store answers when it cannot write.
    pub(super) async fn end_personal_token(
        &self,
        person: &str,
        id: &str,
        request: &str,
    ) -> Result<bool> {
        let cause = self.cause(Actor::Person(person.to_owned()), request);
        let (rt, keys) = (self.user_type()?, self.keys().clone());
        let (person, id) = (person.to_owned(), id.to_owned());
        self.store()
            .write(cause, move |tx| {
                let (Some(record), true) = (
                    tx.get(&Viewer::All, &rt, &person)?,
                    tx.end_personal_token(&person, &id)?,
                ) else {
                    return Ok(false);
                };
                let changes = Changes::default().set("token", id.as_str(), Value::Null);
                audit::record_as(tx, &keys, "personal_token.revoke", &record, &changes)?;
                Ok::<_, Error>(true)
            })
            .await
    }

    fn draw_personal_token(
        &self,
        person: &str,
        new: &NewPersonalToken,
        at: Timestamp,
    ) -> Result<(String, PersonalToken)> {
        let name = new.name.trim();
        if name.is_empty()
            || name.chars().count() > NAME_CHARS
            || name.chars().any(char::is_control)
        {
            let detail = format!(
                "Give the token a name of at most {NAME_CHARS} characters, such as the program that uses it."
            );
            return Err(scim::Error::value(detail).into());
        }
        if new.scopes.is_empty() {
            return Err(scim::Error::value("Choose what the token may do.").into());
        }
        if !TOKEN_DAYS.contains(&new.days) {
            let detail = format!("Choose how many days the token lives: one of {TOKEN_DAYS:?}.");
            return Err(scim::Error::value(detail).into());
        }
        let id = hex(&self.clock().random::<8>()?);
        let secret = URL_SAFE_NO_PAD.encode(self.clock().random::<32>()?);
        let text = format!("{PREFIX}{id}_{secret}");
        let life = SignedDuration::from_hours(24 * i64::from(new.days));
        let token = PersonalToken {
            id,
            resource: person.to_owned(),
            hash: self.keys().token_hash(&text).to_stored(),
            name: name.to_owned(),
            scopes: new.scopes.iter().map(ToString::to_string).collect(),
            created: at,
            expires: at.saturating_add(life).unwrap_or(Timestamp::MAX),
            used: None,
        };
        Ok((text, token))
    }

    /// Whose personal token this is: it holds, was not made while the clock was ahead, and they are active. Nothing is cached: what was revoked is felt by the
    /// next request.
    pub(super) async fn whose_personal_token(&self, text: &Secret) -> Result<Option<Me>> {
        let Some(id) = public_id(text.expose()).map(str::to_owned) else {
            return Ok(None);
        };
        let (gateway, rt, now) = (self.clone(), self.user_type()?, self.clock().now());
        let hash = self.keys().token_hash(text.expose());
        let found = self
            .store()
            .glance(move |tx| {
                let found = tx.personal_token(&id)?;
                let live = |token: &PersonalToken| {
                    hash.is(Some(&token.hash))
                        && now < token.expires
                        && !is_ahead(token.created, now)
                };
                let Some(token) = found.filter(live) else {
                    return Ok(None);
                };
                let Some(record) = tx.holder(&rt, &token.resource)? else {
                    return Ok(None);
                };
                let me = gateway.me(tx, &rt, &record, None, token.expires)?;
                Ok::<_, Error>(Some((me, token)))
            })
            .await?;
        Ok(found.map(|(me, token)| {
            self.last_uses().note(
                Used::PersonalToken,
                &token.id,
                token.used,
                now,
                WRITTEN_EVERY,
            );
            let scopes = PersonalTokenInfo::from(token).scopes;
            Me {
                scopes: Some(scopes),
                ..me
            }
        }))
    }
}

/// Whether a text looks like a personal token, so that it need not be looked for elsewhere.
pub(super) fn is_personal_token(text: &str) -> bool {
    text.starts_with(PREFIX)
}

/// The public id in the text of a token.
fn public_id(text: &str) -> Option<&str> {
    let (id, _) = text.strip_prefix(PREFIX)?.split_once('_')?;
    Some(id)
}

impl From<PersonalToken> for PersonalTokenInfo {
    fn from(token: PersonalToken) -> Self {
        let PersonalToken {
            id,
            name,
            scopes,
            created,
            expires,
            used,
            resource: _,
            hash: _,
        } = token;
        Self {
            id,
            name,
            scopes: scopes
                .iter()
                .filter_map(|scope| scope.parse().ok())
                .collect(),
            created,
            expires,
            used,
        }
    }
}
