//! What a login uses up: it counts once, in the transaction of the login.

use crate::login::Refusal;
use crate::login::Trail;
use crate::service::Result;
use crate::store::Tx;

/// Something that must be there, or must not have been there before, and is gone or taken afterwards.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Once {}

impl Once {
    /// Uses it up.
    ///
    /// # Errors
    /// The outer one when the store fails; the inner one when it was used before.
    pub(super) fn use_up(
        &self,
        _tx: &mut Tx<'_>,
        _trail: &mut Trail,
    ) -> Result<std::result::Result<(), Refusal>> {
        match *self {}
    }
}
