//! JWTs for applications: what they say, which keys sign them, and which are believed.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use muster::config::Secret;
use muster::service::{Credential, SignedIn, Wanted};
use serde_json::{Value, json};

use super::{directory, enter, identity, problem, stranger, with_cookie, with_token};
use crate::support::Fixture;

const DAY: Duration = Duration::from_secs(86_400);

fn fresh(fixture: &Fixture, signed_in: &SignedIn) -> String {
    let reply = with_cookie(fixture, "POST", "/auth/token", &signed_in.session).expect(200);
    let body = reply.json();
    assert_eq!(
        (&body["token_type"], &body["expires_in"]),
        (&json!("Bearer"), &json!(300))
    );
    body["token"].as_str().unwrap().to_owned()
}

fn keys(fixture: &Fixture) -> Vec<Value> {
    let reply = stranger(fixture).get("/.well-known/jwks.json").expect(200);
    reply.json()["keys"].as_array().unwrap().clone()
}

fn part(token: &str, place: usize) -> Value {
    let text = token.split('.').nth(place).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).unwrap()).unwrap()
}

/// As an application does it: with the published key that the token names.
fn verified(fixture: &Fixture, token: &str) -> Value {
    let kid = part(token, 0)["kid"].clone();
    let keys = keys(fixture);
    let key = keys
        .iter()
        .find(|key| key["kid"] == kid)
        .expect("the key is published");
    let [x, y] = ["x", "y"].map(|name| key[name].as_str().unwrap());
    let decoding = DecodingKey::from_ec_components(x, y).unwrap();
    let mut validation = Validation::new(Algorithm::ES256);
    validation.validate_exp = false;
    validation.set_audience(&[fixture.gateway.settings().server.public_url.to_string()]);
    jsonwebtoken::decode::<Value>(token, &decoding, &validation)
        .unwrap()
        .claims
}

fn holds(fixture: &Fixture, token: &str) -> bool {
    let credential = Credential::Bearer(Secret::new(token));
    fixture
        .block_on(fixture.gateway.whoami(&credential))
        .unwrap()
        .is_some()
}

#[test]
fn a_token_says_who_it_is_and_any_application_can_check_that() {
    let (fixture, _) = directory(&[]);
    let mut who = identity("ada");
    who.admin = Some(true);
    let signed_in = enter(&fixture, &who).unwrap();
    let token = fresh(&fixture, &signed_in);
    let claims = verified(&fixture, &token);
    let url = fixture.gateway.settings().server.public_url.to_string();
    let now = fixture.gateway.clock().now().as_second();
    for (name, value) in [
        ("iss", json!(url)),
        ("aud", json!(url)),
        ("sub", json!(signed_in.me.id)),
        ("iat", json!(now)),
        ("exp", json!(now + 300)),
        ("sid", json!(signed_in.me.session.as_ref().unwrap().id)),
        ("email", json!("ada@example.org")),
        ("name", json!("ada Example")),
        ("groups", json!([])),
        ("roles", json!(["admin"])),
    ] {
        assert_eq!(claims[name], value, "{name}");
    }
    let head = part(&token, 0);
    assert_eq!(
        (&head["alg"], &head["typ"]),
        (&json!("ES256"), &json!("JWT"))
    );
    for key in keys(&fixture) {
        assert_eq!(
            (&key["kty"], &key["crv"], &key["use"], &key["alg"]),
            (
                &json!("EC"),
                &json!("P-256"),
                &json!("sig"),
                &json!("ES256")
            )
        );
        assert_eq!(key.get("d"), None, "no private key leaves");
    }
    assert_eq!(
        problem(
            &stranger(&fixture).send("POST", "/auth/token", &[], None),
            401
        ),
        "not_logged_in"
    );
}

