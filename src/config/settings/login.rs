//! The settings of logins and sessions, and the rules between them.

use std::net::IpAddr;

use super::Server;
use crate::config::LinkRule;
use crate::config::LoginMethod;
use crate::config::Period;
use crate::config::Scheme;
use crate::config::layers::Key;
use crate::config::reader::Reader;
use crate::config::reader::section;
use crate::config::value::Setting;

section! {
    /// How people log in, and how long that holds.
    Login "login" {
        /// The one way to log in.
        method: LoginMethod,
        /// Whether the first login makes an account.
        jit: bool,
        /// How a first login finds its record, in order.
        link: Vec<LinkRule>,
        /// Whether each login overwrites names.
        update_details: bool,
        /// A session that is not used for so long ends.
        session_idle: Period where MIN_IDLE..=MAX_LIFETIME,
        /// A session ends after so long, used or not.
        session_lifetime: Period where MIN_IDLE..=MAX_LIFETIME,
        /// The domain whose hosts see the session cookie; `None`: this host alone.
        cookie_domain: Option<String>,
        /// How long a JWT for applications holds.
        token_lifetime: Period where MIN_TOKEN..=MAX_TOKEN,
        /// For whom it is made.
        token_audience: String,
    }
}

/// Shorter than a minute nobody can type a password and read a page.
const MIN_IDLE: Period = Period::seconds(60);
/// A year; whoever wants a session without end has a personal access token.
const MAX_LIFETIME: Period = Period::seconds(366 * 86_400);
/// What two clocks may differ by.
const MIN_TOKEN: Period = Period::seconds(10);
/// A token outlives the deactivation of its person by so much where only its signature is checked.
const MAX_TOKEN: Period = Period::seconds(86_400);

/// The rules between settings.
pub(super) fn check(login: &Login, server: &Server, reader: &mut Reader) {
    if let Some(domain) = &login.cookie_domain {
        let host = server.public_url.host();
        let is_address = host.parse::<IpAddr>().is_ok();
        if is_address || !is_domain(domain) || !server.public_url.is_within(domain) {
            let why = format!(
                "must be a domain that the host of server.public_url ({host}) is in, such as example.org, and not a \
                 public suffix"
            );
            reader.refuse("login.cookie_domain", &["server.public_url"], why);
        }
    }
}

/// What is allowed but unwise.
pub(super) fn warning(server: &Server) -> Option<String> {
    let exposed = server.public_url.scheme() == Scheme::Http && !server.public_url.is_loopback();
    exposed.then(|| {
        "server.public_url is http: passwords and session cookies travel unprotected, and browsers see cookies without \
         Secure; put TLS in front, or set server.tls_cert and server.tls_key"
            .to_owned()
    })
}

fn is_domain(text: &str) -> bool {
    let label = |label: &str| {
        !label.is_empty()
            && label
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    text.contains('.') && text.split('.').all(label)
}
