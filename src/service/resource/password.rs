//! Passwords in SCIM requests: set by connections that may, else dropped.

use std::collections::HashSet;

use serde_json::Value;

use super::change::{Change, Changed, Terms, What};
use super::condition;
use crate::config::{Scope, Secret};
use crate::scim;
use crate::scim::ErrorKind;
use crate::scim::resource::password_in;
use crate::service::password::{Hashed, known_in, set_password};
use crate::service::{Caller, Gateway, Result};
use crate::store::{Password, Record, Tx};

/// A password that a change sets.
pub(in crate::service) enum SentPassword {
    /// Another one.
    New(Hashed),
    /// The one that is set already: nothing changes, and nobody's session ends.
    Present,
    /// Not hashed: the connection had no right to the record, or a condition failed. The transaction refuses
    /// the change for the same reason.
    Unprocessed,
}

/// How a connection stands to the record whose password it sends.
enum Standing {
    /// It may not write to the record now.
    Refused,
    /// The record belongs to nobody: the change adopts it. What its password was is not told.
    Unowned,
    /// The record is its own, with this password.
    Own(Option<Password>),
}

impl Gateway {
    /// Hashes the password that a change sets, if the caller may set one and people log in with it here. One that is
    /// the present one of a record of its own changes nothing. Of other records nothing is compared, and without
    /// the right to write to the record nothing is hashed, so that no duration tells a password.
    /// `created` are the ids that the same request creates.
    ///
    /// # Errors
    /// 400 for a password that may not be set; [`crate::service::Error::Unavailable`] when too many wait.
    pub(in crate::service) async fn hash_for(
        &self,
        caller: &Caller,
        terms: &Terms,
        created: &HashSet<String>,
        change: &mut Change,
    ) -> Result<()> {
        if !(caller.scopes.has(Scope::Password) && self.keeps_passwords()) {
            return Ok(());
        }
        let Some(sent) = change.sent_password() else {
            return Ok(());
        };
        let Value::String(text) = sent else {
            return Err(scim::Error::value("`password` is no text.").into());
        };
        let text = Secret::new(text.as_str());
        let is_new = matches!(change.what, What::Create(_)) || created.contains(&change.id);
        if !is_new {
            match self.standing(terms, change).await? {
                Standing::Refused => {
                    change.password = Some(SentPassword::Unprocessed);
                    return Ok(());
                }
                Standing::Own(Some(present))
                    if self.is_password_of(&change.id, &present, &text).await? =>
                {
                    change.password = Some(SentPassword::Present);
                    return Ok(());
                }
                Standing::Unowned | Standing::Own(_) => {}
            }
        }
        let known = change.known();
        let known: Vec<&str> = known.iter().map(String::as_str).collect();
        let hashed = self.hash_password(text.expose(), &known).await?;
        change.password = Some(SentPassword::New(hashed));
        Ok(())
    }

    /// Reads how the connection stands to the record that it is about to change.
    async fn standing(&self, terms: &Terms, change: &Change) -> Result<Standing> {
        let (terms, rt, id) = (terms.clone(), change.rt.clone(), change.id.clone());
        let conditions = change.conditions.clone();
        self.store()
            .read(move |tx| {
                let found = tx.get(&terms.owner.viewer(), &rt, &id)?;
                let holds = |record: &Record| condition::allow_change(record, &conditions).is_ok();
                let Some(record) = found.filter(holds) else {
                    return Ok(Standing::Refused);
                };
                if record.owner.is_some() {
                    return Ok(Standing::Own(tx.password(&id)?));
                }
                let allowed = terms.owner.allows_adoption(tx, &record)?;
                Ok(if allowed {
                    Standing::Unowned
                } else {
                    Standing::Refused
                })
            })
            .await
    }
}

impl Change {
    fn sent_password(&self) -> Option<&Value> {
        match &self.what {
            What::Create(new) => new.password(),
            What::Replace(body) => password_in(&self.rt, body),
            What::Patch(patch) => patch.password(&self.rt),
            What::Delete => None,
        }
    }

    /// What the request itself says of the person.
    fn known(&self) -> Vec<String> {
        match &self.what {
            What::Create(new) => known_in(new.incoming.document.as_map()),
            What::Replace(body) => known_in(body),
            What::Patch(_) | What::Delete => Vec::new(),
        }
    }

    /// Sets the password of the changed account, and ends the sessions and personal tokens that were begun with another.
    pub(super) fn with_password(
        &self,
        tx: &mut Tx<'_>,
        terms: &Terms,
        mut changed: Changed,
    ) -> Result<Changed> {
        let hashed = match &self.password {
            None => return Ok(changed),
            Some(SentPassword::Present) => {
                changed.notes.password = false;
                return Ok(changed);
            }
            Some(SentPassword::Unprocessed) => {
                let detail = "The resource was changed while the request was read: send it again.";
                return Err(scim::Error::new(ErrorKind::Conflict, detail).into());
            }
            Some(SentPassword::New(hashed)) => hashed,
        };
        set_password(tx, terms.keys(), &changed.record, hashed, "scim")?;
        tx.end_holdings(&changed.record.id)?;
        if changed.fields.is_none() {
            changed.record = tx.touch(&changed.record)?;
        }
        changed.notes.password = false;
        changed
            .fields
            .get_or_insert_default()
            .push("password".to_owned());
        Ok(changed)
    }
}
