//! Every case of RFC 7644 §3.5.2 as a table: a document, operations, and what is there afterwards.

use serde_json::{Map, Value, json};

use super::{MemberDelta, Patch, Policy, Unmatched, apply};
use crate::scim::budget::WorkBudget;
use crate::scim::error::ErrorKind;
use crate::scim::resource::{Document, Member};
use crate::scim::schema::{ENTERPRISE_URN, GroupNames, Registry, ResourceType};
use crate::scim::validate;

const STRICT: Policy = Policy {
    add: Unmatched::NoTarget,
    replace: Unmatched::NoTarget,
};
const CREATE: Policy = Policy {
    add: Unmatched::Create,
    replace: Unmatched::Create,
};

fn rt(name: &str) -> std::sync::Arc<ResourceType> {
    let registry = Registry::standard(GroupNames::Unique).unwrap();
    std::sync::Arc::clone(registry.by_name(name).unwrap())
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        other => panic!("{other} is no object"),
    }
}

fn user(mut body: Value) -> Document {
    let rt = rt("User");
    body["schemas"] = json!([&*rt.schema.id]);
    body["userName"] = json!("ada");
    validate::create(&rt, object(body)).unwrap().document
}

fn message(operations: Value) -> Map<String, Value> {
    object(json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        "Operations": operations,
    }))
}

fn run(document: &Document, operations: Value, policy: Policy) -> Result<Value, ErrorKind> {
    let rt = rt("User");
    let patch = Patch::parse(&rt, message(operations)).map_err(|error| error.kind)?;
    let mut changed = document.clone();
    apply(
        &rt,
        &patch,
        &mut changed,
        policy,
        &mut WorkBudget::default(),
    )
    .map_err(|error| error.kind)?;
    Ok(Value::Object(changed.into_map()))
}

/// Asserts what an attribute is after the operations.
#[track_caller]
fn becomes(start: Value, operations: Value, name: &str, expected: Value) {
    let after = run(&user(start), operations, STRICT).unwrap();
    assert_eq!(after.get(name).cloned().unwrap_or(Value::Null), expected);
}

#[track_caller]
fn refused(start: Value, operations: Value, kind: ErrorKind) {
    assert_eq!(run(&user(start), operations, STRICT), Err(kind));
}

fn two_emails() -> Value {
    json!({ "emails": [
        { "value": "w@x.example", "type": "work", "primary": true },
        { "value": "h@x.example", "type": "home" },
    ] })
}

#[test]
fn a_message_without_its_parts_is_invalid_syntax() {
    let rt = rt("User");
    for body in [
        json!({ "Operations": [{ "op": "add", "value": {} }] }),
        json!({ "schemas": ["urn:x"], "Operations": [{ "op": "add", "value": {} }] }),
        json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"] }),
        json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [] }),
        json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": {} }),
        json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [1] }),
        json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [{ "value": {} }] }),
        json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
                "Operations": [{ "op": "move", "path": "title", "value": "x" }] }),
    ] {
        let shown = body.to_string();
        let error = Patch::parse(&rt, object(body)).unwrap_err();
        assert_eq!(error.kind, ErrorKind::InvalidSyntax, "{shown}");
    }
}

#[test]
fn add_sets_appends_and_merges() {
    becomes(
        json!({}),
        json!([{ "op": "add", "path": "title", "value": "Dr" }]),
        "title",
        json!("Dr"),
    );
    becomes(
        json!({}),
        json!([{ "op": "Add", "value": { "title": "Dr" } }]),
        "title",
        json!("Dr"),
    );
    becomes(
        json!({ "name": { "givenName": "Ada" } }),
        json!([{ "op": "add", "path": "name", "value": { "familyName": "L" } }]),
        "name",
        json!({ "givenName": "Ada", "familyName": "L" }),
    );
    becomes(
        json!({ "emails": [{ "value": "a@x" }] }),
        json!([{ "op": "add", "path": "emails", "value": [{ "value": "b@x" }] }]),
        "emails",
        json!([{ "value": "a@x" }, { "value": "b@x" }]),
    );
    becomes(
        json!({}),
        json!([{ "op": "add", "path": "emails", "value": { "value": "b@x" } }]),
        "emails",
        json!([{ "value": "b@x" }]),
    );
}

#[test]
fn add_of_what_is_there_changes_nothing() {
    let start = user(two_emails());
    let operations = json!([
        { "op": "add", "path": "emails", "value": [{ "type": "home", "value": "h@x.example" }] },
        { "op": "add", "path": "active", "value": true },
        { "op": "replace", "path": "name", "value": {} },
        { "op": "replace", "path": "userName", "value": "ada" },
    ]);
    assert_eq!(
        run(&start, operations, STRICT).unwrap(),
        Value::Object(start.into_map())
    );
}

