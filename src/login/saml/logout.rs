//! Logout messages that the identity provider sends: signed, for us, new.

use jiff::Timestamp;
use roxmltree::Node;

use super::super::Refusal;
use super::super::Trail;
use super::assertion::NameId;
use super::assertion::name_id;
use super::certificate::Certificate;
use super::content::Expected;
use super::content::expired;
use super::content::is_fresh;
use super::content::is_issued_by;
use super::content::later;
use super::fault::Fault;
use super::fault::shown;
use super::fault::step;
use super::node::attribute;
use super::node::named;
use super::node::only;
use super::node::parse;
use super::node::text;
use super::node::time;
use super::redirect;
use super::redirect::Kind;
use super::response::decode;
use super::scan;
use super::structure;
use super::uri;
use super::verify::Verifier;

/// What the identity provider says about a logout.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Logout {
    /// End these sessions, and answer.
    Request(LogoutRequest),
    /// The answer to our request: whether every session there is ended.
    Response {
        /// Whether it says Success.
        success: bool,
    },
}

/// Which sessions end (SAML core §3.7.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogoutRequest {
    /// Its ID: what the answer names, and with the issuer what a replay is known by.
    pub id: String,
    /// Until when that must be remembered.
    pub replay_until: Timestamp,
    /// Whose.
    pub name_id: NameId,
    /// Which; none named: all.
    pub session_indexes: Vec<String>,
    /// What the answer gives back.
    pub relay_state: Option<String>,
}

/// Reads a message that came by HTTP-Redirect: `query` as it was sent. Of what is expected, the request plays no part, and
/// `acs` is the place of the single logout service.
pub fn by_redirect(
    query: &str,
    expected: &Expected<'_>,
    certificates: &[Certificate],
    trail: &mut Trail,
) -> Result<Logout, Refusal> {
    let received = redirect::receive(query, certificates)
        .map(|received| (received, "made by the identity provider's key".to_owned()));
    let received = step(trail, "saml.signature", received)?;
    let read = read(&received.xml, received.kind, expected);
    let told = read.map(|read| (with_state(read, received.relay_state), String::new()));
    step(trail, "saml.logout", told)
}

/// Reads a message that came by HTTP-POST, with its signature inside. Blocks for some milliseconds.
pub fn by_post(
    kind: Kind,
    field: &str,
    relay_state: Option<String>,
    expected: &Expected<'_>,
    certificates: &[Certificate],
    verifier: Verifier,
    trail: &mut Trail,
) -> Result<Logout, Refusal> {
    let xml = step(trail, "saml.document", decode(field, scan::MESSAGE.size))?;
    let signed = gate(&xml, kind)
        .and_then(|()| verifier.signed(&xml, certificates))
        .map(|signed| (signed, "made by the identity provider's key".to_owned()));
    let signed = step(trail, "saml.signature", signed)?;
    let read = read(&signed, kind, expected);
    let told = read.map(|read| (with_state(read, relay_state), String::new()));
    step(trail, "saml.logout", told)
}

fn gate(xml: &str, kind: Kind) -> Result<(), Fault> {
    let document = parse(xml, &scan::MESSAGE)?;
    let root = document.root_element();
    structure::message(root, name(kind))?;
    structure::signatures(root, &[root]).map(|_| ())
}

fn name(kind: Kind) -> &'static str {
    match kind {
        Kind::Request => "LogoutRequest",
        Kind::Response => "LogoutResponse",
    }
}

/// What a message says, whose signature was verified over these very bytes.
fn read(xml: &str, kind: Kind, expected: &Expected<'_>) -> Result<Logout, Fault> {
    let document = parse(xml, &scan::MESSAGE)?;
    let root = document.root_element();
    structure::message(root, name(kind))?;
    is_issued_by(root, expected.idp)?;
    let destination = attribute(root, "Destination").unwrap_or_default();
    if destination != expected.acs {
        return Err(Fault::new(
            "saml.destination",
            format!(
                "it was made for {:?}, we are {:?}",
                shown(destination),
                expected.acs
            ),
        ));
    }
    is_fresh(root, expected.now, expected.skew)?;
    match kind {
        Kind::Request => request(root, expected).map(Logout::Request),
        Kind::Response => Ok(Logout::Response {
            success: is_success(root),
        }),
    }
}

fn request(root: Node<'_, '_>, expected: &Expected<'_>) -> Result<LogoutRequest, Fault> {
    let until = time(root, "NotOnOrAfter")?;
    if let Some(until) = until.filter(|until| later(*until, expected.skew) <= expected.now) {
        return Err(expired("valid until", until, expected.now));
    }
    Ok(LogoutRequest {
        id: attribute(root, "ID").unwrap_or_default().to_owned(),
        replay_until: later(
            expected.now,
            super::content::MAX_AGE + expected.skew + expected.skew,
        ),
        name_id: name_id(root)?,
        session_indexes: named(root, uri::PROTOCOL, "SessionIndex")
            .filter_map(text)
            .collect(),
        relay_state: None,
    })
}

fn is_success(root: Node<'_, '_>) -> bool {
    only(root, uri::PROTOCOL, "Status")
        .and_then(|status| only(status, uri::PROTOCOL, "StatusCode"))
        .is_some_and(|code| attribute(code, "Value") == Some(uri::SUCCESS))
}

fn with_state(logout: Logout, state: Option<String>) -> Logout {
    match logout {
        Logout::Request(request) => Logout::Request(LogoutRequest {
            relay_state: state,
            ..request
        }),
        Logout::Response { success } => Logout::Response { success },
    }
}
