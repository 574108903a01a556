//! PATCH messages before and after.

use serde_json::{Value, json};

use super::{ID, assert_patch, assert_patch_stays, named, patched, profile, resource_type};

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
fn text_becomes_boolean() {
    assert_patch(
        "auto",
        "User",
        r#"[{"op":"replace","path":"active","value":"False"},
            {"op":"replace","path":"roles[primary eq \"True\"].value","value":"Admin"},
            {"op":"add","path":"roles","value":[{"value":"a","primary":"true"}]}]"#,
        r#"[{"op":"replace","path":"active","value":false},
            {"op":"replace","path":"roles[primary eq true].value","value":"Admin"},
            {"op":"add","path":"roles","value":[{"value":"a","primary":true}]}]"#,
        &[
            "boolean-text at Operations[0].value",
            "boolean-text at Operations[1].path",
            "boolean-text at Operations[2].value[0].primary",
        ],
    );
    assert_patch_stays(
        "auto",
        "User",
        r#"[{"op":"replace","path":"active","value":"no"}]"#,
    );
    assert_patch_stays(
        "rfc",
        "User",
        r#"[{"op":"replace","path":"active","value":"False"}]"#,
    );
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
fn every_spelling_of_a_manager_is_one() {
    let path = "[{\"op\":\"replace\",\"path\":\"ENT:manager\",\"value\":{\"value\":\"7\"}}]";
    for (before, met) in [
        (
            r#"[{"op":"replace","path":"ENT:manager","value":"7"}]"#,
            vec!["bare-manager at Operations[0].value"],
        ),
        (
            r#"[{"op":"replace","path":"manager","value":[{"value":"7"}]}]"#,
            vec![
                "bare-extension-name at Operations[0].path",
                "bare-manager at Operations[0].value",
            ],
        ),
        (
            r#"[{"op":"replace","path":"ENT.manager","value":"7"}]"#,
            vec![
                "urn-dot at Operations[0].path",
                "bare-manager at Operations[0].value",
            ],
        ),
        (
            r#"[{"op":"replace","path":"urn:scim:schemas:extension:enterprise:1.0:manager","value":{"managerId":"7"}}]"#,
            vec![
                "scim1-urn at Operations[0].path",
                "manager-id at Operations[0].value.managerId",
            ],
        ),
        (
            r#"[{"op":"replace","value":{"ENT:manager":{"value":"7"}}}]"#,
            vec!["path-key at Operations[0].value.ENT:manager"],
        ),
        (
            r#"[{"op":"replace","value":{"manager":"7"}}]"#,
            vec![
                "bare-extension-name at Operations[0].value.manager",
                "path-key at Operations[0].value.manager",
                "bare-manager at Operations[0].value.manager",
            ],
        ),
    ] {
        for name in ["auto", "entra", "okta", "lenient"] {
            assert_patch(name, "User", before, path, &met);
        }
    }
    assert_patch(
        "auto",
        "User",
        r#"[{"op":"replace","path":"manager.managerId","value":"7"}]"#,
        r#"[{"op":"replace","path":"ENT:manager.value","value":"7"}]"#,
        &[
            "manager-id at Operations[0].path",
            "bare-extension-name at Operations[0].path",
        ],
    );
}

#[test]
fn an_empty_manager_is_removed() {
    for before in [
        r#"[{"op":"replace","path":"ENT:manager","value":{"value":""}}]"#,
        r#"[{"op":"replace","path":"ENT:manager","value":""}]"#,
        r#"[{"op":"add","path":"ENT:manager","value":""}]"#,
        r#"[{"op":"replace","path":"ENT:manager.value","value":""}]"#,
        r#"[{"op":"replace","path":"ENT:manager","value":{"value":"","displayName":"Grace"}}]"#,
        r#"[{"op":"replace","path":"ENT:manager","value":[]}]"#,
        r#"[{"op":"replace","value":{"ENT:manager":{"value":""}}}]"#,
        r#"[{"op":"replace","value":{"ENT":{"manager":""}}}]"#,
    ] {
        let (strict, met) = patched("auto", "User", before);
        assert_eq!(
            strict,
            super::json(r#"[{"op":"remove","path":"ENT:manager"}]"#),
            "{before}"
        );
        assert!(!met.is_empty(), "{before}");
    }
    assert_patch_stays(
        "rfc",
        "User",
        r#"[{"op":"replace","path":"ENT:manager","value":{"value":""}}]"#,
    );
}

#[test]
fn empty_text_removes() {
    assert_patch(
        "auto",
        "User",
        r#"[{"op":"replace","path":"title","value":""},
            {"op":"replace","path":"phoneNumbers[type eq \"mobile\"].value","value":""},
            {"op":"replace","path":"addresses[type eq \"work\"].region","value":""},
            {"op":"replace","value":{"nickName":"","name":{"givenName":"Ada","middleName":""}}}]"#,
        r#"[{"op":"remove","path":"title"},
            {"op":"remove","path":"phoneNumbers[type eq \"mobile\"]"},
            {"op":"remove","path":"addresses[type eq \"work\"].region"},
            {"op":"remove","path":"nickName"},
            {"op":"replace","path":"name","value":{"givenName":"Ada"}},
            {"op":"remove","path":"name.middleName"}]"#,
        &[
            "empty-text at Operations[0].value",
            "empty-text at Operations[1].value",
            "empty-text at Operations[2].value",
            "empty-text at Operations[3].value.nickName",
            "empty-text at Operations[3].value.name.middleName",
        ],
    );
    assert_patch_stays(
        "auto",
        "User",
        r#"[{"op":"replace","path":"userName","value":""}]"#,
    );
    assert_patch_stays(
        "rfc",
        "User",
        r#"[{"op":"replace","path":"title","value":""}]"#,
    );
}

