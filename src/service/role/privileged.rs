//! The groups that grant a built-in role: those of `roles.admin_groups`, and those that `roles.map` gives one.

use std::collections::BTreeSet;

use super::{ADMIN, AdminGroups, RoleNames};
use crate::service::Result;
use crate::store::{OfGroup, Record, Tx};

/// The built-in roles that `roles.map` can grant; `admin` is reserved for `roles.admin_groups`.
const MAPPED_ROLES: [&str; 2] = ["helpdesk", "auditor"];

/// The groups whose members only a connection with the scope `admin-groups` changes.
#[derive(Debug, Clone)]
pub(in crate::service) struct PrivilegedGroups {
    admin: AdminGroups,
    names: RoleNames,
}

impl PrivilegedGroups {
    /// `names` are the roles of `roles.map`.
    pub(in crate::service) fn new(admin: AdminGroups, names: &RoleNames) -> Self {
        Self {
            admin,
            names: names.only(&MAPPED_ROLES),
        }
    }

    /// The groups that make administrators.
    pub(in crate::service) fn admin(&self) -> &AdminGroups {
        &self.admin
    }

    /// Returns true if the settings name no such group.
    pub(super) fn is_empty(&self) -> bool {
        self.admin.is_empty() && self.names.is_empty()
    }

    /// Returns the built-in roles that a live group grants now.
    pub(super) fn roles_of(&self, tx: &mut Tx<'_>, group: &Record) -> Result<BTreeSet<String>> {
        let mut roles = if self.names.is_empty() {
            BTreeSet::new()
        } else {
            let document = group.document()?;
            let named = OfGroup {
                id: group.id.clone(),
                external_id: group.external_id.clone(),
                display: document.text("displayName").map(str::to_owned),
            };
            self.names.of(&[named], &[])
        };
        if self.admin.gives(tx, group)? {
            roles.insert(ADMIN.to_owned());
        }
        Ok(roles)
    }

    /// Removes a user from all these groups, also where the row is hidden or names nobody.
    pub(in crate::service) fn forget_member(&self, tx: &mut Tx<'_>, user: &str) -> Result<()> {
        if self.is_empty() {
            return Ok(());
        }
        let admin = self.admin.ids(tx)?;
        let privileged = |group: &OfGroup| {
            admin.contains(&group.id) || !self.names.of(std::slice::from_ref(group), &[]).is_empty()
        };
        let naming = tx.groups_naming(user)?;
        let chosen = naming.into_iter().filter(privileged);
        let chosen: Vec<String> = chosen.map(|group| group.id).collect();
        Ok(tx.forget_member(user, &chosen)?)
    }
}
