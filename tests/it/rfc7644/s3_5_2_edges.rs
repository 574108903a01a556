//! Section 3.5.2: the corners that clients and suites find.

use serde_json::json;

use super::s3_5_2_patch::{Patcher, two};
use crate::support::strict::{ENTERPRISE, USER};

/// Complex attributes: `{}`, `null`, unknown and unassigned parts.
#[test]
fn s3_5_2_complex_values() {
    let at = Patcher::start();
    let name = json!({ "name": { "givenName": "A", "familyName": "L" } });
    for op in ["add", "replace"] {
        at.idle(
            name.clone(),
            json!([{ "op": op, "path": "name", "value": {} }]),
        );
        at.idle(
            name.clone(),
            json!([{ "op": op, "path": "name", "value": { "shoe": 42 } }]),
        );
        at.idle(name.clone(), json!([{ "op": op, "value": { "name": {} } }]));
        at.becomes(
            name.clone(),
            json!([{ "op": op, "path": "name", "value": { "givenName": null } }]),
            json!({ "name": { "familyName": "L" } }),
        );
        at.refused(
            name.clone(),
            json!([{ "op": op, "path": "name", "value": "Ada" }]),
            "invalidValue",
        );
        at.refused(
            name.clone(),
            json!([{ "op": op, "path": "name", "value": [] }]),
            "invalidValue",
        );
        at.refused(
            name.clone(),
            json!([{ "op": op, "path": "name.givenName", "value": { "value": "A" } }]),
            "invalidValue",
        );
    }
    at.becomes(
        name.clone(),
        json!([{ "op": "replace", "path": "name", "value": null }]),
        json!({ "name": null }),
    );
}

/// Multi-valued attributes: one object for a list, elements that say nothing, simple values.
#[test]
fn s3_5_2_multi_valued_values() {
    let at = Patcher::start();
    let one = json!({ "emails": [{ "value": "a@x" }] });
    at.becomes(
        one.clone(),
        json!([{ "op": "add", "path": "emails", "value": { "value": "b@x" } }]),
        json!({ "emails": [{ "value": "a@x" }, { "value": "b@x" }] }),
    );
    at.idle(
        one.clone(),
        json!([{ "op": "add", "path": "emails", "value": [{}, null, { "value": null }] }]),
    );
    for nothing in [
        json!([]),
        json!(null),
        json!([{}]),
        json!([{ "value": null }]),
    ] {
        at.becomes(
            one.clone(),
            json!([{ "op": "replace", "path": "emails", "value": nothing }]),
            json!({ "emails": null }),
        );
    }
    for bad in [
        json!("b@x"),
        json!(["b@x"]),
        json!([["b@x"]]),
        json!(1),
        json!([{ "value": 1 }]),
    ] {
        for op in ["add", "replace"] {
            at.refused(
                one.clone(),
                json!([{ "op": op, "path": "emails", "value": bad }]),
                "invalidValue",
            );
            at.refused(
                one.clone(),
                json!([{ "op": op, "value": { "emails": bad } }]),
                "invalidValue",
            );
        }
    }
    at.becomes(
        json!({}),
        json!([{ "op": "add", "value": { "emails": [{ "value": "a@x" }, { "value": "b@x", "primary": true }] } }]),
        json!({ "emails": [{ "value": "a@x" }, { "value": "b@x", "primary": true }] }),
    );
    at.becomes(
        two(),
        json!([{ "op": "remove", "path": "emails.display" }]),
        json!({ "emails": [{ "value": "w@x", "type": "work", "primary": true }, { "value": "h@x", "type": "home" }] }),
    );
    at.becomes(
        json!({ "emails": [{ "display": "only" }] }),
        json!([{ "op": "remove", "path": "emails.display" }]),
        json!({ "emails": null }),
    );
    at.becomes(
        one,
        json!([
            { "op": "add", "path": "emails", "value": [{ "value": "b@x" }] },
            { "op": "remove", "path": "emails[value eq \"b@x\"]" },
        ]),
        json!({ "emails": [{ "value": "a@x" }] }),
    );
}

