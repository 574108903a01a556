//! The way to the identity provider: a request with an id of its own, bound to the browser.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::SignedDuration;

use super::{browser_hash, internal, nobody};
use crate::config::Secret;
use crate::login::saml::{Envelope, message_id};
use crate::login::{Refused, Trail};
use crate::service::{Error, Gateway, SignInError, Visitor};
use crate::store::{Actor, SamlRequest};

/// Whoever needs longer to log in starts again.
const WAITS: SignedDuration = SignedDuration::from_mins(10);
/// 256 random bits in base64.
const COOKIE_CHARS: usize = 43;

/// Where a browser is sent, and what it has to bring back.
#[derive(Debug, Clone)]
pub struct SamlBegun {
    /// The URL at the identity provider.
    pub url: String,
    /// The cookie that binds the request to this browser.
    pub browser: Secret,
}

impl Gateway {
    /// Begins a login: keeps the request, and answers where to go. `path` is where the browser goes when it is done; `browser`
    /// the cookie that it has from another request, whose answer is still to come.
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
            return Err(self.deny(refusal, trail, from).await);
        };
        let now = self.clock().now();
        let request = SamlRequest {
            id: message_id(self.clock().random().map_err(Error::from)?),
            relay: URL_SAFE_NO_PAD.encode(self.clock().random::<16>().map_err(Error::from)?),
            browser: Vec::new(),
            path: path.map(str::to_owned),
            expires: now.checked_add(WAITS).unwrap_or(now),
        };
        let browser = match browser.filter(|cookie| is_cookie(cookie.expose())) {
            Some(cookie) => cookie.clone(),
            None => Secret::new(
                URL_SAFE_NO_PAD.encode(self.clock().random::<32>().map_err(Error::from)?),
            ),
        };
        let envelope = Envelope {
            id: &request.id,
            now,
            relay_state: Some(&request.relay),
        };
        let url = saml.provider.login_url(&idp, envelope).map_err(internal)?;
        let kept = SamlRequest {
            browser: browser_hash(browser.expose()),
            ..request
        };
        let cause = self.cause(Actor::System, &from.request);
        self.store()
            .write(cause, move |tx| tx.begin_saml_request(&kept))
            .await?;
        Ok(SamlBegun { url, browser })
    }
}

fn is_cookie(text: &str) -> bool {
    text.len() == COOKIE_CHARS
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}
