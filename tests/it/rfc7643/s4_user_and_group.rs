//! Section 4: what the User, the Group and the enterprise extension ask for beyond their schemas.

use serde_json::{Value, json};

use crate::support::strict::{ENTERPRISE, group, made, stored, strict, user};

/// §4.1.1: `userName` is required, not blank, and unique without regard to case.
#[test]
fn s4_1_1_user_name_is_required_and_unique() {
    let fixture = strict(&[]);
    let client = fixture.client();
    for blank in [Value::Null, json!(""), json!("  ")] {
        client
            .post("/Users", &user("x", json!({ "userName": blank })))
            .refused(400, Some("invalidValue"));
    }
    let ada = made(&client, "/Users", &user("Ada@x.example", json!({})));
    let bob = made(&client, "/Users", &user("bob", json!({})));
    let taken = user("ADA@X.example", json!({}));
    client
        .post("/Users", &taken)
        .refused(409, Some("uniqueness"));
    client.put(&bob, &taken).refused(409, Some("uniqueness"));
    let rename = json!([{ "op": "replace", "path": "userName", "value": "ada@x.EXAMPLE" }]);
    client
        .operations(&bob, &rename)
        .refused(409, Some("uniqueness"));
    assert_eq!(stored(&client, &bob)["userName"], "bob");
    client.operations(&ada, &rename).expect(200);
    assert_eq!(stored(&client, &ada)["userName"], "ada@x.EXAMPLE");
}

/// §4.1.1: `password` is never answered, in no syntax.
#[test]
fn s4_1_1_password_is_never_returned() {
    let fixture = strict(&[]);
    let client = fixture.client();
    let body = user("ada", json!({ "password": "canary-pw" }));
    let reply = client.post("/Users", &body).expect(201);
    let path = format!("/Users/{}", reply.id());
    let operations = json!([{ "op": "replace", "path": "password", "value": "canary-pw" }]);
    let mut texts = vec![reply.text()];
    texts.push(client.put(&path, &body).expect(200).text());
    texts.push(client.operations(&path, &operations).expect(200).text());
    for path in [
        path.clone(),
        format!("{path}?attributes=password"),
        "/Users?attributes=password".to_owned(),
        "/Users".to_owned(),
    ] {
        texts.push(client.get(&path).expect(200).text());
    }
    for text in texts {
        assert!(
            !text.contains("canary-pw") && !text.contains("\"password\""),
            "{text}"
        );
    }
}

/// §4.1.2: `groups` of a user follows the members of groups; PUT and PATCH cannot write it.
#[test]
fn s4_1_2_groups_are_read_only() {
    let fixture = strict(&[]);
    let client = fixture.client();
    let ada = made(&client, "/Users", &user("ada", json!({})));
    let id = ada.trim_start_matches("/Users/");
    let members = json!({ "members": [{ "value": id }] });
    let staff = made(&client, "/Groups", &group("staff", members));
    let group_id = staff.trim_start_matches("/Groups/");
    let before = stored(&client, &ada);
    let shown = &before["groups"][0];
    assert_eq!(shown["value"], group_id);
    assert_eq!(shown["display"], "staff");
    assert_eq!(shown["type"], "direct");
    assert!(shown["$ref"].as_str().unwrap().ends_with(&staff));
    assert_eq!(before["meta"]["lastModified"], before["meta"]["created"]);
    client
        .put(&ada, &user("ada", json!({ "groups": [] })))
        .expect(200);
    assert_eq!(stored(&client, &ada), before);
    for operations in [
        json!([{ "op": "add", "path": "groups", "value": [{ "value": "x" }] }]),
        json!([{ "op": "replace", "path": "groups.display", "value": "x" }]),
        json!([{ "op": "remove", "path": "groups" }]),
        json!([{ "op": "remove", "path": format!("groups[value eq \"{group_id}\"]") }]),
        json!([{ "op": "replace", "value": { "groups": [] } }]),
    ] {
        client
            .operations(&ada, &operations)
            .refused(400, Some("mutability"));
    }
    assert_eq!(stored(&client, &ada), before);
}

