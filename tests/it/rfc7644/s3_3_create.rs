//! Section 3.3: creating resources; section 3.4.1: reading one.

use serde_json::json;

use crate::support::strict::{group, made, stored, strict, user};

/// 201, the representation, `Location` and `ETag`; the same is read afterwards.
#[test]
fn s3_3_create_answers_the_resource() {
    let fixture = strict(&[]);
    let client = fixture.client();
    for (endpoint, kind, body) in [
        ("/Users", "User", user("ada", json!({ "title": "Dr" }))),
        (
            "/Groups",
            "Group",
            group("staff", json!({ "externalId": "g" })),
        ),
    ] {
        let reply = client.post(endpoint, &body).expect(201);
        assert_eq!(reply.header("content-type"), Some("application/scim+json"));
        let made = reply.json();
        assert_eq!(reply.header("location"), made["meta"]["location"].as_str());
        assert_eq!(reply.etag(), made["meta"]["version"].as_str().unwrap());
        assert_eq!(made["meta"]["resourceType"], kind);
        for (name, value) in body.as_object().unwrap() {
            assert_eq!(made[name], *value, "{name}");
        }
        let read = client
            .get(&format!("{endpoint}/{}", reply.id()))
            .expect(200);
        assert_eq!(read.json(), made);
        assert_eq!(read.etag(), reply.etag());
        assert_eq!(read.header("content-location"), reply.header("location"));
    }
}

/// A user made without `active` is active (CONTRACT); unknown attributes are ignored.
#[test]
fn s3_3_defaults_and_unknown_attributes() {
    let fixture = strict(&[]);
    let client = fixture.client();
    let odd = json!({ "favouriteColour": "blue", "urn:x:unknown": { "a": 1 }, "name": { "shoe": 42 }, "name.givenName": "A" });
    let path = made(&client, "/Users", &user("ada", odd));
    let found = stored(&client, &path);
    assert_eq!(found["active"], true);
    for name in ["favouriteColour", "urn:x:unknown", "name", "name.givenName"] {
        assert_eq!(found.get(name), None, "{name}");
    }
}

/// §3.3: a duplicate is 409 `uniqueness`, and nothing is made.
#[test]
fn s3_3_duplicates_are_refused() {
    let fixture = strict(&[]);
    let client = fixture.client();
    for (endpoint, body) in [
        ("/Users", user("ada", json!({}))),
        ("/Groups", group("ada", json!({}))),
    ] {
        made(&client, endpoint, &body);
        client
            .post(endpoint, &body)
            .refused(409, Some("uniqueness"));
        assert_eq!(client.get(endpoint).json()["totalResults"], 1);
    }
}

/// §3.4.1: what is not there is 404; a user is no group.
#[test]
fn s3_4_1_unknown_ids() {
    let fixture = strict(&[]);
    let client = fixture.client();
    let ada = made(&client, "/Users", &user("ada", json!({})));
    let id = ada.trim_start_matches("/Users/");
    let long = "x".repeat(8_000);
    for path in [
        "/Users/nobody",
        "/Users/%00",
        "/Users/%F0%9F%98%80",
        "/Users/..%2f..%2fadmin",
        "/Users/'--",
        "/Users/%ff",
        "/Users/*",
        &format!("/Groups/{id}"),
        &format!("/Users/{}", id.to_uppercase()),
        &format!("/Users/{id}%20"),
        &format!("/Users/{long}"),
        &format!("/Users/{id}/emails"),
        &format!("/Users/{id}/"),
    ] {
        if path.to_lowercase() == ada {
            continue;
        }
        for method in ["GET", "DELETE"] {
            let detail = client.send(method, path, &[], None).refused(404, None);
            assert!(detail.len() < 400, "{detail}");
        }
    }
    stored(&client, &ada);
}
