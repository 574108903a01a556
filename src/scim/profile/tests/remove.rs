//! `remove` with a value before and after.

use proptest::prelude::*;
use serde_json::Value;

use super::{assert_patch, assert_patch_stays, patched};

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

/// Any JSON, two levels deep, of the names that a member and an operation have.
fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i8>().prop_map(Value::from),
        "[a\"{\\[ ]{0,3}".prop_map(Value::from),
    ];
    leaf.prop_recursive(2, 12, 3, |inner| {
        let name = prop::sample::select(vec!["value", "Value", "display", "$ref", "members", "x"])
            .prop_map(str::to_owned);
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            prop::collection::btree_map(name, inner, 0..3)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn remove_with_a_value_never_is_one_without(
        value in any_value(),
        path in prop::sample::select(vec![
            "members", "Members", "members.value", "members.display", "emails", "displayName",
        ]),
        profile in prop::sample::select(vec!["rfc", "entra", "okta", "lenient", "auto"]),
    ) {
        prop_assume!(!value.is_null());
        let said = Value::from(path);
        let operations = format!(r#"[{{"op":"remove","path":{said},"value":{value}}}]"#);
        for rt in ["User", "Group"] {
            let (strict, _) = patched(profile, rt, &operations);
            for operation in strict.as_array().unwrap() {
                let path = operation["path"].as_str().unwrap_or_default().to_ascii_lowercase();
                let many = path.starts_with("members") || path.starts_with("emails");
                let all = many && !path.contains('[') && operation.get("value").is_none();
                prop_assert!(!all, "{operations} became {strict}");
            }
        }
    }
}
