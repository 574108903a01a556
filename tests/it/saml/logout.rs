//! Single logout that the identity provider begins: what it must be signed with, and that it counts once.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::SignedDuration;
use muster::login::SingleLogout;
use muster::login::saml::{
    Certificate, Envelope, IdentityProvider, LogoutService, ServiceProvider, SigningKey,
};

use super::battery::field;
use super::document::{IDP, SAML, SAMLP, at};
use super::signer::{Key, Signing};
use super::site::{SLO, Site, asked};
use crate::support::Browser;

const ADA: &str = "ada@example.org";

/// A request to log out, as a path of ours, signed by this key.
fn path(site: &Site, key: &Key, id: &str, name_id: &str) -> String {
    let slo = format!("http://{}/saml/slo", site.fixture.address);
    let pem = String::from_utf8(key.key.private_key_to_pem_pkcs8().unwrap()).unwrap();
    let there = ServiceProvider {
        entity_id: IDP.to_owned(),
        acs: String::new(),
        slo: String::new(),
        name_id_format: None,
        force_authn: false,
        skew: SignedDuration::ZERO,
        key: Some(SigningKey::parse(&pem, &key.pem()).unwrap()),
    };
    let service = LogoutService {
        location: slo.clone(),
        response: slo,
    };
    let certificates = vec![Certificate::parse(&key.pem()).unwrap()];
    let us = IdentityProvider::new(
        "us".to_owned(),
        "https://x".to_owned(),
        Some(service),
        certificates,
    )
    .unwrap();
    let session = SingleLogout {
        name_id: name_id.to_owned(),
        format: None,
        name_qualifier: None,
        sp_name_qualifier: None,
        session_index: None,
        not_on_or_after: None,
    };
    let envelope = Envelope {
        id,
        now: site.fixture.gateway.clock().now(),
        relay_state: Some("theirs"),
    };
    let url = there.logout_url(&us, &session, envelope).unwrap().unwrap();
    url[url.find("/saml/").unwrap()..].to_owned()
}

#[test]
fn every_session_of_a_name_ends_and_is_answered_once() {
    let site = Site::start();
    let (mut ada, mut phone, mut eve) = (
        Browser::new(&site.fixture),
        Browser::new(&site.fixture),
        Browser::new(&site.fixture),
    );
    site.log_in(&mut ada, ADA).expect(303);
    site.log_in(&mut phone, ADA).expect(303);
    site.log_in(&mut eve, "eve@example.org").expect(303);
    let request = path(&site, &site.key, "_1", ADA);
    let answer = phone.get(&request).expect(303);
    let answer = answer.header("location").unwrap();
    assert!(
        answer.starts_with(&format!("{SLO}?SAMLResponse=")),
        "{answer}"
    );
    let answered = asked(answer);
    assert!(
        answered.xml.contains("InResponseTo=\"_1\"") && answered.xml.contains("status:Success"),
        "{}",
        answered.xml
    );
    assert_eq!(answered.relay_state, "theirs");
    ada.get("/auth/session").expect(401);
    phone.get("/auth/session").expect(401);
    eve.get("/auth/session").expect(200);
    // Once more, after she has logged in again.
    site.log_in(&mut ada, ADA).expect(303);
    let again = phone.get(&request).expect(403);
    assert_eq!(site.failure(&again).code, "saml.replay");
    ada.get("/auth/session").expect(200);
}

#[test]
fn nobody_else_logs_anybody_out() {
    let site = Site::start();
    let mut ada = Browser::new(&site.fixture);
    site.log_in(&mut ada, ADA).expect(303);
    let good = path(&site, &site.key, "_1", ADA);
    let cases = [
        ("saml.signature", path(&site, &Key::rsa(), "_2", ADA)),
        (
            "saml.no_signature",
            good.split("&SigAlg").next().unwrap().to_owned(),
        ),
        (
            "saml.signature",
            good.replace("RelayState=theirs", "RelayState=mine"),
        ),
        ("saml.algorithm", good.replace("rsa-sha256", "rsa-sha1")),
        ("saml.malformed", "/saml/slo".to_owned()),
    ];
    for (code, path) in cases {
        let refused = ada.get(&path).expect(403);
        assert_eq!(site.failure(&refused).code, code, "{path}");
        ada.get("/auth/session").expect(200);
    }
}

#[test]
fn a_posted_request_is_taken_too() {
    let site = Site::start();
    let mut ada = Browser::new(&site.fixture);
    site.log_in(&mut ada, ADA).expect(303);
    let body = |signature: &str| {
        format!(
            r#"<samlp:LogoutRequest xmlns:samlp="{SAMLP}" Destination="http://{}/saml/slo" ID="_1" IssueInstant="{}" Version="2.0"><saml:Issuer xmlns:saml="{SAML}">{IDP}</saml:Issuer>{signature}<saml:NameID xmlns:saml="{SAML}">{ADA}</saml:NameID></samlp:LogoutRequest>"#,
            site.fixture.address,
            at(site.fixture.gateway.clock().now(), 0)
        )
    };
    let mut post = |request: &str| ada.post_with("/saml/slo", &[], &[("SAMLRequest", request)]);
    let unsigned = post(&field(&body(""))).expect(403);
    assert_eq!(site.failure(&unsigned).code, "saml.no_signature");
    let garbage = post(&STANDARD.encode("x")).expect(403);
    assert_eq!(site.failure(&garbage).code, "saml.malformed");
    let signature = Signing::good(&site.key).sign("_1", &body(""));
    post(&field(&body(&signature))).expect(303);
    ada.get("/auth/session").expect(401);
}

#[test]
fn a_logout_here_leads_to_the_identity_provider() {
    let site = Site::start();
    let mut ada = Browser::new(&site.fixture);
    site.log_in(&mut ada, ADA).expect(303);
    let page = ada.submit("/logout", &[]).expect(200);
    ada.get("/auth/session").expect(401);
    let text = page.text();
    let url = text
        .split_once("0; url=")
        .unwrap()
        .1
        .split_once('"')
        .unwrap()
        .0
        .replace("&amp;", "&");
    let request = asked(&url);
    assert!(
        request.xml.contains(ADA) && request.xml.contains("SessionIndex"),
        "{}",
        request.xml
    );
    assert!(
        !page
            .header("content-security-policy")
            .unwrap()
            .contains("idp")
    );
}
