//! Section 3.5.2: PATCH, as a table: what was there, the operations, and what is there afterwards.

use std::cell::Cell;

use serde_json::{Value, json};

use crate::support::strict::{
    Client, ENTERPRISE, Fixture, USER, made, query, stored, strict, user,
};

/// Patches users of its own.
pub(super) struct Patcher {
    _fixture: Fixture,
    client: Client,
    made: Cell<u32>,
}

impl Patcher {
    pub(super) fn start() -> Self {
        let fixture = strict(&[]);
        Self {
            client: fixture.client(),
            _fixture: fixture,
            made: Cell::new(0),
        }
    }

    fn user(&self, start: &Value) -> String {
        self.made.set(self.made.get() + 1);
        made(
            &self.client,
            "/Users",
            &user(&format!("user{}", self.made.get()), start.clone()),
        )
    }

    /// After the operations on a user with `start`, its attributes are those of `expected`; `null` is none.
    #[track_caller]
    pub(super) fn becomes(&self, start: Value, operations: Value, expected: Value) {
        let path = self.user(&start);
        let reply = self.client.operations(&path, &operations);
        assert_eq!(reply.status, 200, "{operations}: {}", reply.text());
        let found = stored(&self.client, &path);
        assert_eq!(reply.json(), found, "the answer is not what is stored");
        assert_eq!(
            Some(reply.etag().as_str()),
            found["meta"]["version"].as_str()
        );
        for (name, value) in expected.as_object().unwrap() {
            assert_eq!(
                found.get(name).unwrap_or(&Value::Null),
                value,
                "{operations}: {name}"
            );
        }
    }

    /// The operations are refused, and nothing of them happens.
    #[track_caller]
    pub(super) fn refused(&self, start: Value, operations: Value, scim_type: &str) {
        let path = self.user(&start);
        let before = stored(&self.client, &path);
        let reply = self.client.operations(&path, &operations);
        assert_eq!(reply.status, 400, "{operations}: {}", reply.text());
        reply.refused(400, Some(scim_type));
        assert_eq!(stored(&self.client, &path), before, "{operations}");
    }

    /// The operations change nothing: neither values nor version nor `lastModified`.
    #[track_caller]
    pub(super) fn idle(&self, start: Value, operations: Value) {
        let path = self.user(&start);
        let before = stored(&self.client, &path);
        let reply = self.client.operations(&path, &operations);
        assert_eq!(reply.status, 200, "{operations}: {}", reply.text());
        assert_eq!(reply.json(), before, "{operations}");
        assert_eq!(stored(&self.client, &path), before, "{operations}");
    }
}

pub(super) fn two() -> Value {
    json!({ "emails": [
        { "value": "w@x", "type": "work", "primary": true, "display": "W" },
        { "value": "h@x", "type": "home", "display": "H" },
    ] })
}

/// The message: `schemas`, `Operations`, one `op` each.
#[test]
fn s3_5_2_malformed_messages_are_invalid_syntax() {
    let fixture = strict(&[]);
    let client = fixture.client();
    let path = made(&client, "/Users", &user("ada", json!({})));
    let before = stored(&client, &path);
    let good = json!({ "op": "add", "path": "title", "value": "x" });
    let urn = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
    for body in [
        json!({}),
        json!({ "Operations": [good] }),
        json!({ "schemas": [], "Operations": [good] }),
        json!({ "schemas": urn, "Operations": [good] }),
        json!({ "schemas": [USER], "Operations": [good] }),
        json!({ "schemas": [urn] }),
        json!({ "schemas": [urn], "Operations": [] }),
        json!({ "schemas": [urn], "Operations": null }),
        json!({ "schemas": [urn], "Operations": good }),
        json!({ "schemas": [urn], "Operations": "add" }),
        json!({ "schemas": [urn], "Operations": [good, 1] }),
        json!({ "schemas": [urn], "Operations": [good, []] }),
        json!({ "schemas": [urn], "Operations": [good, {}] }),
        json!({ "schemas": [urn], "Operations": [good, { "path": "title", "value": "y" }] }),
        json!({ "schemas": [urn], "Operations": [good, { "op": null, "path": "title", "value": "y" }] }),
        json!({ "schemas": [urn], "Operations": [good, { "op": ["add"], "path": "title", "value": "y" }] }),
        json!({ "schemas": [urn], "Operations": [good, { "op": "delete", "path": "title" }] }),
        json!({ "schemas": [urn], "Operations": [good, { "op": "", "path": "title" }] }),
    ] {
        client
            .patch(&path, &body)
            .refused(400, Some("invalidSyntax"));
    }
    assert_eq!(stored(&client, &path), before);
    for op in ["Add", "REPLACE", "rEmOvE"] {
        let value = (op != "rEmOvE").then_some("x");
        client
            .operations(
                &path,
                &json!([{ "op": op, "path": "title", "value": value }]),
            )
            .expect(200);
    }
    assert_eq!(stored(&client, &path).get("title"), None);
}

