//! The launchpad: the first administrator, made with a code that only whoever started the gateway has seen.

use std::net::IpAddr;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::SignedDuration;
use jiff::Timestamp;

use super::error::{Error, Result};
use super::gateway::Gateway;
use super::keys::same;
use super::limit::Counted;
use super::password::set_password;
use super::user::{NewPerson, Person};
use crate::config::Secret;
use crate::scim::{self, ErrorKind};
use crate::store::{Actor, State, Tx};

/// How long the code is taken.
const LIFETIME: Duration = Duration::from_secs(24 * 60 * 60);

/// Somebody who is to be the first administrator.
#[derive(Debug, Clone)]
pub struct FirstAdministrator {
    /// The code.
    pub code: Secret,
    /// Who.
    pub person: NewPerson,
    /// Their password; none where people log in otherwise.
    pub password: Option<Secret>,
}

impl Gateway {
    /// The URL of the launchpad with its code, of which the store keeps a hash: for the first start alone.
    ///
    /// # Errors
    /// What the store answers when it cannot write.
    pub async fn open_launchpad(&self) -> Result<Secret> {
        let code = URL_SAFE_NO_PAD.encode(self.clock().random::<16>()?);
        let (hash, cause) = (self.keys().link_hash(&code), self.cause(Actor::System, ""));
        let life = SignedDuration::try_from(LIFETIME).unwrap_or(SignedDuration::MAX);
        let expires = cause.at.saturating_add(life).unwrap_or(Timestamp::MAX);
        let write = move |tx: &mut Tx<'_>| tx.set_launchpad_code(&hash, expires);
        self.store().write(cause, write).await?;
        let base = &self.settings().server.public_url;
        Ok(Secret::new(format!("{base}/launchpad?code={code}")))
    }

    /// Whether the launchpad still stands: its code is taken, and there has never been an administrator.
    ///
    /// # Errors
    /// What the store answers when it cannot read.
    pub async fn has_launchpad(&self) -> Result<bool> {
        let (gateway, now) = (self.clone(), self.clock().now());
        let look = move |tx: &mut Tx<'_>| {
            let has_code = tx.launchpad_code()?.is_some();
            Ok::<_, Error>((has_code, gateway.launchpad_hash(tx, now)?.is_some()))
        };
        let (has_code, stands) = self.store().read(look).await?;
        if has_code && !stands {
            // For good: whoever was an administrator need not stay one.
            let cause = self.cause(Actor::System, "");
            self.store().write(cause, |tx| tx.end_launchpad()).await?;
        }
        Ok(stands)
    }

    /// Makes the first administrator; the code is used up by that, and the launchpad is gone. Where people log in
    /// otherwise, their record waits for the first login that finds it.
    ///
    /// # Errors
    /// 404 when there is no launchpad any more, 403 for a wrong code, which counts against the address `from`, 400 for a
    /// name or password that cannot be.
    pub async fn use_launchpad(
        &self,
        first: &FirstAdministrator,
        from: IpAddr,
        request: &str,
    ) -> Result<Person> {
        if !self.has_launchpad().await? {
            return Err(gone());
        }
        let hash = self.keys().link_hash(first.code.expose());
        let (gateway, now) = (self.clone(), self.clock().now());
        let is_right = move |tx: &mut Tx<'_>| {
            let right = gateway.launchpad_hash(tx, now)?;
            Ok::<_, Error>(right.is_some_and(|right| same(&right, &hash)))
        };
        let (attempts, address) = (self.limits().attempts(), Counted::address(from));
        let limited = |retry_after| Error::Limited { retry_after };
        attempts.take(&address).map_err(limited)?;
        if !self.store().read(is_right.clone()).await? {
            return Err(wrong_code());
        }
        attempts.give_back(&address);
        let person = NewPerson {
            administrator: true,
            ..first.person.clone()
        };
        let making = self.making(&person)?;
        let hashed = match (&first.password, self.keeps_passwords()) {
            (Some(password), true) => {
                let known = [
                    person.email.as_str(),
                    person.given_name.as_deref().unwrap_or_default(),
                ];
                let family = person.family_name.as_deref().unwrap_or_default();
                Some(
                    self.hash_password(password.expose(), &[&known[..], &[family]].concat())
                        .await?,
                )
            }
            (None, true) => return Err(scim::Error::value("Choose a password.").into()),
            (Some(_) | None, false) => None,
        };
        let gateway = self.clone();
        self.store()
            .write(self.cause(Actor::System, request), move |tx| {
                if !is_right(tx)? {
                    return Err(gone());
                }
                let (record, _) = making.run(&gateway, tx)?;
                if record.state != State::Active {
                    return Err(shut());
                }
                if let Some(hashed) = &hashed {
                    set_password(tx, gateway.keys(), &record, hashed, "launchpad")?;
                }
                gateway.person(tx, making.rt(), &record)
            })
            .await
    }

    /// The hash of the code while the launchpad stands: while it is taken, and nobody is an administrator.
    fn launchpad_hash(&self, tx: &mut Tx<'_>, now: Timestamp) -> Result<Option<Vec<u8>>> {
        let code = tx.launchpad_code()?.filter(|(_, expires)| now < *expires);
        let Some((hash, _)) = code else {
            return Ok(None);
        };
        let groups = self.admin_groups().ids(tx)?;
        let any = tx.any_holder(self.admin_groups().holders(&groups), None)?;
        Ok(Some(hash).filter(|_| !any))
    }
}

fn shut() -> Error {
    let detail = "There is somebody with this address whose account is shut: `muster user activate` opens it.";
    scim::Error::new(ErrorKind::Conflict, detail).into()
}

fn gone() -> Error {
    let detail = "There is no launchpad: it ends a day after the first start, or with the first administrator. \
                  `muster user create --admin` makes one.";
    scim::Error::not_found(detail).into()
}

fn wrong_code() -> Error {
    let detail = "That is not the code which the gateway printed at its first start.";
    scim::Error::new(ErrorKind::Forbidden, detail).into()
}
