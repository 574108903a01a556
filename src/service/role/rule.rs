//! What SCIM may not do to administrators: touch their groups without the scope, and take the last one away.

use super::AdminGroups;
use crate::config::Scope;
use crate::scim::schema::ResourceType;
use crate::scim::{Error, ErrorKind};
use crate::service::Result;
use crate::service::scope::Scopes;
use crate::store::{Record, State, Tx};

/// The rules for the changes of one connection.
#[derive(Debug, Clone)]
pub(in crate::service) struct Rules {
    groups: AdminGroups,
    scopes: Scopes,
}

/// What a group was before it was changed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(in crate::service) struct Before {
    gives: bool,
    /// Whether there was an administrator.
    any: bool,
    /// Who was in it, hidden ones too; only where the connection may not change that.
    members: Option<Vec<String>>,
}

impl Rules {
    pub(in crate::service) fn new(groups: AdminGroups, scopes: Scopes) -> Self {
        Self { groups, scopes }
    }

    /// The groups that give administrator rights.
    pub(in crate::service) fn groups(&self) -> &AdminGroups {
        &self.groups
    }

    /// To be called before an active account is shut or deleted.
    ///
    /// # Errors
    /// 403 for the last administrator.
    pub(in crate::service) fn may_shut(&self, tx: &mut Tx<'_>, person: &Record) -> Result<()> {
        if person.state != State::Active || !self.groups.is_administrator(tx, person)? {
            return Ok(());
        }
        tx.lock_administrators()?;
        let ids = self.groups.ids(tx)?;
        if tx.any_holder(self.groups.holders(&ids), Some(&person.id))? {
            return Ok(());
        }
        Err(last_one())
    }

    /// What [`Rules::after`] needs to know of a group that is about to change; of anything else, nothing.
    pub(in crate::service) fn before(
        &self,
        tx: &mut Tx<'_>,
        rt: &ResourceType,
        record: &Record,
    ) -> Result<Option<Before>> {
        if !rt.is_group() || self.groups.is_empty() {
            return Ok(None);
        }
        if !self.groups.gives(tx, record)? {
            return Ok(Some(Before::default()));
        }
        tx.lock_administrators()?;
        let ids = self.groups.ids(tx)?;
        let any = tx.any_holder(self.groups.holders(&ids), None)?;
        let members = if self.may_change_members() {
            None
        } else {
            Some(tx.member_ids(&record.id)?)
        };
        Ok(Some(Before {
            gives: true,
            any,
            members,
        }))
    }

    /// To be called when a group was made, changed or deleted: pins its name, if that is to be pinned.
    ///
    /// # Errors
    /// 403 when the connection may not change who is an administrator, or when nobody is one any more.
    pub(in crate::service) fn after(
        &self,
        tx: &mut Tx<'_>,
        before: Option<Before>,
        record: &Record,
    ) -> Result<()> {
        let Some(before) = before else {
            return Ok(());
        };
        let live = record.state != State::Deleted;
        let gives =
            live && (self.groups.gives(tx, record)? || self.groups.would_pin(tx, record)?);
        if !self.may_change_members() {
            let moved = match &before.members {
                Some(members) => gives && *members != tx.member_ids(&record.id)?,
                None => false,
            };
            if moved || gives != before.gives {
                self.require_admin_groups()?;
            }
        }
        if live {
            self.groups.pin(tx, record)?;
        }
        if before.any {
            let ids = self.groups.ids(tx)?;
            if !tx.any_holder(self.groups.holders(&ids), None)? {
                return Err(last_one());
            }
        }
        Ok(())
    }

    fn may_change_members(&self) -> bool {
        self.scopes.has(Scope::AdminGroups)
    }

    fn require_admin_groups(&self) -> Result<()> {
        let what = "change who is in a group that gives administrator rights, or make a group one";
        Ok(self.scopes.require(Scope::AdminGroups, what)?)
    }
}

fn last_one() -> crate::service::Error {
    let detail = "That would leave nobody who is an administrator, which SCIM cannot do: make somebody else one \
                  first (`muster user set-admin`).";
    Error::new(ErrorKind::Forbidden, detail).into()
}
