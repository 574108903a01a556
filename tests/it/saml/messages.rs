//! What we send and receive by redirect: requests to log in and out, and our metadata.

use jiff::SignedDuration;
use muster::login::saml::{
    Certificate, Envelope, Expected, IdentityProvider, Kind, Logout, LogoutRequest, LogoutService,
    ServiceProvider, SigningKey, Verifier, logout_by_post, logout_by_redirect, message_id,
};
use muster::login::{Refusal, SingleLogout, Trail};

use super::battery::field;
use super::document::{IDP, SAML, SAMLP, at};
use super::pure::now;
use super::signer::{Key, Signing};

const SLO: &str = "https://muster.example.org/saml/slo";

/// One end as the other sees it. Both ends are ours here: what one signs the other verifies.
fn end(entity_id: &str, key: Option<&Key>) -> ServiceProvider {
    ServiceProvider {
        entity_id: entity_id.to_owned(),
        acs: "https://muster.example.org/saml/acs".to_owned(),
        slo: SLO.to_owned(),
        name_id_format: Some("urn:oasis:names:tc:SAML:2.0:nameid-format:persistent".to_owned()),
        force_authn: true,
        skew: SignedDuration::from_secs(60),
        key: key.map(signing_key),
    }
}

fn signing_key(key: &Key) -> SigningKey {
    let pem = String::from_utf8(key.key.private_key_to_pem_pkcs8().unwrap()).unwrap();
    SigningKey::parse(&pem, &key.pem()).unwrap()
}

fn idp(location: &str, key: &Key) -> IdentityProvider {
    let slo = LogoutService {
        location: location.to_owned(),
        response: location.to_owned(),
    };
    let certificates = vec![Certificate::parse(&key.pem()).unwrap()];
    IdentityProvider::new(
        IDP.to_owned(),
        "https://idp.example.org/sso".to_owned(),
        Some(slo),
        certificates,
    )
    .unwrap()
}

fn session() -> SingleLogout {
    SingleLogout {
        name_id: "a&b@example.org".to_owned(),
        format: Some("urn:x".to_owned()),
        name_qualifier: None,
        sp_name_qualifier: Some("\"us\"".to_owned()),
        session_index: Some("_s1".to_owned()),
        not_on_or_after: None,
    }
}

fn receive(query: &str, key: &Key) -> Result<Logout, Refusal> {
    let certificates = [Certificate::parse(&key.pem()).unwrap()];
    logout_by_redirect(query, &expected(), &certificates, &mut Trail::default())
}

fn expected() -> Expected<'static> {
    Expected {
        entity_id: "https://muster.example.org/saml/metadata",
        acs: SLO,
        idp: IDP,
        request: None,
        now: now(),
        skew: SignedDuration::from_secs(60),
    }
}

fn envelope<'a>() -> Envelope<'a> {
    Envelope {
        id: "_1",
        now: now(),
        relay_state: Some("handle"),
    }
}

/// A logout request as it stands in a query string, signed.
fn query(key: &Key) -> String {
    let url = end(IDP, Some(key))
        .logout_url(&idp(SLO, key), &session(), envelope())
        .unwrap()
        .unwrap();
    url.strip_prefix(&format!("{SLO}?")).unwrap().to_owned()
}

#[test]
fn a_signed_logout_request_is_read_and_no_other() {
    let (key, evil) = (Key::rsa(), Key::rsa());
    let query = query(&key);
    let Logout::Request(LogoutRequest {
        id,
        name_id,
        session_indexes,
        relay_state,
        ..
    }) = receive(&query, &key).unwrap()
    else {
        panic!("no request");
    };
    assert_eq!(
        (id.as_str(), name_id.value.as_str()),
        ("_1", "a&b@example.org")
    );
    assert_eq!(name_id.sp_name_qualifier.as_deref(), Some("\"us\""));
    assert_eq!(
        (session_indexes, relay_state.as_deref()),
        (vec!["_s1".to_owned()], Some("handle"))
    );

    let code = |query: &str, key: &Key| receive(query, key).unwrap_err().code;
    assert_eq!(code(&query, &evil), "saml.signature");
    assert_eq!(
        code(
            &query.replace("RelayState=handle", "RelayState=other"),
            &key
        ),
        "saml.signature"
    );
    assert_eq!(
        code(&query.replace("&RelayState=handle", ""), &key),
        "saml.signature"
    );
    // The same text in another spelling is not what was signed.
    assert_eq!(
        code(&query.replace("%2B", "%2b").replace("%3D", "%3d"), &key),
        "saml.signature"
    );
    assert_eq!(
        code(query.split("&SigAlg").next().unwrap(), &key),
        "saml.no_signature"
    );
    assert_eq!(
        code(&query.replace("sha256", "sha1"), &key),
        "saml.algorithm"
    );
    assert_eq!(
        code(&format!("{query}&RelayState=x"), &key),
        "saml.malformed"
    );
    assert_eq!(
        code(&query.replace("SAMLRequest", "SAMLResponse"), &key),
        "saml.signature"
    );
}

