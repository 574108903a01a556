//! Section 3.5.1: PUT.

use serde_json::json;

use crate::support::strict::{Client, ENTERPRISE, group, made, stored, strict, user};

/// What a PUT leaves out is gone; `active` keeps its value (CONTRACT); readOnly is ignored.
#[test]
fn s3_5_1_put_replaces_everything() {
    let fixture = strict(&[]);
    let client = fixture.client();
    let all = json!({
        "externalId": "x", "title": "Dr", "active": false, "name": { "givenName": "A" }, "emails": [{ "value": "a@x" }],
        ENTERPRISE: { "department": "R&D" },
    });
    let path = made(&client, "/Users", &user("ada", all));
    let before = stored(&client, &path);
    let reply = client
        .put(
            &path,
            &user("ADA", json!({ "nickName": "A", "id": "x", "meta": {} })),
        )
        .expect(200);
    let after = reply.json();
    assert_eq!(
        reply.header("content-location"),
        after["meta"]["location"].as_str()
    );
    assert_eq!(stored(&client, &path), after);
    for gone in ["externalId", "title", "name", "emails", ENTERPRISE] {
        assert_eq!(after.get(gone), None, "{gone}");
    }
    assert_eq!(
        (&after["userName"], &after["nickName"]),
        (&json!("ADA"), &json!("A"))
    );
    assert_eq!(after["active"], false);
    assert_eq!(after["id"], before["id"]);
    assert_eq!(after["meta"]["created"], before["meta"]["created"]);
    assert_ne!(after["meta"]["version"], before["meta"]["version"]);
}

/// Required attributes must be there; what is refused changes nothing.
#[test]
fn s3_5_1_put_is_all_or_nothing() {
    let fixture = strict(&[]);
    let client = fixture.client();
    let path = made(&client, "/Users", &user("ada", json!({ "title": "Dr" })));
    made(&client, "/Users", &user("bob", json!({})));
    let before = stored(&client, &path);
    let without_name = json!({ "schemas": [crate::support::strict::USER], "title": "Prof" });
    client
        .put(&path, &without_name)
        .refused(400, Some("invalidValue"));
    client
        .put(&path, &user("", json!({})))
        .refused(400, Some("invalidValue"));
    client
        .put(&path, &user("BOB", json!({ "title": "x" })))
        .refused(409, Some("uniqueness"));
    client
        .put(&path, &user("ada", json!({ "active": "no" })))
        .refused(400, Some("invalidValue"));
    assert_eq!(stored(&client, &path), before);
}

/// "If the resource does not exist: 404, never create."
#[test]
fn s3_5_1_put_never_creates() {
    let fixture = strict(&[]);
    let client = fixture.client();
    client
        .put("/Users/nobody", &user("ada", json!({ "id": "nobody" })))
        .refused(404, None);
    client
        .put("/Groups/nobody", &group("staff", json!({})))
        .refused(404, None);
    assert_eq!(client.get("/Users").json()["totalResults"], 0);
}

fn puts_back(client: &Client, path: &str) {
    let before = client.get(path).expect(200);
    let after = client.put(path, &before.json()).expect(200);
    assert_eq!(after.json(), before.json(), "{path}");
    assert_eq!(after.etag(), before.etag(), "{path}");
}

/// Bar 81: PUT of what was read changes nothing, not even the version.
#[test]
fn s3_5_1_put_of_what_was_read_changes_nothing() {
    let fixture = strict(&[]);
    let client = fixture.client();
    let ada = json!({
        "title": "", "active": false, "name": { "givenName": "A" }, "emails": [{ "value": "a@x", "primary": true }, { "value": "a@x", "type": "work" }],
        ENTERPRISE: { "manager": { "value": "x" }, "department": "R&D" },
    });
    let ada = made(&client, "/Users", &user("ada", ada));
    let bob = made(&client, "/Users", &user("bob", json!({})));
    client
        .operations(&bob, &json!([{ "op": "remove", "path": "active" }]))
        .expect(200);
    let inner = made(&client, "/Groups", &group("inner", json!({})));
    let ids = [&ada, &bob, &inner].map(|path| path.rsplit('/').next().unwrap().to_owned());
    let members = json!({ "members": [
        { "value": ids[0] }, { "value": ids[1], "display": "B", "type": "User" }, { "value": ids[2] }, { "value": "nobody", "type": "odd" },
    ] });
    let outer = made(&client, "/Groups", &group("outer", members));
    for path in [&ada, &bob, &inner, &outer] {
        puts_back(&client, path);
    }
    let operations = json!([
        { "op": "add", "path": "members", "value": [{ "value": ids[0] }, { "value": ids[1], "type": "User", "display": "B" }] },
        { "op": "remove", "path": "members[value eq \"gone\"]" },
        { "op": "replace", "path": "members[value eq \"nobody\"].display", "value": null },
        { "op": "replace", "value": { "displayName": "outer" } },
    ]);
    let before = stored(&client, &outer);
    client.operations(&outer, &operations).expect(200);
    assert_eq!(stored(&client, &outer), before, "nothing was changed");
}

/// Members in a PUT: who is left out goes, who is new comes; sub-attributes follow the body.
#[test]
fn s3_5_1_put_of_members() {
    let fixture = strict(&[]);
    let client = fixture.client();
    let path = made(
        &client,
        "/Groups",
        &group(
            "staff",
            json!({ "members": [{ "value": "1", "display": "one", "type": "User" }, { "value": "2" }] }),
        ),
    );
    let next = json!([{ "value": "1", "display": "eins", "type": "User" }, { "value": "3" }]);
    let after = client
        .put(&path, &group("staff", json!({ "members": next })))
        .expect(200)
        .json();
    assert_eq!(after["members"], next);
    for bad in [json!([{ "display": "x" }]), json!("1"), json!([1])] {
        client
            .put(&path, &group("staff", json!({ "members": bad })))
            .refused(400, Some("invalidValue"));
    }
    assert_eq!(stored(&client, &path), after);
    let emptied = client
        .put(&path, &group("staff", json!({})))
        .expect(200)
        .json();
    assert_eq!(emptied.get("members"), None);
}