/// §4.2: `displayName` of a group is required (erratum 5368); by default it is unique too.
#[test]
fn s4_2_display_name_is_required() {
    let fixture = strict(&[]);
    let client = fixture.client();
    let path = made(&client, "/Groups", &group("Staff", json!({})));
    for blank in [Value::Null, json!("")] {
        let body = group("x", json!({ "displayName": blank }));
        client
            .post("/Groups", &body)
            .refused(400, Some("invalidValue"));
        client.put(&path, &body).refused(400, Some("invalidValue"));
    }
    client
        .operations(&path, &json!([{ "op": "remove", "path": "displayName" }]))
        .refused(400, Some("mutability"));
    client
        .post("/Groups", &group("STAFF", json!({})))
        .refused(409, Some("uniqueness"));
}

/// §4.2: with `scim.unique_group_names` off the RFC's own rule holds.
#[test]
fn s4_2_display_names_may_be_shared_when_set_so() {
    let fixture = strict(&[("scim.unique_group_names", "false")]);
    let client = fixture.client();
    made(&client, "/Groups", &group("Staff", json!({})));
    made(&client, "/Groups", &group("Staff", json!({})));
}

/// §4.2: members have `value`, `$ref` and `type`; users and groups may be members; unknown ids are kept.
#[test]
fn s4_2_members() {
    let fixture = strict(&[]);
    let client = fixture.client();
    let ada = made(&client, "/Users", &user("ada", json!({})));
    let inner = made(&client, "/Groups", &group("inner", json!({})));
    let ids = [
        ada.trim_start_matches("/Users/"),
        inner.trim_start_matches("/Groups/"),
    ];
    let members = json!({ "members": [
        { "value": ids[0], "display": "Ada", "$ref": "https://elsewhere.example/x" },
        { "value": ids[1], "type": "Group" },
        { "value": "nobody" },
        { "value": "nobody" },
    ] });
    let path = made(&client, "/Groups", &group("outer", members));
    let found = stored(&client, &path)["members"]
        .as_array()
        .unwrap()
        .clone();
    assert_eq!(found.len(), 3);
    let of = |id: &str| found.iter().find(|member| member["value"] == id).unwrap();
    assert_eq!(
        (&of(ids[0])["type"], &of(ids[0])["display"]),
        (&json!("User"), &json!("Ada"))
    );
    assert!(
        of(ids[0])["$ref"]
            .as_str()
            .unwrap()
            .ends_with(&format!("/scim/v2{ada}"))
    );
    assert!(
        of(ids[1])["$ref"]
            .as_str()
            .unwrap()
            .ends_with(&format!("/scim/v2{inner}"))
    );
    assert_eq!(*of("nobody"), json!({ "value": "nobody" }));
    for bad in [
        json!([{}, { "display": "x" }]),
        json!([{ "value": "" }]),
        json!(["x"]),
        json!({ "value": "x" }),
    ] {
        client
            .post("/Groups", &group("bad", json!({ "members": bad })))
            .refused(400, Some("invalidValue"));
    }
}

/// §4.3: `manager.displayName` is readOnly: ignored in a value, refused as a target.
#[test]
fn s4_3_manager_display_name_is_read_only() {
    let fixture = strict(&[]);
    let client = fixture.client();
    let manager = json!({ ENTERPRISE: { "manager": { "value": "M", "displayName": "Boss" } } });
    let path = made(&client, "/Users", &user("ada", manager.clone()));
    let expected = json!({ "manager": { "value": "M" } });
    assert_eq!(stored(&client, &path)[ENTERPRISE], expected);
    client.put(&path, &user("ada", manager)).expect(200);
    assert_eq!(stored(&client, &path)[ENTERPRISE], expected);
    let value = json!([{ "op": "replace", "path": format!("{ENTERPRISE}:manager"),
        "value": { "value": "N", "displayName": "Boss" } }]);
    client.operations(&path, &value).expect(200);
    assert_eq!(
        stored(&client, &path)[ENTERPRISE],
        json!({ "manager": { "value": "N" } })
    );
    let target = json!([{ "op": "replace", "path": format!("{ENTERPRISE}:manager.displayName"), "value": "Boss" }]);
    client
        .operations(&path, &target)
        .refused(400, Some("mutability"));
}
