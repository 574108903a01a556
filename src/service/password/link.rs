//! Links with which people set a password: an invitation, or a reset. Each works once.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::set;
use crate::config::Secret;
use crate::scim::{self, ErrorKind};
use crate::service::audit::{self, Changes};
use crate::service::keys::Keys;
use crate::service::{Error, Gateway, Result, Who};
use crate::store::{Actor, Link, Purpose, Record, State, Tx, Viewer};

/// How long somebody who is new has to choose a password: over a week-end and a holiday.
const INVITATION: Duration = Duration::from_secs(7 * 24 * 60 * 60);
/// How long somebody who forgot theirs has: they wait for it.
const RESET: Duration = Duration::from_secs(30 * 60);
/// The random part of a link: 128 bits, more than anybody can try.
const LINK_BYTES: usize = 16;

/// A link that was made. Its URL is shown once; the store keeps a hash.
#[derive(Debug, Clone)]
pub struct SetLink {
    /// The URL, below [`crate::config::PublicUrl`].
    pub url: Secret,
    /// Until when it is taken; `None` for a link to the login page, which never ends.
    pub expires: Option<Timestamp>,
}

/// For whom a link is that holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkHolder {
    /// The user name, which a password manager keeps with the password.
    pub user_name: String,
    /// Why they have it.
    pub purpose: Purpose,
}

/// A link that is drawn and not stored yet.
pub(in crate::service) struct Drawn {
    secret: String,
    link: Link,
}

impl Gateway {
    /// A link with which somebody sets a new password; those they had end. Where people log in otherwise, the URL of the
    /// login page.
    ///
    /// # Errors
    /// As [`Gateway::user_named`]; 409 for somebody who is not active.
    pub async fn reset_link(&self, actor: Actor, who: &Who) -> Result<SetLink> {
        let person = self.user_named(who).await?;
        self.link_for(actor, &person.user.id, Purpose::Reset).await
    }

    /// A link for somebody whose id is known.
    async fn link_for(&self, actor: Actor, id: &str, purpose: Purpose) -> Result<SetLink> {
        if !self.keeps_passwords() {
            return Ok(self.login_url());
        }
        let cause = self.cause(actor, "");
        let drawn = self.draw_link(id, purpose, cause.at)?;
        let (rt, keys, link) = (self.user_type()?, self.keys().clone(), drawn.link.clone());
        self.store()
            .write(cause, move |tx| {
                let record = tx.get(&Viewer::All, &rt, &link.resource)?;
                let record = record.filter(|record| record.state == State::Active);
                keep(tx, &keys, &record.ok_or_else(not_active)?, &link)
            })
            .await?;
        Ok(self.shown(&drawn))
    }

    /// For whom a link is; `None` when it was used, has expired, or was ended by a change of the account.
    ///
    /// # Errors
    /// What the store answers when it cannot read.
    pub async fn open_link(&self, secret: &Secret) -> Result<Option<LinkHolder>> {
        let Some((link, record)) = self.find_link(secret).await? else {
            return Ok(None);
        };
        let document = record.document()?;
        Ok(Some(LinkHolder {
            user_name: document.text("userName").unwrap_or_default().to_owned(),
            purpose: link.purpose,
        }))
    }

    /// Sets a password with a link, which is used up by that. Whatever else the person holds ends: whoever had taken
    /// their account over is out.
    ///
    /// # Errors
    /// 400 for a password that may not be set: the link stays; 404 when the link does not hold.
    pub async fn use_link(&self, secret: &Secret, password: &Secret, request: &str) -> Result<()> {
        let Some((link, record)) = self.find_link(secret).await? else {
            return Err(no_link());
        };
        let known = set::known(&record)?;
        let known: Vec<&str> = known.iter().map(String::as_str).collect();
        let hashed = self.hash_password(password.expose(), &known).await?;
        let (rt, keys) = (self.user_type()?, self.keys().clone());
        let cause = self.cause(Actor::Person(record.id.clone()), request);
        let now = cause.at;
        self.store()
            .write(cause, move |tx| {
                // Looked at again: what happened while the password was hashed counts.
                let record = live(tx, &rt, &link.hash, now)?.map(|(_, record)| record);
                let record = record.ok_or_else(no_link)?;
                if !tx.use_link(&link.hash)? {
                    return Err(no_link());
                }
                tx.end_holdings(&record.id)?;
                set::set(tx, &keys, &record, &hashed, link.purpose.as_str())
            })
            .await
    }

