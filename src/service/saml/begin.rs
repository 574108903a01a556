//! The way to the identity provider: a request with an id of its own, which the browser keeps.

use super::pending::{PendingRequest, PendingRequests};
use super::{internal, nobody};
use crate::config::Secret;
use crate::login::saml::{Envelope, message_id};
use crate::login::{Refused, Trail};
use crate::service::{Error, Gateway, SignInError, Visitor};

/// Where a browser is sent, and what it has to bring back.
#[derive(Debug, Clone)]
pub struct SamlBegun {
    /// The URL at the identity provider.
    pub url: String,
    /// The cookie with the requests of this browser that wait for their answers.
    pub browser: Secret,
}

impl Gateway {
    /// Begins a login, and answers where to go. Nothing is stored: the request stands in the cookie. `path` is where the
    /// browser goes when it is done; `browser` the cookie that it has from other requests, which still wait.
    ///
    /// # Errors
    /// [`SignInError::Denied`] when the identity provider is not known yet.
    pub async fn begin_saml(
        &self,
        path: Option<&str>,
        browser: Option<&Secret>,
        from: &Visitor,
    ) -> Result<SamlBegun, SignInError> {
        let Some(saml) = self.saml() else {
            return Err(nobody().into());
        };
        let Some(idp) = self.identity_provider(saml).await? else {
            let mut trail = Trail::default();
            let refusal = trail.fail(
                "saml.provider",
                Refused::Unavailable,
                "saml.no_metadata",
                "the metadata of the identity provider could not be read yet; the log says why",
            );
            return Err(self.deny(refusal, &trail, from));
        };
        let now = self.clock().now();
        let id = message_id(self.clock().random().map_err(Error::from)?);
        let envelope = Envelope {
            id: &id,
            now,
            relay_state: None,
        };
        let url = saml.provider.login_url(&idp, envelope).map_err(internal)?;
        let mut pending = PendingRequests::read(self.keys(), browser, now);
        pending.add(PendingRequest::new(id, now, path));
        Ok(SamlBegun {
            url,
            browser: pending.write(self.keys()),
        })
    }
}
