//! A password is set: by its holder, or with a link. Whoever was in with the old one is out.

use serde_json::Value;

use super::Hashed;
use crate::config::Secret;
use crate::scim::{self, ErrorKind};
use crate::service::audit::{self, Changes};
use crate::service::keys::Keys;
use crate::service::sign_in::Visitor;
use crate::service::{Gateway, Result};
use crate::store::{Actor, Record, Tx, Viewer};

impl Gateway {
    /// Changes the password of somebody who is logged in and knows the present one; their other sessions end, and the
    /// one with the id `session` goes on.
    ///
    /// # Errors
    /// 400 for a password that may not be set, 403 for a wrong present one or where no passwords are kept.
    pub(in crate::service) async fn change_password(
        &self,
        person: &str,
        session: &str,
        present: &Secret,
        new: &Secret,
        from: &Visitor,
    ) -> Result<()> {
        let known = self.known_of(person).await?;
        let known: Vec<&str> = known.iter().map(String::as_str).collect();
        let hashed = self.hash_password(new.expose(), &known).await?;
        let Some(right) = self.own_password(person, present, from).await? else {
            return Err(wrong());
        };
        let (rt, keys) = (self.user_type()?, self.keys().clone());
        let (id, keep) = (person.to_owned(), session.to_owned());
        let cause = self.cause(Actor::Person(person.to_owned()), &from.request);
        self.store()
            .write(cause, move |tx| {
                let Some(record) = tx.get(&Viewer::All, &rt, &id)? else {
                    return Err(wrong());
                };
                let unchanged = tx.password(&id)?.map(|present| present.changed);
                if unchanged != Some(right.changed) {
                    return Err(wrong());
                }
                tx.end_sessions_of(&id, Some(&keep))?;
                set(tx, &keys, &record, &hashed, "change")
            })
            .await
    }

    /// What others know of a person: their names and addresses.
    pub(super) async fn known_of(&self, person: &str) -> Result<Vec<String>> {
        let (rt, id) = (self.user_type()?, person.to_owned());
        let found = self
            .store()
            .read(move |tx| tx.get(&Viewer::All, &rt, &id))
            .await?;
        found.map_or(Ok(Vec::new()), |record| known(&record))
    }
}

/// Sets a password, in the transaction in which that was allowed.
pub(in crate::service) fn set(
    tx: &mut Tx<'_>,
    keys: &Keys,
    record: &Record,
    password: &Hashed,
    how: &str,
) -> Result<()> {
    tx.set_password(&record.id, password.phc())?;
    let changes = Changes::default().set("how", Value::Null, how);
    Ok(audit::record_as(
        tx,
        keys,
        "password.set",
        record,
        &changes,
    )?)
}

/// What others know of the person behind a record.
pub(in crate::service) fn known(record: &Record) -> Result<Vec<String>> {
    let document = record.document()?;
    Ok(known_in(document.as_map()))
}

/// The names and addresses in a document.
pub(in crate::service) fn known_in(document: &serde_json::Map<String, Value>) -> Vec<String> {
    let mut known = Vec::new();
    let mut add =
        |value: Option<&Value>| known.extend(value.and_then(Value::as_str).map(str::to_owned));
    for name in ["userName", "displayName", "nickName"] {
        add(document.get(name));
    }
    for part in ["givenName", "familyName"] {
        add(document.get("name").and_then(|name| name.get(part)));
    }
    let emails = document.get("emails").and_then(Value::as_array);
    for email in emails.into_iter().flatten() {
        add(email.get("value"));
    }
    known
}

fn wrong() -> crate::service::Error {
    let detail = "The present password is not right.";
    scim::Error::new(ErrorKind::Forbidden, detail).into()
}
