//! Roles: who is an administrator, by hand or by a group, and which changes that forbids.

mod group;
mod hand;
mod list;
mod names;
mod privileged;
mod reason;
mod rule;

pub use list::{GrantInfo, GrantedBy, GroupMatch, RoleGroup, Roles};
pub use reason::{How, Reason};

pub(super) use group::AdminGroups;
pub(super) use hand::{give, take};
pub(super) use list::state_name;
pub(super) use names::RoleNames;
pub(super) use privileged::PrivilegedGroups;
pub(super) use rule::{Before, Rules};

/// The role of administrators.
pub(super) const ADMIN: &str = "admin";
