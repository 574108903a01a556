//! Bar 41: a password over SCIM needs the scope, and local logins; else it is dropped.

use serde_json::{Value, json};

use crate::pages::PASSWORD;
use crate::roles::with;
use crate::support::{Browser, Fixture, user};

const OTHER: &str = "five green geese";

fn allowed() -> Fixture {
    with(vec![("scim.scopes", "[\"read\", \"users\", \"password\"]")])
}

fn can_log_in(fixture: &Fixture, password: &str) -> bool {
    Browser::new(fixture).log_in("ada", password).status == 303
}

fn ada(password: &str) -> Value {
    let mut body = user("ada");
    body["password"] = json!(password);
    body
}

#[test]
fn with_the_scope_a_password_is_set_in_every_syntax() {
    let fixture = allowed();
    let client = fixture.client();
    let id = client.post("/Users", &ada(PASSWORD)).expect(201).id();
    let path = format!("/Users/{id}");
    assert!(can_log_in(&fixture, PASSWORD));
    client.put(&path, &ada(OTHER)).expect(200);
    assert!(can_log_in(&fixture, OTHER) && !can_log_in(&fixture, PASSWORD));
    let urn = "urn:ietf:params:scim:schemas:core:2.0:User:password";
    for (number, operation) in [
        json!({ "op": "replace", "path": "password", "value": "six red herons 0" }),
        json!({ "op": "add", "value": { "password": "six red herons 1" } }),
        json!({ "op": "replace", "path": urn, "value": "six red herons 2" }),
        json!({ "op": "Replace", "path": "Password", "value": "six red herons 3" }),
    ]
    .into_iter()
    .enumerate()
    {
        client.operations(&path, &json!([operation])).expect(200);
        assert!(
            can_log_in(&fixture, &format!("six red herons {number}")),
            "{operation}"
        );
    }
    let bulk = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
        "Operations": [{ "method": "PATCH", "path": path, "data": crate::support::patch_body(
            &json!([{ "op": "replace", "path": "password", "value": OTHER }])) }],
    });
    assert_eq!(
        client.post("/Bulk", &bulk).json()["Operations"][0]["status"],
        "200"
    );
    assert!(can_log_in(&fixture, OTHER));
    let shown = client.get(&path).text();
    assert!(
        !shown.contains("assword") && !shown.contains(OTHER),
        "{shown}"
    );
}

#[test]
fn a_weak_password_is_refused_and_nothing_is_changed() {
    let fixture = allowed();
    let client = fixture.client();
    for weak in ["short", "password1", "adalovelace"] {
        let mut body = ada(weak);
        body["name"] = json!({ "givenName": "Ada", "familyName": "Lovelace" });
        client
            .post("/Users", &body)
            .refused(400, Some("invalidValue"));
    }
    client
        .post("/Users", &ada_with(json!(12_345_678)))
        .refused(400, Some("invalidValue"));
    assert_eq!(client.get("/Users").json()["totalResults"], 0);
}

fn ada_with(password: Value) -> Value {
    let mut body = user("ada");
    body["password"] = password;
    body
}

#[test]
fn the_same_password_again_ends_no_session() {
    let fixture = allowed();
    let client = fixture.client();
    let id = client.post("/Users", &ada(PASSWORD)).expect(201).id();
    let path = format!("/Users/{id}");
    let mut browser = Browser::new(&fixture);
    browser.log_in("ada", PASSWORD).expect(303);
    let before = client.get(&path).etag();
    assert_eq!(client.put(&path, &ada(PASSWORD)).expect(200).etag(), before);
    browser.get("/user/settings").expect(200);
    assert_ne!(client.put(&path, &ada(OTHER)).expect(200).etag(), before);
    browser.get("/user/settings").expect(303);
}

#[test]
fn without_the_scope_it_is_dropped_and_no_error() {
    let fixture = Fixture::start();
    let client = fixture.client();
    let id = client.post("/Users", &ada(PASSWORD)).expect(201).id();
    let operations = json!([{ "op": "replace", "path": "password", "value": PASSWORD }]);
    client
        .operations(&format!("/Users/{id}"), &operations)
        .expect(200);
    client
        .put(&format!("/Users/{id}"), &ada("short"))
        .expect(200);
    assert!(!can_log_in(&fixture, PASSWORD));
}

#[test]
fn what_the_server_says_of_passwords_is_so() {
    let fixture = Fixture::start();
    let config = fixture.client().get("/ServiceProviderConfig").json();
    assert_eq!(config["changePassword"]["supported"], true);
}