#[test]
fn a_logout_message_for_somebody_else_is_refused() {
    let key = Key::rsa();
    let other = end(IDP, Some(&key)).logout_url(
        &idp("https://other.example.org/slo", &key),
        &session(),
        envelope(),
    );
    let other = other.unwrap().unwrap();
    assert_eq!(
        receive(other.split_once('?').unwrap().1, &key)
            .unwrap_err()
            .code,
        "saml.destination"
    );
    let other = end("https://evil.example.org", Some(&key)).logout_url(
        &idp(SLO, &key),
        &session(),
        envelope(),
    );
    assert_eq!(
        receive(other.unwrap().unwrap().split_once('?').unwrap().1, &key)
            .unwrap_err()
            .code,
        "saml.issuer"
    );
    let old = Envelope {
        now: now() - SignedDuration::from_hours(1),
        ..envelope()
    };
    let old = end(IDP, Some(&key))
        .logout_url(&idp(SLO, &key), &session(), old)
        .unwrap()
        .unwrap();
    assert_eq!(
        receive(old.split_once('?').unwrap().1, &key)
            .unwrap_err()
            .code,
        "saml.expired"
    );
}

#[test]
fn an_answer_to_a_logout_says_whether_it_worked() {
    let key = Key::rsa();
    let url = end(IDP, Some(&key))
        .logout_answer_url(&idp(SLO, &key), "_0", envelope())
        .unwrap()
        .unwrap();
    let answer = receive(url.split_once('?').unwrap().1, &key).unwrap();
    assert_eq!(answer, Logout::Response { success: true });
}

#[test]
fn a_posted_logout_request_is_verified_inside() {
    let (key, evil) = (Key::rsa(), Key::rsa());
    let (verifier, certificates) = (
        Verifier::new().unwrap(),
        [Certificate::parse(&key.pem()).unwrap()],
    );
    let post = |xml: &str| {
        logout_by_post(
            Kind::Request,
            &field(xml),
            None,
            &expected(),
            &certificates,
            verifier,
            &mut Trail::default(),
        )
    };
    let body = |signature: &str, name: &str| {
        format!(
            r#"<samlp:LogoutRequest xmlns:samlp="{SAMLP}" Destination="{SLO}" ID="_1" IssueInstant="{}" Version="2.0"><saml:Issuer xmlns:saml="{SAML}">{IDP}</saml:Issuer>{signature}<saml:NameID xmlns:saml="{SAML}">{name}</saml:NameID></samlp:LogoutRequest>"#,
            at(now(), 0)
        )
    };
    let signature = |key: &Key| Signing::good(key).sign("_1", &body("", "a@example.org"));
    let Logout::Request(request) = post(&body(&signature(&key), "a@example.org")).unwrap() else {
        panic!("no request");
    };
    assert_eq!(
        (
            request.name_id.value.as_str(),
            request.session_indexes.len()
        ),
        ("a@example.org", 0)
    );
    assert_eq!(
        post(&body("", "a@example.org")).unwrap_err().code,
        "saml.no_signature"
    );
    assert_eq!(
        post(&body(&signature(&key), "b@example.org"))
            .unwrap_err()
            .code,
        "saml.signature"
    );
    assert_eq!(
        post(&body(&signature(&evil), "a@example.org"))
            .unwrap_err()
            .code,
        "saml.signature"
    );
}

#[test]
fn a_login_request_says_who_asks_and_our_metadata_who_we_are() {
    let key = Key::rsa();
    let us = end("https://muster.example.org/saml/metadata?a=1&b", Some(&key));
    let url = us.login_url(&idp(SLO, &key), envelope()).unwrap();
    assert!(
        url.starts_with("https://idp.example.org/sso?SAMLRequest="),
        "{url}"
    );
    assert!(
        url.contains("&RelayState=handle&SigAlg=") && url.contains("&Signature="),
        "{url}"
    );
    let metadata = us.metadata();
    for part in [
        r#"entityID="https://muster.example.org/saml/metadata?a=1&amp;b""#,
        r#"AuthnRequestsSigned="true""#,
        &key.base64(),
        "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST",
        SLO,
    ] {
        assert!(metadata.contains(part), "{part}: {metadata}");
    }
    assert!(!metadata.contains("encryption"), "{metadata}");
    let unsigned = end("urn:us", None);
    assert!(
        unsigned
            .metadata()
            .contains(r#"AuthnRequestsSigned="false""#)
    );
    assert!(
        !unsigned
            .login_url(&idp(SLO, &key), envelope())
            .unwrap()
            .contains("Signature")
    );
}

#[test]
fn a_key_and_the_certificate_of_another_do_not_fit() {
    let (one, two) = (Key::rsa(), Key::rsa());
    let pem = String::from_utf8(one.key.private_key_to_pem_pkcs8().unwrap()).unwrap();
    let old = String::from_utf8(one.key.rsa().unwrap().private_key_to_pem().unwrap()).unwrap();
    SigningKey::parse(&old, &one.pem()).unwrap();
    for (key, certificate, why) in [
        (
            pem.as_str(),
            two.pem(),
            "saml.sp_key is not the key of saml.sp_cert",
        ),
        ("x", one.pem(), "saml.sp_key holds no private key in PEM"),
        (
            pem.as_str(),
            "x".to_owned(),
            "saml.sp_cert is neither PEM nor base64",
        ),
    ] {
        assert_eq!(SigningKey::parse(key, &certificate).unwrap_err(), why);
    }
}

#[test]
fn the_id_of_a_request_holds_128_random_bits() {
    assert_eq!(message_id([0xab; 16]), format!("_{}", "ab".repeat(16)));
}
