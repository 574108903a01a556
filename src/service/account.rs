//! One's own account: what somebody sees of it, and what they may change themself.

use serde_json::{Map, Value, json};

use super::audit::{self, Changes};
use super::error::{Error, Result};
use super::gateway::Gateway;
use super::user::check_address;
use crate::config::Secret;
use crate::scim::resource::Document;
use crate::scim::validate;
use crate::scim::{self, ErrorKind};
use crate::service::sign_in::Visitor;
use crate::store::{Actor, Record, State, Viewer};

/// Longest part of a name.
const NAME_CHARS: usize = 100;

/// Somebody's own account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// The name to log in with.
    pub user_name: String,
    /// Names and address.
    pub details: Details,
    /// Why they cannot change their names; `None`: they can.
    pub names_locked: Option<&'static str>,
    /// Why they cannot change their address.
    pub email_locked: Option<&'static str>,
    /// Whether they have a password here.
    pub has_password: bool,
}

/// What somebody may say about themself.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Details {
    /// Given name.
    pub given_name: String,
    /// Family name.
    pub family_name: String,
    /// The primary address.
    pub email: String,
}

impl Gateway {
    /// The account of somebody who is logged in; `None` when it is no longer active.
    ///
    /// # Errors
    /// What the store answers when it cannot read.
    pub async fn account(&self, person: &str) -> Result<Option<Account>> {
        let (gateway, rt, id) = (self.clone(), self.user_type()?, person.to_owned());
        self.store()
            .read(move |tx| {
                let Some(record) = tx.get(&Viewer::All, &rt, &id)? else {
                    return Ok(None);
                };
                let document = record.document()?;
                Ok::<_, Error>(Some(Account {
                    user_name: document.text("userName").unwrap_or_default().to_owned(),
                    details: Details::of(&document),
                    names_locked: gateway.names_locked(&record),
                    email_locked: gateway.email_locked(&record),
                    has_password: tx.password(&id)?.is_some(),
                }))
            })
            .await
    }

    /// Changes one's own names and address. For another address the present password is asked for; nobody vouches for
    /// that address, so no login is linked by it.
    ///
    /// # Errors
    /// 403 for what somebody else says about the person, and for a wrong password; 400 for what is no name or address.
    pub(super) async fn change_details(
        &self,
        person: &str,
        wanted: &Details,
        password: &Secret,
        from: &Visitor,
    ) -> Result<()> {
        let wanted = wanted.checked()?;
        let Some(account) = self.account(person).await? else {
            return Err(refused("The account is not active any more."));
        };
        let moves = wanted.email != account.details.email;
        if moves && wanted.email.is_empty() {
            return Err(scim::Error::value("An address can be changed, but not left out.").into());
        }
        if moves && self.own_password(person, password, from).await?.is_none() {
            return Err(refused(
                "For another address, give your present password: that was not it.",
            ));
        }
        let (gateway, rt, id) = (self.clone(), self.user_type()?, person.to_owned());
        let cause = self.cause(Actor::Person(id.clone()), &from.request);
        self.store()
            .write(cause, move |tx| {
                let record = tx
                    .get(&Viewer::All, &rt, &id)?
                    .filter(|record| record.state == State::Active);
                let record =
                    record.ok_or_else(|| refused("The account is not active any more."))?;
                let before = record.document()?;
                let body = gateway.changed(&record, &before, &wanted)?;
                let after = validate::replace(&rt, &before, body)?.document;
                if after == before {
                    return Ok(());
                }
                let new = tx.update(&rt, &record, &after, record.state)?;
                if moves {
                    tx.add_own_address(&id, &wanted.email)?;
                }
                let changes = Changes::between(Some(&before), Some(&after));
                Ok(audit::record_change(
                    tx,
                    gateway.keys(),
                    Some(record.state),
                    &new,
                    &changes,
                )?)
            })
            .await
    }

    /// Ends every session of a person but the one with the id `session`; answers how many those were.
    ///
    /// # Errors
    /// What the store answers when it cannot write.
    pub(super) async fn end_other_sessions(
        &self,
        person: &str,
        session: &str,
        request: &str,
    ) -> Result<u64> {
        let (rt, keys) = (self.user_type()?, self.keys().clone());
        let (id, session) = (person.to_owned(), session.to_owned());
        let cause = self.cause(Actor::Person(id.clone()), request);
        self.store()
            .write(cause, move |tx| {
                let ended = tx.end_sessions_of(&id, Some(&session))?;
                if let (Some(record), true) = (tx.get(&Viewer::All, &rt, &id)?, ended > 0) {
                    let changes = Changes::default().set("sessions", ended, 0);
                    audit::record_as(tx, &keys, "session.end", &record, &changes)?;
                }
                Ok::<_, Error>(ended)
            })
            .await
    }

