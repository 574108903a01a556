//! Section 3.10: `[urn:]attribute[.sub]` wherever an attribute is named.

use serde_json::{Value, json};

use crate::support::strict::{ENTERPRISE, USER, made, query, stored, strict, user};

/// The same attribute by every spelling, in PATCH paths, filters, `sortBy` and `attributes`.
#[test]
fn s3_10_spellings_of_one_attribute() {
    let fixture = strict(&[]);
    let client = fixture.client();
    let path = made(&client, "/Users", &user("ada", json!({})));
    let upper = USER.to_uppercase();
    for (ordinal, name) in [
        "name.familyName",
        "NAME.FAMILYNAME",
        &format!("{USER}:name.familyName"),
        &format!("{upper}:Name.familyname"),
    ]
    .into_iter()
    .enumerate()
    {
        let value = format!("L{ordinal}");
        let set = json!([{ "op": "replace", "path": name, "value": value }]);
        client.operations(&path, &set).expect(200);
        assert_eq!(
            stored(&client, &path)["name"]["familyName"],
            json!(value),
            "{name}"
        );
        let filter = format!("{name} eq \"{value}\"");
        for pairs in [
            [("filter", &*filter)],
            [("sortBy", name)],
            [("attributes", name)],
        ] {
            let list = client.get(&query("/Users", &pairs)).expect(200).json();
            assert_eq!(
                list["Resources"][0]["name"]["familyName"],
                json!(value),
                "{pairs:?}"
            );
        }
    }
}

/// An attribute of an extension needs its URN, whose dots are no sub-attributes.
#[test]
fn s3_10_extensions_need_their_urn() {
    let fixture = strict(&[]);
    let client = fixture.client();
    let path = made(&client, "/Users", &user("ada", json!({})));
    for bare in [
        "department",
        "manager.value",
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User.department",
    ] {
        let set = json!([{ "op": "add", "path": bare, "value": "x" }]);
        client
            .operations(&path, &set)
            .refused(400, Some("invalidPath"));
    }
    for (name, value) in [("department", "R&D"), ("MANAGER.Value", "m")] {
        let set = json!([{ "op": "add", "path": format!("{ENTERPRISE}:{name}"), "value": value }]);
        client.operations(&path, &set).expect(200);
    }
    let expected: Value = json!({ "department": "R&D", "manager": { "value": "m" } });
    assert_eq!(stored(&client, &path)[ENTERPRISE], expected);
}
