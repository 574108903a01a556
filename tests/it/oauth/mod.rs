//! OAuth for SCIM clients: `/oauth/token` with secret and assertion, and JWTs of a configured issuer.

mod assertion;
mod issuer;
mod jwt;
mod secret;

use std::time::Duration;

use muster::clock::{Clock, Hand};
use muster::service::Wanted;
use serde_json::Value;

use crate::support::{Client, Fixture, Reply, Setup};

/// When these tests begin.
const START: &str = "2026-05-01T00:00:00Z";
const YEAR: Duration = Duration::from_secs(365 * 86_400);

/// A gateway whose clock stands, with these settings.
fn fixture(settings: Vec<(&'static str, &'static str)>) -> (Fixture, Hand) {
    let (clock, hand) = Clock::manual(START.parse().unwrap());
    let setup = Setup {
        clock,
        settings,
        ..Setup::default()
    };
    (Fixture::with(setup), hand)
}

/// A token of the connection `name`.
fn secret(fixture: &Fixture, name: &str) -> String {
    let made = fixture.gateway.create_token(name, Wanted::default(), YEAR);
    fixture.block_on(made).unwrap()
}

/// Asks `/oauth/token` with these fields and headers.
fn ask(fixture: &Fixture, headers: &[(&str, &str)], fields: &[(&str, &str)]) -> Reply {
    let body = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(fields)
        .finish();
    let mut all = vec![("Content-Type", "application/x-www-form-urlencoded")];
    all.extend(headers);
    let client = fixture.root().authorized(None);
    client.send("POST", "/oauth/token", &all, Some(body.as_bytes()))
}

/// Asks with name and secret in the form.
fn with_secret(fixture: &Fixture, id: &str, secret: &str) -> Reply {
    ask(
        fixture,
        &[],
        &[
            ("grant_type", "client_credentials"),
            ("client_id", id),
            ("client_secret", secret),
        ],
    )
}

/// Asks with an assertion.
fn with_assertion(fixture: &Fixture, assertion: &str) -> Reply {
    ask(
        fixture,
        &[],
        &[
            ("grant_type", "client_credentials"),
            (
                "client_assertion_type",
                "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            ),
            ("client_assertion", assertion),
        ],
    )
}

/// A SCIM client with the access token of `reply`.
#[track_caller]
fn client(fixture: &Fixture, reply: Reply) -> Client {
    let body: Value = reply.expect(200).json();
    assert_eq!(body["token_type"], "Bearer");
    fixture.client_with(Some(body["access_token"].as_str().unwrap()))
}

/// Makes sure that this is an error of OAuth, and nothing else in it (RFC 6749 §5.2).
#[track_caller]
fn refused(reply: &Reply, status: u16, error: &str) {
    assert_eq!(reply.status, status, "{}", reply.text());
    assert_eq!(reply.header("content-type"), Some("application/json"));
    assert_eq!(reply.header("cache-control"), Some("no-store"));
    assert_eq!(reply.json()["error"], error);
    assert!(reply.json().get("access_token").is_none());
    if status == 401 {
        assert_eq!(
            reply.header("www-authenticate"),
            Some("Basic realm=\"muster\"")
        );
    }
}
