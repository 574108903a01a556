//! PATCH messages before and after.

use serde_json::{Value, json};

use super::{ID, assert_patch, assert_patch_stays, named, profile, resource_type};

#[test]
fn operations_are_lower_case_in_every_profile() {
    for name in ["rfc", "entra", "okta", "lenient", "auto"] {
        assert_patch(
            name,
            "User",
            r#"[{"op":"Replace","path":"displayName","value":"Ada Lovelace"}]"#,
            r#"[{"op":"replace","path":"displayName","value":"Ada Lovelace"}]"#,
            &["operation-case at Operations[0].op"],
        );
    }
}

#[test]
fn message_members_have_their_case_and_idle_ones_go() {
    let body = json!({
        "operations": [{"OP": "remove", "Path": "members", "value": null, "name": "addMember"}],
        "SCHEMAS": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        "id": "x",
    });
    let (strict, met) = profile("rfc").patch(&resource_type("Group"), ID, body);
    assert_eq!(
        strict,
        json!({
            "Operations": [{"op": "remove", "path": "members"}],
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
            "id": "x",
        })
    );
    assert_eq!(
        named(&met),
        [
            "message-key-case at operations",
            "message-key-case at SCHEMAS",
            "message-key-case at Operations[0].OP",
            "message-key-case at Operations[0].Path",
            "idle-operation-member at Operations[0].value",
            "idle-operation-member at Operations[0].name",
        ]
    );
}

#[test]
fn a_message_without_schemas_gets_them() {
    let body = json!({"Operations": [{"op": "remove", "path": "title"}]});
    let rt = resource_type("User");
    let (strict, met) = profile("auto").patch(&rt, ID, body.clone());
    assert_eq!(
        strict["schemas"],
        json!(["urn:ietf:params:scim:api:messages:2.0:PatchOp"])
    );
    assert_eq!(named(&met), ["missing-schema at schemas"]);
    assert_eq!(profile("rfc").patch(&rt, ID, body.clone()), (body, vec![]));
}

#[test]
fn what_is_no_message_is_left_to_the_strict_code() {
    let rt = resource_type("User");
    for body in [
        json!(null),
        json!([]),
        json!("x"),
        json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": 7}),
        json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": []}),
        json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
            "Operations": [7, {"op": "frobnicate"}, {"op": 1}, {"op": "remove", "path": 3}]}),
    ] {
        let (strict, met) = profile("auto").patch(&rt, ID, body.clone());
        assert_eq!((strict, named(&met)), (body, vec![]));
    }
}

#[test]
fn keys_that_are_paths_become_operations_in_order() {
    assert_patch(
        "auto",
        "User",
        r#"[{"op":"replace","value":{
            "displayName":"Ada Lovelace","active":"true","name.givenName":"Ada",
            "ENT:employeeNumber":"272","title":"Countess","ENT:manager.value":"7",
            "emails[type eq \"work\"].value":"a@b.example"}}]"#,
        r#"[{"op":"replace","value":{"displayName":"Ada Lovelace","active":true}},
            {"op":"replace","path":"name.givenName","value":"Ada"},
            {"op":"replace","path":"ENT:employeeNumber","value":"272"},
            {"op":"replace","value":{"title":"Countess"}},
            {"op":"replace","path":"ENT:manager.value","value":"7"},
            {"op":"replace","path":"emails[type eq \"work\"].value","value":"a@b.example"}]"#,
        &[
            "boolean-text at Operations[0].value.active",
            "path-key at Operations[0].value.name.givenName",
            "path-key at Operations[0].value.ENT:employeeNumber",
            "path-key at Operations[0].value.ENT:manager.value",
            "path-key at Operations[0].value.emails[type eq \"work\"].value",
        ],
    );
    assert_patch_stays(
        "rfc",
        "User",
        r#"[{"op":"replace","value":{"name.givenName":"Ada","ENT:employeeNumber":"272"}}]"#,
    );
}

