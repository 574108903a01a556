//! RFC 7644 §3.4.3: searches by POST, which keep what is looked for out of URLs.

use serde_json::json;

use super::{SEARCH, Town, list, names, search_body};
use crate::support::{Fixture, Setup};

#[test]
fn a_search_is_answered_as_the_query_is() {
    let town = Town::new();
    for (path, search, query) in [
        ("/Users", "/Users/.search", vec!["ada", "Cem"]),
        ("/Groups", "/Groups/.search", vec!["Staff", "admins"]),
        ("/", "/.search", vec!["ada", "Staff", "admins", "Cem"]),
    ] {
        let parameters = [
            ("filter", "displayName pr"),
            ("sortBy", "id"),
            ("sortOrder", "ascending"),
            ("startIndex", "1"),
            ("count", "10"),
            ("attributes", "displayName,userName"),
        ];
        let body = search_body(&json!({
            "filter": "displayName pr",
            "sortBy": "id",
            "sortOrder": "ascending",
            "startIndex": 1,
            "count": 10,
            "attributes": ["displayName", "userName"],
        }));
        let answer = town.client.post(search, &body).expect(200);
        assert_eq!(answer.header("content-type"), Some("application/scim+json"));
        let found = answer.json();
        assert_eq!(found, list(&town.client, path, &parameters));
        assert_eq!(names(&found), query);
    }
}

#[test]
fn members_of_the_message_mean_what_parameters_mean() {
    let town = Town::new();
    let found = |members| {
        let body = search_body(&members);
        let found = town.client.post("/Users/.search", &body).expect(200).json();
        names(&found).join(" ")
    };
    assert_eq!(found(json!({})), "ada bob Cem");
    assert_eq!(found(json!({ "count": 2 })), "ada bob");
    assert_eq!(found(json!({ "count": 2, "startIndex": 3 })), "Cem");
    assert_eq!(found(json!({ "count": 0 })), "");
    assert_eq!(found(json!({ "count": -1 })), "");
    assert_eq!(found(json!({ "startIndex": -1 })), "ada bob Cem");
    assert_eq!(
        found(json!({ "filter": null, "attributes": [] })),
        "ada bob Cem"
    );
    assert_eq!(found(json!({ "unknown": 1 })), "ada bob Cem");
    assert_eq!(
        found(json!({ "sortBy": "userName", "sortOrder": "descending" })),
        "Cem bob ada"
    );
    let body =
        search_body(&json!({ "excludedAttributes": ["userName", "meta", "id"], "count": 1 }));
    let found = town.client.post("/Users/.search", &body).expect(200).json();
    let keys: Vec<&String> = found["Resources"][0].as_object().unwrap().keys().collect();
    assert_eq!(keys, ["id", "schemas", "displayName", "active", "groups"]);
}

#[test]
fn a_message_that_is_none_is_refused() {
    let town = Town::new();
    let strict = |body: &serde_json::Value, scim_type| {
        for path in ["/.search", "/Users/.search"] {
            town.client.post(path, body).refused(400, Some(scim_type));
        }
    };
    strict(&json!({}), "invalidSyntax");
    strict(&json!({ "schemas": [] }), "invalidSyntax");
    strict(&json!({ "schemas": SEARCH }), "invalidSyntax");
    strict(&json!({ "schemas": ["urn:x"] }), "invalidSyntax");
    strict(&json!([]), "invalidSyntax");
    for (members, scim_type) in [
        (json!({ "filter": 5 }), "invalidValue"),
        (json!({ "filter": "" }), "invalidFilter"),
        (json!({ "filter": "id" }), "invalidFilter"),
        (json!({ "count": "5" }), "invalidValue"),
        (json!({ "count": 0.5 }), "invalidValue"),
        (json!({ "startIndex": true }), "invalidValue"),
        (json!({ "attributes": "userName" }), "invalidValue"),
        (json!({ "attributes": ["userName", 1] }), "invalidValue"),
        (
            json!({ "attributes": ["id"], "excludedAttributes": ["id"] }),
            "invalidValue",
        ),
        (json!({ "sortBy": ["userName"] }), "invalidValue"),
        (json!({ "sortOrder": "up" }), "invalidValue"),
        (json!({ "cursor": 1 }), "invalidValue"),
        (json!({ "cursor": "", "startIndex": 1 }), "invalidValue"),
        (json!({ "cursor": "", "count": "5" }), "invalidCount"),
        (json!({ "cursor": "x" }), "invalidCursor"),
    ] {
        strict(&search_body(&members), scim_type);
    }
}

#[test]
fn a_lenient_profile_needs_no_schemas() {
    let fixture = Fixture::with(Setup {
        profile: "auto",
        ..Setup::default()
    });
    let client = fixture.client();
    for path in ["/.search", "/Users/.search", "/Groups/.search"] {
        let body = json!({ "FILTER": "id pr" });
        assert_eq!(
            client.post(path, &body).expect(200).json()["totalResults"],
            0
        );
    }
}

#[test]
fn other_methods_are_not_served() {
    let town = Town::new();
    for path in ["/.search", "/Users/.search", "/Groups/.search"] {
        for method in ["GET", "PUT", "PATCH", "DELETE"] {
            let reply = town.client.send(method, path, &[], None);
            reply.refused(405, None);
            assert_eq!(reply.header("allow"), Some("POST"));
        }
    }
}
