//! Local passwords: checked, set, and the links with which people set their first one.

mod check;
mod link;
mod pool;
mod set;

pub(super) use check::Right;
pub(super) use link::keep as keep_link;
pub use link::{LinkHolder, SetLink};
pub(super) use pool::Pool;
pub(super) use set::{known_in, set as set_password};

use super::error::{Error, Result};
use super::gateway::Gateway;
use crate::config::LoginMethod;
use crate::login::password::{self, NewPassword};
use crate::scim;
use crate::scim::ErrorKind;

/// The PHC string of a password that may be set.
pub(super) struct Hashed(String);

impl Hashed {
    pub(super) fn phc(&self) -> &str {
        &self.0
    }
}

impl Gateway {
    /// Whether people log in with passwords that this gateway keeps.
    pub fn keeps_passwords(&self) -> bool {
        self.settings().login.method == LoginMethod::Local
    }

    /// With what people log in, as they read it.
    pub fn login_name(&self) -> &str {
        match self.settings().login.method {
            LoginMethod::Local => "your password",
            LoginMethod::Ldap => "the password of your directory",
            LoginMethod::Saml => "SSO",
        }
    }

    /// Checks and hashes a password that somebody chose; `personal` is what others know of them. Before the store is
    /// called: the hash takes longer than any change.
    ///
    /// # Errors
    /// 400 that says what to mend; 403 where no local passwords are kept; [`Error::Unavailable`] when too many wait.
    pub(super) async fn hash_password(&self, text: &str, personal: &[&str]) -> Result<Hashed> {
        if !self.keeps_passwords() {
            return Err(no_passwords(self.settings().login.method));
        }
        let checked = NewPassword::check(text, personal);
        let password = checked.map_err(|weak| scim::Error::value(weak.to_string()))?;
        let salt = self.clock().random()?;
        let hashed = self
            .passwords()
            .run(move || password::hash(&password, salt))
            .await?;
        let internal = |fault: password::HashFault| Error::Internal {
            why: fault.to_string(),
        };
        hashed.map(Hashed).map_err(internal)
    }
}

/// With another method no local password works for anybody, so none is set.
fn no_passwords(method: LoginMethod) -> Error {
    let detail = format!(
        "No password can be set: people log in here by {method} (login.method), and no local password works, for anybody."
    );
    scim::Error::new(ErrorKind::Forbidden, detail).into()
}
