//! PATCH on attributes that only documents know (RFC 7644 §3.5.2).

use serde_json::{Value, json};

use super::{EXTENSION, made, resource, start};

/// A resource, an operation, an attribute and what it is afterwards (`null`: gone).
type Case = (Value, Value, &'static str, Value);

fn add(path: &str, value: Value) -> Value {
    json!({ "op": "add", "path": path, "value": value })
}

fn replace(path: &str, value: Value) -> Value {
    json!({ "op": "replace", "path": path, "value": value })
}

fn remove(path: &str) -> Value {
    json!({ "op": "remove", "path": path })
}

fn of_many_texts() -> Vec<Case> {
    let name = "multiStrings";
    let operations = [
        (add(name, json!("d")), json!(["a", "b", "c", "d"])),
        (add(name, json!(["b", "e"])), json!(["a", "b", "c", "e"])),
        (replace(name, json!(["z"])), json!(["z"])),
        (remove("multiStrings[value eq \"B\"]"), json!(["a", "c"])),
        (
            remove("multiStrings[value sw \"a\" or value eq \"c\"]"),
            json!(["b"]),
        ),
        (
            remove("multiStrings[not (value eq \"nobody\")]"),
            Value::Null,
        ),
        (
            replace("multiStrings[value eq \"b\"]", json!("x")),
            json!(["a", "x", "c"]),
        ),
        (
            replace("multiStrings[value eq \"b\"]", json!("c")),
            json!(["a", "c"]),
        ),
        (remove(name), Value::Null),
        (
            json!({ "op": "add", "value": { "multistrings": ["d"] } }),
            json!(["a", "b", "c", "d"]),
        ),
    ];
    let texts = json!({ name: ["a", "b", "c"] });
    operations
        .map(|(operation, wanted)| (texts.clone(), operation, name, wanted))
        .into()
}

fn of_many_objects() -> Vec<Case> {
    let name = "multiComplex";
    let first = json!({ "value": "1", "type": "x", "primary": true });
    let second = json!({ "value": "2", "type": "y" });
    let no_longer = json!({ "value": "1", "type": "x", "primary": false });
    let operations = [
        (
            add(name, json!([{ "value": "3", "primary": true }])),
            json!([no_longer, second, { "value": "3", "primary": true }]),
        ),
        (
            replace("multiComplex[type eq \"y\"].primary", json!(true)),
            json!([no_longer, { "value": "2", "type": "y", "primary": true }]),
        ),
        (remove("multiComplex[primary eq true]"), json!([second])),
        (
            remove("multiComplex.type"),
            json!([{ "value": "1", "primary": true }, { "value": "2" }]),
        ),
        (
            replace("multiComplex[value eq \"2\"]", json!({ "value": "9" })),
            json!([first, { "value": "9" }]),
        ),
    ];
    let objects = json!({ name: [first, second] });
    operations
        .map(|(operation, wanted)| (objects.clone(), operation, name, wanted))
        .into()
}

fn of_single_values() -> Vec<Case> {
    let path = |name: &str| format!("{EXTENSION}:{name}");
    let complex = json!({ "complexAttr": { "sub1": "a", "sub2": "b" } });
    let extended = json!({ EXTENSION: { "extRequired": "yes", "extString": "s" } });
    vec![
        (
            complex,
            replace("complexAttr", json!({ "sub2": "c" })),
            "complexAttr",
            json!({ "sub1": "a", "sub2": "c" }),
        ),
        (
            json!({ "complexAttr": { "sub1": "a" } }),
            remove("complexAttr.sub1"),
            "complexAttr",
            Value::Null,
        ),
        (
            json!({}),
            add("complexAttr.sub3", json!("z")),
            "complexAttr",
            json!({ "sub3": "z" }),
        ),
        (
            json!({}),
            add("INTEGERATTR", json!(4)),
            "integerAttr",
            json!(4),
        ),
        (
            json!({ "booleanAttr": true }),
            replace("booleanAttr", Value::Null),
            "booleanAttr",
            Value::Null,
        ),
        (
            json!({}),
            add(&path("extInteger"), json!(5)),
            EXTENSION,
            json!({ "extRequired": "yes", "extInteger": 5 }),
        ),
        (
            json!({}),
            add(EXTENSION, json!({ "extString": "s" })),
            EXTENSION,
            json!({ "extRequired": "yes", "extString": "s" }),
        ),
        (
            extended,
            replace(&path("extString"), Value::Null),
            EXTENSION,
            json!({ "extRequired": "yes" }),
        ),
    ]
}

#[test]
fn every_operation_does_what_the_rfc_says() {
    let fixture = start();
    let client = fixture.client();
    let cases = [of_many_texts(), of_many_objects(), of_single_values()].concat();
    for (ordinal, (start, operation, name, wanted)) in cases.into_iter().enumerate() {
        let path = made(
            &client,
            "/TestResources",
            &resource(&format!("r{ordinal}"), &start),
        );
        let answer = client.operations(&path, &json!([operation]));
        assert_eq!(answer.status, 200, "{operation}: {}", answer.text());
        let stored = client.get(&path).expect(200).json();
        assert_eq!(answer.json(), stored, "{operation}");
        assert_eq!(
            stored.get(name).unwrap_or(&Value::Null),
            &wanted,
            "{operation}"
        );
    }
}

#[test]
fn what_is_there_already_changes_nothing() {
    let fixture = start();
    let client = fixture.client();
    let values = json!({ "multiStrings": ["a"], "integerAttr": 1, "complexAttr": { "sub1": "x" } });
    let path = made(&client, "/TestResources", &resource("a", &values));
    let before = client.get(&path).expect(200).json();
    let operations = json!([
        { "op": "add", "path": "multiStrings", "value": ["a"] },
        { "op": "replace", "path": "integerAttr", "value": 1 },
        { "op": "add", "path": "complexAttr", "value": { "sub1": "x" } },
        { "op": "remove", "path": "multiStrings[value eq \"z\"]" },
    ]);
    client.operations(&path, &operations).expect(200);
    assert_eq!(client.get(&path).expect(200).json(), before);
}

#[test]
fn a_refused_operation_leaves_everything() {
    let fixture = start();
    let client = fixture.client();
    let path = made(
        &client,
        "/TestResources",
        &resource("a", &json!({ "multiStrings": ["a"] })),
    );
    let before = client.get(&path).expect(200).json();
    for (operation, status, kind) in [
        (
            json!({ "op": "add", "path": "nothing", "value": 1 }),
            400,
            "invalidPath",
        ),
        (
            json!({ "op": "add", "path": "extString", "value": "x" }),
            400,
            "invalidPath",
        ),
        (
            json!({ "op": "replace", "path": "integerAttr", "value": "x" }),
            400,
            "invalidValue",
        ),
        (
            json!({ "op": "add", "path": "multiStrings", "value": [1] }),
            400,
            "invalidValue",
        ),
        (
            json!({ "op": "replace", "path": "multiStrings[value eq \"z\"]", "value": "y" }),
            400,
            "noTarget",
        ),
    ] {
        let operations =
            json!([{ "op": "replace", "path": "identifier", "value": "changed" }, operation]);
        client
            .operations(&path, &operations)
            .refused(status, Some(kind));
        assert_eq!(client.get(&path).expect(200).json(), before, "{operation}");
    }
    let stale = client.send_json(
        "PATCH",
        &path,
        &[("If-Match", "W/\"77\"")],
        &crate::support::patch_body(&json!([{ "op": "remove", "path": "multiStrings" }])),
    );
    stale.refused(412, None);
}
