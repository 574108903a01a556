//! What one request and one resource may hold.

use muster::scim::resource::Document;
use muster::store::{Actor, Cause, NewResource, Options, Place, Role, State, Store};
use serde_json::{Value, json};

use crate::support::group;
use crate::support::strict::{Client, Fixture, made, strict, user};

fn emails(count: usize) -> Value {
    let each = (0..count).map(|at| json!({ "value": format!("{at}@example.org") }));
    each.collect()
}

fn values(count: usize) -> Value {
    (0..count).map(|_| json!([])).collect()
}

/// A user as it could be stored before there was a bound.
fn stored(fixture: &Fixture, document: &Value) -> String {
    let options = Options {
        place: Place::File(fixture.database()),
        readers: Some(1),
        role: Role::Command,
        at: fixture.gateway.clock().now(),
    };
    let store = Store::open(&options).unwrap();
    let id = fixture.gateway.clock().id();
    let cause = Cause {
        id: fixture.gateway.clock().id(),
        actor: Actor::System,
        request: String::new(),
        at: fixture.gateway.clock().now(),
    };
    let types = fixture.gateway.registry().types().iter();
    let rt = types.clone().find(|rt| rt.is_user()).unwrap().clone();
    let document = Document::new(document.as_object().unwrap().clone());
    let made = id.clone();
    let write = store.write(cause, move |tx| {
        tx.insert(&NewResource {
            id: &made,
            rt: &rt,
            owner: Some("config"),
            state: State::Active,
            document: &document,
        })
    });
    fixture.block_on(write).unwrap();
    store.close();
    format!("/Users/{id}")
}

fn operation(op: &str, path: &str, value: Value) -> Value {
    json!([{ "op": op, "path": path, "value": value }])
}

#[test]
fn a_request_has_so_many_json_values() {
    let fixture = strict(&[("scim.max_payload", "64 KiB")]);
    let client = fixture.client();
    let config = client.get("/ServiceProviderConfig").expect(200).json();
    let documentation = config["documentationUri"].as_str().unwrap();
    assert_eq!(
        documentation,
        format!("http://{}/openapi.json", fixture.address)
    );
    let described = fixture.root().get("/openapi.json").expect(200).json();
    let described = described["info"]["description"].as_str().unwrap();
    for limit in [
        "65536 bytes",
        "4096 JSON values",
        "1048576 bytes",
        "1000 values",
    ] {
        assert!(described.contains(limit), "{described}");
    }
    let path = made(&client, "/Users", &user("ada", json!({})));
    let many = values(4096);
    let urn = |name: &str| format!("urn:ietf:params:scim:api:messages:2.0:{name}");
    for (method, target, body) in [
        ("POST", "/Users", user("bea", json!({ "x": many }))),
        ("PUT", &*path, user("ada", json!({ "x": many }))),
        (
            "PATCH",
            &*path,
            json!({ "schemas": [urn("PatchOp")], "Operations": operation("add", "title", many.clone()) }),
        ),
        (
            "POST",
            "/Bulk",
            json!({ "schemas": [urn("BulkRequest")], "Operations": [], "x": many }),
        ),
        (
            "POST",
            "/Users/.search",
            json!({ "schemas": [urn("SearchRequest")], "x": many }),
        ),
        (
            "POST",
            "/.search",
            json!({ "schemas": [urn("SearchRequest")], "x": many }),
        ),
    ] {
        let detail = client.json(method, target, &body).refused(413, None);
        assert!(detail.contains("4096"), "{method} {target}: {detail}");
    }
    client
        .post("/Users", &user("bea", json!({ "x": values(4000) })))
        .expect(201);
}

