//! Passwords in SCIM requests: set by connections that may, else dropped.

use serde_json::Value;

use super::change::{Change, Changed, Terms, What};
use crate::config::{Scope, Secret};
use crate::scim;
use crate::scim::resource::password_in;
use crate::service::password::{Hashed, known_in, set_password};
use crate::service::{Caller, Gateway, Result};
use crate::store::Tx;

/// A password that a change sets.
pub(in crate::service) enum SentPassword {
    /// Another one.
    New(Hashed),
    /// The one that is set already: nothing changes, and nobody's session ends.
    Present,
}

impl Gateway {
    /// Hashes the password that a change sets, if the caller may set one and people log in with it here. One that is the
    /// present one already changes nothing.
    ///
    /// # Errors
    /// 400 for a password that may not be set; [`crate::service::Error::Unavailable`] when too many wait.
    pub(in crate::service) async fn hash_for(
        &self,
        caller: &Caller,
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
        let is_new = matches!(change.what, What::Create(_));
        if !is_new && self.check_password_of(&change.id, &text).await?.is_some() {
            change.password = Some(SentPassword::Present);
            return Ok(());
        }
        let known = change.known();
        let known: Vec<&str> = known.iter().map(String::as_str).collect();
        let hashed = self.hash_password(text.expose(), &known).await?;
        change.password = Some(SentPassword::New(hashed));
        Ok(())
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

    /// Sets the password of the changed account, and ends the sessions that were begun with another.
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
            Some(SentPassword::New(hashed)) => hashed,
        };
        set_password(tx, terms.keys(), &changed.record, hashed, "scim")?;
        tx.end_sessions_of(&changed.record.id, None)?;
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