    /// Draws a link for a person, not stored yet.
    fn draw_link(&self, id: &str, purpose: Purpose, at: Timestamp) -> Result<Drawn> {
        let secret = URL_SAFE_NO_PAD.encode(self.clock().random::<LINK_BYTES>()?);
        let lifetime = match purpose {
            Purpose::Invitation => INVITATION,
            Purpose::Reset => RESET,
        };
        let lifetime = SignedDuration::try_from(lifetime).unwrap_or(SignedDuration::MAX);
        let link = Link {
            hash: self.keys().link_hash(&secret).to_vec(),
            resource: id.to_owned(),
            purpose,
            expires: at.saturating_add(lifetime).unwrap_or(Timestamp::MAX),
        };
        Ok(Drawn { secret, link })
    }

    /// Draws an invitation for somebody who is about to be made; none where no passwords are kept.
    pub(in crate::service) fn draw_invitation(
        &self,
        id: &str,
        at: Timestamp,
    ) -> Result<Option<Drawn>> {
        let drawn = self
            .keeps_passwords()
            .then(|| self.draw_link(id, Purpose::Invitation, at));
        drawn.transpose()
    }

    /// What somebody is sent who was made: where they set their password, or log in.
    pub(in crate::service) fn invitation(&self, drawn: Option<&Drawn>) -> SetLink {
        drawn.map_or_else(|| self.login_url(), |drawn| self.shown(drawn))
    }

    fn shown(&self, drawn: &Drawn) -> SetLink {
        let base = &self.settings().server.public_url;
        SetLink {
            url: Secret::new(format!("{base}/password/{}", drawn.secret)),
            expires: Some(drawn.link.expires),
        }
    }

    fn login_url(&self) -> SetLink {
        let base = &self.settings().server.public_url;
        SetLink {
            url: Secret::new(format!("{base}/login")),
            expires: None,
        }
    }

    async fn find_link(&self, secret: &Secret) -> Result<Option<(Link, Record)>> {
        if !self.keeps_passwords() {
            return Ok(None);
        }
        let (rt, now) = (self.user_type()?, self.clock().now());
        let hash = self.keys().link_hash(secret.expose());
        self.store().read(move |tx| live(tx, &rt, &hash, now)).await
    }
}

impl Drawn {
    /// What is stored of it.
    pub(in crate::service) fn link(&self) -> &Link {
        &self.link
    }
}

/// Stores a link in place of those that the person had.
pub(in crate::service) fn keep(
    tx: &mut Tx<'_>,
    keys: &Keys,
    record: &Record,
    link: &Link,
) -> Result<()> {
    tx.end_links(&record.id)?;
    tx.insert_link(link)?;
    let changes = Changes::default()
        .set("purpose", Value::Null, link.purpose.as_str())
        .set("expires", Value::Null, link.expires.to_string());
    Ok(audit::record_as(
        tx,
        keys,
        "password.link",
        record,
        &changes,
    )?)
}

/// The link with this hash, if it holds, and whose it is.
fn live(
    tx: &mut Tx<'_>,
    rt: &crate::scim::schema::ResourceType,
    hash: &[u8],
    now: Timestamp,
) -> Result<Option<(Link, Record)>> {
    let Some(link) = tx.link(hash)?.filter(|link| now < link.expires) else {
        return Ok(None);
    };
    let record = tx.get(&Viewer::All, rt, &link.resource)?;
    let record = record.filter(|record| record.state == State::Active);
    Ok(record.map(|record| (link, record)))
}

fn not_active() -> Error {
    let detail = "The user is not active, so that a password would let nobody in: `muster user activate` or \
                  `muster user restore` first.";
    scim::Error::new(ErrorKind::Conflict, detail).into()
}

fn no_link() -> Error {
    let detail = "This link does not hold any more: it was used, is too old, or the account was changed. Ask for a new one.";
    scim::Error::not_found(detail).into()
}
