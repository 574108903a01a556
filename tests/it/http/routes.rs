//! Every route refuses the anonymous, except those that are listed here as open.

use std::time::Duration;

use muster::clock::Clock;
use muster::http::{Access, Route, routes};
use muster::service::Wanted;

use crate::support::{Client, Fixture, Reply, Setup};

const METHODS: [&str; 9] = [
    "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND",
];

/// A path that the route's pattern matches.
fn example(route: &Route) -> String {
    let path = route
        .path
        .replace("{id}", "0198c0de-0000-7000-8000-000000000000");
    path.replace("{urn}", "urn:ietf:params:scim:schemas:core:2.0:User")
}

#[test]
fn a_new_route_must_be_entered_here() {
    let fixture = Fixture::start();
    let listed: Vec<String> = routes(fixture.gateway.registry())
        .iter()
        .map(|route| {
            format!(
                "{:?} {} {}",
                route.access,
                route.path,
                route.methods.join(" ")
            )
        })
        .collect();
    let expected = [
        "Bearer /scim/v2/Users/.search POST",
        "Bearer /scim/v2/Users/{id} GET HEAD PUT PATCH DELETE",
        "Bearer /scim/v2/Users GET HEAD POST",
        "Bearer /scim/v2/Groups/.search POST",
        "Bearer /scim/v2/Groups/{id} GET HEAD PUT PATCH DELETE",
        "Bearer /scim/v2/Groups GET HEAD POST",
        "Public /scim/v2/ServiceProviderConfig GET HEAD",
        "Public /scim/v2/ResourceTypes GET HEAD",
        "Public /scim/v2/ResourceTypes/{id} GET HEAD",
        "Public /scim/v2/Schemas GET HEAD",
        "Public /scim/v2/Schemas/{urn} GET HEAD",
        "Bearer /scim/v2/.search POST",
        "Bearer /scim/v2/Bulk POST",
        "Bearer /scim/v2/Me GET HEAD POST PUT PATCH DELETE",
        "Bearer /scim/v2 GET HEAD",
        "Bearer /scim/v2/ GET HEAD",
        "Public /healthz GET HEAD",
        "Public /readyz GET HEAD",
        "Public /openapi.json GET HEAD",
        "Operator /metrics GET HEAD",
        "Client /oauth/token POST",
        "Public /auth/login POST",
        "Session /auth/session GET HEAD",
        "Session /auth/token POST",
        "Person /auth/check GET HEAD",
        "Introspector /auth/introspect POST",
        "Public /.well-known/jwks.json GET HEAD",
        "Page /login GET HEAD POST",
        "Page /logout GET HEAD POST",
        "Page /launchpad GET HEAD POST",
        "Page /password/{token} GET HEAD POST",
        "Session /user/settings GET HEAD POST",
        "Public /assets/muster.css GET HEAD",
    ];
    assert_eq!(listed, expected);
}

/// Every way not to be authenticated: its name and the `Authorization` header.
fn strangers(fixture: &Fixture, expired: &str) -> Vec<(&'static str, Option<String>)> {
    let revoked = fixture
        .block_on(fixture.gateway.create_token(
            "revoked",
            Wanted::default(),
            Duration::from_secs(86_400),
        ))
        .unwrap();
    fixture
        .block_on(fixture.gateway.revoke_tokens("revoked"))
        .unwrap();
    let unknown_secret = format!("{}x", &expired[..expired.len() - 1]);
    vec![
        ("none", None),
        ("empty", Some(String::new())),
        ("no token", Some("Bearer".to_owned())),
        ("wrong scheme", Some("Basic YWRtaW46YWRtaW4=".to_owned())),
        (
            "scheme of another kind",
            Some(format!("Token {}", crate::support::TOKEN)),
        ),
        ("wrong token", Some("Bearer wrong".to_owned())),
        ("wrong secret", Some(format!("Bearer {unknown_secret}"))),
        (
            "two tokens",
            Some(format!("Bearer {0} {0}", crate::support::TOKEN)),
        ),
        ("expired", Some(format!("Bearer {expired}"))),
        ("revoked", Some(format!("Bearer {revoked}"))),
    ]
}

