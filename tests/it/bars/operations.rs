//! Many operations on many values: within the limits done, above them refused whole.

use serde_json::{Value, json};

use crate::support::strict::{Client, column, group, made, patch_body, stored, strict, user};

const MEMBERS: usize = 10_000;

fn id(ordinal: usize) -> String {
    format!("m{ordinal:05}")
}

fn large_group(client: &Client) -> String {
    let members: Vec<Value> = (0..MEMBERS)
        .map(|ordinal| json!({ "value": id(ordinal) }))
        .collect();
    made(
        client,
        "/Groups",
        &group("large", json!({ "members": members })),
    )
}

fn each(count: usize, operation: impl Fn(usize) -> Value) -> Value {
    patch_body(&(0..count).map(operation).collect())
}

fn members(client: &Client, path: &str) -> Vec<Value> {
    stored(client, path)["members"]
        .as_array()
        .cloned()
        .unwrap_or_default()
}

/// Bar 55, PATCH: 10,000 operations on a group of 10,000 members.
#[test]
fn ten_thousand_operations_on_ten_thousand_members() {
    let fixture = strict(&[]);
    let client = fixture.client();
    let path = large_group(&client);
    assert_eq!(members(&client, &path).len(), MEMBERS);

    let named = each(
        MEMBERS,
        |ordinal| json!({ "op": "replace", "path": format!("members[value eq \"{}\"].display", id(ordinal)), "value": "D" }),
    );
    client.patch(&path, &named).expect(204);
    assert!(
        members(&client, &path)
            .iter()
            .all(|member| member["display"] == "D")
    );

    let one_too_many = each(
        MEMBERS + 1,
        |ordinal| json!({ "op": "remove", "path": format!("members[value eq \"{}\"]", id(ordinal)) }),
    );
    let version = client.get(&format!("{path}?attributes=displayName")).etag();
    let detail = client.patch(&path, &one_too_many).refused(413, None);
    assert!(detail.contains("10000"), "{detail}");
    assert_eq!(
        client.get(&format!("{path}?attributes=displayName")).etag(),
        version
    );

    let moved = each(MEMBERS, |ordinal| match ordinal % 2 {
        0 => json!({ "op": "remove", "path": format!("members[value eq \"{}\"]", id(ordinal)) }),
        _ => {
            json!({ "op": "add", "path": "members", "value": [{ "value": format!("new{ordinal}") }] })
        }
    });
    client.patch(&path, &moved).expect(204);
    let after = members(&client, &path);
    assert_eq!(after.len(), MEMBERS);
    assert!(
        after
            .iter()
            .all(|member| member["value"] != id(0) && member["value"] != id(2))
    );
}

/// Operations that have to look at every member, again and again, end before they block all others.
#[test]
fn operations_that_read_every_member_are_limited() {
    let fixture = strict(&[]);
    let client = fixture.client();
    let path = large_group(&client);
    for operation in [
        json!({ "op": "remove", "path": "members[display eq \"nobody\"]" }),
        json!({ "op": "replace", "path": "members[display eq \"nobody\" or value eq \"m00001\"].display", "value": "x" }),
        json!({ "op": "replace", "path": "members.display", "value": "y" }),
    ] {
        client
            .patch(&path, &each(10_000, |_| operation.clone()))
            .refused(413, None);
        client
            .patch(&path, &each(10, |_| operation.clone()))
            .expect(204);
    }
    let first = &members(&client, &path)[0];
    assert_eq!(first["display"], "y");
}

/// The same of an attribute in the document.
#[test]
fn operations_on_a_long_attribute_are_limited() {
    let fixture = strict(&[]);
    let client = fixture.client();
    let emails: Vec<Value> = (0..1_000)
        .map(|ordinal| json!({ "value": format!("e{ordinal}") }))
        .collect();
    let path = made(&client, "/Users", &user("ada", json!({ "emails": emails })));
    let before = client.get(&path).etag();
    for operation in [
        json!({ "op": "remove", "path": "emails[value eq \"nobody\"]" }),
        json!({ "op": "replace", "path": "emails[value eq \"e1\"].display", "value": "x" }),
        json!({ "op": "add", "path": "emails", "value": [{ "value": "e2" }] }),
        json!({ "op": "replace", "path": "emails.display", "value": "x" }),
    ] {
        client
            .patch(&path, &each(750, |_| operation.clone()))
            .refused(413, None);
    }
    assert_eq!(client.get(&path).etag(), before);
    let few = each(
        3,
        |ordinal| json!({ "op": "remove", "path": format!("emails[value eq \"e{ordinal}\"]") }),
    );
    client.patch(&path, &few).expect(200);
    assert_eq!(
        stored(&client, &path)["emails"].as_array().unwrap().len(),
        997
    );
    assert_eq!(
        column(&client.get("/Users?attributes=userName"), "userName"),
        ["ada"]
    );
}
