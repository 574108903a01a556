//! What a login uses up: it counts once, in the transaction of the login.

use jiff::Timestamp;

use crate::login::{Refusal, Refused, Trail};
use crate::service::Result;
use crate::store::Tx;

/// The issuer of the requests that we make, among those of messages that count once.
pub(in crate::service) const OUR_REQUESTS: &str = "urn:muster:saml-request";

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
    /// The SAML request with this ID: it is answered once.
    SamlRequest {
        /// Its ID.
        id: String,
        /// Until when it could be answered.
        until: Timestamp,
    },
    /// An assertion: it is good for one login.
    SamlMessage {
        /// The entity id of the identity provider.
        issuer: String,
        /// Its ID.
        id: String,
        /// Until when it would be good.
        until: Timestamp,
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
            Self::SamlRequest { id, until } => {
                if tx.use_saml_message(OUR_REQUESTS, id, *until)? {
                    return Ok(Ok(()));
                }
                let detail = "The request was answered in the meantime.";
                Ok(Err(trail.fail(
                    "saml.request",
                    Refused::Denied,
                    "saml.not_my_request",
                    detail,
                )))
            }
            Self::SamlMessage { issuer, id, until } => {
                if tx.use_saml_message(issuer, id, *until)? {
                    return Ok(Ok(()));
                }
                let detail = "The assertion was used before.";
                Ok(Err(trail.fail(
                    "saml.replay",
                    Refused::Denied,
                    "saml.replay",
                    detail,
                )))
            }
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
