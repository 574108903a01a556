//! The roles of `roles.map`: which names of groups give them.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::config::RoleMap;
use crate::scim::value::fold;
use crate::store::OfGroup;

/// Names of groups, folded, and the role that each gives.
#[derive(Debug, Clone)]
pub(in crate::service) struct RoleNames(Arc<[(String, String)]>);

impl RoleNames {
    pub(in crate::service) fn new(map: &RoleMap) -> Self {
        Self(
            map.entries()
                .map(|(group, role)| (fold(group, false), role.to_owned()))
                .collect(),
        )
    }

    /// The roles of somebody who is in these SCIM groups, by id, externalId or displayName, and in these groups of the source
    /// of their login, by name.
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
        let mut names: BTreeSet<String> = groups.iter().flat_map(of_group).collect();
        names.extend(brought.iter().map(|name| fold(name, false)));
        let given = self.0.iter().filter(|(group, _)| names.contains(group));
        given.map(|(_, role)| role.clone()).collect()
    }
}
