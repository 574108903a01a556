//! What a login uses up: it counts once, in the transaction of the login.

use jiff::Timestamp;

use crate::login::{Refusal, Refused, Trail};
use crate::service::Result;
use crate::store::Tx;

/// Something that must be there, or must not have been there before, and is gone or taken afterwards.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Once {
    /// The local password that was checked: it must still be this one.
    Password {
        /// Whose.
        resource: String,
        /// When it was set.
        changed: Timestamp,
    },
}

impl Once {
    /// Uses it up.
    ///
    /// # Errors
    /// The outer one when the store fails; the inner one when it was used before.
    pub(super) fn use_up(
        &self,
        tx: &mut Tx<'_>,
        trail: &mut Trail,
    ) -> Result<std::result::Result<(), Refusal>> {
        match self {
            Self::Password { resource, changed } => {
                let present = tx.password(resource)?;
                if present.is_some_and(|password| password.changed == *changed) {
                    return Ok(Ok(()));
                }
                let detail = "The password was changed while it was checked.";
                let code = "local.credentials";
                Ok(Err(trail.fail(
                    "local.password",
                    Refused::Credentials,
                    code,
                    detail,
                )))
            }
        }
    }
}
