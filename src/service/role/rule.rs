//! What SCIM may not do to administrators: touch their groups without the scope, and take the last one away.

use std::collections::BTreeSet;

use super::{ADMIN, AdminGroups, PrivilegedGroups};
use crate::config::Scope;
use crate::scim::schema::ResourceType;
use crate::scim::{Error, ErrorKind};
use crate::service::Result;
use crate::service::scope::Scopes;
use crate::store::{MemberStanding, Record, State, Tx};

/// The rules for the changes of one connection.
#[derive(Debug, Clone)]
pub(in crate::service) struct Rules {
    privileged: PrivilegedGroups,
    scopes: Scopes,
}

/// What a group was before it was changed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(in crate::service) struct Before {
    /// The built-in roles that it granted.
    roles: BTreeSet<String>,
    /// Whether there was an administrator.
    any: bool,
    /// Its member rows in whatever form, not their ids alone: a row that names nobody and one that names a
    /// user have the same id. Only where the connection may not change them.
    members: Option<Vec<MemberStanding>>,
}

impl Rules {
    pub(in crate::service) fn new(privileged: PrivilegedGroups, scopes: Scopes) -> Self {
        Self { privileged, scopes }
    }

    /// The groups that give administrator rights.
    pub(in crate::service) fn groups(&self) -> &AdminGroups {
        self.privileged.admin()
    }

    /// The groups that grant a built-in role.
    pub(in crate::service) fn privileged(&self) -> &PrivilegedGroups {
        &self.privileged
    }

    /// To be called before an active account is shut or deleted.
    ///
    /// # Errors
    /// 403 for the last administrator.
    pub(in crate::service) fn may_shut(&self, tx: &mut Tx<'_>, person: &Record) -> Result<()> {
        let groups = self.groups();
        if person.state != State::Active || !groups.is_administrator(tx, person)? {
            return Ok(());
        }
        tx.lock_administrators()?;
        let ids = groups.ids(tx)?;
        if tx.any_holder(groups.holders(&ids), Some(&person.id))? {
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
        if !rt.is_group() || self.privileged.is_empty() {
            return Ok(None);
        }
        let roles = self.privileged.roles_of(tx, record)?;
        if roles.is_empty() {
            return Ok(Some(Before::default()));
        }
        let any = roles.contains(ADMIN) && self.groups().any(tx)?;
        let members = if self.may_change_members() {
            None
        } else {
            Some(tx.member_standings(&record.id)?)
        };
        Ok(Some(Before {
            roles,
            any,
            members,
        }))
    }

    /// To be called when a group was made, changed or deleted: pins its name, if that is to be pinned.
    ///
    /// # Errors
    /// 403 when the connection may not change who has a built-in role, or when nobody is an administrator any
    /// more.
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
        if !self.may_change_members() && self.has_moved(tx, &before, record)? {
            self.require_admin_groups()?;
        }
        if live {
            self.groups().pin(tx, record)?;
        }
        if before.any && !self.groups().any(tx)? {
            return Err(last_one());
        }
        Ok(())
    }

    /// Returns true if the group grants other built-in roles than before, or to others.
    fn has_moved(&self, tx: &mut Tx<'_>, before: &Before, record: &Record) -> Result<bool> {
        let mut roles = BTreeSet::new();
        if record.state != State::Deleted {
            roles = self.privileged.roles_of(tx, record)?;
            if self.groups().would_pin(tx, record)? {
                roles.insert(ADMIN.to_owned());
            }
        }
        if roles != before.roles {
            return Ok(true);
        }
        match &before.members {
            Some(members) => Ok(*members != tx.member_standings(&record.id)?),
            None => Ok(false),
        }
    }

    fn may_change_members(&self) -> bool {
        self.scopes.has(Scope::AdminGroups)
    }

    fn require_admin_groups(&self) -> Result<()> {
        let what = "change who is in a group that grants a built-in role, or make a group one";
        Ok(self.scopes.require(Scope::AdminGroups, what)?)
    }
}

fn last_one() -> crate::service::Error {
    let detail = "That would leave nobody who is an administrator, which SCIM cannot do: make somebody else one \
                  first (`muster user set-admin`).";
    Error::new(ErrorKind::Forbidden, detail).into()
}
