//! Section 3: `schemas` and the common attributes.

use muster::clock::Clock;
use serde_json::{Value, json};

use crate::support::strict::{
    ENTERPRISE, Fixture, GROUP, Setup, USER, group, made, stored, strict, user, with,
};

/// §3: `schemas` is there, names the schemas in use and nothing twice.
#[test]
fn s3_schemas_says_what_the_resource_has() {
    let fixture = strict(&[]);
    let client = fixture.client();
    let department = json!({ "department": "R&D" });
    for (schemas, extension, expected) in [
        (json!([USER]), Value::Null, json!([USER])),
        (json!([USER, USER]), Value::Null, json!([USER])),
        (json!([USER, ENTERPRISE]), Value::Null, json!([USER])),
        (
            json!([ENTERPRISE, USER]),
            department.clone(),
            json!([USER, ENTERPRISE]),
        ),
        (json!([USER]), department.clone(), json!([USER, ENTERPRISE])),
        (
            json!([USER, "urn:x:unknown"]),
            department.clone(),
            json!([USER, ENTERPRISE]),
        ),
    ] {
        let body = with(
            user("ada", json!({ ENTERPRISE: extension })),
            json!({ "schemas": schemas }),
        );
        let path = made(&client, "/Users", &body);
        assert_eq!(stored(&client, &path)["schemas"], expected, "{schemas}");
        client.delete(&path).expect(204);
    }
}

/// §3, RFC 7644 §3.1: a body without usable `schemas` is refused.
#[test]
fn s3_schemas_is_required() {
    let fixture = strict(&[]);
    let client = fixture.client();
    let path = made(&client, "/Users", &user("ada", json!({})));
    for schemas in [
        Value::Null,
        json!([]),
        json!(USER),
        json!({}),
        json!([1]),
        json!([ENTERPRISE]),
        json!([GROUP]),
        json!(["urn:ietf:params:scim:api:messages:2.0:PatchOp"]),
        json!([USER, 1]),
    ] {
        let body = with(user("new", json!({})), json!({ "schemas": schemas }));
        client
            .post("/Users", &body)
            .refused(400, Some("invalidSyntax"));
        client.put(&path, &body).refused(400, Some("invalidSyntax"));
    }
    let without = json!({ "userName": "new" });
    client
        .post("/Users", &without)
        .refused(400, Some("invalidSyntax"));
    client
        .put(&path, &without)
        .refused(400, Some("invalidSyntax"));
}

/// §3.1: `id` and `meta` are the server's; what a client sends there is ignored.
#[test]
fn s3_1_id_and_meta_are_the_servers() {
    let fixture = strict(&[]);
    let client = fixture.client();
    let forged = json!({
        "id": "mine",
        "meta": { "resourceType": "Group", "created": "1999-01-01T00:00:00Z", "version": "W/\"99\"", "location": "x" },
        "groups": [{ "value": "admins" }],
    });
    let reply = client
        .post("/Users", &user("ada", forged.clone()))
        .expect(201);
    let body = reply.json();
    let id = reply.id();
    assert_ne!(id, "mine");
    assert!(!id.contains("bulkId"));
    assert_eq!(body["meta"]["resourceType"], "User");
    assert_eq!(body["meta"]["created"], body["meta"]["lastModified"]);
    assert_eq!(body["meta"]["version"], reply.etag());
    assert_eq!(body["meta"]["location"], reply.header("location").unwrap());
    assert_eq!(reply.header("content-location"), reply.header("location"));
    assert!(
        body["meta"]["location"]
            .as_str()
            .unwrap()
            .ends_with(&format!("/scim/v2/Users/{id}"))
    );
    assert_eq!(body.get("groups"), None);
    let path = format!("/Users/{id}");
    let replaced = client.put(&path, &user("ada", forged)).expect(200);
    assert_eq!(
        replaced.json(),
        body,
        "a PUT of readOnly attributes changed something"
    );
}

/// §3.1: `lastModified` is `created` until the first change, and moves with changes only.
#[test]
fn s3_1_last_modified_moves_with_changes() {
    let (clock, hand) = Clock::manual("2026-03-01T12:00:00.123456Z".parse().unwrap());
    let fixture = Fixture::with(Setup {
        profile: "rfc",
        clock,
        settings: Vec::new(),
    });
    let client = fixture.client();
    let path = made(&client, "/Users", &user("ada", json!({})));
    let first = stored(&client, &path)["meta"].clone();
    assert_eq!(first["created"], "2026-03-01T12:00:00.123Z");
    assert_eq!(first["lastModified"], first["created"]);
    hand.advance(std::time::Duration::from_secs(60));
    client.put(&path, &user("ada", json!({}))).expect(200);
    assert_eq!(
        stored(&client, &path)["meta"],
        first,
        "no change, no new version"
    );
    client
        .put(&path, &user("ada", json!({ "title": "Dr" })))
        .expect(200);
    let second = stored(&client, &path)["meta"].clone();
    assert_eq!(second["created"], first["created"]);
    assert_eq!(second["lastModified"], "2026-03-01T12:01:00.123Z");
    assert_ne!(second["version"], first["version"]);
}

/// §3.1: `externalId` is the client's: kept in its case, never made up, not unique.
#[test]
fn s3_1_external_id_is_the_clients() {
    let fixture = strict(&[]);
    let client = fixture.client();
    let path = made(
        &client,
        "/Users",
        &user("ada", json!({ "externalId": "Ext-1" })),
    );
    let again = made(
        &client,
        "/Users",
        &user("bob", json!({ "externalId": "Ext-1" })),
    );
    let none = made(&client, "/Groups", &group("staff", json!({})));
    assert_eq!(stored(&client, &path)["externalId"], "Ext-1");
    assert_eq!(stored(&client, &again)["externalId"], "Ext-1");
    assert_eq!(stored(&client, &none).get("externalId"), None);
    client.put(&path, &user("ada", json!({}))).expect(200);
    assert_eq!(stored(&client, &path).get("externalId"), None);
}
