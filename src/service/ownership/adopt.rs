//! The first write of a connection to a record of nobody's, which makes the record its own.

use std::sync::Arc;

use serde_json::Value;

use crate::scim::{self, ErrorKind};
use crate::service::audit::{self, Changes};
use crate::service::inbox::{self, Matter, Standing};
use crate::service::keys::Keys;
use crate::service::role::AdminGroups;
use crate::service::{Error, Result, Undecided};
use crate::store::{Decision, Record, Tx, Viewer};

/// A connection as one to whom records belong.
#[derive(Clone)]
pub(in crate::service) struct Owner {
    name: Arc<str>,
    keys: Arc<Keys>,
    groups: AdminGroups,
}

impl Owner {
    pub(in crate::service) fn new(name: Arc<str>, keys: Arc<Keys>, groups: AdminGroups) -> Self {
        Self { name, keys, groups }
    }

    /// Its name.
    pub(in crate::service) fn name(&self) -> &str {
        &self.name
    }

    /// What it sees.
    pub(in crate::service) fn viewer(&self) -> Viewer {
        Viewer::Connection(Arc::clone(&self.name))
    }

    /// Makes `record`, which is about to be written to and which the connection sees, its own.
    ///
    /// # Errors
    /// [`Error::Undecided`] for the record of an administrator, until that is allowed; 403 when nobody would be
    /// an administrator any more.
    pub(in crate::service) fn adopt(&self, tx: &mut Tx<'_>, record: Record) -> Result<Record> {
        if record.owner.is_some() {
            return Ok(record);
        }
        let administrator = self.is_for_administrators(tx, &record)?;
        if administrator {
            self.may_adopt(tx, &record)?;
        }
        let any = administrator && self.groups.any(tx)?;
        let (adopted, ended) = tx.adopt(&record, &self.name)?;
        if any && !self.groups.any(tx)? {
            return Err(last_one());
        }
        let mut changes = Changes::default().set("owner", Value::Null, &*self.name);
        if ended > 0 {
            changes = changes.set("memberships", ended, 0);
        }
        let action = format!("{}.adopt", adopted.kind.to_lowercase());
        audit::record_as(tx, &self.keys, &action, &adopted, &changes)?;
        Ok(adopted)
    }

    /// Returns true if the connection may make an unowned record its own now; reads only.
    pub(in crate::service) fn allows_adoption(
        &self,
        tx: &mut Tx<'_>,
        record: &Record,
    ) -> Result<bool> {
        if !self.is_for_administrators(tx, record)? {
            return Ok(true);
        }
        match self.may_adopt(tx, record) {
            Ok(()) => Ok(true),
            Err(Error::Undecided(_)) => Ok(false),
            Err(other) => Err(other),
        }
    }

    /// Returns true if the adoption of a record needs the approval of an administrator.
    fn is_for_administrators(&self, tx: &mut Tx<'_>, record: &Record) -> Result<bool> {
        Ok(record.kind == self.groups.people() && self.groups.has_reason(tx, record)?)
    }

    /// # Errors
    /// [`Error::Undecided`] unless an administrator has said yes.
    fn may_adopt(&self, tx: &mut Tx<'_>, person: &Record) -> Result<()> {
        let matter = inbox::adoption(&self.name, person);
        let id = matter.id();
        let why = match matter.standing(tx)? {
            Standing::Decided(Decision::Allowed) => return Ok(()),
            Standing::Unasked | Standing::Waiting => format!(
                "An administrator decides that in the inbox: `muster inbox allow {id}` lets it."
            ),
            Standing::Decided(Decision::Refused) => format!(
                "That was refused in the inbox: `muster inbox allow {id}` lifts the refusal."
            ),
        };
        let detail = format!(
            "The {} belongs to nobody and is an administrator, whom the connection \"{}\" may not take over. {why}",
            person.kind, self.name
        );
        Err(undecided(matter, detail))
    }
}

fn undecided(matter: Matter, detail: String) -> Error {
    Error::Undecided(Box::new(Undecided {
        refusal: scim::Error::new(ErrorKind::Forbidden, detail),
        matter,
    }))
}

fn last_one() -> Error {
    let detail = "The person is an administrator by a group that the connection does not see, and the last one: make \
                  somebody else one first (`muster user set-admin`).";
    scim::Error::new(ErrorKind::Forbidden, detail).into()
}
