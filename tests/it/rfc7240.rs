//! RFC 7240: what a client prefers to be answered to a change.

use serde_json::{Value, json};

use crate::search::{GROUP, USER, make_group, make_user};
use crate::support::{Fixture, Reply};

const MINIMAL: [(&str, &str); 1] = [("Prefer", "return=minimal")];

fn person(name: &str, title: &str) -> Value {
    json!({ "schemas": [USER], "userName": name, "title": title })
}

fn retitle(title: &str) -> Value {
    crate::support::patch_body(&json!([{ "op": "replace", "path": "title", "value": title }]))
}

#[track_caller]
fn empty(reply: &Reply, status: u16) {
    assert_eq!(reply.status, status, "{}", reply.text());
    assert_eq!(reply.body, b"");
    assert_eq!(reply.header("content-type"), None);
    assert_eq!(reply.header("preference-applied"), Some("return=minimal"));
}

#[test]
fn s2_return_minimal_answers_no_body() {
    let fixture = Fixture::start();
    let client = fixture.client();
    let made = client.send_json("POST", "/Users", &MINIMAL, &person("ada", "Dr"));
    empty(&made, 201);
    let location = made.header("location").unwrap();
    let item = location.strip_prefix(fixture.gateway.base()).unwrap();
    let stored = client.get(item).expect(200);
    assert_eq!(stored.json()["title"], "Dr");
    assert_eq!(stored.etag(), made.etag());

    let put = client.send_json("PUT", item, &MINIMAL, &person("ada", "Prof"));
    empty(&put, 204);
    assert_eq!(client.get(item).json()["title"], "Prof");
    assert_eq!(client.get(item).etag(), put.etag());

    let patched = client.send_json("PATCH", item, &MINIMAL, &retitle("Dame"));
    empty(&patched, 204);
    assert_eq!(client.get(item).json()["title"], "Dame");
    assert_eq!(client.get(item).etag(), patched.etag());
}

#[test]
fn s2_a_failure_is_told_all_the_same() {
    let fixture = Fixture::start();
    let client = fixture.client();
    make_user(&client, "ada", json!({}));
    client
        .send_json("POST", "/Users", &MINIMAL, &person("ADA", "Dr"))
        .refused(409, Some("uniqueness"));
    client
        .send_json("PATCH", "/Users/none", &MINIMAL, &retitle("x"))
        .refused(404, None);
}

/// RFC 7644 §3.5.2: with `attributes` the answer is 200 and has a body.
#[test]
fn s3_5_2_attributes_ask_for_a_body() {
    let fixture = Fixture::start();
    let client = fixture.client();
    let id = make_user(&client, "ada", json!({}));
    for query in ["attributes=title", "excludedAttributes=meta"] {
        let item = format!("/Users/{id}?{query}");
        for reply in [
            client.send_json("PATCH", &item, &MINIMAL, &retitle("Dr")),
            client.send_json("PUT", &item, &MINIMAL, &person("ada", "Dr")),
        ] {
            assert_eq!(reply.status, 200);
            assert_eq!(reply.json()["title"], "Dr");
            assert_eq!(reply.header("preference-applied"), None);
        }
    }
}

#[test]
fn s2_what_is_not_understood_is_ignored() {
    let fixture = Fixture::start();
    let client = fixture.client();
    let item = format!("/Users/{}", make_user(&client, "ada", json!({})));
    for preference in ["return=none", "respond-async", "minimal", "", "return"] {
        let reply = client
            .send_json(
                "PATCH",
                &item,
                &[("Prefer", preference)],
                &retitle(preference),
            )
            .expect(200);
        assert_eq!(reply.header("preference-applied"), None, "{preference}");
    }
    for preference in [
        "Return=Minimal",
        "return=\"minimal\"; x",
        "wait=1, return=minimal",
    ] {
        let reply = client.send_json(
            "PATCH",
            &item,
            &[("Prefer", preference)],
            &retitle(preference),
        );
        empty(&reply, 204);
    }
    let reply = client.send("GET", &item, &MINIMAL, None).expect(200);
    assert_eq!(reply.header("preference-applied"), None);
}

#[test]
fn s2_return_representation_is_left_aside_for_a_group_of_many_members() {
    let fixture = Fixture::start();
    let client = fixture.client();
    let staff = make_group(&client, "staff", &[]);
    let members: Vec<Value> = (0..1_001)
        .map(|number| json!({ "value": format!("m{number}") }))
        .collect();
    let item = format!("/Groups/{staff}");
    let body = json!({ "schemas": [GROUP], "displayName": "staff", "members": members });
    client.send_json("PUT", &item, &MINIMAL, &body).expect(204);
    let change = |name: &str| {
        crate::support::patch_body(
            &json!([{ "op": "replace", "path": "displayName", "value": name }]),
        )
    };
    let unasked = client.patch(&item, &change("one"));
    assert_eq!(
        (unasked.status, unasked.header("preference-applied")),
        (204, None)
    );
    let asked = client.send_json(
        "PATCH",
        &item,
        &[("Prefer", "return=representation")],
        &change("two"),
    );
    assert_eq!(
        (asked.status, asked.header("preference-applied")),
        (204, None)
    );
    assert_eq!(
        client.get(&format!("{item}?attributes=displayName")).json()["displayName"],
        "two"
    );
    let named = format!("{item}?attributes=members");
    let representation = [("Prefer", "return=representation")];
    let asked = client.send_json("PATCH", &named, &representation, &change("three"));
    assert_eq!(asked.status, 200);
    assert_eq!(
        asked.header("preference-applied"),
        Some("return=representation")
    );
    assert_eq!(asked.json()["members"].as_array().unwrap().len(), 1_001);
    let few = format!("/Groups/{}", make_group(&client, "few", &[]));
    let asked = client.send_json("PATCH", &few, &representation, &change("four"));
    assert_eq!(
        (asked.status, asked.header("preference-applied")),
        (200, Some("return=representation"))
    );
}
