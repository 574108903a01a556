//! Local passwords on the way to the road.

use super::{Once, Proof, Proved, Visitor};
use crate::config::{LoginMethod, Secret};
use crate::login::{Refusal, Refused, Trail};
use crate::service::password::Right;
use crate::service::{Gateway, Result};

impl Gateway {
    /// Proof by a password that this gateway keeps. A known and an unknown name take the same time.
    pub(super) async fn prove_local(
        &self,
        username: &str,
        password: &Secret,
        _from: &Visitor,
        trail: &mut Trail,
    ) -> Result<std::result::Result<Proof, Refusal>> {
        let Some(Right { id, changed }) = self.check_password(username, password).await? else {
            let detail = "There is nobody of this name, they have no password, or it is another.";
            let code = "local.credentials";
            return Ok(Err(trail.fail(
                "local.password",
                Refused::Credentials,
                code,
                detail,
            )));
        };
        trail.pass("local.password", "The password is right.");
        let resource = id.clone();
        Ok(Ok(Proof {
            method: LoginMethod::Local,
            who: Proved::Account(id),
            trail: trail.clone(),
            once: vec![Once::Password { resource, changed }],
        }))
    }
}