#[test]
fn a_new_primary_value_takes_it_from_the_others() {
    becomes(
        two_emails(),
        json!([{ "op": "add", "path": "emails", "value": [{ "value": "n@x", "primary": true }] }]),
        "emails",
        json!([
            { "value": "w@x.example", "type": "work", "primary": false },
            { "value": "h@x.example", "type": "home" },
            { "value": "n@x", "primary": true },
        ]),
    );
    becomes(
        two_emails(),
        json!([{ "op": "replace", "path": "emails[type eq \"home\"].primary", "value": true }]),
        "emails",
        json!([
            { "value": "w@x.example", "type": "work", "primary": false },
            { "value": "h@x.example", "type": "home", "primary": true },
        ]),
    );
}

#[test]
fn replace_is_whole_for_lists_and_by_part_for_objects() {
    becomes(
        two_emails(),
        json!([{ "op": "replace", "path": "emails", "value": [{ "value": "z@x" }] }]),
        "emails",
        json!([{ "value": "z@x" }]),
    );
    becomes(
        two_emails(),
        json!([{ "op": "replace", "path": "emails", "value": [] }]),
        "emails",
        Value::Null,
    );
    becomes(
        json!({ "name": { "givenName": "Ada", "familyName": "L" } }),
        json!([{ "op": "replace", "path": "name.familyName", "value": "King" }]),
        "name",
        json!({ "givenName": "Ada", "familyName": "King" }),
    );
    becomes(
        two_emails(),
        json!([{ "op": "replace", "path": "emails[type eq \"work\"]", "value": { "value": "q@x" } }]),
        "emails",
        json!([{ "value": "q@x" }, { "value": "h@x.example", "type": "home" }]),
    );
    becomes(
        two_emails(),
        json!([{ "op": "replace", "path": "emails[type eq \"work\" and primary eq true].value", "value": "q@x" }]),
        "emails",
        json!([
            { "value": "q@x", "type": "work", "primary": true },
            { "value": "h@x.example", "type": "home" },
        ]),
    );
}

#[test]
fn remove_takes_attributes_values_and_parts() {
    becomes(
        two_emails(),
        json!([{ "op": "remove", "path": "emails" }]),
        "emails",
        Value::Null,
    );
    becomes(
        two_emails(),
        json!([{ "op": "remove", "path": "emails[not (type eq \"home\")]" }]),
        "emails",
        json!([{ "value": "h@x.example", "type": "home" }]),
    );
    becomes(
        two_emails(),
        json!([{ "op": "remove", "path": "emails.type" }, { "op": "remove", "path": "emails.primary" }]),
        "emails",
        json!([{ "value": "w@x.example" }, { "value": "h@x.example" }]),
    );
    becomes(
        json!({ "emails": [{ "value": "only@x" }] }),
        json!([{ "op": "remove", "path": "emails[value eq \"only@x\"]" }]),
        "emails",
        Value::Null,
    );
    becomes(
        two_emails(),
        json!([{ "op": "remove", "path": "emails[type eq \"other\"]" }]),
        "title",
        Value::Null,
    );
}

#[test]
fn later_operations_see_earlier_ones() {
    becomes(
        json!({}),
        json!([
            { "op": "add", "path": "nickName", "value": "A" },
            { "op": "remove", "path": "nickName" },
            { "op": "replace", "path": "nickName", "value": "B" },
        ]),
        "nickName",
        json!("B"),
    );
}

#[test]
fn refusals_have_their_scim_type() {
    use ErrorKind::{InvalidFilter, InvalidPath, InvalidValue, NoTarget};
    let one =
        |op: &str, path: &str, value: Value| json!([{ "op": op, "path": path, "value": value }]);
    refused(json!({}), json!([{ "op": "remove" }]), NoTarget);
    refused(
        two_emails(),
        one("replace", "emails[type eq \"x\"].value", json!("v")),
        NoTarget,
    );
    refused(
        two_emails(),
        one("add", "emails[type eq \"x\"].value", json!("v")),
        NoTarget,
    );
    refused(
        json!({}),
        json!([{ "op": "add", "path": "title" }]),
        InvalidValue,
    );
    refused(
        json!({}),
        json!([{ "op": "replace", "path": "title" }]),
        InvalidValue,
    );
    refused(json!({}), one("add", "nothing", json!("x")), InvalidPath);
    refused(
        json!({}),
        one("add", "name.nothing", json!("x")),
        InvalidPath,
    );
    refused(json!({}), one("add", "emails[", json!("x")), InvalidPath);
    refused(
        json!({}),
        one("add", "emails[nothing eq 1]", json!("x")),
        InvalidFilter,
    );
}