    /// The document with what is wanted, as far as the person may say it.
    fn changed(
        &self,
        record: &Record,
        before: &Document,
        wanted: &Details,
    ) -> Result<Map<String, Value>> {
        let present = Details::of(before);
        let mut body = before.as_map().clone();
        let named = |details: &Details| (details.given_name.clone(), details.family_name.clone());
        if named(wanted) != named(&present) {
            if let Some(why) = self.names_locked(record) {
                return Err(refused(why));
            }
            rename(&mut body, wanted);
        }
        if wanted.email != present.email {
            if let Some(why) = self.email_locked(record) {
                return Err(refused(why));
            }
            readdress(&mut body, &wanted.email);
        }
        Ok(body)
    }

    fn names_locked(&self, record: &Record) -> Option<&'static str> {
        if record.owner.is_some() {
            return Some(OWNED);
        }
        let overwritten = self.settings().login.update_details;
        overwritten.then_some(
            "Each login takes your names from where you log in, so that they are changed there.",
        )
    }

    fn email_locked(&self, record: &Record) -> Option<&'static str> {
        if record.owner.is_some() {
            return Some(OWNED);
        }
        let elsewhere = !self.keeps_passwords();
        elsewhere
            .then_some("Your address is the one that you log in with, so that it is changed there.")
    }
}

const OWNED: &str = "Your organisation's directory keeps your names and your address, so that they are changed there.";

impl Details {
    fn of(document: &Document) -> Self {
        let map = document.as_map();
        let name = |part: &str| {
            map.get("name")
                .and_then(|name| name.get(part))
                .and_then(Value::as_str)
        };
        let emails = map.get("emails").and_then(Value::as_array);
        let emails = emails.map_or(&[][..], Vec::as_slice);
        let email = primary(emails)
            .and_then(|at| emails.get(at))
            .and_then(|email| email.get("value"));
        Self {
            given_name: name("givenName").unwrap_or_default().to_owned(),
            family_name: name("familyName").unwrap_or_default().to_owned(),
            email: email.and_then(Value::as_str).unwrap_or_default().to_owned(),
        }
    }

    fn checked(&self) -> Result<Self> {
        let Self {
            given_name,
            family_name,
            email,
        } = self;
        for name in [given_name, family_name] {
            if name.chars().count() > NAME_CHARS || name.chars().any(char::is_control) {
                let detail = format!(
                    "A name has at most {NAME_CHARS} characters, and no control characters."
                );
                return Err(scim::Error::value(detail).into());
            }
        }
        if !email.trim().is_empty() {
            check_address(email.trim())?;
        }
        Ok(Self {
            given_name: given_name.trim().to_owned(),
            family_name: family_name.trim().to_owned(),
            email: email.trim().to_owned(),
        })
    }
}

/// The position of the primary address, or of the first.
fn primary(emails: &[Value]) -> Option<usize> {
    let marked = |email: &Value| email.get("primary") == Some(&Value::Bool(true));
    emails
        .iter()
        .position(marked)
        .or_else(|| (!emails.is_empty()).then_some(0))
}

/// A name that is formatted would contradict the new one.
fn rename(body: &mut Map<String, Value>, wanted: &Details) {
    let name = body.entry("name").or_insert_with(|| json!({}));
    if let Value::Object(name) = name {
        name.remove("formatted");
        for (part, value) in [
            ("givenName", &wanted.given_name),
            ("familyName", &wanted.family_name),
        ] {
            if value.is_empty() {
                name.remove(part);
            } else {
                name.insert(part.to_owned(), value.as_str().into());
            }
        }
    }
}

fn readdress(body: &mut Map<String, Value>, address: &str) {
    let emails = body.entry("emails").or_insert_with(|| json!([]));
    let Value::Array(emails) = emails else { return };
    let present = primary(emails);
    match present
        .and_then(|at| emails.get_mut(at))
        .and_then(Value::as_object_mut)
    {
        Some(email) => {
            email.insert("value".to_owned(), address.into());
            email.remove("display");
        }
        None => emails.push(json!({ "value": address, "type": "work", "primary": true })),
    }
}

fn refused(detail: &str) -> Error {
    scim::Error::new(ErrorKind::Forbidden, detail).into()
}
