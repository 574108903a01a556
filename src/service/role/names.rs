//! The roles of `roles.map`: which names of groups give them.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::config::RoleMap;
use crate::login::{group_name, group_names};
use crate::scim::value::fold;
use crate::store::OfGroup;

/// Names of groups and the role that each gives.
#[derive(Debug, Clone)]
pub(in crate::service) struct RoleNames(Arc<[Gives]>);

#[derive(Debug, Clone)]
struct Gives {
    /// As names of SCIM groups are compared.
    folded: String,
    /// As names of groups that a login brings are.
    brought: String,
    role: String,
}

impl RoleNames {
    pub(in crate::service) fn new(map: &RoleMap) -> Self {
        Self(
            map.entries()
                .map(|(group, role)| Gives {
                    folded: fold(group, false),
                    brought: group_name(group),
                    role: role.to_owned(),
                })
                .collect(),
        )
    }

    /// Returns true if no group is given a role.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the groups that are given one of these roles.
    pub(super) fn only(&self, roles: &[&str]) -> Self {
        let chosen = |gives: &&Gives| {
            let same = |role: &&str| gives.role.eq_ignore_ascii_case(role);
            roles.iter().any(same)
        };
        Self(self.0.iter().filter(chosen).cloned().collect())
    }

    /// The roles of somebody who is in these SCIM groups, by id, externalId or displayName, and in these groups of the source
    /// of their login, by name; a DN also by its cn.
    pub(in crate::service) fn of(
        &self,
        groups: &[OfGroup],
        brought: &[String],
    ) -> BTreeSet<String> {
        if self.0.is_empty() {
            return BTreeSet::new();
        }
        let of_group = |group: &OfGroup| {
            let names = [
                Some(&group.id),
                group.external_id.as_ref(),
                group.display.as_ref(),
            ];
            names
                .into_iter()
                .flatten()
                .map(|name| fold(name, false))
                .collect::<Vec<_>>()
        };
        let names: BTreeSet<String> = groups.iter().flat_map(of_group).collect();
        let brought: BTreeSet<String> = brought.iter().flat_map(|name| group_names(name)).collect();
        let given =
            |gives: &&Gives| names.contains(&gives.folded) || brought.contains(&gives.brought);
        let given = self.0.iter().filter(given);
        given.map(|gives| gives.role.clone()).collect()
    }
}
