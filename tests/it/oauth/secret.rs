//! Client credentials: a connection's name and token (RFC 6749 §4.4).

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::{ask, client, fixture, refused, secret, with_secret};
use crate::support::TOKEN;

const GRANT: (&str, &str) = ("grant_type", "client_credentials");

/// The fields of a form.
type Fields<'f> = &'f [(&'f str, &'f str)];

fn basic(id: &str, secret: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{id}:{secret}")))
}

#[test]
fn a_connection_s_name_is_the_id_and_its_token_the_secret() {
    let (fixture, _) = fixture(vec![]);
    let token = secret(&fixture, "entra");
    let reply = with_secret(&fixture, "entra", &token);
    let body = reply.json();
    assert_eq!(body["expires_in"], 3600);
    assert_eq!(body["scope"], "read users groups admin-groups");
    assert_eq!(reply.header("cache-control"), Some("no-store"));
    let access = body["access_token"].as_str().unwrap();
    assert!(access.starts_with("muster_at_") && !access.contains(&token));
    client(&fixture, reply).get("/Users").expect(200);

    // HTTP Basic does the same, with both parts encoded as a form (RFC 6749 §2.3.1).
    let header = basic("entra", &token.replace('_', "%5F"));
    let reply = ask(
        &fixture,
        &[("Authorization", &header)],
        &[GRANT, ("scope", "anything")],
    );
    client(&fixture, reply).get("/Groups").expect(200);
}

#[test]
fn what_the_connection_may_is_what_the_access_token_may() {
    let (fixture, _) = fixture(vec![]);
    let token = secret(&fixture, "entra");
    let scim = client(&fixture, with_secret(&fixture, "entra", &token));
    let made = scim
        .post("/Users", &crate::support::user("ada"))
        .expect(201)
        .id();
    let owner = fixture
        .muster(&["user", "show", "--id", &made, "--json"])
        .json();
    assert_eq!(owner["muster"]["owner"], "entra");
    fixture
        .muster(&["connection", "scope", "entra", "-users"])
        .done();
    scim.post("/Users", &crate::support::user("grace"))
        .refused(403, None);
}

#[test]
fn two_secrets_are_good_while_one_replaces_the_other() {
    let (fixture, hand) = fixture(vec![]);
    let old = secret(&fixture, "entra");
    let day = Duration::from_secs(86_400);
    let rotated = fixture.gateway.rotate_token("entra", day, 30 * day);
    let new = fixture.block_on(rotated).unwrap();
    let early = client(&fixture, with_secret(&fixture, "entra", &old));
    with_secret(&fixture, "entra", &new).expect(200);
    early.get("/Users").expect(200);
    hand.advance(day);
    refused(&with_secret(&fixture, "entra", &old), 401, "invalid_client");
    early.get("/Users").refused(401, None);
    with_secret(&fixture, "entra", &new).expect(200);
    hand.advance(29 * day);
    refused(&with_secret(&fixture, "entra", &new), 401, "invalid_client");
}

#[test]
fn an_access_token_lives_an_hour() {
    let (fixture, hand) = fixture(vec![]);
    let token = secret(&fixture, "entra");
    let scim = client(&fixture, with_secret(&fixture, "entra", &token));
    hand.advance(Duration::from_secs(3_599));
    scim.get("/Users").expect(200);
    hand.advance(Duration::from_secs(1));
    scim.get("/Users").refused(401, None);
}

#[test]
fn revocation_kills_access_tokens_at_once() {
    let (fixture, _) = fixture(vec![]);
    let token = secret(&fixture, "entra");
    let scim = client(&fixture, with_secret(&fixture, "entra", &token));
    let other = secret(&fixture, "other");
    let spared = client(&fixture, with_secret(&fixture, "other", &other));
    fixture.muster(&["token", "revoke", "entra"]).done();
    scim.get("/Users").refused(401, None);
    spared.get("/Users").expect(200);
    refused(
        &with_secret(&fixture, "entra", &token),
        401,
        "invalid_client",
    );
}