/// Figure 7: `path`.
#[test]
fn s3_5_2_malformed_paths_are_invalid_paths() {
    let at = Patcher::start();
    for path in [
        "",
        " ",
        ".",
        "title.",
        ".title",
        "title..x",
        "emails[",
        "emails]",
        "emails[type eq \"work\"",
        "emails[type eq \"work\"]value",
        "emails[type eq \"work\"].",
        "emails[type eq \"work\"].value.x",
        "emails[type eq \"work\"][primary eq true]",
        "emails[]",
        "emails[type]",
        "emails[type xx \"work\"]",
        "title value",
        "/title",
        "1title",
        "emails[0]",
        "emails[0].value",
        "emails.0.value",
        "name/givenName",
        "nothing",
        "name.nothing",
        "emails.nothing",
        "emails[type eq \"work\"].nothing",
        "department",
        "urn:x:title",
        &format!("{ENTERPRISE}:nothing"),
        &format!("{ENTERPRISE}."),
        &format!("{ENTERPRISE}:"),
        &format!("{ENTERPRISE}[department pr]"),
        "members",
    ] {
        for op in ["add", "replace", "remove"] {
            let value = (op != "remove").then(|| json!("x"));
            let operation = json!({ "op": op, "path": path, "value": value });
            at.refused(two(), json!([operation]), "invalidPath");
        }
    }
    for path in [json!(1), json!(["title"]), json!({})] {
        at.refused(
            json!({}),
            json!([{ "op": "add", "path": path, "value": "x" }]),
            "invalidPath",
        );
    }
    for filter in [
        "nothing eq \"x\"",
        "value gt 5",
        "primary gt true",
        "primary eq \"true\"",
        "value eq work",
    ] {
        let path = format!("emails[{filter}]");
        at.refused(
            two(),
            json!([{ "op": "remove", "path": path }]),
            "invalidFilter",
        );
    }
    at.refused(
        two(),
        json!([{ "op": "remove", "path": "name[givenName eq \"x\"]" }]),
        "invalidFilter",
    );
    at.refused(
        two(),
        json!([{ "op": "remove", "path": "userName[value eq \"x\"]" }]),
        "invalidFilter",
    );
}

/// §3.5.2: one operation fails, and nothing has happened; a later one sees what earlier ones did.
#[test]
fn s3_5_2_atomic_and_in_order() {
    let at = Patcher::start();
    at.refused(
        two(),
        json!([
            { "op": "replace", "path": "title", "value": "x" },
            { "op": "remove", "path": "emails" },
            { "op": "replace", "path": "active", "value": "x" },
        ]),
        "invalidValue",
    );
    at.becomes(
        json!({}),
        json!([
            { "op": "add", "path": "emails", "value": [{ "value": "n@x", "type": "work" }] },
            { "op": "replace", "path": "emails[type eq \"work\"].value", "value": "m@x" },
            { "op": "add", "path": "nickName", "value": "A" },
            { "op": "remove", "path": "nickName" },
        ]),
        json!({ "emails": [{ "value": "m@x", "type": "work" }], "nickName": null }),
    );
}

