//! How a login that is refused looks from outside.

use crate::login::Refused;
use crate::service::Error;

/// A login that was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code}, reference {reference}")]
pub struct Denied {
    /// The stable reason code, for administrators and tests; the person does not read it.
    pub code: &'static str,
    /// What the person is told.
    pub refused: Refused,
    /// The number under which the log of failed logins keeps the steps; the person's page shows it too.
    pub reference: String,
}

/// Why there is no session.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignInError {
    /// Refused, with a reference number.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// Too often, not now, or a fault of the gateway.
    #[error(transparent)]
    Failed(#[from] Error),
}
