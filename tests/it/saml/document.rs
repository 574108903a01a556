//! Responses in exclusive canonical form, piece by piece, so that a test can bend any of them before it is signed.

use jiff::{SignedDuration, Timestamp};

use super::signer::{Key, Signing, joined};

pub const SAML: &str = "urn:oasis:names:tc:SAML:2.0:assertion";
pub const SAMLP: &str = "urn:oasis:names:tc:SAML:2.0:protocol";
pub const IDP: &str = "https://idp.example.org/metadata";
pub const SUCCESS: &str = r#"<samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"></samlp:StatusCode></samlp:Status>"#;
pub const PERSISTENT: &str = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent";

/// Which elements are signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signed {
    Assertion,
    Response,
    Both,
    Nothing,
}

/// A response in pieces.
#[derive(Clone)]
pub struct Pieces {
    pub id: String,
    pub destination: Option<String>,
    pub in_response_to: Option<String>,
    pub issued: String,
    pub version: String,
    pub issuer: Option<String>,
    pub extensions: String,
    pub status: String,
    pub assertion: Assertion,
    /// After the assertion.
    pub more: String,
}

/// An assertion in pieces.
#[derive(Clone)]
pub struct Assertion {
    pub id: String,
    /// Attributes beside ID, in canonical order after it.
    pub attributes: String,
    pub issuer: String,
    pub subject: String,
    pub conditions: String,
    pub advice: String,
    pub authn: String,
    pub statement: String,
}

/// What a login is about.
#[derive(Clone)]
pub struct Login {
    pub acs: String,
    pub entity_id: String,
    pub request: Option<String>,
    pub name_id: String,
    pub now: Timestamp,
    /// Name and values.
    pub attributes: Vec<(String, Vec<String>)>,
}

/// A time in seconds from another.
pub fn at(now: Timestamp, seconds: i64) -> String {
    let time = now + SignedDuration::from_secs(seconds);
    format!("{}Z", time.strftime("%Y-%m-%dT%H:%M:%S"))
}

