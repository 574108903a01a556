//! What is kept of leavers: legal holds, and the end of everything by purge.

use crate::scim::{Error, ErrorKind};
use crate::service::Result;
use crate::service::audit::{self, Changes};
use crate::service::keys::Keys;
use crate::store::{Record, Tx};

/// Keeps somebody from purge; answers `false` when that was so before.
pub(in crate::service) fn hold(tx: &mut Tx<'_>, person: &Record, reason: &str) -> Result<bool> {
    Ok(tx.hold(&person.id, reason)?)
}

/// Ends a legal hold; answers `false` when there was none.
pub(in crate::service) fn unhold(tx: &mut Tx<'_>, person: &Record) -> Result<bool> {
    Ok(tx.unhold(&person.id)?)
}

/// Removes a deleted account, group or other resource for good, and everything personal that is known of it. The
/// entries of the audit log stay, without values, and the chain still verifies. A group that a name in
/// `roles.admin_groups` is pinned to keeps its id: the name is not free for another group.
///
/// # Errors
/// 409 while it is held.
pub(in crate::service) fn purge(tx: &mut Tx<'_>, keys: &Keys, record: &Record) -> Result<()> {
    if let Some(hold) = tx.held(&record.id)? {
        let detail = format!(
            "{} is under a legal hold since {:.0} by {} ({}): `muster user unhold` ends it.",
            record.id, hold.since, hold.by, hold.reason
        );
        return Err(Error::new(ErrorKind::Conflict, detail).into());
    }
    tx.forget_audit_values(&record.id)?;
    audit::record_as(
        tx,
        keys,
        &action(record, "purge"),
        record,
        &Changes::default(),
    )?;
    if tx.pins_of(&record.id)?.is_empty() {
        return Ok(tx.purge(record)?);
    }
    Ok(tx.drop_document(record)?)
}

/// Removes the document of a deleted resource that nobody can restore; its id is kept.
pub(in crate::service) fn drop_document(
    tx: &mut Tx<'_>,
    keys: &Keys,
    record: &Record,
) -> Result<()> {
    audit::record_as(
        tx,
        keys,
        &action(record, "drop"),
        record,
        &Changes::default(),
    )?;
    Ok(tx.drop_document(record)?)
}

fn action(record: &Record, verb: &str) -> String {
    format!("{}.{verb}", record.kind.to_lowercase())
}
