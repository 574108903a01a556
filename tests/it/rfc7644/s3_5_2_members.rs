//! Section 3.5.2 on `members`: rows beside the document, with the meaning of any multi-valued attribute.

use serde_json::{Value, json};

use crate::support::strict::{Client, Fixture, group, made, stored, strict};

struct Groups {
    _fixture: Fixture,
    client: Client,
}

impl Groups {
    fn start() -> Self {
        let fixture = strict(&[("scim.unique_group_names", "false")]);
        Self {
            client: fixture.client(),
            _fixture: fixture,
        }
    }

    /// A group with the members 1 (display `one`), 2 (type `Group`) and 3.
    fn group(&self) -> String {
        made(
            &self.client,
            "/Groups",
            &group("staff", json!({ "members": start() })),
        )
    }

    #[track_caller]
    fn becomes(&self, operations: Value, expected: Value) {
        let path = self.group();
        let before = stored(&self.client, &path);
        let reply = self.client.operations(&path, &operations);
        assert_eq!(reply.status, 200, "{operations}: {}", reply.text());
        let found = stored(&self.client, &path);
        assert_eq!(reply.json(), found);
        assert_eq!(
            found.get("members").unwrap_or(&Value::Null),
            &expected,
            "{operations}"
        );
        let same = before["members"] == found["members"];
        assert_eq!(
            same,
            before["meta"]["version"] == found["meta"]["version"],
            "{operations}"
        );
    }

    #[track_caller]
    fn refused(&self, operations: Value, scim_type: &str) {
        let path = self.group();
        let before = stored(&self.client, &path);
        let reply = self.client.operations(&path, &operations);
        assert_eq!(reply.status, 400, "{operations}: {}", reply.text());
        reply.refused(400, Some(scim_type));
        assert_eq!(stored(&self.client, &path), before);
    }
}

fn start() -> Value {
    json!([{ "value": "1", "display": "one" }, { "value": "2", "type": "Group" }, { "value": "3" }])
}

fn one() -> Value {
    json!({ "value": "1", "display": "one" })
}

fn two() -> Value {
    json!({ "value": "2", "type": "Group" })
}

fn three() -> Value {
    json!({ "value": "3" })
}

#[test]
fn s3_5_2_1_add_members() {
    let at = Groups::start();
    let four = json!({ "value": "4", "display": "four", "type": "User" });
    at.becomes(
        json!([{ "op": "add", "path": "members", "value": [four] }]),
        json!([one(), two(), three(), four]),
    );
    at.becomes(
        json!([{ "op": "add", "path": "members", "value": four }]),
        json!([one(), two(), three(), four]),
    );
    at.becomes(
        json!([{ "op": "add", "value": { "members": [four, four] } }]),
        json!([one(), two(), three(), four]),
    );
    at.becomes(
        json!([{ "op": "add", "path": "members", "value": [one(), { "value": "3" }] }]),
        start(),
    );
    at.becomes(
        json!([{ "op": "add", "path": "members", "value": [] }]),
        start(),
    );
    for bad in [
        json!("4"),
        json!(["4"]),
        json!([{ "display": "x" }]),
        json!([{ "value": 4 }]),
        json!([{ "value": "" }]),
        json!(4),
    ] {
        at.refused(
            json!([{ "op": "add", "path": "members", "value": bad }]),
            "invalidValue",
        );
    }
}

#[test]
fn s3_5_2_2_remove_members() {
    let at = Groups::start();
    at.becomes(
        json!([{ "op": "remove", "path": "members[value eq \"1\"]" }]),
        json!([two(), three()]),
    );
    at.becomes(
        json!([{ "op": "remove", "path": "members[value eq \"nobody\"]" }]),
        start(),
    );
    at.becomes(
        json!([{ "op": "remove", "path": "members[type eq \"group\"]" }]),
        json!([one(), three()]),
    );
    at.becomes(
        json!([{ "op": "remove", "path": "members[not (type pr)]" }]),
        json!([two()]),
    );
    at.becomes(
        json!([{ "op": "remove", "path": "members[value eq \"1\" or display pr]" }]),
        json!([two(), three()]),
    );
    at.becomes(
        json!([{ "op": "remove", "path": "members[value eq \"1\" and type eq \"User\"]" }]),
        start(),
    );
    at.becomes(json!([{ "op": "remove", "path": "members" }]), json!(null));
    at.becomes(
        json!([{ "op": "remove", "path": "members.display" }]),
        json!([{ "value": "1" }, two(), three()]),
    );
    at.becomes(
        json!([{ "op": "remove", "path": "members[value eq \"1\"].display" }]),
        json!([{ "value": "1" }, two(), three()]),
    );
    at.refused(
        json!([{ "op": "remove", "path": "members", "value": [{ "value": "1" }] }]),
        "invalidSyntax",
    );
    for sub in ["value", "type", "$ref"] {
        at.refused(
            json!([{ "op": "remove", "path": format!("members.{sub}") }]),
            "mutability",
        );
        at.refused(
            json!([{ "op": "remove", "path": format!("members[value eq \"1\"].{sub}") }]),
            "mutability",
        );
    }
}

