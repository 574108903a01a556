//! Section 2: names, data types, multi-valued attributes, unassigned values.

use serde_json::{Value, json};

use crate::support::strict::{ENTERPRISE, made, stored, strict, user};

/// §2.3: what an attribute of each type refuses, in a body and in PATCH alike.
#[test]
fn s2_3_values_of_the_wrong_type_are_invalid_values() {
    let fixture = strict(&[]);
    let client = fixture.client();
    let path = made(&client, "/Users", &user("start", json!({})));
    let before = stored(&client, &path);
    for (name, value) in [
        ("active", json!("true")),
        ("active", json!(1)),
        ("active", json!(["true"])),
        ("title", json!(1)),
        ("title", json!(true)),
        ("title", json!({ "value": "x" })),
        ("title", json!(["x"])),
        ("profileUrl", json!(7)),
        ("name", json!("Ada")),
        ("name", json!([{ "givenName": "Ada" }])),
        ("name", json!({ "givenName": 1 })),
        ("emails", json!(["a@x.example"])),
        ("emails", json!([1])),
        ("emails", json!([{ "value": {} , "type": ["work"] }])),
        (
            "emails",
            json!([{ "value": "a@x.example", "primary": "true" }]),
        ),
        ("x509Certificates", json!([{ "value": "not base64!" }])),
        ("x509Certificates", json!([{ "value": "Y" }])),
        (ENTERPRISE, json!("R&D")),
        (ENTERPRISE, json!([])),
        (ENTERPRISE, json!({ "manager": "1" })),
        (ENTERPRISE, json!({ "manager": [{ "value": "1" }] })),
        (ENTERPRISE, json!({ "department": 5 })),
    ] {
        let body = user("new", json!({ name: value }));
        client
            .post("/Users", &body)
            .refused(400, Some("invalidValue"));
        client.put(&path, &body).refused(400, Some("invalidValue"));
        for operations in [
            json!([{ "op": "replace", "path": name, "value": value }]),
            json!([{ "op": "add", "value": { name: value } }]),
        ] {
            client
                .operations(&path, &operations)
                .refused(400, Some("invalidValue"));
        }
    }
    assert_eq!(stored(&client, &path), before);
    assert_eq!(client.get("/Users").json()["totalResults"], 1);
}

/// §2.3: values are kept as they were sent.
#[test]
fn s2_3_values_are_stored_as_sent() {
    let fixture = strict(&[]);
    let client = fixture.client();
    let all = json!({
        "displayName": " Ada  L. ",
        "nickName": "",
        "profileUrl": "../ada",
        "locale": "eleven",
        "timezone": "nowhere",
        "preferredLanguage": "xx; q=1",
        "emails": [{ "value": "Ada@X.Example", "type": "office", "display": "é\u{1F600}" }],
        "addresses": [{ "country": "DE", "type": "work", "primary": true, "streetAddress": "1\n2" }],
        "phoneNumbers": [{ "value": "tel:+1-201;ext=5", "type": "pager" }, { "value": "0" }],
        "ims": [{ "value": "x", "type": "matrix" }],
        "photos": [{ "value": "https://x.example/p", "type": "thumbnail" }],
        "entitlements": [{ "value": "e" }],
        "roles": [{ "value": "r", "primary": false }],
        "x509Certificates": [{ "value": "TUlJ" }],
        ENTERPRISE: { "manager": { "value": "nobody", "$ref": "../Users/nobody" }, "department": "R&D" },
    });
    let path = made(&client, "/Users", &user("ada", all.clone()));
    let found = stored(&client, &path);
    for (name, value) in all.as_object().unwrap() {
        assert_eq!(found[name], *value, "{name}");
    }
    for absent in ["name", "title", "groups"] {
        assert_eq!(found.get(absent), None, "{absent} was made up");
    }
}

