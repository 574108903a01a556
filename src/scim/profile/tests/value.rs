//! Values of `add` and `replace` before and after.

use super::{assert_patch, assert_patch_stays, json, patched};

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
            json(r#"[{"op":"remove","path":"ENT:manager"}]"#),
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