#[test]
fn a_resource_has_so_many_values_and_bytes() {
    let fixture = strict(&[]);
    let client = fixture.client();
    let path = made(
        &client,
        "/Users",
        &user("ada", json!({ "emails": emails(1000) })),
    );
    let check = |detail: String, words: [&str; 3]| {
        assert!(words.iter().all(|word| detail.contains(word)), "{detail}");
    };
    let too_many = user("bea", json!({ "emails": emails(1001) }));
    let words = ["emails", "1000", "1001"];
    let refused = |client: &Client, method: &str, path: &str, body: &Value| {
        client
            .json(method, path, body)
            .refused(400, Some("invalidValue"))
    };
    check(refused(&client, "POST", "/Users", &too_many), words);
    let too_many = user("ada", json!({ "emails": emails(1001) }));
    check(refused(&client, "PUT", &path, &too_many), words);
    let one_more = operation("add", "emails", json!([{ "value": "more@example.org" }]));
    let detail = client.operations(&path, &one_more);
    check(detail.refused(400, Some("invalidValue")), words);
    let large = operation("add", "title", json!("x".repeat(1_048_600)));
    let detail = client.operations(&path, &large);
    check(
        detail.refused(400, Some("invalidValue")),
        ["title", "1048576", "1048"],
    );
    // In a Bulk request it is the matter of its own operation.
    let bulk = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
        "Operations": [
            { "method": "PUT", "path": path, "data": too_many },
            { "method": "POST", "path": "/Users", "bulkId": "b", "data": user("bea", json!({})) },
        ],
    });
    let done = client.post("/Bulk", &bulk).expect(200).json();
    let statuses: Vec<&Value> = [0, 1].map(|at| &done["Operations"][at]["status"]).into();
    assert_eq!(statuses, ["400", "201"]);
    // Members are not values of the document.
    let members = (0..1_500).map(|at| json!({ "value": format!("member{at}") }));
    let members: Value = members.collect();
    client.post("/Groups", &group("all", &members)).expect(201);
}

/// What is too large already can always be deactivated and made smaller.
#[test]
fn a_leaver_leaves_whatever_is_stored() {
    let fixture = strict(&[]);
    let client = fixture.client();
    let path = stored(
        &fixture,
        &json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
            "userName": "ada", "active": true, "emails": emails(1500), "title": "x".repeat(1_100_000),
        }),
    );
    let patched = |operations: &Value| client.operations(&path, operations);
    let one_more = operation("add", "emails", json!([{ "value": "more@example.org" }]));
    patched(&one_more).refused(400, Some("invalidValue"));
    let left = patched(&operation("replace", "active", json!(false))).expect(200);
    assert_eq!(left.json()["active"], false);
    patched(&operation("replace", "active", json!(true))).expect(200);
    let mut whole = client.get(&path).expect(200).json();
    whole["active"] = json!(false);
    let left = client.put(&path, &whole).expect(200).json();
    assert_eq!(left["active"], false);
    let fewer = json!([{ "op": "remove", "path": "emails[value eq \"0@example.org\"]" }]);
    let fewer = patched(&fewer).expect(200).json();
    assert_eq!(fewer["emails"].as_array().unwrap().len(), 1499);
    patched(&operation("replace", "title", json!("short"))).expect(200);
    client.delete(&path).expect(204);
}

/// The resident memory of this process, in bytes.
fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmRSS"))
        .unwrap();
    let kib = line.split_whitespace().nth(1).unwrap();
    kib.parse::<usize>().unwrap() * 1024
}

/// The cache of pages forgets as much for a long question as for a short one.
#[test]
fn what_was_asked_is_not_kept_with_the_page() {
    let fixture = strict(&[("limits.rate", "0")]);
    let client = fixture.client();
    for at in 0..60 {
        let more = json!({ "title": "x".repeat(200) });
        made(&client, "/Users", &user(&format!("user{at}"), more));
    }
    let search = |at: usize| {
        let long = format!("x{at}{}", "y".repeat(1_000_000));
        let body = json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],
            "attributes": ["title", long],
        });
        client.post("/Users/.search", &body).expect(200);
    };
    (0..10).for_each(search);
    let before = resident();
    (10..150).for_each(search);
    let grown = resident().saturating_sub(before);
    assert!(grown < 64 * 1024 * 1024, "{grown}");
}
