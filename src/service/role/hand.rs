//! The role of administrators, given and taken by hand.

use super::ADMIN;
use crate::service::Result;
use crate::store::{Record, Tx};

/// Makes somebody an administrator; answers whether that was not so by hand before.
pub(in crate::service) fn give(tx: &mut Tx<'_>, person: &Record) -> Result<bool> {
    Ok(tx.grant(&person.id, ADMIN)?)
}

/// Takes the role away that somebody was given by hand; answers whether there was one.
pub(in crate::service) fn take(tx: &mut Tx<'_>, person: &Record) -> Result<bool> {
    Ok(tx.revoke(&person.id, ADMIN)?)
}
