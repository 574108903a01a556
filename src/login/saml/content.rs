//! What a response says of itself: whom it is for, what it answers, how old it is.

use jiff::SignedDuration;
use jiff::Timestamp;
use roxmltree::Node;

use super::fault::Fault;
use super::fault::shown;
use super::node::attribute;
use super::node::named;
use super::node::only;
use super::node::text;
use super::node::time;
use super::structure::Shape;
use super::structure::issuer;
use super::uri;

/// A response is made for one login and comes at once. Longer than this it was kept by somebody.
pub(super) const MAX_AGE: SignedDuration = SignedDuration::from_mins(5);

/// What a response must agree with.
#[derive(Debug, Clone, Copy)]
pub struct Expected<'a> {
    /// Our entity id.
    pub entity_id: &'a str,
    /// Where responses are sent to.
    pub acs: &'a str,
    /// The entity id of the identity provider.
    pub idp: &'a str,
    /// The request of this browser that it must answer; `None` where a login that the identity provider began is let in.
    pub request: Option<&'a str>,
    /// The time.
    pub now: Timestamp,
    /// By how much two clocks may differ.
    pub skew: SignedDuration,
}

/// The checks of the response around the assertion, in order: each with its name.
pub(super) type Check = (
    &'static str,
    fn(&Shape<'_, '_>, &Expected<'_>) -> Result<String, Fault>,
);

pub(super) const CHECKS: [Check; 5] = [
    ("saml.status", status),
    ("saml.destination", destination),
    ("saml.request", in_response_to),
    ("saml.issuer", response_issuer),
    ("saml.age", response_age),
];

fn status(shape: &Shape<'_, '_>, _: &Expected<'_>) -> Result<String, Fault> {
    let refused = |detail: String| Fault::new("saml.status", detail);
    let Some(status) = only(shape.response, uri::PROTOCOL, "Status") else {
        return Err(refused("it has no status".to_owned()));
    };
    let Some(code) = only(status, uri::PROTOCOL, "StatusCode") else {
        return Err(refused("it has no status code, or several".to_owned()));
    };
    let value = attribute(code, "Value").unwrap_or_default();
    if value == uri::SUCCESS {
        return Ok("the identity provider says Success".to_owned());
    }
    let inner = only(code, uri::PROTOCOL, "StatusCode")
        .and_then(|inner| attribute(inner, "Value"))
        .unwrap_or_default();
    let message = only(status, uri::PROTOCOL, "StatusMessage")
        .and_then(text)
        .unwrap_or_default();
    Err(refused(format!(
        "the identity provider refused: {} {} {}",
        shown(value),
        shown(inner),
        shown(&message)
    )))
}

fn destination(shape: &Shape<'_, '_>, expected: &Expected<'_>) -> Result<String, Fault> {
    match attribute(shape.response, "Destination") {
        Some(said) if said == expected.acs => Ok(format!("sent to {}", expected.acs)),
        None if !shape.response_signed => Ok("it names no destination, and needs none".to_owned()),
        said => Err(Fault::new(
            "saml.destination",
            format!(
                "it was made for {:?}, we are {:?}: set this as assertion consumer service at the identity provider",
                shown(said.unwrap_or_default()),
                expected.acs
            ),
        )),
    }
}

fn in_response_to(shape: &Shape<'_, '_>, expected: &Expected<'_>) -> Result<String, Fault> {
    answers(attribute(shape.response, "InResponseTo"), expected)
}

/// Whether this is the answer to the request that is waited for, or to none if none is.
pub(super) fn answers(said: Option<&str>, expected: &Expected<'_>) -> Result<String, Fault> {
    match (said, expected.request) {
        (Some(said), Some(request)) if said == request => {
            Ok(format!("it answers request {request}"))
        }
        (None, None) => Ok("it answers no request, which is allowed".to_owned()),
        (None, Some(_)) => Err(Fault::new(
            "saml.unsolicited",
            "it answers no request: let people start here, or set saml.allow_unsolicited",
        )),
        (Some(said), _) => Err(Fault::new(
            "saml.not_my_request",
            format!(
                "it answers {:?}, which this browser did not ask",
                shown(said)
            ),
        )),
    }
}

fn response_issuer(shape: &Shape<'_, '_>, expected: &Expected<'_>) -> Result<String, Fault> {
    if named(shape.response, uri::ASSERTION, "Issuer")
        .next()
        .is_none()
    {
        return Ok("the response names no issuer, and needs none".to_owned());
    }
    is_issued_by(shape.response, expected.idp)
}

/// Whether a message or assertion is of the identity provider, to the letter.
pub(super) fn is_issued_by(node: Node<'_, '_>, idp: &str) -> Result<String, Fault> {
    let said = issuer(node);
    if said.as_deref() == Some(idp) {
        return Ok(format!("issued by {idp}"));
    }
    Err(Fault::new(
        "saml.issuer",
        format!(
            "it was issued by {:?}, the identity provider is {idp:?}",
            shown(&said.unwrap_or_default())
        ),
    ))
}

fn response_age(shape: &Shape<'_, '_>, expected: &Expected<'_>) -> Result<String, Fault> {
    is_fresh(shape.response, expected.now, expected.skew)
}

/// Whether IssueInstant is now, give or take.
pub(super) fn is_fresh(
    node: Node<'_, '_>,
    now: Timestamp,
    skew: SignedDuration,
) -> Result<String, Fault> {
    let Some(issued) = time(node, "IssueInstant")? else {
        return Err(Fault::new("saml.malformed", "it has no IssueInstant"));
    };
    if later(now, skew) < issued {
        return Err(not_yet("issued", issued, now));
    }
    if later(issued, MAX_AGE + skew) < now {
        return Err(expired("issued", issued, now));
    }
    Ok(format!("issued at {issued}"))
}

/// `span` after `time`, or the end of all time.
pub(super) fn later(time: Timestamp, span: SignedDuration) -> Timestamp {
    time.checked_add(span).unwrap_or(Timestamp::MAX)
}

pub(super) fn expired(what: &str, at: Timestamp, now: Timestamp) -> Fault {
    Fault::new(
        "saml.expired",
        format!("{what} {at}, and it is {now} here: it is old, or one of the clocks is wrong"),
    )
}

pub(super) fn not_yet(what: &str, at: Timestamp, now: Timestamp) -> Fault {
    Fault::new(
        "saml.not_yet_valid",
        format!("{what} {at}, and it is only {now} here: one of the clocks is wrong"),
    )
}
