//! `uniqueness: server` wherever a document says it: single, many, part of an object, extension (RFC 7643 §7).

use serde_json::json;

use super::{device, made, resource, start};

#[test]
fn a_unique_value_is_one_resource_s() {
    let fixture = start();
    let client = fixture.client();
    let first = made(
        &client,
        "/TestResources",
        &resource("Alpha", &json!({ "uniqueString": "One" })),
    );
    client
        .post("/TestResources", &resource("ALPHA", &json!({})))
        .refused(409, Some("uniqueness"));
    let taken = resource("beta", &json!({ "uniqueString": "oNE" }));
    client
        .post("/TestResources", &taken)
        .refused(409, Some("uniqueness"));

    let second = made(
        &client,
        "/TestResources",
        &resource("beta", &json!({ "uniqueString": "two" })),
    );
    client.put(&second, &taken).refused(409, Some("uniqueness"));
    let change = json!([{ "op": "replace", "path": "uniqueString", "value": "one" }]);
    let before = client.get(&second).expect(200).json();
    client
        .operations(&second, &change)
        .refused(409, Some("uniqueness"));
    assert_eq!(client.get(&second).expect(200).json(), before);

    client
        .operations(&first, &json!([{ "op": "remove", "path": "uniqueString" }]))
        .expect(200);
    client.operations(&second, &change).expect(200);
    client.delete(&second).expect(204);
    client
        .put(
            &first,
            &resource("Alpha", &json!({ "uniqueString": "one" })),
        )
        .expect(200);
    // Another type may have it.
    client
        .post("/Devices", &device("Alpha", &json!({})))
        .expect(201);
}

#[test]
fn many_values_are_unique_each() {
    let fixture = start();
    let client = fixture.client();
    let path = made(
        &client,
        "/Devices",
        &device("1", &json!({ "tags": ["a", "b", "B"] })),
    );
    client
        .post("/Devices", &device("2", &json!({ "tags": ["c", "A"] })))
        .refused(409, Some("uniqueness"));
    let other = made(&client, "/Devices", &device("2", &json!({ "tags": ["c"] })));
    let add = json!([{ "op": "add", "path": "tags", "value": ["b"] }]);
    client
        .operations(&other, &add)
        .refused(409, Some("uniqueness"));
    let remove = json!([{ "op": "remove", "path": "tags[value eq \"b\"]" }]);
    client.operations(&path, &remove).expect(200);
    client.operations(&other, &add).expect(200);
    let found = client
        .get("/Devices?filter=tags%20eq%20%22B%22")
        .expect(200)
        .json();
    assert_eq!(found["totalResults"], 1);
}

#[test]
fn parts_of_objects_are_unique() {
    let fixture = start();
    let client = fixture.client();
    let cards = |value: &str| json!({ "cards": [{ "value": "x" }, { "value": value }] });
    client
        .post(
            "/Devices",
            &device("1", &json!({ "cards": [{ "value": "k1" }] })),
        )
        .expect(201);
    let taken = client.post("/Devices", &device("2", &cards("K1")));
    let detail = taken.refused(409, Some("uniqueness"));
    assert!(detail.contains("cards.value"), "{detail}");
    client
        .post("/Devices", &device("2", &cards("k2")))
        .expect(201);
}

#[test]
fn case_counts_where_the_document_says_so() {
    let fixture = start();
    let client = fixture.client();
    client
        .post("/Devices", &device("abc", &json!({})))
        .expect(201);
    client
        .post("/Devices", &device("ABC", &json!({})))
        .expect(201);
    client
        .post("/Devices", &device("abc", &json!({})))
        .refused(409, Some("uniqueness"));
}
