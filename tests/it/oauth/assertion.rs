//! Assertions as credentials: Entra's workload identity federation (RFC 7523).

use std::time::Duration;

use serde_json::{Value, json};

use super::issuer::Issuer;
use super::{ask, client, fixture, refused, secret, with_assertion};
use crate::support::Fixture;

const TENANT: &str = "72f988bf-86f1-41af-91ab-2d7cd011db47";
const LOCAL: (&str, &str) = ("outbound.allow", "127.0.0.1");

fn issuer_name() -> String {
    format!("https://login.microsoftonline.com/{TENANT}/v2.0")
}

/// What Entra sends: a subject that is no client id, an audience that is no URL of ours, no `jti`.
fn claims(now: i64) -> Value {
    json!({
        "iss": issuer_name(), "sub": "4f3bd2cc-1c6d-4e2a-9d0a-5f3a6d1c7b11", "aud": "api://8c9a7f3e-muster",
        "tid": TENANT, "iat": now, "nbf": now, "exp": now + 3_600, "ver": "2.0", "azp": "an-application",
    })
}

fn now(fixture: &Fixture) -> i64 {
    fixture.gateway.clock().now().as_second()
}

/// A connection `entra` that accepts the assertions of `issuer`.
fn federated(issuer: &Issuer) -> (Fixture, muster::clock::Hand) {
    let (fixture, hand) = fixture(vec![LOCAL]);
    secret(&fixture, "entra");
    federate(&fixture, "entra", &issuer.url(), "api://8c9a7f3e-muster").done();
    (fixture, hand)
}

fn federate(fixture: &Fixture, name: &str, keys: &str, audience: &str) -> crate::support::Ran {
    let issuer = issuer_name();
    fixture.muster(&[
        "connection",
        "federate",
        name,
        "--issuer",
        &issuer,
        "--subject",
        "4f3bd2cc-1c6d-4e2a-9d0a-5f3a6d1c7b11",
        "--audience",
        audience,
        "--keys",
        keys,
        "--tenant",
        TENANT,
    ])
}

