//! The one road in: whoever proves who they are, by whichever method, goes through it to a session.

mod denied;
mod ldap;
mod local;
mod once;
mod proof;

pub use denied::{Denied, SignInError};
pub use once::Once;
pub use proof::{Proof, Proved, SignedIn, Visitor};

use super::gateway::Gateway;
use crate::config::Secret;
use crate::login::{Identity, Refusal, Trail};

/// What would become of a login, as its trail tells; nothing was written.
#[derive(Debug, Clone, PartialEq)]
pub struct Tried {
    /// The steps of the method and of the road behind it.
    pub trail: Trail,
    /// Why it would be refused.
    pub refusal: Option<Refusal>,
    /// The record it would log into; `None`: it would be refused, or make a new one.
    pub resource: Option<String>,
    /// The roles it would have.
    pub roles: Vec<String>,
}

impl Gateway {
    /// Lets somebody in who proved who they are: finds or makes the record, gives and takes roles, begins a session. All in one
    /// transaction with one entry in the audit log; what `proof.once` names is used up in it, also when the login is refused.
    ///
    /// # Errors
    /// [`SignInError::Denied`] with the reference number under which the log of failed logins keeps the steps.
    pub async fn sign_in(&self, proof: Proof, from: Visitor) -> Result<SignedIn, SignInError> {
        let _ = (proof, from);
        Err(unwritten())
    }

    /// The same road, without writing anything: what would become of this identity.
    ///
    /// # Errors
    /// What the store answers when it cannot read.
    pub async fn try_sign_in(&self, identity: &Identity, trail: Trail) -> super::Result<Tried> {
        let _ = identity;
        Ok(Tried {
            trail,
            refusal: None,
            resource: None,
            roles: Vec::new(),
        })
    }

    /// Logs in with name and password, by the one method that is set (`local` or `ldap`). Counts failures against
    /// `limits.failures`.
    ///
    /// # Errors
    /// As [`Gateway::sign_in`]; [`super::Error::Limited`].
    pub async fn log_in(
        &self,
        username: &str,
        password: &Secret,
        from: Visitor,
    ) -> Result<SignedIn, SignInError> {
        let _ = (username, password, from);
        Err(unwritten())
    }

    /// Keeps a login that was refused before it came to the road, and answers what the person is told.
    pub async fn deny(&self, refusal: Refusal, trail: Trail, from: &Visitor) -> SignInError {
        let _ = (trail, from);
        SignInError::Denied(Denied {
            code: refusal.code,
            refused: refusal.refused,
            reference: String::new(),
        })
    }
}

fn unwritten() -> SignInError {
    SignInError::Failed(super::Error::Internal {
        why: "not written yet".to_owned(),
    })
}