#[test]
fn a_token_ends_with_its_time_and_with_its_session() {
    let (fixture, hand) = directory(&[]);
    let signed_in = enter(&fixture, &identity("ada")).unwrap();
    let token = fresh(&fixture, &signed_in);
    hand.advance(Duration::from_secs(299));
    assert!(holds(&fixture, &token));
    hand.advance(Duration::from_secs(1));
    assert!(!holds(&fixture, &token));

    let token = fresh(&fixture, &signed_in);
    assert!(holds(&fixture, &token));
    fixture
        .block_on(fixture.gateway.end_session(&signed_in.session, ""))
        .unwrap();
    assert!(!holds(&fixture, &token));
}

#[test]
fn roles_are_those_of_now_and_not_those_in_the_token() {
    let (fixture, _) = directory(&[]);
    fixture
        .muster(&["user", "create", "--email", "root@example.org", "--admin"])
        .done();
    let mut who = identity("ada");
    who.admin = Some(true);
    let signed_in = enter(&fixture, &who).unwrap();
    let token = fresh(&fixture, &signed_in);
    enter(&fixture, &identity("ada")).unwrap();
    let reply = with_token(&fixture, "GET", "/auth/check?role=admin", &token);
    assert_eq!(problem(&reply, 403), "forbidden");
}

#[test]
fn keys_change_and_each_is_published_before_it_signs_and_until_its_last_token_has_died() {
    let (fixture, hand) = directory(&[
        ("login.session_lifetime", "60d"),
        ("login.session_idle", "60d"),
    ]);
    let signed_in = enter(&fixture, &identity("ada")).unwrap();
    let kid = |token: &str| part(token, 0)["kid"].clone();
    let published = || {
        keys(&fixture)
            .iter()
            .map(|key| key["kid"].clone())
            .collect::<Vec<_>>()
    };
    let first = kid(&fresh(&fixture, &signed_in));
    let mut known = published();
    assert_eq!(known, std::slice::from_ref(&first));
    let mut seen = vec![first.clone()];
    for _ in 0..40 {
        hand.advance(DAY);
        fixture.block_on(fixture.gateway.rotate_keys()).unwrap();
        let token = fresh(&fixture, &signed_in);
        assert!(holds(&fixture, &token));
        assert!(
            known.contains(&kid(&token)),
            "it was published the day before"
        );
        verified(&fixture, &token);
        known = published();
        seen.push(kid(&token));
    }
    seen.dedup();
    assert!(
        [2, 3].contains(&seen.len()),
        "another key every thirty days"
    );
    assert!(!published().contains(&first), "the first is gone");
}

#[test]
fn two_replicas_sign_with_one_key() {
    let (fixture, _) = directory(&[]);
    let me = enter(&fixture, &identity("ada")).unwrap().me;
    let beside = fixture.beside();
    let (one, two) = fixture.block_on(async {
        futures_util::future::join(fixture.gateway.jwt(&me), beside.jwt(&me)).await
    });
    assert_eq!(
        part(&one.unwrap().token, 0)["kid"],
        part(&two.unwrap().token, 0)["kid"]
    );
    assert_eq!(keys(&fixture).len(), 1);
    beside.close();
}