/// With `attributes` a PATCH is 200 and answers just those.
#[test]
fn s3_5_2_attributes_of_the_answer() {
    let fixture = strict(&[]);
    let client = fixture.client();
    let path = made(&client, "/Users", &user("ada", two()));
    let at = query(&path, &[("attributes", "title")]);
    let reply = client
        .operations(
            &at,
            &json!([{ "op": "add", "path": "title", "value": "x" }]),
        )
        .expect(200);
    let mut body = reply.json();
    body.as_object_mut()
        .unwrap()
        .retain(|name, _| name != "id" && name != "schemas");
    assert_eq!(body, json!({ "title": "x" }));
    client
        .operations(
            "/Users/nobody",
            &json!([{ "op": "remove", "path": "title" }]),
        )
        .refused(404, None);
}

/// §3.5.2: a value that becomes primary takes that from the others.
#[test]
fn s3_5_2_one_primary() {
    let at = Patcher::start();
    let work = |primary: Value| json!({ "value": "w@x", "type": "work", "primary": primary, "display": "W" });
    at.becomes(
        two(),
        json!([{ "op": "add", "path": "emails", "value": [{ "value": "n@x", "primary": true }] }]),
        json!({ "emails": [work(json!(false)), { "value": "h@x", "type": "home", "display": "H" }, { "value": "n@x", "primary": true }] }),
    );
    for operation in [
        json!({ "op": "replace", "path": "emails[type eq \"home\"].primary", "value": true }),
        json!({ "op": "add", "path": "emails[type eq \"home\"].primary", "value": true }),
        json!({ "op": "add", "path": "emails[type eq \"home\"]", "value": { "primary": true } }),
    ] {
        at.becomes(
            two(),
            json!([operation]),
            json!({ "emails": [work(json!(false)), { "value": "h@x", "type": "home", "display": "H", "primary": true }] }),
        );
    }
    at.refused(two(), json!([{ "op": "replace", "path": "emails", "value": [{ "value": "a", "primary": true }, { "value": "b", "primary": true }] }]), "invalidValue");
    for path in ["emails.primary", "emails[value pr].primary"] {
        let path_user = at.user(&two());
        at.client
            .operations(
                &path_user,
                &json!([{ "op": "replace", "path": path, "value": true }]),
            )
            .expect(200);
        let emails = stored(&at.client, &path_user)["emails"]
            .as_array()
            .unwrap()
            .clone();
        let primary = emails
            .iter()
            .filter(|email| email["primary"] == true)
            .count();
        assert_eq!(primary, 1, "{path}: {emails:?}");
    }
}

/// §3.5.2: readOnly targets are 400 `mutability`, in every syntax.
#[test]
fn s3_5_2_read_only_targets() {
    let at = Patcher::start();
    for (path, value) in [
        ("id", json!("x")),
        ("meta", json!({ "version": "x" })),
        ("meta.created", json!("2020-01-01T00:00:00Z")),
        ("meta.version", json!("W/\"9\"")),
        ("schemas", json!([USER])),
        ("schemas", json!(["urn:x"])),
        ("groups", json!([{ "value": "x" }])),
        ("groups.value", json!("x")),
        ("groups[value eq \"x\"]", json!({ "value": "x" })),
        ("groups[value eq \"x\"].display", json!("x")),
        ("schemas[value eq \"urn:x\"]", json!("x")),
        (&format!("{ENTERPRISE}:manager.displayName"), json!("x")),
    ] {
        for op in ["add", "replace"] {
            at.refused(
                json!({}),
                json!([{ "op": op, "path": path, "value": value }]),
                "mutability",
            );
        }
        at.refused(
            json!({}),
            json!([{ "op": "remove", "path": path }]),
            "mutability",
        );
        if !path.contains(['.', '[', ':']) {
            at.refused(
                json!({}),
                json!([{ "op": "replace", "value": { path: value } }]),
                "mutability",
            );
        }
    }
}

