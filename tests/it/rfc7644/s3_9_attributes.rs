//! Section 3.9: `attributes` and `excludedAttributes`.

use serde_json::{Value, json};

use crate::support::strict::{Client, ENTERPRISE, USER, group, made, query, strict, user};

fn keys(value: &Value) -> Vec<String> {
    let mut keys: Vec<String> = value.as_object().unwrap().keys().cloned().collect();
    keys.sort_unstable();
    keys
}

fn ada() -> Value {
    user(
        "ada",
        json!({
            "title": "Dr", "name": { "givenName": "A", "familyName": "L" },
            "emails": [{ "value": "a@x", "type": "work" }, { "value": "b@x" }],
            ENTERPRISE: { "department": "R&D", "costCenter": "1", "manager": { "value": "m" } },
        }),
    )
}

/// What each choice leaves: `id` and `schemas` always.
#[test]
fn s3_9_attributes_choose() {
    let fixture = strict(&[]);
    let client = fixture.client();
    let path = made(&client, "/Users", &ada());
    for (pairs, expected) in [
        (("attributes", "userName"), json!({ "userName": "ada" })),
        (
            ("attributes", "USERNAME, title"),
            json!({ "userName": "ada", "title": "Dr" }),
        ),
        (
            ("attributes", "name.givenName"),
            json!({ "name": { "givenName": "A" } }),
        ),
        (
            ("attributes", "emails.value"),
            json!({ "emails": [{ "value": "a@x" }, { "value": "b@x" }] }),
        ),
        (
            ("attributes", &*format!("{USER}:userName")),
            json!({ "userName": "ada" }),
        ),
        (
            ("attributes", &*format!("{ENTERPRISE}:department")),
            json!({ ENTERPRISE: { "department": "R&D" } }),
        ),
        (
            (
                "attributes",
                &*format!("{}:MANAGER.value", ENTERPRISE.to_uppercase()),
            ),
            json!({ ENTERPRISE: { "manager": { "value": "m" } } }),
        ),
        (
            ("attributes", ENTERPRISE),
            json!({ ENTERPRISE: { "department": "R&D", "costCenter": "1", "manager": { "value": "m" } } }),
        ),
        (
            ("attributes", "meta.resourceType"),
            json!({ "meta": { "resourceType": "User" } }),
        ),
        (("attributes", "nickName"), json!({})),
        (("attributes", "nothing"), json!({})),
        (("attributes", "password"), json!({})),
        (("attributes", "id"), json!({})),
    ] {
        let mut found = client.get(&query(&path, &[pairs])).expect(200).json();
        assert!(
            found["id"].is_string() && found["schemas"].is_array(),
            "{pairs:?}"
        );
        found
            .as_object_mut()
            .unwrap()
            .retain(|name, _| name != "id" && name != "schemas");
        assert_eq!(found, expected, "{pairs:?}");
    }
}

/// What each exclusion leaves: `id` and `schemas` in any case.
#[test]
fn s3_9_excluded_attributes_leave_the_rest() {
    let fixture = strict(&[]);
    let client = fixture.client();
    let path = made(&client, "/Users", &ada());
    let all = keys(&client.get(&path).json());
    for (excluded, gone) in [
        ("title", &["title"][..]),
        ("TITLE,emails , nothing", &["title", "emails"]),
        ("id,schemas,userName", &["userName"]),
        ("meta", &["meta"]),
        (ENTERPRISE, &[ENTERPRISE]),
    ] {
        let found = keys(
            &client
                .get(&query(&path, &[("excludedAttributes", excluded)]))
                .expect(200)
                .json(),
        );
        let expected: Vec<String> = all
            .iter()
            .filter(|name| !gone.contains(&name.as_str()))
            .cloned()
            .collect();
        assert_eq!(found, expected, "{excluded}");
    }
    let excluded = format!("name.givenName,emails.type,{ENTERPRISE}:department");
    let found = client
        .get(&query(&path, &[("excludedAttributes", &excluded)]))
        .expect(200)
        .json();
    assert_eq!(found["name"], json!({ "familyName": "L" }));
    assert_eq!(
        found["emails"],
        json!([{ "value": "a@x" }, { "value": "b@x" }])
    );
    assert_eq!(
        found[ENTERPRISE],
        json!({ "costCenter": "1", "manager": { "value": "m" } })
    );
    client
        .get(&query(
            &path,
            &[("attributes", "title"), ("excludedAttributes", "name")],
        ))
        .refused(400, Some("invalidValue"));
    for empty in ["attributes", "excludedAttributes"] {
        assert_eq!(
            keys(&client.get(&query(&path, &[(empty, "")])).expect(200).json()),
            all
        );
    }
}

fn answers(client: &Client, pairs: &[(&str, &str)]) -> Vec<Value> {
    let created = client
        .post(&query("/Users", pairs), &ada())
        .expect(201)
        .json();
    let path = format!("/Users/{}", created["id"].as_str().unwrap());
    let at = query(&path, pairs);
    let operations = json!([{ "op": "add", "path": "nickName", "value": "x" }]);
    let list = client.get(&query("/Users", pairs)).expect(200).json();
    let all = vec![
        created,
        client.get(&at).expect(200).json(),
        client.put(&at, &ada()).expect(200).json(),
        client.operations(&at, &operations).expect(200).json(),
        list["Resources"][0].clone(),
    ];
    client.delete(&path).expect(204);
    all
}

/// The parameters hold for POST, GET, PUT, PATCH and lists.
#[test]
fn s3_9_on_every_verb() {
    let fixture = strict(&[]);
    let client = fixture.client();
    for found in answers(&client, &[("attributes", "title")]) {
        assert_eq!(keys(&found), ["id", "schemas", "title"]);
    }
    for found in answers(&client, &[("excludedAttributes", "title,meta")]) {
        assert!(
            found.get("title").is_none()
                && found.get("meta").is_none()
                && found.get("userName").is_some()
        );
    }
}

/// The joined attributes: `members` of a group and `groups` of a user.
#[test]
fn s3_9_members_and_groups() {
    let fixture = strict(&[]);
    let client = fixture.client();
    let ada = made(&client, "/Users", &ada());
    let id = ada.trim_start_matches("/Users/");
    let staff = made(
        &client,
        "/Groups",
        &group(
            "staff",
            json!({ "members": [{ "value": id, "display": "A" }] }),
        ),
    );
    let get = |path: &str, name: &str, list: &str| {
        client.get(&query(path, &[(name, list)])).expect(200).json()
    };
    assert_eq!(
        get(&staff, "excludedAttributes", "members").get("members"),
        None
    );
    assert_eq!(
        get(&staff, "attributes", "displayName").get("members"),
        None
    );
    assert_eq!(
        get(&staff, "attributes", "members.value")["members"],
        json!([{ "value": id }])
    );
    assert_eq!(
        get(&staff, "excludedAttributes", "members.$ref,members.type")["members"],
        json!([{ "value": id, "display": "A" }])
    );
    assert_eq!(
        get(&ada, "attributes", "groups.display")["groups"],
        json!([{ "display": "staff" }])
    );
    assert_eq!(
        get(&ada, "excludedAttributes", "groups").get("groups"),
        None
    );
}
