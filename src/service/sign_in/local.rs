//! Local passwords on the way to the road.

use super::{Proof, Visitor};
use crate::config::Secret;
use crate::login::{Refusal, Refused, Trail};
use crate::service::{Gateway, Result};

impl Gateway {
    /// Proof by a password that this gateway keeps. A known and an unknown name take the same time.
    pub(super) async fn prove_local(
        &self,
        _username: &str,
        _password: &Secret,
        _from: &Visitor,
        trail: &mut Trail,
    ) -> Result<std::result::Result<Proof, Refusal>> {
        let detail = "No passwords are kept yet.";
        Ok(Err(trail.fail(
            "local.password",
            Refused::Credentials,
            "local.credentials",
            detail,
        )))
    }
}