#[test]
fn s3_5_2_3_replace_members() {
    let at = Groups::start();
    let four = json!({ "value": "4" });
    at.becomes(
        json!([{ "op": "replace", "path": "members", "value": [four, three()] }]),
        json!([three(), four]),
    );
    at.becomes(
        json!([{ "op": "replace", "value": { "members": [four] } }]),
        json!([four]),
    );
    at.becomes(
        json!([{ "op": "replace", "path": "members", "value": [] }]),
        json!(null),
    );
    at.becomes(
        json!([{ "op": "replace", "path": "members", "value": start() }]),
        start(),
    );
    at.becomes(
        json!([{ "op": "replace", "path": "members[value eq \"1\"]", "value": four }]),
        json!([two(), three(), four]),
    );
    at.becomes(
        json!([{ "op": "replace", "path": "members[value eq \"1\"]", "value": { "value": "1", "display": "eins" } }]),
        json!([{ "value": "1", "display": "eins" }, two(), three()]),
    );
    at.becomes(
        json!([{ "op": "replace", "path": "members[value eq \"1\"].display", "value": "eins" }]),
        json!([{ "value": "1", "display": "eins" }, two(), three()]),
    );
    at.becomes(
        json!([{ "op": "replace", "path": "members[value eq \"1\"].display", "value": "one" }]),
        start(),
    );
    for op in ["add", "replace"] {
        at.refused(
            json!([{ "op": op, "path": "members[value eq \"9\"]", "value": four }]),
            "noTarget",
        );
        at.refused(
            json!([{ "op": op, "path": "members[value eq \"9\"].display", "value": "x" }]),
            "noTarget",
        );
        at.refused(
            json!([{ "op": op, "path": "members[type eq \"Robot\"].display", "value": "x" }]),
            "noTarget",
        );
        at.refused(
            json!([{ "op": op, "path": "members[value eq \"1\"].value", "value": "9" }]),
            "mutability",
        );
        at.refused(
            json!([{ "op": op, "path": "members[value eq \"1\"].type", "value": "Group" }]),
            "mutability",
        );
        at.refused(
            json!([{ "op": op, "path": "members.value", "value": "9" }]),
            "mutability",
        );
        at.refused(
            json!([{ "op": op, "path": "members[value eq \"1\"].display", "value": 1 }]),
            "invalidValue",
        );
    }
}

#[test]
fn s3_5_2_members_in_order_and_all_or_nothing() {
    let at = Groups::start();
    at.becomes(
        json!([
            { "op": "add", "path": "members", "value": [{ "value": "4" }] },
            { "op": "remove", "path": "members[value eq \"4\"]" },
            { "op": "remove", "path": "members" },
            { "op": "add", "path": "members", "value": [{ "value": "5" }] },
            { "op": "replace", "path": "members[value eq \"5\"].display", "value": "five" },
        ]),
        json!([{ "value": "5", "display": "five" }]),
    );
    at.refused(
        json!([{ "op": "remove", "path": "members" }, { "op": "replace", "path": "displayName", "value": 1 }]),
        "invalidValue",
    );
    at.refused(
        json!([{ "op": "remove", "path": "members" }, { "op": "replace", "path": "members[value eq \"1\"].display", "value": "x" }]),
        "noTarget",
    );
}

/// The document sees nothing of members, and members nothing of the document.
#[test]
fn s3_5_2_members_beside_other_attributes() {
    let at = Groups::start();
    let path = at.group();
    let operations = json!([
        { "op": "replace", "value": { "displayName": "crew", "externalId": "g1", "members": [{ "value": "7" }] } },
        { "op": "add", "path": "members", "value": [{ "value": "8" }] },
    ]);
    at.client.operations(&path, &operations).expect(200);
    let found = stored(&at.client, &path);
    assert_eq!(
        (&found["displayName"], &found["externalId"]),
        (&json!("crew"), &json!("g1"))
    );
    assert_eq!(
        found["members"],
        json!([{ "value": "7" }, { "value": "8" }])
    );
}
