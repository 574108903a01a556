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

/// Removes a deleted account for good, and everything personal that is known of it. The entries of the
/// audit log stay, without values, and the chain still verifies.
///
/// # Errors
/// 409 while it is held.
pub(in crate::service) fn purge(tx: &mut Tx<'_>, keys: &Keys, person: &Record) -> Result<()> {
    if let Some(hold) = tx.held(&person.id)? {
        let detail = format!(
            "{} is under a legal hold since {:.0} by {} ({}): `muster user unhold` ends it.",
            person.id, hold.since, hold.by, hold.reason
        );
        return Err(Error::new(ErrorKind::Conflict, detail).into());
    }
    tx.forget_audit_values(&person.id)?;
    audit::record_as(tx, keys, "user.purge", person, &Changes::default())?;
    Ok(tx.purge(person)?)
}
