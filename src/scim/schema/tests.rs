//! What somebody who writes schema documents would notice.

use super::*;

fn files(files: &[(&str, &str)]) -> Vec<(String, String)> {
    let owned = |(name, text): &(&str, &str)| ((*name).to_owned(), (*text).to_owned());
    files.iter().map(owned).collect()
}

fn registry(all: &[(&str, &str)]) -> Result<Registry, DocumentFaults> {
    Registry::extended(GroupNames::Unique, &files(all))
}

fn faults(all: &[(&str, &str)]) -> String {
    registry(all).unwrap_err().to_string()
}

/// The faults of one schema with these attributes.
fn of_attributes(attributes: &str) -> String {
    let text = format!(r#"{{"id": "urn:example:a", "attributes": [{attributes}]}}"#);
    faults(&[("a.json", &text)])
}

const DEVICE: &str =
    r#"{"id": "urn:example:Device", "name": "Device", "attributes": [{"name": "model"}]}"#;
const BADGE: &str =
    r#"{"id": "urn:example:Badge", "attributes": [{"name": "number", "x-muster-index": true}]}"#;
const DEVICES: &str =
    r#"{"name": "Device", "endpoint": "/Devices", "schema": "urn:example:Device"}"#;
const BADGED: &str =
    r#"{"name": "User", "schemaExtensions": [{"schema": "urn:example:Badge", "required": false}]}"#;

#[test]
fn the_standard_documents_keep_the_rules() {
    let registry = Registry::standard(GroupNames::Unique).unwrap();
    assert_eq!(registry.types().len(), 2);
}

#[test]
fn the_order_of_the_files_has_no_meaning() {
    let all = [DEVICE, BADGE, DEVICES, BADGED];
    let one = registry(&[("a", all[0]), ("b", all[1]), ("c", all[2]), ("d", all[3])]);
    let other = registry(&[("a", all[3]), ("b", all[2]), ("c", all[1]), ("d", all[0])]);
    let array = format!("[{}]", all.join(","));
    let (one, other) = (one.unwrap(), other.unwrap());
    assert_eq!(one, other);
    assert_eq!(one, registry(&[("a", &array)]).unwrap());
    let user = one.by_name("User").unwrap();
    assert!(user.attribute("URN:example:badge:NUMBER").is_some());
    assert_eq!(user.extensions.len(), 2);
    assert!(one.by_endpoint("Devices").is_some());
}

#[test]
fn one_urn_may_be_the_beginning_of_another() {
    let longer = r#"{"id": "urn:example:Badge:more", "attributes": [{"name": "floor"}]}"#;
    let both = r#"{"name": "User", "schemaExtensions": [{"schema": "urn:example:Badge"}, {"schema": "urn:example:Badge:more"}]}"#;
    let registry = registry(&[("a", BADGE), ("b", longer), ("c", both)]).unwrap();
    let user = registry.by_name("User").unwrap();
    assert!(user.attribute("urn:example:Badge:more:floor").is_some());
    assert!(user.attribute("urn:example:Badge:number").is_some());
}

#[test]
fn words_that_are_none_are_told_the_right_ones() {
    insta::assert_snapshot!(of_attributes(
        r#"{"name": "a", "type": "text", "mutability": "readwrite", "returned": "yes", "uniqueness": true},
           {"name": "b", "multiValued": "true", "subAttributes": {}, "canonicalValues": [1]},
           7, {"type": "string"}"#
    ), @"");
}

#[test]
fn names_are_those_of_the_grammar_and_stand_once() {
    insta::assert_snapshot!(of_attributes(
        r#"{"name": "a b"}, {"name": "9a"}, {"name": ""}, {"name": "$ref"}, {"name": "$a"},
           {"name": "Twice"}, {"name": "tWICE"}, {"name": "ID"}, {"name": "meta"},
           {"name": "c", "type": "complex", "subAttributes": [{"name": "id"}, {"name": "x.y"}, {"name": "d"}, {"name": "D"}]}"#
    ), @"");
}

#[test]
fn complex_attributes_have_rules_of_their_own() {
    insta::assert_snapshot!(of_attributes(
        r#"{"name": "a", "type": "complex"}, {"name": "b", "type": "complex", "subAttributes": []},
           {"name": "c", "type": "complex", "uniqueness": "server", "x-muster-index": true,
            "subAttributes": [{"name": "d", "type": "complex", "subAttributes": [{"name": "e"}]}]},
           {"name": "f", "subAttributes": [{"name": "g"}]},
           {"name": "h", "required": true, "mutability": "readOnly"}"#
    ), @"");
}

#[test]
fn unknown_keywords_are_ignored_unless_they_look_like_ours() {
    let known = r#"{"id": "urn:example:a", "x-other": 1, "$schema": "…", "attributes": [{"name": "a", "x-vendor-index": 1}]}"#;
    assert!(registry(&[("a.json", known)]).is_ok());
    insta::assert_snapshot!(of_attributes(
        r#"{"name": "a", "x-muster-indexed": true, "X-Muster-Index": true}, {"name": "b", "x-muster-index": "yes"}"#
    ), @"");
    insta::assert_snapshot!(faults(&[("a.json", r#"{"id": "urn:example:a", "x-muster-index": true, "attributes": []}"#)]), @"");
}

#[test]
fn every_fault_of_every_document_is_told_at_once() {
    insta::assert_snapshot!(faults(&[
        ("z.json", r#"{"id": "urn:example:one", "attributes": [{"name": "a", "type": "x"}]}"#),
        ("a.json", "[{}, 1, {\"name\": \"A\"}, {\"name\": \"T\", \"schema\": \"urn:example:gone\"}]"),
        ("b.json", "{\"a\": 1, \"a\": 2}"),
        ("c.json", "{"),
        ("d.json", r#"{"attributes": [], "id": "example"}"#),
    ]), @"");
}

#[test]
fn nothing_is_taken_twice() {
    let user = r#"{"id": "urn:ietf:params:scim:schemas:core:2.0:user", "attributes": []}"#;
    let message = r#"{"id": "urn:ietf:params:scim:api:messages:2.0:PatchOp", "attributes": []}"#;
    let badge = r#"{"id": "URN:example:badge", "attributes": []}"#;
    let endpoint = r#"{"name": "Other", "endpoint": "/users", "schema": "urn:example:Device"}"#;
    let moved = r#"{"name": "user", "endpoint": "/People"}"#;
    let whose = r#"{"name": "Person", "endpoint": "/People", "schema": "urn:ietf:params:scim:schemas:core:2.0:User"}"#;
    let required = r#"{"name": "User", "schemaExtensions": [{"schema": "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User", "required": true}, {"schema": "urn:ietf:params:scim:schemas:core:2.0:User"}]}"#;
    insta::assert_snapshot!(faults(&[
        ("a", user), ("b", message), ("c", BADGE), ("d", badge), ("e", DEVICE), ("f", endpoint),
        ("g", moved), ("h", whose), ("i", required),
    ]), @"");
}

#[test]
fn endpoints_are_one_segment_that_the_protocol_has_not() {
    let one = |endpoint: &str| {
        let text = format!(
            r#"{{"name": "Device", "schema": "urn:example:Device", "endpoint": "{endpoint}"}}"#
        );
        registry(&[("a", DEVICE), ("b", &text)])
            .map(|_| ())
            .map_err(|all| all.to_string())
    };
    assert_eq!(one("Devices"), Ok(()));
    for reserved in [
        "Schemas",
        "/resourcetypes",
        "/ServiceProviderConfig",
        "Bulk",
        "/Me",
        ".search",
        "Self",
    ] {
        assert!(
            one(reserved).unwrap_err().contains("belongs to SCIM"),
            "{reserved}"
        );
    }
    for wrong in [
        "",
        "/",
        "/a/b",
        "/a b",
        "//a",
        "/{id}",
        "/ä",
        "https://example.org/a",
    ] {
        assert!(
            one(wrong).unwrap_err().contains("is no endpoint"),
            "{wrong}"
        );
    }
}
