//! The two ends of every SAML login: the identity provider, and us.

use jiff::SignedDuration;

use super::certificate::Certificate;
use super::key::SigningKey;

/// An identity provider that somebody can log in with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdentityProvider {
    /// Its entity id.
    pub entity_id: String,
    /// Where people are sent to log in, by HTTP-Redirect.
    pub sso: String,
    /// Where people are sent to log out, by HTTP-Redirect, and where the answers go if that is elsewhere.
    pub slo: Option<LogoutService>,
    /// Its keys. Private, so that there is none without one.
    certificates: Vec<Certificate>,
}

/// Where logout messages go (SAML metadata §2.4.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogoutService {
    /// Requests.
    pub location: String,
    /// Answers: `ResponseLocation`, or the same.
    pub response: String,
}

impl IdentityProvider {
    /// An identity provider, if it has a key: without one nothing that it signs could be told from a forgery.
    pub fn new(
        entity_id: String,
        sso: String,
        slo: Option<LogoutService>,
        certificates: Vec<Certificate>,
    ) -> Result<Self, String> {
        if certificates.is_empty() {
            return Err("the identity provider has no signing certificate".to_owned());
        }
        if !is_web(&sso) {
            return Err("the sign-on URL of the identity provider is not http or https".to_owned());
        }
        Ok(Self {
            entity_id,
            sso,
            slo: slo.filter(|slo| is_web(&slo.location) && is_web(&slo.response)),
            certificates,
        })
    }

    /// Its keys: at least one, and two while it changes from one to the other.
    pub fn certificates(&self) -> &[Certificate] {
        &self.certificates
    }
}

/// What people are sent to must be a web page: no `javascript:`.
fn is_web(url: &str) -> bool {
    let lower = url.to_ascii_lowercase();
    (lower.starts_with("https://") || lower.starts_with("http://"))
        && !url.chars().any(|c| c.is_control() || c.is_whitespace())
}

/// We ourselves.
#[derive(Debug, Clone)]
pub struct ServiceProvider {
    /// Our entity id.
    pub entity_id: String,
    /// Where responses are sent to.
    pub acs: String,
    /// Where logout messages are sent to.
    pub slo: String,
    /// The NameID format to ask for.
    pub name_id_format: Option<String>,
    /// Whether people must authenticate anew although the identity provider still knows them.
    pub force_authn: bool,
    /// By how much two clocks may differ.
    pub skew: SignedDuration,
    /// What signs requests and logout messages.
    pub key: Option<SigningKey>,
}