#[test]
fn elements_with_an_empty_value_are_none() {
    assert_patch(
        "auto",
        "User",
        r#"[{"op":"replace","path":"emails","value":[
            {"type":"work","value":"a@b.example"},{"type":"home","value":""}]},
            {"op":"add","path":"emails","value":[{"type":"home","value":""}]},
            {"op":"add","path":"emails","value":""}]"#,
        r#"[{"op":"replace","path":"emails","value":[{"type":"work","value":"a@b.example"}]}]"#,
        &[
            "empty-text at Operations[0].value[1].value",
            "empty-text at Operations[1].value[0].value",
            "empty-text at Operations[1].value",
            "empty-text at Operations[2].value",
            "empty-text at Operations[2].value",
        ],
    );
}

#[test]
fn one_value_becomes_a_list() {
    assert_patch(
        "auto",
        "Group",
        r#"[{"op":"add","path":"members","value":"89bb1940"},
            {"op":"add","path":"members","value":{"value":"89bb1940"}},
            {"op":"add","path":"members","value":["a","b"]},
            {"op":"add","value":{"members":"c"}}]"#,
        r#"[{"op":"add","path":"members","value":[{"value":"89bb1940"}]},
            {"op":"add","path":"members","value":[{"value":"89bb1940"}]},
            {"op":"add","path":"members","value":[{"value":"a"},{"value":"b"}]},
            {"op":"add","value":{"members":[{"value":"c"}]}}]"#,
        &[
            "single-for-array at Operations[0].value",
            "bare-value at Operations[0].value[0]",
            "single-for-array at Operations[1].value",
            "bare-value at Operations[2].value[0]",
            "bare-value at Operations[2].value[1]",
            "single-for-array at Operations[3].value.members",
            "bare-value at Operations[3].value.members[0]",
        ],
    );
}

#[test]
fn members_by_reference_are_known_by_id() {
    assert_patch(
        "auto",
        "Group",
        r#"[{"op":"add","path":"members","value":[
            {"$ref":"Users/a","value":"a"},{"$ref":"../Users/b"},{"$ref":"https://x.example/Users/c"},
            {"$ref":"https://x.example/Users/d","value":"d"},{"$ref":null,"value":"e"}]}]"#,
        r#"[{"op":"add","path":"members","value":[
            {"value":"a"},{"value":"b"},{"value":"c"},
            {"$ref":"https://x.example/Users/d","value":"d"},{"$ref":null,"value":"e"}]}]"#,
        &[
            "member-reference at Operations[0].value[0].$ref",
            "member-reference at Operations[0].value[1].$ref",
            "member-reference at Operations[0].value[2].$ref",
        ],
    );
}

#[test]
fn roles_in_text_are_read_for_entra_only() {
    let before = r#"[{"op":"add","path":"roles","value":[
        {"value":"{\"id\":\"18d1\",\"value\":\"Admin\",\"displayName\":\"Administrator\"}"}]}]"#;
    for name in ["entra", "auto"] {
        assert_patch(
            name,
            "User",
            before,
            r#"[{"op":"add","path":"roles","value":[{"value":"Admin","display":"Administrator"}]}]"#,
            &["role-json at Operations[0].value[0].value"],
        );
    }
    for name in ["rfc", "okta", "lenient"] {
        assert_patch_stays(name, "User", before);
    }
    assert_patch_stays(
        "auto",
        "User",
        r#"[{"op":"add","path":"roles","value":[{"value":"{braces"},{"value":"{\"id\":1}"}]}]"#,
    );
}

