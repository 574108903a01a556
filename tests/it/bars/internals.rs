//! Errors say what the caller can mend and nothing about the inside.

use rusqlite::Connection;
use serde_json::{Value, json};

use crate::support::strict::{Client, Fixture, Reply, made, stored, strict, user};

/// What a caller never reads.
const INTERNALS: [&str; 20] = [
    "SELECT ",
    "INSERT ",
    "UPDATE ",
    "sqlite",
    "rusqlite",
    "database",
    "panick",
    "unwrap",
    "thread '",
    ".rs:",
    "src/",
    "/tmp",
    "muster.db",
    "actix",
    "serde",
    "tokio",
    "backtrace",
    "0x",
    "table ",
    env!("CARGO_PKG_VERSION"),
];

/// A refusal is a SCIM error and nothing more; a success is no error.
#[track_caller]
fn is_clean(what: &str, reply: &Reply) {
    let head: Vec<String> = reply
        .headers
        .iter()
        .map(|(name, value)| format!("{name}: {value:?}"))
        .collect();
    assert!(
        reply.header("server").is_none() && reply.header("x-powered-by").is_none(),
        "{head:?}"
    );
    if reply.status < 400 {
        return;
    }
    assert_ne!(reply.status, 500, "{what}: {}", reply.text());
    let text = reply.text();
    let media_type = reply.header("content-type");
    assert_eq!(media_type, Some("application/scim+json"), "{what}: {text}");
    only_a_scim_error(what, &reply.json());
    for word in INTERNALS {
        assert!(!text.contains(word), "{what} tells {word}: {text}");
    }
}

#[track_caller]
fn only_a_scim_error(what: &str, body: &Value) {
    let names: Vec<&str> = body
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    let allowed = ["schemas", "status", "scimType", "detail"];
    assert!(
        names.iter().all(|name| allowed.contains(name)),
        "{what}: {body}"
    );
    assert!(names.contains(&"detail"), "{what}: {body}");
}

/// Draws in a fixed order.
struct Dice(u64);

impl Dice {
    fn of<T: Clone>(&mut self, all: &[T]) -> T {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        all[usize::try_from(self.0 >> 33).unwrap() % all.len()].clone()
    }
}

fn body(dice: &mut Dice) -> Value {
    let values = [
        json!(null),
        json!("'; DROP TABLE resource; --"),
        json!(1),
        json!([[]]),
        json!({ "$ne": 1 }),
        json!("%s%n{}"),
        json!("x".repeat(2_000)),
        json!([{ "value": "a" }]),
    ];
    let names = [
        "userName",
        "emails",
        "name",
        "active",
        "schemas",
        "Operations",
        "members",
        "id",
        "meta",
        "password",
        "x",
        "",
    ];
    let ops = ["add", "remove", "replace", "x", ""];
    let paths = [
        "title",
        "emails[type eq \"work\"].value",
        "emails[",
        "",
        "members[value eq \"1\"]",
        "a.b.c",
        "urn:x:y",
        "name",
        "id",
    ];
    let schemas = json!([dice.of(&[
        "urn:ietf:params:scim:schemas:core:2.0:User",
        "urn:ietf:params:scim:schemas:core:2.0:Group",
        "urn:ietf:params:scim:api:messages:2.0:PatchOp",
        "x",
    ])]);
    let operation =
        json!({ "op": dice.of(&ops), "path": dice.of(&paths), "value": dice.of(&values) });
    json!({ "schemas": schemas, "userName": dice.of(&["a", "b", "c"]), "displayName": "g", "Operations": [operation], dice.of(&names): dice.of(&values) })
}

