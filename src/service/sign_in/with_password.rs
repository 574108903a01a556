//! Logins with name and password: one dispatch for the methods that have them, and the limit on wrong ones.

use super::{SignInError, SignedIn, Visitor};
use crate::config::{LoginMethod, Secret};
use crate::login::{Refused, Trail};
use crate::service::password::Right;
use crate::service::{Error, Gateway, Result};

impl Gateway {
    /// Logs in with name and password, by the one method that is set (`local` or `ldap`). Counts failures against
    /// `limits.failures`.
    ///
    /// # Errors
    /// As [`Gateway::sign_in`]; [`Error::Limited`].
    pub async fn log_in(
        &self,
        username: &str,
        password: &Secret,
        from: Visitor,
    ) -> std::result::Result<SignedIn, SignInError> {
        // Blanks around a name are none of it, nor do they make another name to be counted.
        let username = username.trim();
        let mut trail = Trail::default();
        let limited = |retry_after| SignInError::Failed(Error::Limited { retry_after });
        let attempt = self
            .begin_attempt(username, &from)
            .await?
            .map_err(limited)?;
        let proved = match self.settings().login.method {
            LoginMethod::Local => {
                self.prove_local(username, password, &from, &mut trail)
                    .await?
            }
            LoginMethod::Ldap => {
                self.prove_ldap(username, password, &from, &mut trail)
                    .await?
            }
            LoginMethod::Saml => Err(trail.fail(
                "road.method",
                Refused::Denied,
                "login.method",
                "login.method is saml: nobody logs in with a password here",
            )),
        };
        match proved {
            Ok(proof) => {
                attempt.give_back(self);
                let name = Some(username.to_owned());
                self.sign_in(proof, Visitor { name, ..from }).await
            }
            Err(refusal) => {
                if refusal.refused != Refused::Credentials {
                    attempt.give_back(self);
                }
                Err(self.deny(refusal, &trail, &from))
            }
        }
    }

    /// The present password of somebody who is logged in, if that is it. Wrong ones count as at the login: a session that was
    /// left open gives nobody more tries.
    ///
    /// # Errors
    /// [`Error::Limited`], and as [`Gateway::check_password_of`].
    pub(in crate::service) async fn own_password(
        &self,
        id: &str,
        password: &Secret,
        from: &Visitor,
    ) -> Result<Option<Right>> {
        let attempt = self.begin_own_attempt(id, from);
        let attempt = attempt.map_err(|retry_after| Error::Limited { retry_after })?;
        let right = self.check_password_of(id, password).await?;
        if right.is_some() {
            attempt.give_back(self);
        }
        Ok(right)
    }
}