impl Login {
    /// The pieces of a good response to it; `nonce` makes its ids.
    pub fn pieces(&self, nonce: &str) -> Pieces {
        let now = self.now;
        Pieces {
            id: format!("_r{nonce}"),
            destination: Some(self.acs.clone()),
            in_response_to: self.request.clone(),
            issued: at(now, 0),
            version: "2.0".to_owned(),
            issuer: Some(IDP.to_owned()),
            extensions: String::new(),
            status: SUCCESS.to_owned(),
            assertion: Assertion {
                id: format!("_a{nonce}"),
                attributes: format!(r#" IssueInstant="{}" Version="2.0""#, at(now, 0)),
                issuer: format!("<saml:Issuer>{IDP}</saml:Issuer>"),
                subject: subject(&name_id(&self.name_id), &self.bearer()),
                conditions: conditions(now, -10, 300, &[&[&self.entity_id]]),
                advice: String::new(),
                authn: authn(&format!(
                    r#" AuthnInstant="{}" SessionIndex="_s{nonce}""#,
                    at(now, 0)
                )),
                statement: statement(&self.attributes),
            },
            more: String::new(),
        }
    }

    pub fn bearer(&self) -> String {
        confirmation("urn:oasis:names:tc:SAML:2.0:cm:bearer", &self.data(300))
    }

    /// The attributes of SubjectConfirmationData.
    pub fn data(&self, until: i64) -> String {
        let request = self
            .request
            .as_ref()
            .map(|id| format!(r#" InResponseTo="{id}""#));
        format!(
            r#"{} NotOnOrAfter="{}" Recipient="{}""#,
            request.unwrap_or_default(),
            at(self.now, until),
            self.acs
        )
    }
}

pub fn name_id(value: &str) -> String {
    format!(r#"<saml:NameID Format="{PERSISTENT}">{value}</saml:NameID>"#)
}

pub fn subject(name_id: &str, confirmation: &str) -> String {
    format!("<saml:Subject>{name_id}{confirmation}</saml:Subject>")
}

pub fn confirmation(method: &str, data: &str) -> String {
    format!(
        r#"<saml:SubjectConfirmation Method="{method}"><saml:SubjectConfirmationData{data}></saml:SubjectConfirmationData></saml:SubjectConfirmation>"#
    )
}

pub fn conditions(now: Timestamp, from: i64, until: i64, audiences: &[&[&str]]) -> String {
    let restriction = |all: &&[&str]| {
        let one = |each: &&str| format!("<saml:Audience>{each}</saml:Audience>");
        let all = joined(all.iter().map(one));
        format!("<saml:AudienceRestriction>{all}</saml:AudienceRestriction>")
    };
    let restrictions = joined(audiences.iter().map(restriction));
    format!(
        r#"<saml:Conditions NotBefore="{}" NotOnOrAfter="{}">{restrictions}</saml:Conditions>"#,
        at(now, from),
        at(now, until)
    )
}

pub fn authn(attributes: &str) -> String {
    format!(
        "<saml:AuthnStatement{attributes}><saml:AuthnContext><saml:AuthnContextClassRef>urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport</saml:AuthnContextClassRef></saml:AuthnContext></saml:AuthnStatement>"
    )
}

pub fn statement(attributes: &[(String, Vec<String>)]) -> String {
    if attributes.is_empty() {
        return String::new();
    }
    let attribute = |(name, values): &(String, Vec<String>)| {
        let one = |value: &String| format!("<saml:AttributeValue>{value}</saml:AttributeValue>");
        let values = joined(values.iter().map(one));
        format!(r#"<saml:Attribute Name="{name}">{values}</saml:Attribute>"#)
    };
    let all = joined(attributes.iter().map(attribute));
    format!("<saml:AttributeStatement>{all}</saml:AttributeStatement>")
}

impl Assertion {
    /// With a signature after the issuer, or without.
    pub fn render(&self, signature: &str) -> String {
        format!(
            r#"<saml:Assertion xmlns:saml="{SAML}" ID="{}"{}>{}{signature}{}{}{}{}{}</saml:Assertion>"#,
            self.id,
            self.attributes,
            self.issuer,
            self.subject,
            self.conditions,
            self.advice,
            self.authn,
            self.statement
        )
    }

    pub fn signed(&self, signing: &Signing) -> String {
        self.render(&signing.sign(&self.id, &self.render("")))
    }
}

impl Pieces {
    /// The whole around an assertion that is written already.
    pub fn around(&self, signature: &str, assertion: &str) -> String {
        let optional = |name: &str, value: &Option<String>| {
            value
                .as_ref()
                .map(|value| format!(r#" {name}="{value}""#))
                .unwrap_or_default()
        };
        let issuer = self.issuer.as_ref();
        let issuer =
            issuer.map(|text| format!(r#"<saml:Issuer xmlns:saml="{SAML}">{text}</saml:Issuer>"#));
        format!(
            r#"<samlp:Response xmlns:samlp="{SAMLP}"{} ID="{}"{} IssueInstant="{}" Version="{}">{}{signature}{}{}{assertion}{}</samlp:Response>"#,
            optional("Destination", &self.destination),
            self.id,
            optional("InResponseTo", &self.in_response_to),
            self.issued,
            self.version,
            issuer.unwrap_or_default(),
            self.extensions,
            self.status,
            self.more,
        )
    }

    pub fn sign_with(&self, signed: Signed, signing: &Signing) -> String {
        let assertion = match signed {
            Signed::Assertion | Signed::Both => self.assertion.signed(signing),
            Signed::Response | Signed::Nothing => self.assertion.render(""),
        };
        self.finish(signed, signing, &assertion)
    }

    /// Signs the whole too, if it is to be.
    pub fn finish(&self, signed: Signed, signing: &Signing, assertion: &str) -> String {
        match signed {
            Signed::Response | Signed::Both => {
                let signature = signing.sign(&self.id, &self.around("", assertion));
                self.around(&signature, assertion)
            }
            Signed::Assertion | Signed::Nothing => self.around("", assertion),
        }
    }

    pub fn sign(&self, signed: Signed, key: &Key) -> String {
        self.sign_with(signed, &Signing::good(key))
    }
}