/// Bar 74: some thousand odd requests.
#[test]
fn no_request_brings_an_answer_with_internals() {
    let fixture = strict(&[("scim.max_payload", "4 KiB"), ("scim.max_scan", "5")]);
    let client = fixture.client();
    let ada = made(&client, "/Users", &user("ada", json!({})));
    let methods = [
        "GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE",
    ];
    let targets = [
        "/Users",
        "/Groups",
        "/Users/x",
        "/Me",
        "/Schemas",
        "/Nope",
        "",
        "/Users/'%22%00",
        &ada,
        &format!("/..{ada}"),
        "/Users/%2e%2e/x",
    ];
    let queries = [
        "",
        "?filter=x",
        "?filter=userName%20eq%20%22'%22",
        "?count=x",
        "?sortBy='",
        "?filter=%ff",
        "?attributes=%00,';--",
        "?startIndex=-9",
        "?filter=nickName%20co%20%22%22",
        "?filter=emails%5Btype%20eq%20%22'%22%5D",
        "?%",
        "?a=b=c&&&",
        "?sortOrder=x",
    ];
    let headers = [
        ("Accept", "text/html"),
        ("If-Match", "'"),
        ("If-None-Match", "W/\"\u{1}"),
        ("Content-Type", "text/plain"),
        ("Prefer", "return=minimal"),
        ("X-Forwarded-For", "'"),
    ];
    let mut dice = Dice(42);
    for round in 0..2_000 {
        let (method, target, query) = (dice.of(&methods), dice.of(&targets), dice.of(&queries));
        let header = dice.of(&headers);
        let header: &[(&str, &str)] = if header.1.contains('\u{1}') {
            &[]
        } else {
            &[header]
        };
        let sent = body(&mut dice).to_string();
        let sent = (method != "GET" && method != "HEAD").then_some(sent.as_bytes());
        let reply = client.send(method, &format!("{target}{query}"), header, sent);
        if method != "HEAD" && reply.status != 501 {
            is_clean(
                &format!("{round}: {method} {target}{query} {header:?}"),
                &reply,
            );
        }
    }
}

/// Bar 74: when the store is gone, the caller reads a request id and when to come back.
#[test]
fn a_store_that_is_gone_is_told_by_a_request_id() {
    let mut fixture = strict(&[]);
    let client = fixture.client();
    let path = made(&client, "/Users", &user("ada", json!({})));
    fixture.block_on(fixture.gateway.seal_audit()).unwrap();
    fixture.gateway.close();
    for reply in [
        client.get(&path),
        client.get("/Users"),
        client.post("/Users", &user("b", json!({}))),
        client.delete(&path),
    ] {
        let detail = reply.refused(503, None);
        assert!(
            detail.contains(reply.header("x-request-id").unwrap()),
            "{detail}"
        );
        assert_eq!(reply.header("retry-after"), Some("1"));
        is_clean("store closed", &reply);
    }
    fixture.stop();
}

fn change_body(fixture: &Fixture, from: &str, to: &str) {
    let database = Connection::open(fixture.database()).unwrap();
    let changed = database
        .execute(
            "UPDATE document SET json = replace(json, ?1, ?2)",
            [from, to],
        )
        .unwrap();
    assert_eq!(changed, 1);
}

#[track_caller]
fn fails(client: &Client, path: &str) {
    let reply = client.get(path).expect(500);
    let body = reply.json();
    only_a_scim_error(path, &body);
    assert_eq!(body["status"], "500");
    let detail = body["detail"].as_str().unwrap();
    let expected = format!(
        "The gateway failed; its log says why under request {}.",
        reply.header("x-request-id").unwrap()
    );
    assert_eq!(detail, expected);
}

/// Bar 74: a damaged document is a 500 that says so to nobody.
#[test]
fn a_damaged_document_is_told_by_a_request_id() {
    let fixture = strict(&[]);
    let client = fixture.client();
    let path = made(
        &client,
        "/Users",
        &user("ada", json!({ "title": "canary" })),
    );
    change_body(&fixture, "canary", "forged");
    fails(&client, &path);
    fails(&client, "/Users");
    change_body(&fixture, "forged", "canary");
    assert_eq!(stored(&client, &path)["title"], "canary");
}