#[test]
fn the_token_of_the_settings_is_a_secret_too_and_its_access_tokens_end_with_it() {
    let (mut fixture, _) = fixture(vec![]);
    let scim = client(&fixture, with_secret(&fixture, "config", TOKEN));
    scim.get("/Users").expect(200);
    let body = with_secret(&fixture, "config", TOKEN).expect(200).json();
    let access = body["access_token"].as_str().unwrap().to_owned();
    let clock = fixture.gateway.clock().clone();
    let settings = vec![("scim.token", "another-token-from-outside")];
    let setup = crate::support::Setup {
        clock,
        settings,
        ..Default::default()
    };
    fixture.restart(setup).unwrap();
    fixture
        .client_with(Some(&access))
        .get("/Users")
        .refused(401, None);
}

#[test]
fn a_wrong_request_gets_the_error_of_its_kind() {
    let (fixture, _) = fixture(vec![]);
    let token = secret(&fixture, "entra");
    let other = secret(&fixture, "other");
    let good = [GRANT, ("client_id", "entra"), ("client_secret", &token)];
    let cases: &[(Fields<'_>, u16, &str)] = &[
        (&[], 400, "invalid_request"),
        (&good[1..], 400, "invalid_request"),
        (
            &[("grant_type", "authorization_code"), good[1], good[2]],
            400,
            "unsupported_grant_type",
        ),
        (
            &[("grant_type", "password"), good[1], good[2]],
            400,
            "unsupported_grant_type",
        ),
        (&good[..2], 401, "invalid_client"),
        (&[GRANT, good[2]], 400, "invalid_request"),
        (
            &[GRANT, good[1], ("client_secret", "wrong")],
            401,
            "invalid_client",
        ),
        (
            &[GRANT, good[1], ("client_secret", &other)],
            401,
            "invalid_client",
        ),
        (
            &[GRANT, ("client_id", "nobody"), good[2]],
            401,
            "invalid_client",
        ),
        (&[GRANT, GRANT, good[1], good[2]], 400, "invalid_request"),
        (&[GRANT, good[1], good[2], good[2]], 400, "invalid_request"),
        (
            &[GRANT, good[1], good[2], ("client_assertion", "a.b.c")],
            400,
            "invalid_request",
        ),
        (
            &[GRANT, good[1], ("client_assertion", "a.b.c")],
            400,
            "invalid_request",
        ),
    ];
    for (fields, status, error) in cases {
        refused(&ask(&fixture, &[], fields), *status, error);
    }
    let both = basic("entra", &token);
    refused(
        &ask(&fixture, &[("Authorization", &both)], &good),
        400,
        "invalid_request",
    );
    for header in [
        "Basic",
        "Basic !",
        "Basic YQ==",
        "Bearer abc",
        &basic("entra", "wrong"),
        &basic("entra", "%ff"),
    ] {
        refused(
            &ask(&fixture, &[("Authorization", header)], &[GRANT]),
            401,
            "invalid_client",
        );
    }
    let json = fixture.root().post("/oauth/token", &serde_json::json!({}));
    refused(&json, 400, "invalid_request");
    fixture.root().get("/oauth/token").expect(405);
}

#[test]
fn wrong_secrets_are_counted_by_address_and_a_right_one_is_let_through() {
    let (fixture, hand) = fixture(vec![("limits.failures", "20/min")]);
    let token = secret(&fixture, "entra");
    let mut evaluated = 0;
    for number in 0..1_000 {
        let reply = with_secret(
            &fixture,
            "entra",
            &format!("muster_0000000000000000_{number}"),
        );
        match reply.status {
            401 => evaluated += 1,
            429 => assert!(reply.header("retry-after").is_some()),
            other => panic!("{other}"),
        }
        if number % 17 == 0 {
            hand.advance(Duration::from_secs(1));
        }
    }
    assert!(evaluated <= 20, "{evaluated}");
    with_secret(&fixture, "entra", &token).expect(200);
}
