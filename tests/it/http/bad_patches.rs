//! PATCH messages that are wrong: refused as a whole, nothing half done.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::{World, patch_body};

const DEPTH: usize = 100_000;

/// The refusal of one PATCH of the user, after making sure that it changed nothing.
#[track_caller]
fn refusal(world: &World, body: &Value) -> (u16, String) {
    let path = format!("/Users/{}", world.user);
    let shown: String = body.to_string().chars().take(200).collect();
    let reply = world.unchanged_by(&shown, |client| client.patch(&path, body));
    let scim_type = reply.json()["scimType"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    reply.refused(reply.status, Some(&scim_type));
    (reply.status, scim_type)
}

#[test]
fn a_message_of_the_wrong_shape_is_refused() {
    let world = World::strict();
    let urn = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
    for body in [
        json!({}),
        json!({ "schemas": [urn] }),
        json!({ "schemas": [urn], "Operations": [] }),
        json!({ "schemas": [urn], "Operations": {} }),
        json!({ "schemas": [urn], "Operations": "replace" }),
        json!({ "schemas": [urn], "Operations": null }),
        json!({ "schemas": [urn], "Operations": ["replace"] }),
        json!({ "schemas": [urn], "Operations": [[]] }),
        json!({ "schemas": [urn], "Operations": [{}] }),
        json!({ "schemas": [urn], "Operations": [{ "path": "title", "value": "x" }] }),
        json!({ "schemas": [urn], "Operations": [{ "op": "move", "path": "title", "value": "x" }] }),
        json!({ "schemas": [urn], "Operations": [{ "op": 5, "path": "title", "value": "x" }] }),
        json!({ "schemas": ["urn:unknown"], "Operations": [{ "op": "replace", "path": "title", "value": "x" }] }),
    ] {
        let (status, scim_type) = refusal(&world, &body);
        assert_eq!((status, &*scim_type), (400, "invalidSyntax"), "{body}");
    }
}

/// Refuses the one operation, in a message that is otherwise right.
#[track_caller]
fn refused(world: &World, operation: &Value, expected: &str) {
    let (status, scim_type) = refusal(world, &patch_body(&json!([operation])));
    assert_eq!((status, &*scim_type), (400, expected), "{operation}");
}

#[test]
fn an_operation_that_cannot_be_done_is_refused() {
    let world = World::strict();
    refused(&world, &json!({ "op": "remove" }), "noTarget");
    for (path, value, expected) in [
        ("title", json!(null), "invalidValue"),
        ("title", json!(5), "invalidValue"),
        ("name", json!("x"), "invalidValue"),
        ("active", json!("perhaps"), "invalidValue"),
        ("id", json!("x"), "mutability"),
        ("meta.version", json!("x"), "mutability"),
        ("groups", json!([{ "value": "x" }]), "mutability"),
        ("emails[type eq \"work\"].value", json!("x"), "noTarget"),
    ] {
        let operation = match &value {
            Value::Null => json!({ "op": "add", "path": path }),
            value => json!({ "op": "add", "path": path, "value": value }),
        };
        refused(&world, &operation, expected);
    }
    let path_less = json!({ "op": "replace", "value": "x" });
    refused(&world, &path_less, "invalidValue");
    let name = json!({ "op": "remove", "path": "userName" });
    refused(&world, &name, "mutability");
}

#[test]
fn a_path_that_cannot_be_read_is_refused() {
    let world = World::strict();
    for path in [
        json!(5),
        json!({}),
        json!(""),
        json!(" "),
        json!("emails["),
        json!("emails]"),
        json!("emails[type eq]"),
        json!("emails[type like \"x\"].value"),
        json!("emails[type eq \"work\"].value.x"),
        json!("name..givenName"),
        json!("title\u{1}"),
        json!("/title"),
        json!("unknown"),
        json!("name.unknown"),
    ] {
        let operation = json!({ "op": "replace", "path": path, "value": "x" });
        refused(&world, &operation, "invalidPath");
    }
}

#[test]
fn one_bad_operation_undoes_the_good_ones_before_it() {
    let world = World::strict();
    let title = json!({ "op": "replace", "path": "title", "value": "Engineer" });
    let taken = json!({ "op": "replace", "path": "userName", "value": "GRACE" });
    let bad = json!({ "op": "replace", "path": "id", "value": "x" });
    assert_eq!(
        refusal(&world, &patch_body(&json!([title, bad]))),
        (400, "mutability".to_owned())
    );
    assert_eq!(
        refusal(&world, &patch_body(&json!([title, taken]))),
        (409, "uniqueness".to_owned())
    );

    let path = format!("/Groups/{}", world.group);
    let member = json!({ "op": "add", "path": "members", "value": [{ "value": world.other }] });
    let body = patch_body(&json!([member, { "op": "remove", "path": "displayName" }]));
    let reply = world.unchanged_by("a member, then the name", |client| {
        client.patch(&path, &body)
    });
    reply.refused(400, Some("mutability"));
}

/// Paths that would overflow the stack of a careless parser; they fit into a body of 2 MiB.
#[test]
fn deeply_nested_paths_are_refused_at_once() {
    let world = World::strict();
    let filters = [
        (
            "(",
            "(".repeat(DEPTH) + "type eq \"work\"" + &")".repeat(DEPTH),
        ),
        ("( open", "(".repeat(DEPTH)),
        (
            "not(",
            "not(".repeat(DEPTH) + "type eq \"work\"" + &")".repeat(DEPTH),
        ),
        ("not (", "not (".repeat(DEPTH) + "type eq \"work\""),
        ("[", "type[".repeat(DEPTH) + &"]".repeat(DEPTH)),
        ("[ alone", "[".repeat(DEPTH)),
        (
            "and",
            "type eq \"work\"".to_owned() + &" and type eq \"work\"".repeat(DEPTH),
        ),
        (
            "or",
            "type eq \"work\"".to_owned() + &" or type eq \"work\"".repeat(DEPTH),
        ),
        ("a long name", "a".repeat(10 * DEPTH)),
        ("dots", "type.".repeat(DEPTH) + "x eq 1"),
    ];
    for (name, filter) in filters {
        for path in [
            format!("emails[{filter}].value"),
            format!("emails[{filter}"),
            filter.clone(),
        ] {
            let body = patch_body(&json!([{ "op": "replace", "path": path, "value": "x" }]));
            if body.to_string().len() > 2 * 1024 * 1024 {
                continue;
            }
            let started = Instant::now();
            let (status, scim_type) = refusal(&world, &body);
            assert_eq!((status, &*scim_type), (400, "invalidPath"), "{name}");
            assert!(
                started.elapsed() < Duration::from_secs(2),
                "{name}: {:?}",
                started.elapsed()
            );
        }
    }
}

#[test]
fn each_depth_is_read_or_refused() {
    let world = World::strict();
    let path = format!("/Users/{}", world.user);
    for depth in (0..40).chain([100, 1000, 10_000]) {
        for (open, close) in [("(", ")"), ("not (", ")")] {
            let filter = format!(
                "{}type eq \"work\"{}",
                open.repeat(depth),
                close.repeat(depth)
            );
            let operation = json!([{ "op": "remove", "path": format!("emails[{filter}]") }]);
            let reply = world.client.operations(&path, &operation);
            assert!(
                [200, 400].contains(&reply.status),
                "{open} {depth}: {}",
                reply.text()
            );
        }
    }
}
