//! The audit log: who changed what and when, written with the change and sealed into a chain.

mod change;
mod list;
mod row;
mod seal;
mod verify;

use super::keys::Keys;
use crate::store::{Record, Result, State, Tx};

pub(super) use change::Changes;
pub(super) use list::first_id;
pub use list::{AuditEntry, AuditFilter};
pub use seal::Sealer;
pub use verify::AuditReport;

/// What is recorded about a change; who, when and in which request is known to the transaction.
pub(super) struct Entry<'e> {
    /// A stable name, such as `user.deactivate`.
    pub(super) action: &'e str,
    /// The type of the resource: `User`, `Group`, …, `Token`, `Connection`.
    pub(super) kind: &'e str,
    /// Its id.
    pub(super) resource: &'e str,
    /// The connection that it belongs to.
    pub(super) owner: Option<&'e str>,
    /// What was changed.
    pub(super) changes: &'e Changes,
}

/// Writes one entry into the transaction of the change: if it cannot be written, the change is not made.
///
/// # Errors
/// What the store answers when it cannot write.
pub(super) fn record(tx: &mut Tx<'_>, keys: &Keys, entry: &Entry<'_>) -> Result<()> {
    let row = row::draft(tx, keys, entry)?;
    tx.insert_audit(&row)
}

/// Records under a name of its own what was done about a resource.
///
/// # Errors
/// Those of [`record`].
pub(super) fn record_as(
    tx: &mut Tx<'_>,
    keys: &Keys,
    action: &str,
    about: &Record,
    changes: &Changes,
) -> Result<()> {
    let entry = Entry {
        action,
        kind: &about.kind,
        resource: &about.id,
        owner: about.owner.as_deref(),
        changes,
    };
    record(tx, keys, &entry)
}

/// Records that a resource was made, changed or deleted; `before` is `None` when it is new.
///
/// # Errors
/// Those of [`record`].
pub(super) fn record_change(
    tx: &mut Tx<'_>,
    keys: &Keys,
    before: Option<State>,
    record: &Record,
    changes: &Changes,
) -> Result<()> {
    let action = action(&record.kind, before, record.state, changes);
    record_as(tx, keys, &action, record, changes)
}

/// The name of what was done: the change of state if there is one.
fn action(kind: &str, before: Option<State>, after: State, changes: &Changes) -> String {
    use State::{Active, Deactivated, Deleted};
    let verb = match (before, after) {
        (None, _) => "create",
        (Some(Deleted), Active | Deactivated) => "restore",
        (Some(Active | Deactivated), Deleted) => "delete",
        (Some(Active), Deactivated) => "deactivate",
        (Some(Deactivated), Active) => "activate",
        (Some(Active), Active) | (Some(Deactivated), Deactivated) | (Some(Deleted), Deleted) => {
            if changes.is_of_members_only() {
                "members"
            } else {
                "update"
            }
        }
    };
    format!("{}.{verb}", kind.to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_change_of_state_names_the_action() {
        use State::{Active, Deactivated, Deleted};
        let none = Changes::default();
        for (before, after, expected) in [
            (None, Deactivated, "user.create"),
            (Some(Active), Active, "user.update"),
            (Some(Active), Deactivated, "user.deactivate"),
            (Some(Deactivated), Active, "user.activate"),
            (Some(Deactivated), Deleted, "user.delete"),
            (Some(Deleted), Active, "user.restore"),
        ] {
            assert_eq!(action("User", before, after, &none), expected);
        }
    }
}
