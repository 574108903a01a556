//! What an assertion says, and whether it is said to us, now, of whoever brings it.

use jiff::SignedDuration;
use jiff::Timestamp;
use roxmltree::Node;

use super::content::Expected;
use super::content::answers;
use super::content::expired;
use super::content::is_fresh;
use super::content::is_issued_by;
use super::content::later;
use super::content::not_yet;
use super::fault::Fault;
use super::fault::shown;
use super::node::attribute;
use super::node::elements;
use super::node::label;
use super::node::named;
use super::node::only;
use super::node::text;
use super::node::time;
use super::uri;

/// The longest NameID (SAML core §8.3.7 has the same bound for persistent ones).
const MAX_NAME_ID: usize = 256;
/// After so long a replay is refused by its age already, so no row need wait until an assertion of the year 9999 ends.
const MAX_REPLAY: SignedDuration = SignedDuration::from_hours(24);

/// An assertion whose conditions hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asserted {
    /// Its ID; with the issuer what a replay is known by.
    pub id: String,
    /// Until when that must be remembered.
    pub replay_until: Timestamp,
    /// Who it is about.
    pub name_id: NameId,
    /// SessionIndex of the first AuthnStatement that has one.
    pub session_index: Option<String>,
    /// When the session ends at the latest.
    pub session_until: Option<Timestamp>,
    /// The attributes, in order.
    pub attributes: Vec<Attribute>,
}

/// Who an assertion is about (SAML core §2.2.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameId {
    /// The text.
    pub value: String,
    /// Format.
    pub format: Option<String>,
    /// NameQualifier.
    pub name_qualifier: Option<String>,
    /// SPNameQualifier.
    pub sp_name_qualifier: Option<String>,
}

/// One attribute (SAML core §2.7.3.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribute {
    /// Name.
    pub name: String,
    /// FriendlyName.
    pub friendly_name: Option<String>,
    /// The values that are text, without those that hold control characters.
    pub values: Vec<String>,
}

impl NameId {
    /// Whether this names the person only until the end of the session.
    pub(super) fn is_transient(&self) -> bool {
        self.format.as_deref() == Some(uri::TRANSIENT)
    }
}

