//! The cookies: the session, and the one by which a browser is known that has logged in before.

use actix_web::HttpRequest;
use actix_web::http::header;
use actix_web::http::header::HeaderValue;

use crate::config::{Scheme, Secret, Settings};
use crate::service::SignedIn;

/// A browser is known for a year after its last login.
const KNOWN_FOR_SECONDS: i64 = 365 * 24 * 60 * 60;
/// A value is random, and shorter than this by far.
const MAX_VALUE_BYTES: usize = 512;

/// What a cookie is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// The session.
    Session,
    /// The browser that was logged in from before.
    Browser,
}

impl Purpose {
    /// The name. A prefix makes the browser hold to what it promises: `__Host-`, that no other host has set it (RFC 6265bis
    /// §4.1.3); `__Secure-`, that it came over TLS.
    pub(super) fn name(self, settings: &Settings) -> String {
        let plain = match self {
            Self::Session => "muster",
            Self::Browser => "muster-browser",
        };
        let prefix = match (
            settings.server.public_url.scheme(),
            &settings.login.cookie_domain,
        ) {
            (Scheme::Http, _) => "",
            (Scheme::Https, None) => "__Host-",
            (Scheme::Https, Some(_)) => "__Secure-",
        };
        format!("{prefix}{plain}")
    }
}

/// The value that the browser sent, if it sent one.
pub(super) fn of(request: &HttpRequest, purpose: Purpose, settings: &Settings) -> Option<String> {
    let name = purpose.name(settings);
    let lines = request.headers().get_all(header::COOKIE);
    let texts = lines.filter_map(|line| line.to_str().ok());
    let mut pairs = texts
        .flat_map(|text| text.split(';'))
        .filter_map(|pair| pair.trim().split_once('='));
    let (_, value) = pairs.find(|(sent, _)| *sent == name)?;
    let is_ours = !value.is_empty() && value.len() <= MAX_VALUE_BYTES;
    is_ours.then(|| value.to_owned())
}

/// The session cookie that the browser sent.
pub(super) fn session(request: &HttpRequest, settings: &Settings) -> Option<Secret> {
    of(request, Purpose::Session, settings).map(Secret::new)
}

/// The `Set-Cookie` headers of a login.
pub(super) fn of_login(signed_in: &SignedIn, settings: &Settings) -> Vec<HeaderValue> {
    let age = signed_in.me.session.as_ref().map_or(0, |session| {
        session
            .expires
            .as_second()
            .saturating_sub(session.created.as_second())
    });
    let session = set(Purpose::Session, signed_in.session.expose(), age, settings);
    let browser = signed_in.device.as_ref();
    let browser = browser.map(|value| set(Purpose::Browser, value, KNOWN_FOR_SECONDS, settings));
    [Some(session), browser]
        .into_iter()
        .flatten()
        .flatten()
        .collect()
}

/// The `Set-Cookie` header that makes the browser forget the session.
pub(super) fn forget(settings: &Settings) -> Option<HeaderValue> {
    set(Purpose::Session, "", 0, settings)
}

fn set(purpose: Purpose, value: &str, age: i64, settings: &Settings) -> Option<HeaderValue> {
    let mut text = format!(
        "{}={value}; Path=/; Max-Age={age}; HttpOnly; SameSite=Lax",
        purpose.name(settings)
    );
    if settings.server.public_url.scheme() == Scheme::Https {
        text.push_str("; Secure");
    }
    if let Some(domain) = &settings.login.cookie_domain {
        text.push_str("; Domain=");
        text.push_str(domain);
    }
    HeaderValue::from_str(&text).ok()
}