/// §2.1: names of attributes compare without case, and are answered as the schema spells them.
#[test]
fn s2_1_attribute_names_have_no_case() {
    let fixture = strict(&[]);
    let client = fixture.client();
    let body = json!({
        "SCHEMAS": [crate::support::strict::USER.to_uppercase()],
        "USERNAME": "ada",
        "Name": { "GIVENNAME": "Ada" },
        "emails": [{ "VALUE": "a@x.example" }],
        (ENTERPRISE.to_uppercase()): { "Department": "R&D" },
    });
    let path = made(&client, "/Users", &body);
    let found = stored(&client, &path);
    assert_eq!(found["userName"], "ada");
    assert_eq!(found["name"], json!({ "givenName": "Ada" }));
    assert_eq!(found["emails"], json!([{ "value": "a@x.example" }]));
    assert_eq!(found[ENTERPRISE], json!({ "department": "R&D" }));
    client
        .post("/Users", &user("b", json!({ "title": "x", "TITLE": "y" })))
        .refused(400, Some("invalidSyntax"));
    client
        .post(
            "/Users",
            &user(
                "b",
                json!({ "name": { "givenName": "x", "GivenName": "y" } }),
            ),
        )
        .refused(400, Some("invalidSyntax"));
}

/// §2.4: one primary value at most; the same value is not there twice.
#[test]
fn s2_4_multi_valued_attributes() {
    let fixture = strict(&[]);
    let client = fixture.client();
    let two = json!([{ "value": "a", "primary": true }, { "value": "b", "primary": true }]);
    client
        .post("/Users", &user("ada", json!({ "emails": two })))
        .refused(400, Some("invalidValue"));
    let twice = json!([
        { "value": "a@x", "type": "work", "primary": true },
        { "type": "work", "primary": true, "value": "a@x" },
        { "value": "a@x", "type": "home" },
    ]);
    let path = made(&client, "/Users", &user("ada", json!({ "emails": twice })));
    assert_eq!(
        stored(&client, &path)["emails"],
        json!([
            { "value": "a@x", "type": "work", "primary": true },
            { "value": "a@x", "type": "home" },
        ])
    );
}

/// §2.4: "SHOULD NOT return the same (type, value) combination more than once per attribute",
/// however the values came to be equal.
#[test]
fn s2_4_a_pair_of_type_and_value_is_there_once() {
    let fixture = strict(&[]);
    let client = fixture.client();
    let pairs = json!([
        { "value": "a@x", "type": "work", "display": "A" },
        { "value": "a@x", "type": "work", "display": "B", "primary": true },
        { "value": "b@x" },
        { "value": "b@x", "display": "C" },
    ]);
    let merged = json!([
        { "value": "a@x", "type": "work", "display": "B", "primary": true },
        { "value": "b@x", "display": "C" },
    ]);
    let path = made(&client, "/Users", &user("ada", json!({ "emails": pairs })));
    assert_eq!(stored(&client, &path)["emails"], merged);
    client
        .operations(
            &path,
            &json!([{ "op": "add", "path": "emails", "value": [{ "value": "b@x", "display": "D" }] }]),
        )
        .expect(200);
    assert_eq!(
        stored(&client, &path)["emails"][1],
        json!({ "value": "b@x", "display": "D" })
    );
    let one_value = json!([
        { "op": "add", "path": "emails", "value": [{ "value": "c@x", "type": "work" }] },
        { "op": "replace", "path": "emails[type eq \"work\"].value", "value": "z@x" },
    ]);
    client.operations(&path, &one_value).expect(200);
    let works = stored(&client, &path)["emails"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|email| email["type"] == "work")
        .count();
    assert_eq!(works, 1);
}

/// §2.5: `null`, an empty array and nothing are the same.
#[test]
fn s2_5_unassigned_values_are_not_answered() {
    let fixture = strict(&[]);
    let client = fixture.client();
    let unassigned = json!({
        "title": null,
        "name": {},
        "emails": [],
        "phoneNumbers": null,
        "roles": [{}, null, { "value": null }],
        "addresses": [{ "country": null }],
        ENTERPRISE: { "department": null, "manager": { "value": null } },
    });
    let path = made(&client, "/Users", &user("ada", unassigned.clone()));
    let check = |found: Value| {
        for name in unassigned.as_object().unwrap().keys() {
            assert_eq!(found.get(name), None, "{name}");
        }
        assert_eq!(found["schemas"], json!([crate::support::strict::USER]));
    };
    check(stored(&client, &path));
    let set = json!({ "title": "x", "name": { "givenName": "A" }, "emails": [{ "value": "a@x" }] });
    client.put(&path, &user("ada", set)).expect(200);
    check(
        client
            .put(&path, &user("ada", unassigned.clone()))
            .expect(200)
            .json(),
    );
}