type Check = (
    &'static str,
    fn(Node<'_, '_>, &Expected<'_>) -> Result<String, Fault>,
);

/// The checks of an assertion, in order.
pub(super) const CHECKS: [Check; 6] = [
    ("saml.assertion_issuer", |node, expected| {
        is_issued_by(node, expected.idp)
    }),
    ("saml.assertion_age", |node, expected| {
        is_fresh(node, expected.now, expected.skew)
    }),
    ("saml.conditions", conditions),
    ("saml.audience", audience),
    ("saml.confirmation", confirmation),
    ("saml.authentication", authentication),
];

/// What the assertion says; its checks have passed.
pub(super) fn read(assertion: Node<'_, '_>, expected: &Expected<'_>) -> Result<Asserted, Fault> {
    let statements = || named(assertion, uri::ASSERTION, "AuthnStatement");
    let mut session_until: Option<Timestamp> = None;
    for statement in statements() {
        let until = time(statement, "SessionNotOnOrAfter")?;
        session_until = [session_until, until].into_iter().flatten().min();
    }
    let ends = only(assertion, uri::ASSERTION, "Conditions")
        .map(|conditions| time(conditions, "NotOnOrAfter"))
        .transpose()?
        .flatten()
        .unwrap_or(expected.now);
    Ok(Asserted {
        id: attribute(assertion, "ID").unwrap_or_default().to_owned(),
        replay_until: later(ends, expected.skew).min(later(expected.now, MAX_REPLAY)),
        name_id: name_id(assertion)?,
        session_index: statements()
            .find_map(|statement| attribute(statement, "SessionIndex"))
            .map(str::to_owned),
        session_until,
        attributes: attributes(assertion),
    })
}

/// The NameID of the one subject: a text that cannot be mistaken for another.
pub(super) fn name_id(parent: Node<'_, '_>) -> Result<NameId, Fault> {
    let refused = |detail: &str| Fault::new("saml.name_id", detail);
    let subject = only(parent, uri::ASSERTION, "Subject").unwrap_or(parent);
    let Some(node) = only(subject, uri::ASSERTION, "NameID") else {
        return Err(refused(
            "it names nobody: the identity provider must send a NameID",
        ));
    };
    let Some(value) = text(node) else {
        return Err(refused("the NameID is not plain text"));
    };
    if value.is_empty() || value.trim() != value || value.chars().count() > MAX_NAME_ID {
        return Err(refused(
            "the NameID is empty, has blanks around it, or has more than 256 characters",
        ));
    }
    if value.chars().any(char::is_control) {
        return Err(refused("the NameID holds control characters"));
    }
    let qualifier = |name| attribute(node, name).map(str::to_owned);
    Ok(NameId {
        value,
        format: qualifier("Format"),
        name_qualifier: qualifier("NameQualifier"),
        sp_name_qualifier: qualifier("SPNameQualifier"),
    })
}

fn conditions(assertion: Node<'_, '_>, expected: &Expected<'_>) -> Result<String, Fault> {
    let refused = |detail: String| Fault::new("saml.conditions", detail);
    let Some(conditions) = only(assertion, uri::ASSERTION, "Conditions") else {
        return Err(refused(
            "it holds under no conditions, so for everybody and ever".to_owned(),
        ));
    };
    let known = ["AudienceRestriction", "OneTimeUse", "ProxyRestriction"];
    let unknown = elements(conditions).find(|child| {
        child.tag_name().namespace() != Some(uri::ASSERTION)
            || !known.contains(&child.tag_name().name())
    });
    if let Some(unknown) = unknown {
        return Err(refused(format!(
            "{} is a condition that we do not know",
            label(unknown)
        )));
    }
    let Some(until) = time(conditions, "NotOnOrAfter")? else {
        return Err(refused(
            "it never expires: NotOnOrAfter is missing".to_owned(),
        ));
    };
    within(time(conditions, "NotBefore")?, until, expected)
}

fn within(
    from: Option<Timestamp>,
    until: Timestamp,
    expected: &Expected<'_>,
) -> Result<String, Fault> {
    let Expected { now, skew, .. } = *expected;
    if later(until, skew) <= now {
        return Err(expired("valid until", until, now));
    }
    match from {
        Some(from) if later(now, skew) < from => Err(not_yet("valid from", from, now)),
        _ => Ok(format!("valid until {until}")),
    }
}

/// Every restriction must name us (SAML core §2.5.1.4).
fn audience(assertion: Node<'_, '_>, expected: &Expected<'_>) -> Result<String, Fault> {
    let mut restricted = false;
    let conditions = named(assertion, uri::ASSERTION, "Conditions");
    for restriction in
        conditions.flat_map(|each| named(each, uri::ASSERTION, "AudienceRestriction"))
    {
        restricted = true;
        let all: Vec<String> = named(restriction, uri::ASSERTION, "Audience")
            .filter_map(text)
            .collect();
        if !all.iter().any(|each| each == expected.entity_id) {
            return Err(Fault::new(
                "saml.audience",
                format!(
                    "the audience is {:?}, we are {:?}: set this as entity id (audience) at the identity provider",
                    shown(&all.join(", ")),
                    expected.entity_id
                ),
            ));
        }
    }
    if restricted {
        return Ok(format!("made for {}", expected.entity_id));
    }
    Err(Fault::new(
        "saml.audience",
        "it does not say whom it is for",
    ))
}

/// At least one way of confirmation must be that of whoever brings the assertion to us (SAML profiles §4.1.4.2).
fn confirmation(assertion: Node<'_, '_>, expected: &Expected<'_>) -> Result<String, Fault> {
    name_id(assertion)?;
    let subject = only(assertion, uri::ASSERTION, "Subject");
    let all = subject
        .into_iter()
        .flat_map(|each| named(each, uri::ASSERTION, "SubjectConfirmation"));
    let mut refused = Fault::new(
        "saml.confirmation",
        "it has no confirmation of the method bearer",
    );
    for each in all.filter(|each| attribute(*each, "Method") == Some(uri::BEARER)) {
        match bearer(each, expected) {
            Ok(detail) => return Ok(detail),
            Err(fault) => refused = fault,
        }
    }
    Err(refused)
}

fn bearer(confirmation: Node<'_, '_>, expected: &Expected<'_>) -> Result<String, Fault> {
    let refused = |detail: &str| Fault::new("saml.confirmation", detail);
    let Some(data) = only(confirmation, uri::ASSERTION, "SubjectConfirmationData") else {
        return Err(refused("the confirmation has no data"));
    };
    let recipient = attribute(data, "Recipient").unwrap_or_default();
    if recipient != expected.acs {
        return Err(Fault::new(
            "saml.recipient",
            format!(
                "the recipient is {:?}, we are {:?}",
                shown(recipient),
                expected.acs
            ),
        ));
    }
    let Some(until) = time(data, "NotOnOrAfter")? else {
        return Err(refused("the confirmation never expires"));
    };
    within(time(data, "NotBefore")?, until, expected)?;
    answers(attribute(data, "InResponseTo"), expected)
}

fn authentication(assertion: Node<'_, '_>, expected: &Expected<'_>) -> Result<String, Fault> {
    let mut found = false;
    for statement in named(assertion, uri::ASSERTION, "AuthnStatement") {
        found = true;
        if let Some(until) = time(statement, "SessionNotOnOrAfter")?
            && later(until, expected.skew) <= expected.now
        {
            return Err(Fault::new(
                "saml.session_expired",
                format!("the session at the identity provider ended at {until}"),
            ));
        }
    }
    if found {
        return Ok("the person was authenticated".to_owned());
    }
    Err(Fault::new(
        "saml.authentication",
        "it does not say that the person was authenticated: there is no AuthnStatement",
    ))
}

fn attributes(assertion: Node<'_, '_>) -> Vec<Attribute> {
    named(assertion, uri::ASSERTION, "AttributeStatement")
        .flat_map(|statement| named(statement, uri::ASSERTION, "Attribute"))
        .map(|each| Attribute {
            name: attribute(each, "Name").unwrap_or_default().to_owned(),
            friendly_name: attribute(each, "FriendlyName").map(str::to_owned),
            values: named(each, uri::ASSERTION, "AttributeValue")
                .filter_map(value)
                .collect(),
        })
        .collect()
}

/// A value as text; that of an identifier such as eduPersonTargetedID is the NameID in it.
fn value(node: Node<'_, '_>) -> Option<String> {
    let inner = only(node, uri::ASSERTION, "NameID").unwrap_or(node);
    let value = text(inner)?.trim().to_owned();
    (!value.is_empty() && !value.chars().any(char::is_control)).then_some(value)
}