/// §3.5.2.1: "if the value already exists, no change": also of values that are known by no `value`.
#[test]
fn s3_5_2_1_adding_what_is_there_already() {
    let at = Patcher::start();
    let address = json!({ "streetAddress": "Main St", "type": "work", "primary": true });
    let start = json!({ "addresses": [address, { "locality": "Tartu" }] });
    for value in [
        json!([address]),
        json!(address),
        json!([{ "locality": "Tartu" }, address]),
    ] {
        at.idle(
            start.clone(),
            json!([{ "op": "add", "path": "addresses", "value": value }]),
        );
    }
}

/// Filters in paths: several conditions, `not`, `or`, case, URN before the attribute.
#[test]
fn s3_5_2_value_filters() {
    let at = Patcher::start();
    let (work, home) = (&two()["emails"][0], &two()["emails"][1]);
    for (filter, left) in [
        ("type eq \"work\" and primary eq true", json!([home])),
        ("type eq \"WORK\"", json!([home])),
        ("TYPE EQ \"work\"", json!([home])),
        ("not (type eq \"home\")", json!([home])),
        ("not(type eq \"home\")", json!([home])),
        ("type eq \"work\" or type eq \"home\"", json!(null)),
        ("value sw \"h\"", json!([work])),
        ("primary pr", json!([home])),
        ("not (primary eq true)", json!([work])),
        ("primary eq null", json!([work])),
        ("type eq \"work\" and value eq \"h@x\"", json!([work, home])),
        ("value pr", json!(null)),
    ] {
        for path in [
            format!("emails[{filter}]"),
            format!("{USER}:emails[{filter}]"),
            format!("EMAILS[{filter}]"),
        ] {
            at.becomes(
                two(),
                json!([{ "op": "remove", "path": path }]),
                json!({ "emails": left }),
            );
        }
    }
    at.becomes(
        two(),
        json!([{ "op": "replace", "path": "emails[type eq \"work\" and primary eq true].value", "value": "n@x" }]),
        json!({ "emails": [{ "value": "n@x", "type": "work", "primary": true, "display": "W" }, home] }),
    );
    at.becomes(
        two(),
        json!([{ "op": "add", "path": "emails[type eq \"home\"]", "value": { "display": "New" } }]),
        json!({ "emails": [work, { "value": "h@x", "type": "home", "display": "New" }] }),
    );
    at.becomes(
        two(),
        json!([{ "op": "replace", "path": "emails[type eq \"work\"].display", "value": null }]),
        json!({ "emails": [{ "value": "w@x", "type": "work", "primary": true }, home] }),
    );
    at.becomes(
        two(),
        json!([{ "op": "replace", "path": "emails[type eq \"work\"]", "value": {} }]),
        json!({ "emails": [home] }),
    );
    at.refused(
        two(),
        json!([{ "op": "replace", "path": "emails[type eq \"work\"]", "value": "x" }]),
        "invalidValue",
    );
    at.refused(
        two(),
        json!([{ "op": "replace", "path": "emails[type eq \"work\"].primary", "value": "true" }]),
        "invalidValue",
    );
}

