//! Cookies (RFC 6265): the session, the browser that is known, and the one that forms are bound to.

use actix_web::HttpRequest;
use actix_web::http::header;
use actix_web::http::header::HeaderValue;

use super::client;
use super::request::request_id;
use crate::config::{Scheme, Secret};
use crate::service::{Gateway, SignedIn, Visitor};

/// How long a browser stays known that has logged in: a year.
const DEVICE_SECONDS: u64 = 365 * 86_400;
/// How long a SAML request waits for its answer.
const SAML_SECONDS: u64 = 600;

/// What a cookie is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Name {
    Session,
    Device,
    Form,
    Saml,
}

/// The session cookie of a request.
pub(super) fn session(request: &HttpRequest, gateway: &Gateway) -> Option<Secret> {
    read(request, &Name::Session.text(gateway)).map(Secret::new)
}

/// The name of the session cookie.
pub(super) fn session_name(gateway: &Gateway) -> String {
    Name::Session.text(gateway)
}

/// The cookie that forms are bound to where there is no session.
pub(super) fn form(request: &HttpRequest, gateway: &Gateway) -> Option<String> {
    read(request, &Name::Form.text(gateway))
}

/// Sets that cookie, until the browser is closed.
pub(super) fn with_form(gateway: &Gateway, value: &str) -> Option<HeaderValue> {
    Name::Form.set(gateway, value, None)
}

/// The cookie with the SAML requests of this browser.
pub(super) fn saml(request: &HttpRequest, gateway: &Gateway) -> Option<Secret> {
    read(request, &Name::Saml.text(gateway)).map(Secret::new)
}

/// Sets that cookie, for as long as a request waits.
pub(super) fn with_saml(gateway: &Gateway, value: &str) -> Option<HeaderValue> {
    Name::Saml.set(gateway, value, Some(SAML_SECONDS))
}

/// Who comes with this request.
pub(super) fn visitor(request: &HttpRequest, gateway: &Gateway) -> Visitor {
    let agent = request.headers().get(header::USER_AGENT);
    let agent = agent.and_then(|agent| agent.to_str().ok());
    Visitor {
        address: client::of(request),
        agent: agent.map(|agent| agent.chars().take(200).collect()),
        request: request_id(request).to_string(),
        session: session(request, gateway),
        device: read(request, &Name::Device.text(gateway)),
        name: None,
    }
}

/// Sets the cookies of somebody who is in.
pub(super) fn begun(gateway: &Gateway, signed_in: &SignedIn) -> Vec<HeaderValue> {
    let lifetime = gateway
        .settings()
        .login
        .session_lifetime
        .as_duration()
        .as_secs();
    let session = Name::Session.set(gateway, signed_in.session.expose(), Some(lifetime));
    let device = signed_in.device.as_deref();
    let device = device.and_then(|value| Name::Device.set(gateway, value, Some(DEVICE_SECONDS)));
    session.into_iter().chain(device).collect()
}

/// Takes the session cookie away.
pub(super) fn ended(gateway: &Gateway) -> Option<HeaderValue> {
    Name::Session.set(gateway, "", Some(0))
}

impl Name {
    /// The prefix lets no sister host and no plain connection set such a cookie.
    fn text(self, gateway: &Gateway) -> String {
        let name = match self {
            Self::Session => "muster_session",
            Self::Device => "muster_device",
            Self::Form => "muster_form",
            Self::Saml => "muster_saml",
        };
        let prefix = match (is_https(gateway), self.domain(gateway)) {
            (false, _) => "",
            (true, None) => "__Host-",
            (true, Some(_)) => "__Secure-",
        };
        format!("{prefix}{name}")
    }

    /// Only the session is for sister hosts too.
    fn domain(self, gateway: &Gateway) -> Option<&str> {
        match self {
            Self::Session => gateway.settings().login.cookie_domain.as_deref(),
            Self::Device | Self::Form | Self::Saml => None,
        }
    }

    /// The answer to a SAML request is posted by the identity provider's site. Browsers send no cookie of `SameSite=None` that is not
    /// `Secure`, so over http nothing is said, and most send it for two minutes.
    fn same_site(self, gateway: &Gateway) -> &'static str {
        match (self, is_https(gateway)) {
            (Self::Session | Self::Device | Self::Form, _) => "; SameSite=Lax",
            (Self::Saml, true) => "; SameSite=None",
            (Self::Saml, false) => "",
        }
    }

    fn set(self, gateway: &Gateway, value: &str, seconds: Option<u64>) -> Option<HeaderValue> {
        let mut text = format!("{}={value}; Path=/; HttpOnly", self.text(gateway));
        text.push_str(self.same_site(gateway));
        if is_https(gateway) {
            text.push_str("; Secure");
        }
        if let Some(domain) = self.domain(gateway) {
            text.push_str("; Domain=");
            text.push_str(domain);
        }
        if let Some(seconds) = seconds {
            text.push_str("; Max-Age=");
            text.push_str(&seconds.to_string());
        }
        HeaderValue::try_from(text).ok()
    }
}

pub(super) fn is_https(gateway: &Gateway) -> bool {
    gateway.settings().server.public_url.scheme() == Scheme::Https
}

/// The first cookie of this name; one set for a longer path comes first, and ours are for the whole host.
fn read(request: &HttpRequest, name: &str) -> Option<String> {
    let lines = request.headers().get_all(header::COOKIE);
    let mut pairs = lines
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='));
    let (_, value) = pairs.find(|(found, _)| *found == name)?;
    Some(value.to_owned()).filter(|value| !value.is_empty())
}
