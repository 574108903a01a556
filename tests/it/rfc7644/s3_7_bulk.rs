//! Bulk (RFC 7644 §3.7), judged by the answer and by what is stored afterwards.

use serde_json::{Value, json};

use crate::support::{Client, Fixture, Reply, Setup};

const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";

fn send(client: &Client, fail_on_errors: Option<u64>, operations: Value) -> Reply {
    let mut body = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
        "Operations": operations,
    });
    if let Some(limit) = fail_on_errors {
        body["failOnErrors"] = limit.into();
    }
    client.post("/Bulk", &body)
}

fn bulk(client: &Client, operations: Value) -> Vec<Value> {
    let body = send(client, None, operations).expect(200).json();
    assert_eq!(
        body["schemas"],
        json!(["urn:ietf:params:scim:api:messages:2.0:BulkResponse"])
    );
    body["Operations"].as_array().unwrap().clone()
}

fn user(bulk_id: &str, name: &str) -> Value {
    json!({ "method": "POST", "path": "/Users", "bulkId": bulk_id,
            "data": { "schemas": [USER], "userName": name } })
}

fn group(bulk_id: &str, name: &str, members: &[&str]) -> Value {
    let members: Vec<Value> = members.iter().map(|id| json!({ "value": id })).collect();
    json!({ "method": "POST", "path": "/Groups", "bulkId": bulk_id,
            "data": { "schemas": [GROUP], "displayName": name, "members": members } })
}

fn statuses(answers: &[Value]) -> Vec<&str> {
    answers
        .iter()
        .map(|answer| answer["status"].as_str().unwrap())
        .collect()
}

/// What is behind a location in an answer.
fn follow(fixture: &Fixture, answer: &Value) -> Value {
    let location = answer["location"].as_str().unwrap();
    let path = location.strip_prefix(fixture.gateway.base()).unwrap();
    fixture.client().get(path).expect(200).json()
}

#[test]
fn every_method_is_run_and_answered_in_order() {
    let fixture = Fixture::start();
    let client = fixture.client();
    let old = client
        .post("/Users", &json!({ "schemas": [USER], "userName": "old" }))
        .expect(201);
    let (id, etag) = (old.id(), old.etag());
    let answers = bulk(
        &client,
        json!([
            user("a", "ada"),
            { "method": "PUT", "path": format!("/Users/{id}"), "version": etag,
              "data": { "schemas": [USER], "userName": "old", "title": "Dr" } },
            { "method": "patch", "path": "/Users/bulkId:a", "data": {
                "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
                "Operations": [{ "op": "add", "path": "nickName", "value": "A" }] } },
            { "method": "PUT", "path": format!("/Users/{id}"), "version": "W/\"1\"",
              "data": { "schemas": [USER], "userName": "old" } },
            { "method": "DELETE", "path": format!("/Users/{id}") },
            { "method": "DELETE", "path": format!("/Users/{id}") },
        ]),
    );
    assert_eq!(
        statuses(&answers),
        ["201", "200", "200", "412", "204", "404"]
    );
    assert_eq!(answers[0]["bulkId"], "a");
    assert_eq!(answers[0]["method"], "POST");
    assert_eq!(answers[0]["version"], "W/\"1\"");
    assert_eq!(follow(&fixture, &answers[2])["nickName"], "A");
    assert_eq!(answers[3]["response"]["status"], "412");
    assert_eq!(answers[3]["location"], answers[1]["location"]);
    client.get(&format!("/Users/{id}")).expect(404);
}

