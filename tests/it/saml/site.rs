//! A gateway whose people log in by SAML, and the identity provider of the tests as its metadata describe it.

use std::io::Read;
use std::path::PathBuf;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::read::DeflateDecoder;
use muster::clock::Clock;
use muster::service::FailedLoginInfo;
use percent_encoding::percent_decode_str;
use tempfile::TempDir;

use super::battery::field;
use super::document::{IDP, Login, Signed};
use super::signer::Key;
use crate::support::{Browser, Fixture, Reply, Setup};

/// Where people log in.
pub const SSO: &str = "https://idp.example.org/sso";
/// Where they log out.
pub const SLO: &str = "https://idp.example.org/slo";

/// The gateway, and what the identity provider has.
pub struct Site {
    pub fixture: Fixture,
    pub key: Key,
    pub metadata: PathBuf,
    drawn: std::cell::Cell<u32>,
    _directory: TempDir,
}

/// A request as the browser takes it to the identity provider.
pub struct Asked {
    pub id: String,
    pub relay_state: String,
    pub xml: String,
}

impl Site {
    pub fn start() -> Self {
        Self::with(Clock::system(), &[])
    }

    pub fn with(clock: Clock, more: &[(&'static str, &'static str)]) -> Self {
        let (key, directory) = (Key::rsa(), tempfile::tempdir().unwrap());
        let path = directory.path().join("idp.xml");
        std::fs::write(&path, metadata(IDP, &[&key])).unwrap();
        let mut settings = vec![
            ("login.method", "saml"),
            ("saml.idp_metadata", &*path.display().to_string().leak()),
            ("saml.groups_attribute", "groups"),
        ];
        settings.extend(more);
        let fixture = Fixture::with(Setup {
            clock,
            settings,
            ..Setup::default()
        });
        Self {
            fixture,
            key,
            metadata: path,
            drawn: std::cell::Cell::new(0),
            _directory: directory,
        }
    }

    /// What a good response to a request is about.
    pub fn login(&self, name_id: &str, request: Option<&str>) -> Login {
        let base = format!("http://{}", self.fixture.address);
        Login {
            acs: format!("{base}/saml/acs"),
            entity_id: format!("{base}/saml/metadata"),
            request: request.map(str::to_owned),
            name_id: name_id.to_owned(),
            now: self.fixture.gateway.clock().now(),
            attributes: vec![("groups".to_owned(), vec!["staff".to_owned()])],
        }
    }

    /// A good response to a request, as a form field.
    pub fn response(&self, name_id: &str, request: Option<&str>) -> String {
        field(
            &self
                .login(name_id, request)
                .pieces(&self.nonce())
                .sign(Signed::Both, &self.key),
        )
    }

    /// A number that was not drawn before: no two assertions have the same id.
    pub fn nonce(&self) -> String {
        self.drawn.set(self.drawn.get() + 1);
        self.drawn.get().to_string()
    }

    /// Logs in from the beginning to the answer of the assertion consumer service.
    pub fn log_in(&self, browser: &mut Browser, name_id: &str) -> Reply {
        let asked = begin(browser, "");
        let response = self.response(name_id, Some(&asked.id));
        post(browser, &response, Some(&asked.relay_state))
    }

    /// The failed login whose number a page shows.
    #[track_caller]
    pub fn failure(&self, page: &Reply) -> FailedLoginInfo {
        let text = page.text();
        let (_, rest) = text
            .split_once("Reference: <code>")
            .unwrap_or_else(|| panic!("no reference: {text}"));
        let reference = rest.split_once('<').unwrap().0.to_owned();
        let found = self
            .fixture
            .block_on(self.fixture.gateway.failed_logins(Some(&reference)))
            .unwrap();
        found.into_iter().next().expect("the failed login is kept")
    }

    /// How many users there are.
    pub fn users(&self) -> u64 {
        let all = self
            .fixture
            .client()
            .get("/Users?count=0")
            .expect(200)
            .json();
        all["totalResults"].as_u64().unwrap()
    }
}

/// Lets a browser begin a login.
#[track_caller]
pub fn begin(browser: &mut Browser, next: &str) -> Asked {
    let query = if next.is_empty() {
        String::new()
    } else {
        format!("?next={next}")
    };
    let reply = browser.get(&format!("/saml/login{query}")).expect(303);
    asked(reply.header("location").unwrap())
}

/// The SCIM id of whoever is logged in.
#[track_caller]
pub fn me(browser: &mut Browser) -> String {
    let session = browser.get("/auth/session").expect(200).json();
    session["user"]["id"].as_str().unwrap().to_owned()
}

/// Brings a response to the gateway, as the form of another site does.
pub fn post(browser: &mut Browser, response: &str, relay_state: Option<&str>) -> Reply {
    let mut fields = vec![("SAMLResponse", response)];
    fields.extend(relay_state.map(|state| ("RelayState", state)));
    let headers = [
        ("Origin", "https://idp.example.org"),
        ("Sec-Fetch-Site", "cross-site"),
    ];
    browser.post_with("/saml/acs", &headers, &fields)
}

/// What a URL at the identity provider carries.
pub fn asked(url: &str) -> Asked {
    let query = url.split_once('?').unwrap().1;
    let value = |name: &str| {
        let mut all = query.split('&').filter_map(|pair| pair.split_once('='));
        let (_, raw) = all.find(|(key, _)| *key == name)?;
        Some(percent_decode_str(raw).decode_utf8().unwrap().into_owned())
    };
    let packed = value("SAMLRequest")
        .or_else(|| value("SAMLResponse"))
        .unwrap();
    let mut xml = String::new();
    DeflateDecoder::new(STANDARD.decode(packed).unwrap().as_slice())
        .read_to_string(&mut xml)
        .unwrap();
    let id = xml
        .split_once(" ID=\"")
        .unwrap()
        .1
        .split_once('"')
        .unwrap()
        .0;
    Asked {
        id: id.to_owned(),
        relay_state: value("RelayState").unwrap_or_default(),
        xml: xml.clone(),
    }
}

/// The metadata of an identity provider with these keys.
pub fn metadata(entity_id: &str, keys: &[&Key]) -> String {
    let one = |key: &&Key| {
        format!(
            r#"<md:KeyDescriptor use="signing"><ds:KeyInfo xmlns:ds="{}"><ds:X509Data><ds:X509Certificate>{}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>"#,
            super::signer::DS,
            key.base64()
        )
    };
    let keys = super::signer::joined(keys.iter().map(one));
    let redirect = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect";
    format!(
        r#"<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="{entity_id}"><md:IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">{keys}<md:SingleLogoutService Binding="{redirect}" Location="{SLO}"/><md:SingleSignOnService Binding="{redirect}" Location="{SSO}"/></md:IDPSSODescriptor></md:EntityDescriptor>"#
    )
}