/// §3.5.2.1: `add`.
#[test]
fn s3_5_2_1_add() {
    let at = Patcher::start();
    at.refused(
        json!({}),
        json!([{ "op": "add", "path": "title" }]),
        "invalidValue",
    );
    at.refused(json!({}), json!([{ "op": "add" }]), "invalidValue");
    at.becomes(
        json!({}),
        json!([{ "op": "add", "path": "title", "value": "Dr" }]),
        json!({ "title": "Dr" }),
    );
    at.becomes(
        json!({ "title": "Dr" }),
        json!([{ "op": "add", "path": "title", "value": "Prof" }]),
        json!({ "title": "Prof" }),
    );
    at.becomes(
        json!({ "name": { "givenName": "A", "familyName": "L" } }),
        json!([{ "op": "add", "path": "name", "value": { "familyName": "K", "middleName": "M" } }]),
        json!({ "name": { "givenName": "A", "familyName": "K", "middleName": "M" } }),
    );
    at.becomes(
        json!({ "emails": [{ "value": "a@x" }] }),
        json!([{ "op": "add", "path": "emails", "value": [{ "value": "b@x" }, { "value": "a@x" }] }]),
        json!({ "emails": [{ "value": "a@x" }, { "value": "b@x" }] }),
    );
    at.becomes(
        json!({ "title": "Dr", "emails": [{ "value": "a@x" }], "name": { "givenName": "A" } }),
        json!([{ "op": "add", "value": { "title": "Prof", "emails": [{ "value": "b@x" }], "name": { "familyName": "L" }, "active": false } }]),
        json!({ "title": "Prof", "emails": [{ "value": "a@x" }, { "value": "b@x" }], "name": { "givenName": "A", "familyName": "L" }, "active": false }),
    );
    for value in [
        json!({ "op": "add", "path": "emails", "value": [{ "type": "home", "display": "H", "value": "h@x" }] }),
        json!({ "op": "add", "path": "emails", "value": [] }),
        json!({ "op": "add", "path": "active", "value": true }),
        json!({ "op": "add", "value": { "active": true, "emails": [{ "value": "h@x", "type": "home", "display": "H" }] } }),
        json!({ "op": "add", "value": {} }),
        json!({ "op": "add", "path": "name", "value": {} }),
    ] {
        at.idle(two(), json!([value]));
    }
}

/// §3.5.2.2: `remove`.
#[test]
fn s3_5_2_2_remove() {
    let at = Patcher::start();
    at.refused(two(), json!([{ "op": "remove" }]), "noTarget");
    at.refused(
        two(),
        json!([{ "op": "remove", "value": { "title": "x" } }]),
        "noTarget",
    );
    at.refused(
        two(),
        json!([{ "op": "remove", "path": "userName" }]),
        "mutability",
    );
    at.refused(
        two(),
        json!([{ "op": "remove", "path": "emails", "value": [{ "value": "w@x" }] }]),
        "invalidSyntax",
    );
    at.becomes(
        two(),
        json!([{ "op": "remove", "path": "emails" }]),
        json!({ "emails": null }),
    );
    at.becomes(
        two(),
        json!([{ "op": "remove", "path": "emails[type eq \"work\"]" }]),
        json!({ "emails": [{ "value": "h@x", "type": "home", "display": "H" }] }),
    );
    at.becomes(
        two(),
        json!([{ "op": "remove", "path": "emails[type eq \"work\"]" }, { "op": "remove", "path": "emails[type eq \"home\"]" }]),
        json!({ "emails": null }),
    );
    at.becomes(
        json!({ "name": { "givenName": "A", "familyName": "L" } }),
        json!([{ "op": "remove", "path": "name.givenName" }]),
        json!({ "name": { "familyName": "L" } }),
    );
    at.becomes(
        json!({ "name": { "givenName": "A" } }),
        json!([{ "op": "remove", "path": "name.givenName" }]),
        json!({ "name": null }),
    );
    at.becomes(
        two(),
        json!([{ "op": "remove", "path": "emails[type eq \"work\"].display" }]),
        json!({ "emails": [{ "value": "w@x", "type": "work", "primary": true }, { "value": "h@x", "type": "home", "display": "H" }] }),
    );
    for path in [
        "title",
        "name",
        "name.givenName",
        "phoneNumbers",
        "emails[type eq \"other\"]",
        "emails[type eq \"other\"].value",
        "phoneNumbers[type eq \"work\"].value",
        ENTERPRISE,
        &format!("{ENTERPRISE}:department"),
        &format!("{ENTERPRISE}:manager.value"),
    ] {
        at.idle(two(), json!([{ "op": "remove", "path": path }]));
    }
}

