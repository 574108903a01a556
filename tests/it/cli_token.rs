//! `muster token` beside a running gateway.

use crate::support::{Fixture, group, user};
use serde_json::json;

#[test]
fn a_token_is_made_for_a_connection_with_the_scopes_that_are_said() {
    let fixture = Fixture::start();
    let create = ["token", "create", "reader", "--scope", "read,introspect"];
    let token = fixture.muster(&create).done();
    assert_eq!(token.lines().count(), 1, "alone on standard output");
    let client = fixture.client_with(Some(token.trim()));
    client.get("/Users").expect(200);
    let detail = client.post("/Users", &user("ada")).refused(403, None);
    assert!(
        detail.contains("muster connection scope reader +users"),
        "{detail}"
    );
    let listed = fixture.muster(&["connection", "list", "--json"]).json();
    assert_eq!(listed[0]["scopes"], json!(["read", "introspect"]));
    // A second token for it: with what it may do, or without a word about that.
    let again = ["token", "create", "reader", "--scope", "introspect,read"];
    fixture.muster(&again).done();
    fixture.muster(&["token", "create", "reader"]).done();
    let other = ["token", "create", "reader", "--scope", "read,users"];
    let why = fixture.muster(&other).failed();
    assert!(why.contains("muster connection scope reader"), "{why}");
    let listed = fixture.muster(&["token", "list", "--json"]).json();
    assert_eq!(listed.as_array().unwrap().len(), 3);
    for token in listed.as_array().unwrap() {
        assert_eq!(
            (&token["connection"], &token["state"]),
            (&json!("reader"), &json!("live"))
        );
    }
}

#[test]
fn a_connection_may_read_and_change_everything_but_passwords_unless_it_is_said() {
    let fixture = Fixture::start();
    let token = fixture.muster(&["token", "create", "okta"]).done();
    let client = fixture.client_with(Some(token.trim()));
    client.post("/Users", &user("ada")).expect(201);
    client
        .post("/Groups", &group("Staff", &json!([])))
        .expect(201);
    client.get("/Users").expect(200);
    let listed = fixture.muster(&["connection", "list", "--json"]).json();
    let scopes = json!(["read", "users", "groups", "admin-groups"]);
    assert_eq!(listed[0]["scopes"], scopes);
}

#[test]
fn scopes_belong_to_the_connection_and_hold_for_each_of_its_tokens() {
    let fixture = Fixture::start();
    let create = ["token", "create", "okta"];
    let tokens = [0, 1].map(|_| fixture.muster(&create).done());
    let clients = tokens.map(|token| fixture.client_with(Some(token.trim())));
    let scope = ["connection", "scope", "okta", "-users"];
    fixture.muster(&scope).done();
    for client in &clients {
        client.post("/Users", &user("ada")).refused(403, None);
        client.get("/Users").expect(200);
    }
    let rotated = fixture.muster(&["token", "rotate", "okta"]).done();
    let rotated = fixture.client_with(Some(rotated.trim()));
    rotated.post("/Users", &user("ada")).refused(403, None);
}

#[test]
fn config_and_first_are_no_names_and_what_cannot_be_is_told() {
    let fixture = Fixture::start();
    for name in ["config", "first"] {
        let why = fixture.muster(&["token", "create", name]).failed();
        assert!(why.contains("reserved"), "{why}");
    }
    for command in ["rotate", "revoke"] {
        let why = fixture.muster(&["token", command, "config"]).failed();
        assert!(why.contains("scim.token"), "{why}");
        let why = fixture.muster(&["token", command, "nobody"]).failed();
        assert!(why.contains("muster connection list"), "{why}");
    }
    for wrong in [
        vec!["token", "create", "a", "--scope", "everything"],
        vec!["token", "create", "a", "--scope", ""],
        vec!["token", "create", "a", "--profile", "azure"],
        vec!["token", "create", "a", "--expires", "never"],
    ] {
        assert_eq!(fixture.muster(&wrong).status, 2, "{wrong:?}");
    }
    assert_eq!(
        fixture.muster(&["token", "list", "--json"]).json(),
        json!([])
    );
}