#[test]
fn values_that_may_not_be_written_are_refused() {
    use ErrorKind::{InvalidPath, InvalidSyntax, InvalidValue, Mutability};
    let one =
        |op: &str, path: &str, value: Value| json!([{ "op": op, "path": path, "value": value }]);
    refused(json!({}), one("add", "id", json!("x")), Mutability);
    refused(
        json!({}),
        one("replace", "meta.created", json!("x")),
        Mutability,
    );
    refused(
        json!({}),
        one("add", "groups", json!([{ "value": "x" }])),
        Mutability,
    );
    refused(
        json!({}),
        one("add", "schemas", json!(["urn:x"])),
        Mutability,
    );
    refused(
        json!({}),
        json!([{ "op": "remove", "path": "userName" }]),
        Mutability,
    );
    refused(
        json!({}),
        one("replace", "userName", json!("")),
        InvalidValue,
    );
    refused(
        json!({}),
        one("replace", "active", json!("False")),
        InvalidValue,
    );
    refused(
        json!({}),
        one("replace", "emails", json!("a@x")),
        InvalidValue,
    );
    refused(
        json!({}),
        one("remove", "emails", json!([{ "value": "a@x" }])),
        InvalidSyntax,
    );
    refused(
        json!({}),
        json!([{ "op": "add", "value": { "name.givenName": "x" } }]),
        InvalidPath,
    );
    refused(
        json!({}),
        json!([{ "op": "add", "value": "x" }]),
        InvalidValue,
    );
    let two = json!([{ "value": "a", "primary": true }, { "value": "b", "primary": true }]);
    refused(json!({}), one("add", "emails", two), InvalidValue);
}

#[test]
fn an_extension_comes_and_goes_with_its_urn() {
    let path = format!("{ENTERPRISE_URN}:department");
    let after = run(
        &user(json!({})),
        json!([{ "op": "add", "path": path, "value": "R&D" }]),
        STRICT,
    )
    .unwrap();
    assert_eq!(after["schemas"][1], json!(ENTERPRISE_URN));
    assert_eq!(after[ENTERPRISE_URN], json!({ "department": "R&D" }));
    let whole = json!([
        { "op": "add", "path": ENTERPRISE_URN, "value": { "schemas": [ENTERPRISE_URN], "department": "R&D", "costCenter": "1" } },
        { "op": "remove", "path": path },
        { "op": "remove", "path": format!("{ENTERPRISE_URN}:costCenter") },
    ]);
    let after = run(&user(json!({})), whole, STRICT).unwrap();
    assert_eq!(after["schemas"].as_array().unwrap().len(), 1);
    assert!(after.get(ENTERPRISE_URN).is_none());
}

#[test]
fn a_lenient_profile_makes_the_value_from_the_filter() {
    let operations = json!([
        { "op": "add", "path": "addresses[type eq \"Work\"].country", "value": "EE" },
        { "op": "replace", "path": "addresses[type eq \"work\"].locality", "value": "Tartu" },
    ]);
    let after = run(&user(json!({})), operations, CREATE).unwrap();
    assert_eq!(
        after["addresses"],
        json!([{ "type": "Work", "country": "EE", "locality": "Tartu" }])
    );
}

#[test]
fn members_become_deltas_and_never_a_part_of_the_document() {
    let rt = rt("Group");
    let body = json!({ "schemas": [&*rt.schema.id], "displayName": "G", "members": [{ "value": "1" }, { "value": "1" }] });
    let incoming = validate::create(&rt, object(body)).unwrap();
    let member = |id: &str| Member {
        value: id.to_owned(),
        display: None,
        kind: None,
    };
    assert_eq!(incoming.members, [member("1")]);
    assert!(incoming.document.as_map().get("members").is_none());
    let operations = json!([
        { "op": "add", "path": "members", "value": [{ "value": "2", "$ref": null }, { "value": "2" }] },
        { "op": "remove", "path": "members[value eq \"1\"]" },
        { "op": "replace", "value": { "displayName": "H", "members": [] } },
        { "op": "remove", "path": "members" },
        { "op": "replace", "path": "members[value eq \"2\"].display", "value": "D" },
    ]);
    let patch = Patch::parse(&rt, message(operations)).unwrap();
    let mut document = incoming.document;
    let applied = apply(
        &rt,
        &patch,
        &mut document,
        STRICT,
        &mut WorkBudget::default(),
    )
    .unwrap();
    assert_eq!(document.text("displayName"), Some("H"));
    assert_eq!(applied.members[0], MemberDelta::Add(vec![member("2")]));
    assert_eq!(applied.members[1], MemberDelta::Remove("1".to_owned()));
    assert_eq!(applied.members[2], MemberDelta::Set(Vec::new()));
    assert_eq!(applied.members[3], MemberDelta::Clear);
    assert!(
        matches!(&applied.members[4], MemberDelta::Display { display: Some(text), .. } if text == "D")
    );
    let change =
        json!([{ "op": "replace", "path": "members[value eq \"2\"].value", "value": "3" }]);
    let patch = Patch::parse(&rt, message(change)).unwrap();
    let error = apply(
        &rt,
        &patch,
        &mut document,
        STRICT,
        &mut WorkBudget::default(),
    )
    .unwrap_err();
    assert_eq!(error.kind, ErrorKind::Mutability);
}
