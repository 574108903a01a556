//! PATCH on attributes that only documents know (RFC 7644 §3.5.2).

use serde_json::{Value, json};

use super::{EXTENSION, made, resource, start};

/// A resource, an operation, what the attribute is afterwards (`null`: gone).
fn cases() -> Vec<(Value, Value, &'static str, Value)> {
    let strings = json!({ "multiStrings": ["a", "b", "c"] });
    let complex = json!({ "multiComplex": [{ "value": "1", "type": "x", "primary": true }, { "value": "2", "type": "y" }] });
    let add = |path: &str, value: Value| json!({ "op": "add", "path": path, "value": value });
    let replace =
        |path: &str, value: Value| json!({ "op": "replace", "path": path, "value": value });
    let remove = |path: &str| json!({ "op": "remove", "path": path });
    let s = "multiStrings";
    let c = "multiComplex";
    vec![
        (
            strings.clone(),
            add(s, json!("d")),
            s,
            json!(["a", "b", "c", "d"]),
        ),
        (
            strings.clone(),
            add(s, json!(["b", "e"])),
            s,
            json!(["a", "b", "c", "e"]),
        ),
        (strings.clone(), replace(s, json!(["z"])), s, json!(["z"])),
        (
            strings.clone(),
            remove("multiStrings[value eq \"B\"]"),
            s,
            json!(["a", "c"]),
        ),
        (
            strings.clone(),
            remove("multiStrings[value sw \"a\" or value eq \"c\"]"),
            s,
            json!(["b"]),
        ),
        (
            strings.clone(),
            remove("multiStrings[not (value eq \"nobody\")]"),
            s,
            Value::Null,
        ),
        (
            strings.clone(),
            replace("multiStrings[value eq \"b\"]", json!("x")),
            s,
            json!(["a", "x", "c"]),
        ),
        (
            strings.clone(),
            replace("multiStrings[value eq \"b\"]", json!("c")),
            s,
            json!(["a", "c"]),
        ),
        (strings.clone(), remove(s), s, Value::Null),
        (
            strings,
            json!({ "op": "add", "value": { "multistrings": ["d"] } }),
            s,
            json!(["a", "b", "c", "d"]),
        ),
        (
            complex.clone(),
            add(c, json!([{ "value": "3", "primary": true }])),
            c,
            json!([{ "value": "1", "type": "x", "primary": false }, { "value": "2", "type": "y" }, { "value": "3", "primary": true }]),
        ),
        (
            complex.clone(),
            replace("multiComplex[type eq \"y\"].primary", json!(true)),
            c,
            json!([{ "value": "1", "type": "x", "primary": false }, { "value": "2", "type": "y", "primary": true }]),
        ),
        (
            complex.clone(),
            remove("multiComplex[primary eq true]"),
            c,
            json!([{ "value": "2", "type": "y" }]),
        ),
        (
            complex.clone(),
            remove("multiComplex.type"),
            c,
            json!([{ "value": "1", "primary": true }, { "value": "2" }]),
        ),
        (
            complex,
            replace("multiComplex[value eq \"2\"]", json!({ "value": "9" })),
            c,
            json!([{ "value": "1", "type": "x", "primary": true }, { "value": "9" }]),
        ),
        (
            json!({ "complexAttr": { "sub1": "a", "sub2": "b" } }),
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
            add(&format!("{EXTENSION}:extInteger"), json!(5)),
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
            json!({ EXTENSION: { "extRequired": "yes", "extString": "s" } }),
            replace(&format!("{EXTENSION}:extString"), Value::Null),
            EXTENSION,
            json!({ "extRequired": "yes" }),
        ),
    ]
}

#[test]
fn every_operation_does_what_the_rfc_says() {
    let fixture = start();
    let client = fixture.client();
    for (ordinal, (start, operation, name, wanted)) in cases().into_iter().enumerate() {
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