#[test]
fn no_route_answers_without_a_valid_token() {
    let (clock, hand) = Clock::manual("2026-03-01T12:00:00Z".parse().unwrap());
    let fixture = Fixture::with(Setup {
        clock,
        ..Setup::default()
    });
    let expired = fixture
        .block_on(fixture.gateway.create_token(
            "expired",
            Wanted::default(),
            Duration::from_secs(3600),
        ))
        .unwrap();
    let live = fixture
        .root()
        .authorized(Some(&format!("Bearer {expired}")));
    live.get("/scim/v2/Users").expect(200);
    hand.advance(Duration::from_secs(3600));

    for (who, authorization) in strangers(&fixture, &expired) {
        let client = fixture.root().authorized(authorization.as_deref());
        for route in routes(fixture.gateway.registry()) {
            for method in METHODS {
                let what = format!("{who}: {method} {}", route.path);
                check(
                    &what,
                    &route,
                    authorization.is_some(),
                    &ask(&client, method, &route),
                );
            }
        }
    }
}

fn ask(client: &Client, method: &str, route: &Route) -> Reply {
    client.send(method, &example(route), &[], None)
}

fn check(what: &str, route: &Route, credentials: bool, reply: &Reply) {
    // The test asks from this machine, and no token for the metrics is set.
    let open = match route.access {
        Access::Public => !(credentials && route.path.starts_with("/scim")),
        Access::Operator | Access::Page => true,
        // It asks for credentials of another kind; none of these is one.
        Access::Client => {
            assert!((400..500).contains(&reply.status), "{what}");
            return;
        }
        // A page sends whoever is not logged in to the login, and refuses a form that is not its own.
        Access::Session if route.path.starts_with("/user") => {
            assert!(
                [303, 405, 415].contains(&reply.status),
                "{what}: {}",
                reply.status
            );
            return;
        }
        Access::Session | Access::Person | Access::Introspector => {
            assert!(
                [401, 405].contains(&reply.status),
                "{what}: {}",
                reply.status
            );
            return;
        }
        Access::Bearer => false,
    };
    if open {
        assert_ne!(reply.status, 401, "{what}");
        return;
    }
    assert_eq!(reply.status, 401, "{what}");
    let challenge = reply.header("www-authenticate").unwrap_or_default();
    assert!(
        challenge.starts_with("Bearer realm=\"muster\""),
        "{what}: {challenge}"
    );
    if !what.contains("HEAD") {
        reply.refused(401, None);
    }
}

#[test]
fn a_valid_token_is_let_through_everywhere() {
    let fixture = Fixture::start();
    for route in routes(fixture.gateway.registry()) {
        for method in METHODS {
            let reply = ask(&fixture.root(), method, &route);
            let of_people = matches!(
                route.access,
                Access::Session | Access::Person | Access::Introspector
            );
            assert!(of_people || reply.status != 401, "{method} {}", route.path);
            let served = route.methods.contains(&method);
            assert_eq!(
                reply.status == 405,
                !served,
                "{method} {}: {}",
                route.path,
                reply.status
            );
            if reply.status == 405 {
                assert_eq!(reply.header("allow"), Some(&*route.methods.join(", ")));
            }
        }
    }
}

#[test]
fn an_invalid_token_is_told_from_a_missing_one() {
    let fixture = Fixture::start();
    let missing = fixture.client_with(None).get("/Users");
    assert_eq!(
        missing.header("www-authenticate"),
        Some("Bearer realm=\"muster\"")
    );
    let invalid = fixture.client_with(Some("wrong")).get("/Users");
    let challenge = "Bearer realm=\"muster\", error=\"invalid_token\"";
    assert_eq!(invalid.header("www-authenticate"), Some(challenge));
}

#[test]
fn two_authorization_headers_are_none() {
    let fixture = Fixture::start();
    let second = format!("Bearer {}", crate::support::TOKEN);
    let reply = fixture
        .client()
        .send("GET", "/Users", &[("Authorization", &second)], None);
    reply.refused(401, None);
}