#[test]
fn references_reach_backward_forward_and_in_a_circle() {
    let fixture = Fixture::start();
    let client = fixture.client();
    let answers = bulk(
        &client,
        json!([
            group("g", "forward", &["bulkId:u", "bulkId:u2"]),
            user("u", "ada"),
            group("x", "circle x", &["bulkId:y"]),
            group("y", "circle y", &["bulkId:x"]),
            user("u2", "bob"),
            { "method": "PATCH", "path": "/Groups/bulkId:g", "data": {
                "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
                "Operations": [{ "op": "remove", "path": "members[value eq \"bulkId:u2\"]" }] } },
            { "method": "POST", "path": "/Users", "bulkId": "m", "data": { "schemas": [USER], "userName": "managed",
                "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": { "manager": { "value": "bulkId:u" } } } },
        ]),
    );
    assert_eq!(
        statuses(&answers),
        ["201", "201", "201", "201", "201", "200", "201"]
    );
    let ada = follow(&fixture, &answers[1]);
    let forward = follow(&fixture, &answers[0]);
    assert_eq!(forward["members"].as_array().unwrap().len(), 1);
    assert_eq!(forward["members"][0]["value"], ada["id"]);
    assert_eq!(
        forward["members"][0]["$ref"], ada["meta"]["location"],
        "it resolves to the user"
    );
    assert_eq!(ada["groups"][0]["value"], forward["id"]);
    let (x, y) = (follow(&fixture, &answers[2]), follow(&fixture, &answers[3]));
    assert_eq!(x["members"][0]["$ref"], y["meta"]["location"]);
    assert_eq!(y["members"][0]["$ref"], x["meta"]["location"]);
    let person = follow(&fixture, &answers[6]);
    let manager = &person["urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"]["manager"];
    assert_eq!(manager["value"], ada["id"]);
}

#[test]
fn what_names_a_failed_operation_fails_too_and_nothing_else_does() {
    let fixture = Fixture::start();
    let client = fixture.client();
    client
        .post("/Users", &json!({ "schemas": [USER], "userName": "taken" }))
        .expect(201);
    client
        .post(
            "/Groups",
            &json!({ "schemas": [GROUP], "displayName": "taken" }),
        )
        .expect(201);
    let answers = bulk(
        &client,
        json!([
            group("g", "names it", &["bulkId:u"]),
            user("u", "taken"),
            group("x", "circle", &["bulkId:y"]),
            group("y", "taken", &["bulkId:x"]),
            user("fine", "fine"),
            { "method": "PATCH", "path": "/Groups/bulkId:nobody", "data": {} },
        ]),
    );
    assert_eq!(
        statuses(&answers),
        ["409", "409", "409", "409", "201", "409"]
    );
    assert_eq!(answers[1]["response"]["scimType"], "uniqueness");
    assert_eq!(answers[3]["response"]["scimType"], "uniqueness");
    assert!(
        answers[0].get("location").is_none(),
        "a failed POST has no location"
    );
    let groups = client
        .get("/Groups?excludedAttributes=members")
        .expect(200)
        .json();
    assert_eq!(
        groups["totalResults"], 1,
        "of a circle all happens or nothing"
    );
}

#[test]
fn an_operation_that_makes_no_sense_fails_alone() {
    let fixture = Fixture::start();
    let answers = bulk(
        &fixture.client(),
        json!([
            1,
            { "method": "GET", "path": "/Users" },
            { "method": "POST", "path": "/Nothing", "bulkId": "n", "data": {} },
            { "method": "POST", "path": "/Users", "data": { "schemas": [USER], "userName": "x" } },
            { "method": "POST", "path": "/Users/1", "bulkId": "i", "data": {} },
            { "method": "PUT", "path": "/Users", "data": {} },
            { "method": "POST", "path": "/Users", "bulkId": "d" },
            { "method": "POST", "path": "/Users", "bulkId": "s", "data": { "schemas": [USER] } },
            user("ok", "ok"),
        ]),
    );
    assert_eq!(
        statuses(&answers),
        [
            "400", "400", "404", "400", "400", "400", "400", "400", "201"
        ]
    );
    for answer in answers.iter().take(8) {
        assert!(!answer["response"]["detail"].as_str().unwrap().is_empty());
    }
}

