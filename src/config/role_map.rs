//! Which group gives which role.

/// The table `roles.map`: names of groups, and the role that each gives.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RoleMap(Vec<(String, String)>);

/// The role that `roles.admin_groups` gives, and nothing else.
const RESERVED: &str = "admin";
/// A role stands in headers and tokens beside others.
const MAX_ROLE_CHARS: usize = 64;

impl RoleMap {
    /// The map, if every role has a name that can be one.
    pub(super) fn new(entries: Vec<(String, String)>) -> Result<Self, String> {
        for (group, role) in &entries {
            if group.trim().is_empty() {
                return Err("has a group without a name".into());
            }
            if role.eq_ignore_ascii_case(RESERVED) {
                return Err(format!(
                    "{group:?}: the role {RESERVED} is given by roles.admin_groups only"
                ));
            }
            let plain = |c: char| c.is_ascii_alphanumeric() || "-_.:/".contains(c);
            if role.is_empty() || role.len() > MAX_ROLE_CHARS || !role.chars().all(plain) {
                return Err(format!(
                    "{group:?}: a role is 1 to {MAX_ROLE_CHARS} letters, digits or -_.:/, not {role:?}"
                ));
            }
        }
        Ok(Self(entries))
    }

    /// Each group as it was written, and its role.
    pub fn entries(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .map(|(group, role)| (group.as_str(), role.as_str()))
    }

    /// Whether no group gives a role.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