#[test]
fn no_crafted_token_is_believed() {
    let (fixture, _) = directory(&[]);
    let signed_in = enter(&fixture, &identity("ada")).unwrap();
    let good = fresh(&fixture, &signed_in);
    assert!(holds(&fixture, &good));
    let (head, claims) = (part(&good, 0), part(&good, 1));
    let parts: Vec<&str> = good.split('.').collect();
    let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let mut forged = vec![
        String::new(),
        ".".repeat(2),
        parts[..2].join("."),
        format!("{}.{}.", parts[0], parts[1]),
        format!("{good}.x"),
        format!("{good}AA"),
        "x".repeat(1_000_000),
    ];
    // Other heads over the same claims, with the old signature and without one.
    for (key, value) in [
        ("alg", json!("none")),
        ("alg", json!("HS256")),
        ("alg", json!("ES384")),
        ("alg", json!("RS256")),
        ("typ", json!("at+jwt")),
        ("typ", Value::Null),
        ("kid", json!("other")),
        ("kid", Value::Null),
        ("kid", json!("k".repeat(200))),
        ("kid", json!("../../x")),
        ("jku", json!("https://evil.example")),
        ("x5u", json!("https://evil.example")),
        ("crit", json!(["exp"])),
        (
            "jwk",
            json!({ "kty": "EC", "crv": "P-256", "x": "AA", "y": "AA" }),
        ),
    ] {
        let mut head = head.clone();
        head[key] = value;
        forged.push(format!("{}.{}.{}", encode(&head), parts[1], parts[2]));
        forged.push(format!("{}.{}.", encode(&head), parts[1]));
    }
    // Other claims under the old signature.
    for (key, value) in [
        ("roles", json!(["admin"])),
        ("exp", json!(9_999_999_999_i64)),
        ("sub", json!("x")),
    ] {
        let mut claims = claims.clone();
        claims[key] = value;
        forged.push(format!("{}.{}.{}", parts[0], encode(&claims), parts[2]));
    }
    // The public key as the secret of an HMAC, and a key of one's own under our name.
    let key = &keys(&fixture)[0];
    let point = |name: &str| URL_SAFE_NO_PAD.decode(key[name].as_str().unwrap()).unwrap();
    let secret = EncodingKey::from_secret(&[vec![4], point("x"), point("y")].concat());
    let hmac = Header {
        kid: head["kid"].as_str().map(str::to_owned),
        ..Header::new(Algorithm::HS256)
    };
    forged.push(jsonwebtoken::encode(&hmac, &claims, &secret).unwrap());
    let own = aws_lc_rs::signature::EcdsaKeyPair::generate(
        &aws_lc_rs::signature::ECDSA_P256_SHA256_FIXED_SIGNING,
    )
    .unwrap();
    let own = EncodingKey::from_ec_der(own.to_pkcs8v1().unwrap().as_ref());
    let ours = Header {
        alg: Algorithm::ES256,
        ..hmac
    };
    forged.push(jsonwebtoken::encode(&ours, &claims, &own).unwrap());
    for token in &forged {
        assert!(
            !holds(&fixture, token),
            "{}",
            token.chars().take(200).collect::<String>()
        );
    }
    assert!(forged.len() > 40 - 3, "{}", forged.len());
}

#[test]
fn an_application_is_told_at_once_that_a_token_no_longer_holds() {
    let (fixture, _) = directory(&[]);
    let signed_in = enter(&fixture, &identity("ada")).unwrap();
    let token = fresh(&fixture, &signed_in);
    let ask = |as_whom: Option<&str>, token: &str| {
        let client = fixture
            .root()
            .authorized(as_whom.map(|token| format!("Bearer {token}")).as_deref());
        let form = [("Content-Type", "application/x-www-form-urlencoded")];
        client.send(
            "POST",
            "/auth/introspect",
            &form,
            Some(format!("token={token}").as_bytes()),
        )
    };
    let app = fixture
        .block_on(fixture.gateway.create_token("app", Wanted::default(), DAY))
        .unwrap();
    assert_eq!(problem(&ask(None, &token), 401), "not_logged_in");
    assert_eq!(problem(&ask(Some("wrong"), &token), 401), "not_logged_in");
    assert_eq!(problem(&ask(Some(&token), &token), 401), "not_logged_in");
    assert_eq!(ask(Some(&app), &token).status, 403);
    fixture
        .muster(&["connection", "scope", "app", "+introspect"])
        .done();
    let said = ask(Some(&app), &token).expect(200).json();
    assert_eq!(
        (&said["active"], &said["sub"], &said["username"]),
        (
            &json!(true),
            &json!(signed_in.me.id),
            &json!("ada@example.org")
        )
    );
    for other in ["", "nonsense", &app, crate::support::TOKEN] {
        assert_eq!(
            ask(Some(&app), other).expect(200).json(),
            json!({ "active": false })
        );
    }
    fixture
        .client()
        .delete(&format!("/Users/{}", signed_in.me.id))
        .expect(204);
    assert_eq!(
        ask(Some(&app), &token).expect(200).json(),
        json!({ "active": false })
    );
}
