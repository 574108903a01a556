//! `/auth/check`: what a reverse proxy is told.

use serde_json::json;

use super::{directory, enter, identity, problem, stranger, with_cookie, with_token};
use crate::support::Fixture;

fn group(fixture: &Fixture, name: &str, member: &str) -> String {
    let body = json!({ "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"],
        "displayName": name, "members": [{ "value": member }] });
    fixture.client().post("/Groups", &body).expect(201).id()
}

#[test]
fn a_proxy_is_told_who_it_is() {
    let map = r#"{ "Écrivains, tous" = "author" }"#;
    let (fixture, _) = directory(&[("roles.map", map)]);
    let mut who = identity("zoe");
    who.given_name = Some("Zoë".to_owned());
    who.admin = Some(true);
    let signed_in = enter(&fixture, &who).unwrap();
    group(&fixture, "Écrivains, tous", &signed_in.me.id);
    group(&fixture, "Plain", &signed_in.me.id);
    let reply = with_cookie(&fixture, "GET", "/auth/check", &signed_in.session).expect(200);
    for (name, value) in [
        ("remote-user", "zoe@example.org"),
        ("remote-email", "zoe@example.org"),
        ("remote-name", "Zo%C3%AB Example"),
        ("remote-groups", "Plain,%C3%89crivains%2C tous"),
        ("remote-roles", "admin,author"),
    ] {
        assert_eq!(reply.header(name), Some(value), "{name}");
    }
    assert!(reply.body.is_empty());
    let jwt = fixture
        .block_on(fixture.gateway.jwt(&signed_in.me))
        .unwrap();
    let by_token = with_token(&fixture, "GET", "/auth/check", &jwt.token).expect(200);
    assert_eq!(by_token.header("remote-roles"), Some("admin,author"));
    assert_eq!(
        problem(&stranger(&fixture).get("/auth/check"), 401),
        "not_logged_in"
    );
}

#[test]
fn a_role_can_be_asked_for() {
    let (fixture, _) = directory(&[]);
    let mut who = identity("ada");
    who.admin = Some(true);
    let admin = enter(&fixture, &who).unwrap().session;
    let other = enter(&fixture, &identity("bea")).unwrap().session;
    with_cookie(&fixture, "GET", "/auth/check?role=admin", &admin).expect(200);
    with_cookie(&fixture, "GET", "/auth/check", &other).expect(200);
    for query in ["role=admin", "role=", "role=Admin", "role=x&role=admin"] {
        let reply = with_cookie(&fixture, "GET", &format!("/auth/check?{query}"), &other);
        assert_eq!(problem(&reply, 403), "forbidden", "{query}");
    }
    let reply = stranger(&fixture).get("/auth/check?role=admin");
    assert_eq!(problem(&reply, 401), "not_logged_in");
}

#[test]
fn no_name_of_a_group_makes_a_header() {
    let (fixture, _) = directory(&[]);
    let signed_in = enter(&fixture, &identity("ada")).unwrap();
    group(&fixture, "x\r\nRemote-Roles: admin", &signed_in.me.id);
    let reply = with_cookie(&fixture, "GET", "/auth/check", &signed_in.session).expect(200);
    assert_eq!(
        reply.header("remote-groups"),
        Some("x%0D%0ARemote-Roles: admin")
    );
    assert_eq!(reply.header("remote-roles"), Some(""));
}

#[test]
fn groups_of_more_than_four_kilobytes_are_left_out() {
    let (fixture, _) = directory(&[]);
    let signed_in = enter(&fixture, &identity("ada")).unwrap();
    for number in 0..4 {
        group(
            &fixture,
            &format!("{}{number}", "g".repeat(1_022)),
            &signed_in.me.id,
        );
    }
    let check = || with_cookie(&fixture, "GET", "/auth/check", &signed_in.session).expect(200);
    assert_eq!(
        check().header("remote-groups").unwrap().len(),
        4 * 1_023 + 3
    );
    group(&fixture, "and one more", &signed_in.me.id);
    let reply = check();
    assert_eq!(reply.header("remote-groups"), None);
    assert_eq!(reply.header("remote-user"), Some("ada@example.org"));
}

#[test]
fn a_wrong_token_is_not_made_good_by_a_cookie() {
    let (fixture, _) = directory(&[]);
    let cookie = enter(&fixture, &identity("ada")).unwrap().session;
    let cookie = format!("muster_session={}", cookie.expose());
    let client = fixture.root().authorized(Some("Bearer nonsense"));
    let reply = client.send("GET", "/auth/check", &[("Cookie", &cookie)], None);
    assert_eq!(problem(&reply, 401), "not_logged_in");
}

/// Bar 42: what opens one door is worthless at another.
#[test]
fn a_session_is_worthless_for_scim_and_a_scim_token_everywhere_else() {
    let (fixture, _) = directory(&[]);
    let mut who = identity("ada");
    who.admin = Some(true);
    let signed_in = enter(&fixture, &who).unwrap();
    let jwt = fixture
        .block_on(fixture.gateway.jwt(&signed_in.me))
        .unwrap()
        .token;
    for path in [
        "/scim/v2/Users",
        "/scim/v2/Groups",
        "/scim/v2/Me",
        "/scim/v2",
        "/scim/v2/nothing",
    ] {
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE"] {
            let reply = with_cookie(&fixture, method, path, &signed_in.session);
            assert!(
                matches!(reply.status, 401),
                "{method} {path}: {}",
                reply.status
            );
            if path != "/scim/v2/Me" {
                let reply = with_token(&fixture, method, path, &jwt);
                assert_eq!(reply.status, 401, "{method} {path}");
            }
        }
    }
    // Discovery needs no credentials, and refuses these.
    assert_eq!(
        with_token(&fixture, "GET", "/scim/v2/Schemas", &jwt).status,
        401
    );
    for (method, path) in [
        ("GET", "/auth/session"),
        ("POST", "/auth/token"),
        ("GET", "/auth/check"),
    ] {
        let reply = with_token(&fixture, method, path, crate::support::TOKEN);
        assert_eq!(problem(&reply, 401), "not_logged_in", "{path}");
    }
    // A JWT is no session: it makes no other JWT.
    assert_eq!(
        with_token(&fixture, "POST", "/auth/token", &jwt).status,
        401
    );
    assert_eq!(
        with_token(&fixture, "GET", "/auth/session", &jwt).status,
        401
    );
}
