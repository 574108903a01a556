//! The messages that we write: requests to log in and out, answers, and our metadata.

use std::fmt::Write;

use jiff::Timestamp;

use super::super::SingleLogout;
use super::provider::IdentityProvider;
use super::provider::ServiceProvider;
use super::redirect;
use super::redirect::Kind;
use super::uri;

/// An id that nobody guesses: 128 random bits behind a letter, as an ID must not start with a digit.
pub fn message_id(random: [u8; 16]) -> String {
    random.iter().fold("_".to_owned(), |mut id, byte| {
        let _ = write!(id, "{byte:02x}");
        id
    })
}

/// How a message is called and where its answer will be found.
#[derive(Debug, Clone, Copy)]
pub struct Envelope<'a> {
    /// The ID of the message.
    pub id: &'a str,
    /// The time.
    pub now: Timestamp,
    /// What the other end gives back with the answer.
    pub relay_state: Option<&'a str>,
}

impl ServiceProvider {
    /// The URL that sends a browser to log in (SAML core §3.4.1).
    pub fn login_url(
        &self,
        idp: &IdentityProvider,
        envelope: Envelope<'_>,
    ) -> Result<String, String> {
        let mut xml = open("AuthnRequest", &idp.sso, envelope);
        let _ = write!(
            xml,
            r#" AssertionConsumerServiceURL="{}" ProtocolBinding="{}""#,
            escaped(&self.acs),
            uri::POST
        );
        if self.force_authn {
            xml.push_str(r#" ForceAuthn="true""#);
        }
        let _ = write!(
            xml,
            "><saml:Issuer>{}</saml:Issuer>",
            escaped(&self.entity_id)
        );
        if let Some(format) = &self.name_id_format {
            let format = escaped(format);
            let _ = write!(
                xml,
                r#"<samlp:NameIDPolicy AllowCreate="true" Format="{format}"/>"#
            );
        }
        xml.push_str("</samlp:AuthnRequest>");
        redirect::url(
            &idp.sso,
            Kind::Request,
            &xml,
            envelope.relay_state,
            self.key.as_ref(),
        )
    }

    /// The URL that sends a browser to log out of a session at the identity provider (SAML core §3.7.1), if it has one.
    pub fn logout_url(
        &self,
        idp: &IdentityProvider,
        session: &SingleLogout,
        envelope: Envelope<'_>,
    ) -> Option<Result<String, String>> {
        let location = &idp.slo.as_ref()?.location;
        let mut xml = open("LogoutRequest", location, envelope);
        let _ = write!(
            xml,
            "><saml:Issuer>{}</saml:Issuer><saml:NameID",
            escaped(&self.entity_id)
        );
        for (name, value) in [
            ("Format", &session.format),
            ("NameQualifier", &session.name_qualifier),
            ("SPNameQualifier", &session.sp_name_qualifier),
        ] {
            if let Some(value) = value {
                let _ = write!(xml, r#" {name}="{}""#, escaped(value));
            }
        }
        let _ = write!(xml, ">{}</saml:NameID>", escaped(&session.name_id));
        if let Some(index) = &session.session_index {
            let _ = write!(
                xml,
                "<samlp:SessionIndex>{}</samlp:SessionIndex>",
                escaped(index)
            );
        }
        xml.push_str("</samlp:LogoutRequest>");
        let url = redirect::url(
            location,
            Kind::Request,
            &xml,
            envelope.relay_state,
            self.key.as_ref(),
        );
        Some(url)
    }

    /// The URL that answers a request to log out (SAML core §3.7.2), if the identity provider takes one.
    pub fn logout_answer_url(
        &self,
        idp: &IdentityProvider,
        request: &str,
        envelope: Envelope<'_>,
    ) -> Option<Result<String, String>> {
        let location = &idp.slo.as_ref()?.response;
        let mut xml = open("LogoutResponse", location, envelope);
        let _ = write!(
            xml,
            r#" InResponseTo="{}"><saml:Issuer>{}</saml:Issuer><samlp:Status><samlp:StatusCode Value="{}"/></samlp:Status></samlp:LogoutResponse>"#,
            escaped(request),
            escaped(&self.entity_id),
            uri::SUCCESS
        );
        let url = redirect::url(
            location,
            Kind::Response,
            &xml,
            envelope.relay_state,
            self.key.as_ref(),
        );
        Some(url)
    }

    /// Our metadata (SAML metadata §2.4.4): what an identity provider must know of us. It holds no time and no key for
    /// encryption, so it changes only when the settings do.
    pub fn metadata(&self) -> String {
        let signs = self.key.is_some();
        let mut xml = format!(
            r#"<?xml version="1.0" encoding="UTF-8"?>
<md:EntityDescriptor xmlns:md="{}" entityID="{}"><md:SPSSODescriptor AuthnRequestsSigned="{signs}" WantAssertionsSigned="true" protocolSupportEnumeration="{}">"#,
            uri::METADATA,
            escaped(&self.entity_id),
            uri::PROTOCOL
        );
        if let Some(key) = &self.key {
            let _ = write!(
                xml,
                r#"<md:KeyDescriptor use="signing"><ds:KeyInfo xmlns:ds="{}"><ds:X509Data><ds:X509Certificate>{}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>"#,
                uri::SIGNATURE,
                key.certificate().base64()
            );
        }
        for binding in [uri::REDIRECT, uri::POST] {
            let slo = escaped(&self.slo);
            let _ = write!(
                xml,
                r#"<md:SingleLogoutService Binding="{binding}" Location="{slo}"/>"#
            );
        }
        if let Some(format) = &self.name_id_format {
            let _ = write!(
                xml,
                "<md:NameIDFormat>{}</md:NameIDFormat>",
                escaped(format)
            );
        }
        let _ = write!(
            xml,
            r#"<md:AssertionConsumerService Binding="{}" Location="{}" index="0" isDefault="true"/></md:SPSSODescriptor></md:EntityDescriptor>"#,
            uri::POST,
            escaped(&self.acs)
        );
        xml
    }
}

/// A message up to the end of what all have in common, its tag still open.
fn open(name: &str, destination: &str, envelope: Envelope<'_>) -> String {
    format!(
        r#"<samlp:{name} xmlns:samlp="{}" xmlns:saml="{}" ID="{}" Version="2.0" IssueInstant="{}" Destination="{}""#,
        uri::PROTOCOL,
        uri::ASSERTION,
        escaped(envelope.id),
        envelope.now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        escaped(destination)
    )
}

/// A text as it stands in XML, between tags or between quotes.
fn escaped(text: &str) -> String {
    quick_xml::escape::escape(text).into_owned()
}
