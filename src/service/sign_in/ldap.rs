//! Directories on the way to the road.

use super::{Proof, Visitor};
use crate::config::Secret;
use crate::login::{Refusal, Refused, Trail};
use crate::service::{Gateway, Result};

impl Gateway {
    /// Proof by the password of a directory.
    #[expect(clippy::unused_async, reason = "a directory is waited for")]
    pub(super) async fn prove_ldap(
        &self,
        _username: &str,
        _password: &Secret,
        _from: &Visitor,
        trail: &mut Trail,
    ) -> Result<std::result::Result<Proof, Refusal>> {
        let detail = "No directory is asked yet.";
        Ok(Err(trail.fail(
            "ldap.bind",
            Refused::Credentials,
            "ldap.credentials",
            detail,
        )))
    }
}
