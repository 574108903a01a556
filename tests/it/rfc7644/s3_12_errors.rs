//! Section 3.12: each status and `scimType` that this server answers, by the request that brings it.

use serde_json::{Value, json};

use crate::support::strict::{Client, made, query, strict, user};

/// The whole of Tables 8 and 9, as far as a request can bring it about.
#[test]
fn s3_12_every_scim_type_has_its_request() {
    let fixture = strict(&[("scim.max_payload", "2 KiB"), ("scim.max_scan", "1")]);
    let client = fixture.client();
    let ada = made(&client, "/Users", &user("ada", json!({})));
    let bob = made(&client, "/Users", &user("bob", json!({})));
    let get = |path: &str, pairs: &[(&str, &str)]| client.get(&query(path, pairs));
    let patch = |operation: Value| client.operations(&ada, &json!([operation]));
    get("/Users", &[("filter", "x")]).refused(400, Some("invalidFilter"));
    get("/Users", &[("filter", "nickName co \"x\"")]).refused(400, Some("tooMany"));
    client
        .put(&bob, &user("ada", json!({})))
        .refused(409, Some("uniqueness"));
    patch(json!({ "op": "remove", "path": "userName" })).refused(400, Some("mutability"));
    patch(json!({ "op": "move", "path": "title" })).refused(400, Some("invalidSyntax"));
    patch(json!({ "op": "add", "path": "title[", "value": "x" })).refused(400, Some("invalidPath"));
    patch(json!({ "op": "replace", "path": "emails[type eq \"x\"].value", "value": "x" }))
        .refused(400, Some("noTarget"));
    patch(json!({ "op": "replace", "path": "active", "value": "x" }))
        .refused(400, Some("invalidValue"));
    fixture
        .root()
        .get("/scim/v1/Users")
        .refused(400, Some("invalidVers"));
    fixture.client_with(None).get("/Users").refused(401, None);
    get("/Schemas", &[("filter", "x")]).refused(403, None);
    get("/Users/x", &[]).refused(404, None);
    client.delete("/Users").refused(405, None);
    client
        .send("DELETE", &ada, &[("If-Match", "\"x\"")], None)
        .refused(412, None);
    let large = user("eve", json!({ "title": "x".repeat(2048) }));
    let detail = client.post("/Users", &large).refused(413, None);
    assert!(detail.contains("2048"), "{detail}");
    client
        .send(
            "POST",
            "/Users",
            &[("Content-Type", "text/html")],
            Some(b"{}"),
        )
        .refused(415, None);
    client.get("/Me").refused(501, None);
    assert_eq!(names(&client), ["ada", "bob"]);
}

fn names(client: &Client) -> Vec<Value> {
    crate::support::strict::column(&client.get("/Users?sortBy=userName"), "userName")
}
