//! Directories on the way to the road.

use super::{Proof, Proved, Tried, Visitor};
use crate::config::{LoginMethod, Secret};
use crate::login::{Identity, Refusal, Trail};
use crate::scim::{self, ErrorKind};
use crate::service::{Gateway, Result};

/// What a name would come to, if they proved who they are.
#[derive(Debug, Clone, PartialEq)]
pub struct TriedName {
    /// Who the directory says they are; `None` if it finds nobody.
    pub identity: Option<Identity>,
    /// The steps, and where they lead.
    pub tried: Tried,
}

impl Gateway {
    /// Proof by the password of a directory.
    pub(super) async fn prove_ldap(
        &self,
        username: &str,
        password: &Secret,
        _from: &Visitor,
        trail: &mut Trail,
    ) -> Result<std::result::Result<Proof, Refusal>> {
        let identity = self.directory().authenticate(username, password, trail);
        Ok(identity.await.map(|identity| Proof {
            method: LoginMethod::Ldap,
            who: Proved::Identity(Box::new(identity)),
            trail: trail.clone(),
            once: Vec::new(),
        }))
    }

    /// Looks a name up in the directory, and tells what a login would come to. Nothing is written, and no password asked for.
    ///
    /// # Errors
    /// 400 without `ldap.url`; what the store answers when it cannot read.
    pub async fn try_name(&self, name: &str) -> Result<TriedName> {
        if self.settings().ldap.url.is_empty() {
            let detail = "There is no directory to look in: set ldap.url and ldap.search_base.";
            return Err(scim::Error::new(ErrorKind::InvalidValue, detail).into());
        }
        let mut trail = Trail::default();
        match self.directory().look_up(name, &mut trail).await {
            Ok(identity) => Ok(TriedName {
                tried: self.try_sign_in(&identity, trail).await?,
                identity: Some(identity),
            }),
            Err(refusal) => Ok(TriedName {
                identity: None,
                tried: Tried {
                    trail,
                    refusal: Some(refusal),
                    resource: None,
                    roles: Vec::new(),
                },
            }),
        }
    }
}
