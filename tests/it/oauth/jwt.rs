//! JWTs of the issuer of `scim.jwt_issuer` as credentials of a connection.

use serde_json::{Value, json};

use super::issuer::Issuer;
use super::{fixture, secret};
use crate::support::{Fixture, user};

/// A gateway that accepts the JWTs of `issuer` for the connection `name`.
fn accepting(issuer: &Issuer, name: &'static str) -> Fixture {
    let url: &'static str = issuer.url().leak();
    let (fixture, _) = fixture(vec![
        ("outbound.allow", "127.0.0.1"),
        ("scim.jwt_issuer", "https://sts.example/tenant/"),
        ("scim.jwt_audience", "muster"),
        ("scim.jwks", url),
        ("scim.jwt_connection", name),
    ]);
    fixture
}

fn claims(fixture: &Fixture) -> Value {
    let now = fixture.gateway.clock().now().as_second();
    json!({ "iss": "https://sts.example/tenant/", "sub": "provisioning", "aud": "muster", "exp": now + 600 })
}

#[test]
fn a_jwt_of_the_issuer_is_a_credential_of_the_connection() {
    let issuer = Issuer::start();
    let fixture = accepting(&issuer, "entra");
    let token = issuer.sign(&claims(&fixture));
    fixture
        .client_with(Some(&token))
        .get("/Users")
        .refused(401, None);
    secret(&fixture, "entra");
    let made = fixture
        .client_with(Some(&token))
        .post("/Users", &user("ada"))
        .expect(201)
        .id();
    let shown = fixture
        .muster(&["user", "show", "--id", &made, "--json"])
        .json();
    assert_eq!(shown["muster"]["owner"], "entra");
    fixture.client().get("/Users").expect(200);
    assert_eq!(issuer.asked(), 1);
}

#[test]
fn another_jwt_is_refused_on_discovery_too() {
    let issuer = Issuer::start();
    let fixture = accepting(&issuer, "config");
    let good = claims(&fixture);
    fixture
        .client_with(Some(&issuer.sign(&good)))
        .get("/Users")
        .expect(200);
    for (name, value) in [
        ("iss", json!("https://sts.example/tenant")),
        ("aud", json!("other")),
        ("sub", json!(null)),
        ("exp", json!(0)),
    ] {
        let mut claims = good.clone();
        claims[name] = value;
        let client = fixture.client_with(Some(&issuer.sign(&claims)));
        client.get("/Users").refused(401, None);
        client.get("/ServiceProviderConfig").refused(401, None);
    }
    let stranger = Issuer::start().sign(&good);
    fixture
        .client_with(Some(&stranger))
        .get("/Users")
        .refused(401, None);
}