#[test]
fn an_extension_object_stays_one_and_its_path_keys_do_not() {
    assert_patch_stays(
        "auto",
        "User",
        r#"[{"op":"add","value":{"ENT":{"employeeNumber":"272","department":"R&D"},"title":"x"}}]"#,
    );
    assert_patch(
        "auto",
        "User",
        r#"[{"op":"add","value":{"ENT":{"employeeNumber":"272","manager.value":"7"}}}]"#,
        r#"[{"op":"add","path":"ENT","value":{"employeeNumber":"272"}},
            {"op":"add","path":"ENT:manager.value","value":"7"}]"#,
        &["path-key at Operations[0].value.ENT.manager.value"],
    );
    assert_patch(
        "auto",
        "User",
        r#"[{"op":"add","value":{"urn:ietf:params:scim:schemas:core:2.0:User":{"title":"x"}}}]"#,
        r#"[{"op":"add","value":{"title":"x"}}]"#,
        &["path-key at Operations[0].value.urn:ietf:params:scim:schemas:core:2.0:User"],
    );
}

#[test]
fn what_the_server_sets_goes_when_it_is_an_echo() {
    let echo = r#"[{"op":"replace","value":{"id":"23a35c27","displayName":"Eng",
        "schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"meta":{"resourceType":"Group"}}}]"#;
    for name in ["entra", "okta", "lenient", "auto"] {
        assert_patch(
            name,
            "Group",
            echo,
            r#"[{"op":"replace","value":{"displayName":"Eng"}}]"#,
            &[
                "read-only-echo at Operations[0].value.id",
                "read-only-echo at Operations[0].value.schemas",
                "read-only-echo at Operations[0].value.meta",
            ],
        );
    }
    assert_patch_stays("rfc", "Group", echo);
}

#[test]
fn what_the_server_sets_otherwise_goes_only_when_generous() {
    let change = r#"[{"op":"replace","value":{"id":"another","displayName":"Eng"}}]"#;
    for name in ["lenient", "auto"] {
        assert_patch(
            name,
            "Group",
            change,
            r#"[{"op":"replace","value":{"displayName":"Eng"}}]"#,
            &["read-only-change at Operations[0].value.id"],
        );
    }
    for name in ["rfc", "entra", "okta"] {
        assert_patch_stays(name, "Group", change);
    }
}

#[test]
fn unknown_attributes_go_from_values_and_not_from_paths() {
    assert_patch(
        "auto",
        "User",
        r#"[{"op":"replace","value":{"frobnicator":1,"name.frob":2,"title":"x",
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0User":{"department":"d"}}}]"#,
        r#"[{"op":"replace","value":{"title":"x"}}]"#,
        &[
            "unknown-attribute at Operations[0].value.frobnicator",
            "unknown-attribute at Operations[0].value.name.frob",
            "unknown-attribute at Operations[0].value.urn:ietf:params:scim:schemas:extension:enterprise:2.0User",
        ],
    );
    for operations in [
        r#"[{"op":"replace","path":"frobnicator","value":1}]"#,
        r#"[{"op":"remove","path":"emails["}]"#,
    ] {
        assert_patch_stays("auto", "User", operations);
    }
    assert_patch_stays("rfc", "User", r#"[{"op":"add","value":{"frobnicator":1}}]"#);
}

#[test]
fn a_message_that_asks_for_nothing_changes_nothing() {
    let nothing = r#"[{"op":"replace","value":{}}]"#;
    for (before, met) in [
        (
            r#"[{"op":"replace","value":{"id":"23a35c27"}}]"#,
            "read-only-echo at Operations[0].value.id",
        ),
        (
            r#"[{"op":"remove","path":"members","value":[]}]"#,
            "remove-with-value at Operations[0].value",
        ),
    ] {
        assert_patch("auto", "Group", before, nothing, &[met]);
    }
    assert_patch_stays("auto", "Group", nothing);
}

#[test]
fn corrections_of_one_request_are_bounded() {
    let members: Vec<Value> = (0..1000).map(|id| Value::from(id.to_string())).collect();
    let long = "x".repeat(5000);
    let body = json!({"Operations": [
        {"op": "add", "path": "members", "value": members},
        {"op": "add", "value": {long: 1}},
    ]});
    let (_, met) = profile("auto").patch(&resource_type("Group"), ID, body);
    assert!(met.len() < 110, "{}", met.len());
    let last = met.last().unwrap();
    assert_eq!(last.quirk.name(), "unknown-attribute");
    assert_eq!(last.at.chars().count(), super::super::pass::PLACE_CHARS);
}