/// Extensions: their URN as path and as key; `schemas` follows.
#[test]
fn s3_5_2_extensions() {
    let at = Patcher::start();
    let set = json!({ ENTERPRISE: { "department": "R&D", "manager": { "value": "m" } } });
    let both = json!([USER, ENTERPRISE]);
    for operation in [
        json!({ "op": "add", "path": ENTERPRISE, "value": { "department": "R&D" } }),
        json!({ "op": "replace", "path": ENTERPRISE.to_uppercase(), "value": { "Department": "R&D" } }),
        json!({ "op": "add", "path": format!("{ENTERPRISE}:department"), "value": "R&D" }),
        json!({ "op": "replace", "path": format!("{ENTERPRISE}:DEPARTMENT"), "value": "R&D" }),
        json!({ "op": "add", "value": { ENTERPRISE: { "department": "R&D" } } }),
    ] {
        at.becomes(
            json!({}),
            json!([operation]),
            json!({ "schemas": both, ENTERPRISE: { "department": "R&D" } }),
        );
    }
    at.becomes(
        set.clone(),
        json!([{ "op": "add", "path": ENTERPRISE, "value": { "costCenter": "1" } }]),
        json!({ ENTERPRISE: { "department": "R&D", "manager": { "value": "m" }, "costCenter": "1" } }),
    );
    at.becomes(
        set.clone(),
        json!([{ "op": "replace", "path": format!("{ENTERPRISE}:manager"), "value": { "value": "n" } }]),
        json!({ ENTERPRISE: { "department": "R&D", "manager": { "value": "n" } } }),
    );
    at.becomes(
        set.clone(),
        json!([{ "op": "remove", "path": format!("{ENTERPRISE}:manager.value") }]),
        json!({ "schemas": both, ENTERPRISE: { "department": "R&D" } }),
    );
    for operations in [
        json!([{ "op": "remove", "path": ENTERPRISE }]),
        json!([{ "op": "remove", "path": format!("{ENTERPRISE}:department") }, { "op": "remove", "path": format!("{ENTERPRISE}:manager") }]),
        json!([{ "op": "replace", "value": { ENTERPRISE: null } }]),
    ] {
        at.becomes(
            set.clone(),
            operations,
            json!({ "schemas": [USER], ENTERPRISE: null }),
        );
    }
    at.idle(
        set.clone(),
        json!([{ "op": "add", "path": ENTERPRISE, "value": {} }]),
    );
    for bad in [json!("x"), json!([]), json!([{ "department": "R&D" }])] {
        at.refused(
            set.clone(),
            json!([{ "op": "add", "path": ENTERPRISE, "value": bad }]),
            "invalidValue",
        );
    }
    at.idle(
        set.clone(),
        json!([{ "op": "add", "path": ENTERPRISE, "value": { "nothing": 1, "manager.value": "x" } }]),
    );
    at.refused(
        set,
        json!([{ "op": "add", "value": { "urn:x:unknown": { "a": 1 } } }]),
        "invalidPath",
    );
}

/// Without a path the names are attributes, not paths.
#[test]
fn s3_5_2_values_without_a_path() {
    let at = Patcher::start();
    for value in [
        json!({ "nothing": 1 }),
        json!({ "name.givenName": "A" }),
        json!({ "emails[type eq \"work\"].value": "a@x" }),
        json!({ (format!("{ENTERPRISE}:department")): "R&D" }),
        json!({ "title": "x", "": 1 }),
        json!({ "department": "R&D" }),
    ] {
        for op in ["add", "replace"] {
            at.refused(
                json!({}),
                json!([{ "op": op, "value": value }]),
                "invalidPath",
            );
        }
    }
    for value in [
        json!("x"),
        json!([]),
        json!(1),
        json!(null),
        json!([{ "title": "x" }]),
    ] {
        at.refused(
            json!({}),
            json!([{ "op": "add", "value": value }]),
            "invalidValue",
        );
    }
}

/// `active`, removed, is not shown until it is written again; empty text is a value.
#[test]
fn s3_5_2_active_and_empty_text() {
    let at = Patcher::start();
    at.becomes(
        json!({}),
        json!([{ "op": "remove", "path": "active" }]),
        json!({ "active": null }),
    );
    at.becomes(
        json!({ "active": false }),
        json!([{ "op": "remove", "path": "active" }, { "op": "add", "path": "active", "value": true }]),
        json!({ "active": true }),
    );
    at.becomes(
        json!({}),
        json!([{ "op": "add", "path": "title", "value": "" }]),
        json!({ "title": "" }),
    );
    at.refused(
        json!({}),
        json!([{ "op": "replace", "path": "userName", "value": "" }]),
        "invalidValue",
    );
}