#[test]
fn fail_on_errors_stops_and_what_was_not_run_is_not_answered() {
    let fixture = Fixture::start();
    let client = fixture.client();
    let wrong = json!({ "method": "DELETE", "path": "/Users/nobody" });
    let operations = json!([
        user("a", "a"),
        wrong,
        user("b", "b"),
        wrong,
        user("c", "c"),
        wrong
    ]);
    let answers = send(&client, Some(2), operations).expect(200).json();
    let answers = answers["Operations"].as_array().unwrap();
    assert_eq!(statuses(answers), ["201", "404", "201", "404"]);
    assert_eq!(client.get("/Users").json()["totalResults"], 2);
    for limit in [json!(0), json!(-1), json!("1")] {
        let body = json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
                           "failOnErrors": limit, "Operations": [user("z", "z")] });
        client.post("/Bulk", &body).expect(400);
    }
}

#[test]
fn the_published_limits_are_the_enforced_ones() {
    let fixture = Fixture::with(Setup {
        settings: vec![
            ("scim.max_bulk_operations", "250"),
            ("scim.max_payload", "64 KiB"),
        ],
        ..Setup::default()
    });
    let client = fixture.client();
    let limits = client.get("/ServiceProviderConfig").json()["bulk"].clone();
    assert_eq!(
        limits,
        json!({ "supported": true, "maxOperations": 250, "maxPayloadSize": 65536 })
    );
    let users = |count: usize, run: &str| -> Vec<Value> {
        (0..count)
            .map(|n| user(&format!("b{n}"), &format!("{run}{n}")))
            .collect()
    };
    let detail = send(&client, None, users(251, "over").into()).refused(413, None);
    assert!(detail.contains("250"), "{detail}");
    assert_eq!(client.get("/Users?count=0").json()["totalResults"], 0);
    let answers = bulk(&client, users(250, "at").into());
    assert!(statuses(&answers).iter().all(|status| *status == "201"));
    assert_eq!(client.get("/Users?count=0").json()["totalResults"], 250);
    let filler = "x".repeat(65536);
    send(&client, None, json!([user("a", &filler)])).refused(413, None);
}

#[test]
fn a_message_that_is_none_changes_nothing() {
    let fixture = Fixture::with(Setup {
        profile: "rfc",
        ..Setup::default()
    });
    let client = fixture.client();
    let urn = "urn:ietf:params:scim:api:messages:2.0:BulkRequest";
    for body in [
        json!({ "Operations": [user("a", "a")] }),
        json!({ "schemas": [urn] }),
        json!({ "schemas": [urn], "Operations": [] }),
        json!({ "schemas": [urn], "Operations": {} }),
        json!({ "schemas": [urn], "Operations": [user("a", "a"), user("a", "b")] }),
    ] {
        client
            .post("/Bulk", &body)
            .refused(400, Some("invalidSyntax"));
    }
    assert_eq!(client.get("/Users").json()["totalResults"], 0);
}

/// What Entra's inbound provisioning takes, our Bulk takes too: `failOnErrors` null, capital `POST`, UUIDs as bulkId.
#[test]
fn the_shape_of_entras_bulk_upload_is_taken() {
    let fixture = Fixture::start();
    let bulk_id = "897401c2-2de4-4b87-a97f-c02de3bcfc61";
    let body = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
        "failOnErrors": null,
        "Operations": [{
            "method": "POST",
            "bulkId": bulk_id,
            "path": "/Users",
            "data": {
                "schemas": [USER],
                "externalId": "701984",
                "userName": "ada@corp.example",
                "active": true,
            },
        }],
    });
    let answer = fixture.client().post("/Bulk", &body).expect(200).json();
    let done = &answer["Operations"][0];
    assert_eq!(
        (&done["status"], &done["bulkId"]),
        (&json!("201"), &json!(bulk_id))
    );
    assert_eq!(follow(&fixture, done)["externalId"], "701984");
}
