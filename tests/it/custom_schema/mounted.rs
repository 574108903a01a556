//! A resource type is served as soon as its document is there: every verb, discovery, versions.

use serde_json::json;

use super::{BADGE, CORE, EXTENSION, made, resource, start};

#[test]
fn a_new_type_is_read_written_and_deleted_at_its_endpoint() {
    let fixture = start();
    let client = fixture.client();
    let body = resource("a", &json!({ "integerAttr": 7 }));
    let created = client.post("/TestResources", &body).expect(201);
    let path = format!("/TestResources/{}", created.id());
    assert_eq!(created.json()["meta"]["resourceType"], "TestResource");
    assert_eq!(
        created.header("location"),
        created.json()["meta"]["location"].as_str()
    );
    assert!(created.header("location").unwrap().ends_with(&path));
    assert_eq!(created.json()["schemas"], json!([CORE, EXTENSION]));

    let read = client.get(&path).expect(200);
    assert_eq!(read.json(), created.json());
    let known = client.send("GET", &path, &[("If-None-Match", &read.etag())], None);
    assert_eq!(known.status, 304);

    let next = resource("b", &json!({}));
    let stale = client.send_json("PUT", &path, &[("If-Match", "W/\"9\"")], &next);
    stale.refused(412, None);
    let put = client.send_json("PUT", &path, &[("If-Match", &read.etag())], &next);
    assert_eq!(put.expect(200).json().get("integerAttr"), None);
    assert_ne!(client.get(&path).expect(200).etag(), read.etag());

    let list = client.get("/TestResources").expect(200).json();
    assert_eq!(list["totalResults"], 1);
    client.delete(&path).expect(204);
    client.get(&path).refused(404, None);
    client.post("/TestResources", &next).expect(201);
}

#[test]
fn discovery_lists_what_the_documents_say() {
    let fixture = start();
    let client = fixture.client_with(None);
    let rt = client.get("/ResourceTypes/TestResource").expect(200).json();
    assert_eq!(rt["endpoint"], "/TestResources");
    assert_eq!(
        rt["schemaExtensions"],
        json!([{ "schema": EXTENSION, "required": true }])
    );
    let schema = client.get(&format!("/Schemas/{CORE}")).expect(200).json();
    let attribute = |name: &str| {
        let all = schema["attributes"].as_array().unwrap().iter();
        all.clone().find(|one| one["name"] == name).unwrap().clone()
    };
    assert_eq!(attribute("identifier")["uniqueness"], "server");
    assert_eq!(attribute("writeOnlyAttr")["returned"], "never");
    assert_eq!(attribute("dateTimeAttr")["type"], "dateTime");
    let user = client.get("/ResourceTypes/User").expect(200).json();
    let urns: Vec<_> = user["schemaExtensions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["schema"].clone())
        .collect();
    assert!(urns.contains(&json!(BADGE)), "{user}");
}

#[test]
fn an_extension_of_users_is_an_attribute_of_users() {
    let fixture = start();
    let client = fixture.client();
    let body = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", BADGE],
        "userName": "ada",
        BADGE: { "number": 12, "floor": "Third", "password": "not the password" },
    });
    let path = made(&client, "/Users", &body);
    let read = client.get(&path).expect(200).json();
    assert_eq!(read[BADGE], json!({ "number": 12, "floor": "Third" }));
    let other = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "userName": "grace",
        BADGE: { "number": 12 },
    });
    client
        .post("/Users", &other)
        .refused(409, Some("uniqueness"));
    let filter = format!("/Users?filter={BADGE}:floor%20eq%20%22third%22");
    assert_eq!(client.get(&filter).expect(200).json()["totalResults"], 1);
    let removed = json!([{ "op": "remove", "path": BADGE }]);
    let patched = client.operations(&path, &removed).expect(200).json();
    assert_eq!(patched.get(BADGE), None);
    assert_eq!(
        patched["schemas"],
        json!(["urn:ietf:params:scim:schemas:core:2.0:User"])
    );
    client.post("/Users", &other).expect(201);
}