#[test]
fn entra_s_assertion_is_taken_as_it_is_documented() {
    let issuer = Issuer::start();
    let (fixture, _) = federated(&issuer);
    let reply = with_assertion(&fixture, &issuer.sign(&claims(now(&fixture))));
    let lives = reply.json()["expires_in"].as_u64().unwrap();
    assert!((3_600..=21_600).contains(&lives));
    client(&fixture, reply).get("/Users").expect(200);
    // The name of the connection may be sent, and then it must be that one.
    for (id, status) in [("entra", 200), ("other", 401)] {
        let assertion = issuer.sign(&claims(now(&fixture)));
        let fields = [
            ("grant_type", "client_credentials"),
            ("client_id", id),
            (
                "client_assertion_type",
                "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            ),
            ("client_assertion", assertion.as_str()),
        ];
        ask(&fixture, &[], &fields).expect(status);
    }
    assert_eq!(issuer.asked(), 1);
}

#[test]
fn an_assertion_that_says_anything_else_is_refused() {
    let issuer = Issuer::start();
    let (fixture, _) = federated(&issuer);
    let now = now(&fixture);
    let with = |name: &str, value: Value| {
        let mut claims = claims(now);
        claims[name] = value;
        issuer.sign(&claims)
    };
    for (name, value) in [
        ("tid", json!("11111111-2222-3333-4444-555555555555")),
        ("tid", json!(null)),
        ("iss", json!("https://login.microsoftonline.com/other/v2.0")),
        ("iss", json!([issuer_name()])),
        ("sub", json!("entra")),
        ("aud", json!("api://8c9a7f3e-muster/")),
        ("aud", json!([])),
        ("exp", json!(now - 6)),
        ("exp", json!(now + 90_001)),
        ("exp", json!("tomorrow")),
        ("nbf", json!(now + 60)),
    ] {
        refused(
            &with_assertion(&fixture, &with(name, value)),
            401,
            "invalid_client",
        );
    }
    let stranger = Issuer::start();
    for text in ["", "a.b.c", "a", &stranger.sign(&claims(now))] {
        let reply = with_assertion(&fixture, text);
        assert!(matches!(reply.status, 401), "{text}: {}", reply.text());
    }
    assert_eq!(
        stranger.asked(),
        0,
        "a stranger chose where keys are fetched"
    );
    // No assertion is a credential of SCIM itself.
    let direct = fixture.client_with(Some(&issuer.sign(&claims(now))));
    direct.get("/Users").refused(401, None);
}

#[test]
fn an_assertion_stands_for_one_connection() {
    let issuer = Issuer::start();
    let (fixture, _) = federated(&issuer);
    secret(&fixture, "second");
    let taken = federate(&fixture, "second", &issuer.url(), "api://8c9a7f3e-muster").failed();
    assert!(taken.contains("\"entra\""), "{taken}");
    federate(&fixture, "second", &issuer.url(), "api://second").done();
    let mut claims = claims(now(&fixture));
    claims["aud"] = json!("api://second");
    let scim = client(&fixture, with_assertion(&fixture, &issuer.sign(&claims)));
    let made = scim
        .post("/Users", &crate::support::user("ada"))
        .expect(201)
        .id();
    let shown = fixture
        .muster(&["user", "show", "--id", &made, "--json"])
        .json();
    assert_eq!(shown["muster"]["owner"], "second");
}

#[test]
fn what_is_no_longer_accepted_ends_at_once() {
    let issuer = Issuer::start();
    let (fixture, _) = federated(&issuer);
    let assertion = issuer.sign(&claims(now(&fixture)));
    let scim = client(&fixture, with_assertion(&fixture, &assertion));
    fixture
        .muster(&["connection", "federate", "entra", "--remove"])
        .done();
    scim.get("/Users").refused(401, None);
    refused(&with_assertion(&fixture, &assertion), 401, "invalid_client");
    let again = fixture
        .muster(&["connection", "federate", "entra", "--remove"])
        .failed();
    assert!(again.contains("accepts no assertions"), "{again}");
    let log = fixture.muster(&["audit", "list", "--json"]).done();
    assert_eq!(log.matches("connection.federate").count(), 2, "{log}");
    // And so does what was given before `muster token revoke`.
    federate(&fixture, "entra", &issuer.url(), "api://8c9a7f3e-muster").done();
    let scim = client(&fixture, with_assertion(&fixture, &assertion));
    fixture.muster(&["token", "revoke", "entra"]).done();
    scim.get("/Users").refused(401, None);
}

#[test]
fn keys_rotate_and_an_outage_of_the_issuer_costs_nothing() {
    let mut issuer = Issuer::start();
    let (fixture, hand) = federated(&issuer);
    with_assertion(&fixture, &issuer.sign(&claims(now(&fixture)))).expect(200);
    issuer.rotate();
    hand.advance(Duration::from_secs(61));
    with_assertion(&fixture, &issuer.sign(&claims(now(&fixture)))).expect(200);
    assert_eq!(issuer.asked(), 2);
    issuer.set_up(false);
    hand.advance(Duration::from_secs(7_200));
    for _ in 0..10 {
        with_assertion(&fixture, &issuer.sign(&claims(now(&fixture)))).expect(200);
    }
}

#[test]
fn wrong_usage_says_what_is_right() {
    let (fixture, _) = fixture(vec![]);
    secret(&fixture, "entra");
    let nobody = federate(&fixture, "nobody", "https://keys.example/", "a").failed();
    assert!(nobody.contains("There is no connection"), "{nobody}");
    let file = federate(&fixture, "entra", "keys.json", "a").failed();
    assert!(file.contains("at a URL"), "{file}");
    let empty = federate(&fixture, "entra", "https://keys.example/", " ").failed();
    assert!(empty.contains("audience is empty"), "{empty}");
    let missing = fixture.muster(&["connection", "federate", "entra", "--issuer", "x"]);
    assert_eq!(missing.status, 2, "{}", missing.err);
}

#[test]
fn keys_are_not_fetched_from_private_addresses() {
    let issuer = Issuer::start();
    let (fixture, _) = fixture(vec![]);
    secret(&fixture, "entra");
    federate(&fixture, "entra", &issuer.url(), "api://8c9a7f3e-muster").done();
    let reply = with_assertion(&fixture, &issuer.sign(&claims(now(&fixture))));
    refused(&reply, 401, "invalid_client");
    assert_eq!(issuer.asked(), 0);
}