#[test]
fn the_last_primary_stays() {
    assert_patch(
        "auto",
        "User",
        r#"[{"op":"add","path":"emails","value":[
            {"value":"a","primary":"True"},{"value":"b"},{"value":"c","primary":true}]}]"#,
        r#"[{"op":"add","path":"emails","value":[
            {"value":"a","primary":false},{"value":"b"},{"value":"c","primary":true}]}]"#,
        &[
            "boolean-text at Operations[0].value[0].primary",
            "two-primaries at Operations[0].value[0]",
        ],
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
fn remove_takes_the_listed_values_only() {
    assert_patch(
        "auto",
        "Group",
        r#"[{"op":"Remove","path":"members","value":[
            {"$ref":null,"value":"a"},{"value":"b","display":"B","type":"User"},"c\"d"]},
            {"op":"remove","path":"members","value":{"value":"e"}},
            {"op":"remove","path":"members.value","value":"f"},
            {"op":"remove","path":"members[value eq \"g\"]","value":[{"value":"g"}]}]"#,
        r#"[{"op":"remove","path":"members[value eq \"a\"]"},
            {"op":"remove","path":"members[value eq \"b\"]"},
            {"op":"remove","path":"members[value eq \"c\\\"d\"]"},
            {"op":"remove","path":"members[value eq \"e\"]"},
            {"op":"remove","path":"members[value eq \"f\"]"},
            {"op":"remove","path":"members[value eq \"g\"]"}]"#,
        &[
            "operation-case at Operations[0].op",
            "remove-with-value at Operations[0].value",
            "bare-value at Operations[0].value[2]",
            "remove-with-value at Operations[1].value",
            "single-for-array at Operations[1].value",
            "remove-with-value at Operations[2].value",
            "remove-with-value at Operations[3].value",
        ],
    );
}

#[test]
fn remove_tells_values_of_other_attributes_apart() {
    assert_patch(
        "auto",
        "User",
        r#"[{"op":"remove","path":"emails","value":[{"value":"a@b.example","type":"work"}]},
            {"op":"remove","path":"addresses","value":[{"type":"work","country":"EE"}]},
            {"op":"remove","path":"name","value":{"middleName":"x"}},
            {"op":"remove","path":"title","value":"x"},
            {"op":"remove","path":"ENT:manager","value":"7"}]"#,
        r#"[{"op":"remove","path":"emails[value eq \"a@b.example\" and type eq \"work\"]"},
            {"op":"remove","path":"addresses[type eq \"work\" and country eq \"EE\"]"},
            {"op":"remove","path":"name.middleName"},
            {"op":"remove","path":"title"},
            {"op":"remove","path":"ENT:manager"}]"#,
        &[
            "remove-with-value at Operations[0].value",
            "remove-with-value at Operations[1].value",
            "remove-with-value at Operations[2].value",
            "remove-with-value at Operations[3].value",
            "remove-with-value at Operations[4].value",
        ],
    );
}

/// The most common serious bug of SCIM servers: the value is ignored and the group is empty.
#[test]
fn remove_with_any_value_never_takes_all_members() {
    for value in [
        "[]",
        "{}",
        "\"\"",
        "[{}]",
        "[null]",
        "[\"\"]",
        "[[]]",
        "[{\"value\":null}]",
        "[{\"value\":\"\"}]",
        "[{\"frob\":1}]",
        "[7]",
        "7",
        "true",
        "[{\"value\":{}}]",
        "[{\"value\":[]}]",
        "[{\"value\":\"a\"},{\"frob\":1}]",
        "{\"members\":[]}",
    ] {
        for name in ["rfc", "entra", "okta", "lenient", "auto"] {
            let operations = format!(r#"[{{"op":"remove","path":"members","value":{value}}}]"#);
            let (strict, _) = patched(name, "Group", &operations);
            for operation in strict.as_array().unwrap() {
                let all = operation["path"] == "members" && operation.get("value").is_none();
                assert!(!all, "{name}: {value} became {strict}");
            }
        }
    }
}

#[test]
fn remove_without_a_value_takes_all() {
    assert_patch_stays("auto", "Group", r#"[{"op":"remove","path":"members"}]"#);
}

#[test]
fn rfc_leaves_remove_with_a_value_to_be_refused() {
    assert_patch_stays(
        "rfc",
        "Group",
        r#"[{"op":"remove","path":"members","value":[{"value":"a"}]}]"#,
    );
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
