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
    ), @r#"
        a.json: attributes[2]: is a number: write an object
        a.json: attributes[0].type: is "text": write one of string, boolean, decimal, integer, dateTime, binary, reference, complex
        a.json: attributes[0].mutability: is "readwrite": write one of readWrite, readOnly, immutable, writeOnly
        a.json: attributes[0].returned: is "yes": write one of default, always, never, request
        a.json: attributes[0].uniqueness: is a boolean: write a string
        a.json: attributes[1].multiValued: is a string: write true or false, without quotes
        a.json: attributes[1].canonicalValues[0]: is a number: write a string
        a.json: attributes[1].subAttributes: is an object: write an array
        a.json: attributes[1].subAttributes: only a complex attribute has some
        a.json: attributes[3].name: is missing
        "#);
}

#[test]
fn names_are_those_of_the_grammar_and_stand_once() {
    insta::assert_snapshot!(of_attributes(
        r#"{"name": "a b"}, {"name": "9a"}, {"name": ""}, {"name": "$ref"}, {"name": "$a"},
           {"name": "Twice"}, {"name": "tWICE"}, {"name": "ID"}, {"name": "meta"},
           {"name": "c", "type": "complex", "subAttributes": [{"name": "id"}, {"name": "x.y"}, {"name": "d"}, {"name": "D"}]}"#
    ), @r#"
        a.json: attributes[0].name: "a b" is no attribute name: write a letter and then letters, digits, - and _, 100 at most
        a.json: attributes[1].name: "9a" is no attribute name: write a letter and then letters, digits, - and _, 100 at most
        a.json: attributes[2].name: "" is no attribute name: write a letter and then letters, digits, - and _, 100 at most
        a.json: attributes[4].name: "$a" is no attribute name: write a letter and then letters, digits, - and _, 100 at most
        a.json: attributes[6].name: "tWICE" stands twice; names compare without case
        a.json: attributes[7].name: every resource has the common attribute "ID": take another name
        a.json: attributes[8].name: every resource has the common attribute "meta": take another name
        a.json: attributes[9].subAttributes[1].name: "x.y" is no attribute name: write a letter and then letters, digits, - and _, 100 at most
        a.json: attributes[9].subAttributes[3].name: "D" stands twice; names compare without case
        "#);
}

#[test]
fn complex_attributes_have_rules_of_their_own() {
    insta::assert_snapshot!(of_attributes(
        r#"{"name": "a", "type": "complex"}, {"name": "b", "type": "complex", "subAttributes": []},
           {"name": "c", "type": "complex", "uniqueness": "server", "x-muster-index": true,
            "subAttributes": [{"name": "d", "type": "complex", "subAttributes": [{"name": "e"}]}]},
           {"name": "f", "subAttributes": [{"name": "g"}]},
           {"name": "h", "required": true, "mutability": "readOnly"}"#
    ), @r#"
        a.json: attributes[0].subAttributes: is missing: a complex attribute has some
        a.json: attributes[1].subAttributes: a complex attribute has at least one
        a.json: attributes[2].subAttributes[0].type: a sub-attribute cannot be complex
        a.json: attributes[2].uniqueness: a complex attribute cannot be unique: say it of a sub-attribute
        a.json: attributes[2].x-muster-index: a complex attribute has no index: say it of a sub-attribute
        a.json: attributes[3].subAttributes: only a complex attribute has some
        a.json: attributes[4].required: a readOnly attribute cannot be required: no client could give it a value
        "#);
}

#[test]
fn unknown_keywords_are_ignored_unless_they_look_like_ours() {
    let known = r#"{"id": "urn:example:a", "x-other": 1, "$schema": "…", "attributes": [{"name": "a", "x-vendor-index": 1}]}"#;
    assert!(registry(&[("a.json", known)]).is_ok());
    insta::assert_snapshot!(of_attributes(
        r#"{"name": "a", "x-muster-indexed": true, "X-Muster-Index": true}, {"name": "b", "x-muster-index": "yes"}"#
    ), @r#"
        a.json: attributes[0].x-muster-indexed: is no keyword: write x-muster-index
        a.json: attributes[0].X-Muster-Index: is no keyword: write x-muster-index
        a.json: attributes[1].x-muster-index: is a string: write true or false, without quotes
        "#);
    insta::assert_snapshot!(faults(&[("a.json", r#"{"id": "urn:example:a", "x-muster-index": true, "attributes": []}"#)]), @r#"a.json: x-muster-index: is no keyword here; an attribute may have x-muster-index"#);
}

#[test]
fn every_fault_of_every_document_is_told_at_once() {
    insta::assert_snapshot!(faults(&[
        ("z.json", r#"{"id": "urn:example:one", "attributes": [{"name": "a", "type": "x"}]}"#),
        ("a.json", "[{}, 1, {\"name\": \"A\"}, {\"name\": \"T\", \"schema\": \"urn:example:gone\"}]"),
        ("b.json", "{\"a\": 1, \"a\": 2}"),
        ("c.json", "{"),
        ("d.json", r#"{"attributes": [], "id": "example"}"#),
    ]), @r#"
        a.json: [0]: is neither a schema nor a resource type: write urn:ietf:params:scim:schemas:core:2.0:Schema or urn:ietf:params:scim:schemas:core:2.0:ResourceType into schemas
        a.json: [1]: is a number: write an object
        a.json: [2]: is neither a schema nor a resource type: write urn:ietf:params:scim:schemas:core:2.0:Schema or urn:ietf:params:scim:schemas:core:2.0:ResourceType into schemas
        a.json: [3].endpoint: is missing, and there is no other document of the resource type T
        a.json: [3].schema: there is no schema "urn:example:gone"
        b.json: is no usable JSON: the name "a" stands twice in one object at line 1 column 12
        c.json: is no usable JSON: EOF while parsing an object at line 1 column 1
        d.json: id: "example" is no URN of a schema: write urn: and then letters, digits and -._:~, 200 characters at most
        z.json: attributes[0].type: is "x": write one of string, boolean, decimal, integer, dateTime, binary, reference, complex
        "#);
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
    ]), @r#"
        a: id: "urn:ietf:params:scim:schemas:core:2.0:user" is the id of schemas/user.json too
        b: id: "urn:ietf:params:scim:api:messages:2.0:PatchOp" belongs to SCIM itself: take another
        d: id: "URN:example:badge" is the id of c too
        f: endpoint: "/users" is the endpoint of User too
        g: name: "user" is written "User" at schemas/resource-types.json: [0]
        g: endpoint: "/People" is not what schemas/resource-types.json: [0] says, "/Users": a resource type has one
        h: schema: this schema is of the resource type User and of no other
        i: schemaExtensions[0].required: is not what schemas/resource-types.json: [0].schemaExtensions[0] says of the same extension
        i: schemaExtensions[1].schema: is the schema of the resource type itself
        "#);
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