/// §3.5.2.3: `replace`.
#[test]
fn s3_5_2_3_replace() {
    let at = Patcher::start();
    at.refused(
        json!({}),
        json!([{ "op": "replace", "path": "title" }]),
        "invalidValue",
    );
    at.becomes(
        json!({}),
        json!([{ "op": "replace", "path": "title", "value": "Dr" }]),
        json!({ "title": "Dr" }),
    );
    at.becomes(
        json!({ "title": "Dr" }),
        json!([{ "op": "replace", "path": "title", "value": null }]),
        json!({ "title": null }),
    );
    at.refused(
        json!({}),
        json!([{ "op": "replace", "path": "userName", "value": null }]),
        "invalidValue",
    );
    at.becomes(
        two(),
        json!([{ "op": "replace", "path": "emails", "value": [{ "value": "z@x" }] }]),
        json!({ "emails": [{ "value": "z@x" }] }),
    );
    at.becomes(
        json!({ "name": { "givenName": "A", "familyName": "L" } }),
        json!([{ "op": "replace", "path": "name", "value": { "familyName": "K" } }]),
        json!({ "name": { "givenName": "A", "familyName": "K" } }),
    );
    at.becomes(
        two(),
        json!([{ "op": "replace", "path": "emails[type eq \"work\"]", "value": { "value": "q@x", "type": "other" } }]),
        json!({ "emails": [{ "value": "q@x", "type": "other" }, { "value": "h@x", "type": "home", "display": "H" }] }),
    );
    at.becomes(
        two(),
        json!([{ "op": "replace", "path": "emails[value pr].display", "value": "same" }]),
        json!({ "emails": [{ "value": "w@x", "type": "work", "primary": true, "display": "same" }, { "value": "h@x", "type": "home", "display": "same" }] }),
    );
    for path in [
        "emails[type eq \"other\"].value",
        "emails[type eq \"other\"]",
        "phoneNumbers[type eq \"work\"].value",
    ] {
        for op in ["replace", "add"] {
            let value = if path.ends_with(']') {
                json!({ "value": "x" })
            } else {
                json!("x")
            };
            at.refused(
                two(),
                json!([{ "op": op, "path": path, "value": value }]),
                "noTarget",
            );
        }
    }
    at.becomes(
        json!({ "title": "Dr", "emails": [{ "value": "a@x" }], "name": { "givenName": "A" } }),
        json!([{ "op": "replace", "value": { "title": null, "emails": [{ "value": "b@x" }], "name": { "familyName": "L" } } }]),
        json!({ "title": null, "emails": [{ "value": "b@x" }], "name": { "givenName": "A", "familyName": "L" } }),
    );
    at.idle(
        two(),
        json!([{ "op": "replace", "path": "emails", "value": two()["emails"] }]),
    );
    at.idle(
        two(),
        json!([{ "op": "replace", "path": "emails[type eq \"work\"].value", "value": "w@x" }]),
    );
}
