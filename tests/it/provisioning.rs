//! The provisioning log: what it says of changes, refusals and reads, what it never says, and its end.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use muster::clock::Clock;
use muster::service::{LogEntry, LogFilter, Nature};
use rusqlite::Connection;
use serde_json::{Value, json};

use crate::support::{Client, Fixture, Setup, TOKEN, World, patch_body, user};

const DAY: Duration = Duration::from_secs(86_400);

/// The whole log, newest first.
fn log(fixture: &Fixture, filter: &LogFilter) -> Vec<LogEntry> {
    fixture.block_on(fixture.gateway.flush_provisioning());
    let mut all: Vec<LogEntry> = Vec::new();
    loop {
        let before = all.last().map(|entry| entry.id.clone());
        let page = fixture.gateway.provisioning(filter, before.as_deref());
        let page = fixture.block_on(page).unwrap();
        if page.is_empty() {
            return all;
        }
        all.extend(page);
    }
}

fn newest(fixture: &Fixture) -> LogEntry {
    log(fixture, &LogFilter::default()).remove(0)
}

fn of(nature: Nature) -> LogFilter {
    LogFilter {
        nature: Some(nature),
        ..LogFilter::default()
    }
}

#[test]
fn a_change_is_told_with_what_changed_was_corrected_and_dropped() {
    let fixture = Fixture::start();
    let client = fixture.client();
    let mut body = user("ada");
    body["password"] = json!("canary-password");
    body["favouriteColour"] = json!("green");
    body["active"] = json!("True");
    let reply = client.post("/Users", &body).expect(201);
    let entry = newest(&fixture);
    let id = reply.id();
    assert_eq!((entry.nature, entry.status), (Nature::Change, 201));
    assert_eq!((&*entry.connection, &*entry.method), ("config", "POST"));
    assert_eq!(entry.route, "/scim/v2/Users");
    assert_eq!(entry.resource.as_deref(), Some(&*id));
    assert_eq!(entry.request, reply.header("x-request-id").unwrap());
    assert_eq!(entry.fields, ["userName", "active"]);
    assert!(
        entry.corrected.contains(&"boolean-text".to_owned()),
        "{:?}",
        entry.corrected
    );
    assert_eq!(entry.dropped, ["favouriteColour", "password"]);
    assert!(entry.micros > 0 && entry.micros < 60_000_000);

    let path = format!("/Users/{id}");
    let title = json!([{ "op": "replace", "path": "title", "value": "Countess" }]);
    client.operations(&path, &title).expect(200);
    let entry = newest(&fixture);
    assert_eq!(
        (&*entry.method, &*entry.route),
        ("PATCH", "/scim/v2/Users/{id}")
    );
    assert_eq!(
        (entry.status, entry.fields),
        (200, vec!["title".to_owned()])
    );
    client.operations(&path, &title).expect(200);
    let entry = newest(&fixture);
    assert_eq!(
        (entry.nature, entry.status, entry.fields),
        (Nature::Change, 200, Vec::new())
    );
    client.delete(&path).expect(204);
    let entry = newest(&fixture);
    assert_eq!((&*entry.method, entry.status), ("DELETE", 204));
    let about = LogFilter {
        resource: Some(id),
        ..LogFilter::default()
    };
    assert_eq!(log(&fixture, &about).len(), 4);
}

#[test]
fn a_refusal_is_told_with_what_the_caller_was_told() {
    let world = World::strict();
    let (client, fixture) = (&world.client, &world.fixture);
    let path = format!("/Users/{}", world.user);
    let wrong = json!([{ "op": "replace", "path": "active", "value": "perhaps" }]);
    let detail = client
        .operations(&path, &wrong)
        .refused(400, Some("invalidValue"));
    let entry = newest(fixture);
    assert_eq!((entry.nature, entry.status), (Nature::Refusal, 400));
    assert_eq!(entry.scim_type.as_deref(), Some("invalidValue"));
    assert_eq!(entry.detail, Some(detail));
    client.delete("/Users/nobody").refused(404, None);
    let entry = newest(fixture);
    assert_eq!(
        (entry.status, entry.resource.as_deref()),
        (404, Some("nobody"))
    );
    client.get("/Nothing").refused(404, None);
    assert_eq!(
        (newest(fixture).route.as_str(), newest(fixture).resource),
        ("-", None)
    );
    client.send("PUT", "/Users", &[], None).refused(405, None);
    assert_eq!(newest(fixture).status, 405);
    fixture
        .client_with(Some("wrong"))
        .get("/Users")
        .refused(401, None);
    let entry = newest(fixture);
    assert_eq!((entry.status, entry.connection.as_str()), (401, ""));
}

/// A purge takes what was told about the person whom the path named. Whose name is quoted elsewhere, nobody could find.
#[test]
fn what_may_be_the_name_of_somebody_else_is_not_quoted() {
    let world = World::strict();
    let (client, fixture) = (&world.client, &world.fixture);
    let path = format!("/Users/{}", world.user);
    let taken = json!([{ "op": "replace", "path": "userName", "value": "Grace" }]);
    for reply in [
        client.post("/Users", &user("ADA")),
        client.operations(&path, &taken),
    ] {
        let detail = reply.refused(409, Some("uniqueness"));
        let names = |text: &str| {
            ["ada", "grace"]
                .iter()
                .any(|name| text.to_lowercase().contains(name))
        };
        assert!(names(&detail), "{detail}");
        let entry = newest(fixture);
        assert_eq!(entry.scim_type.as_deref(), Some("uniqueness"));
        let told = entry.detail.unwrap();
        assert!(told.contains("userName") && told.contains('…'), "{told}");
        assert!(!names(&told), "{told}");
    }
}

#[test]
fn each_operation_of_a_bulk_request_has_its_entry() {
    let world = World::strict();
    let patch =
        |value: &str| patch_body(&json!([{ "op": "replace", "path": "title", "value": value }]));
    let one = format!("/Users/{}", world.user);
    let body = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
        "Operations": [
            { "method": "POST", "path": "/Users", "bulkId": "a", "data": user("new") },
            { "method": "POST", "path": "/Users", "bulkId": "b", "data": user("ada") },
            { "method": "PATCH", "path": one, "data": patch("Dr") },
            { "method": "PATCH", "path": one, "data": patch("Dr") },
            { "method": "DELETE", "path": format!("/Users/{}", world.other) },
            { "method": "GET", "path": one },
        ],
    });
    let reply = world.client.post("/Bulk", &body).expect(200);
    let request = reply.header("x-request-id").unwrap();
    let told: BTreeMap<u64, (String, u16, Nature, usize)> =
        log(&world.fixture, &LogFilter::default())
            .into_iter()
            .filter(|entry| entry.request == request)
            .map(|entry| {
                let LogEntry {
                    method,
                    status,
                    nature,
                    fields,
                    ..
                } = entry;
                (
                    entry.operation.unwrap(),
                    (method, status, nature, fields.len()),
                )
            })
            .collect();
    let [post, patch, delete, other] = ["POST", "PATCH", "DELETE", "other"].map(str::to_owned);
    let expected = [
        (post.clone(), 201, Nature::Change, 2),
        (post, 409, Nature::Refusal, 0),
        (patch.clone(), 200, Nature::Change, 1),
        (patch, 200, Nature::Change, 0),
        (delete, 204, Nature::Change, 0),
        (other, 400, Nature::Refusal, 0),
    ];
    assert_eq!(told.into_values().collect::<Vec<_>>(), expected);
}

/// Bar 69, of this log: a change and its entry are one transaction.
#[test]
fn a_change_that_cannot_be_told_is_not_made() {
    let world = World::strict();
    let connection = Connection::open(world.fixture.database()).unwrap();
    let forbid = "CREATE TRIGGER forbid BEFORE INSERT ON provisioning_log BEGIN SELECT RAISE(ABORT, 'no'); END";
    connection.execute_batch(forbid).unwrap();
    let path = format!("/Users/{}", world.user);
    let reply = world.unchanged_by("DELETE", |client| client.delete(&path));
    assert_eq!(reply.status, 500);
    connection.execute_batch("DROP TRIGGER forbid").unwrap();
}

#[test]
fn reads_are_counted_and_the_last_thousand_kept() {
    let fixture = Fixture::start();
    let client = fixture.client();
    client.get("/ServiceProviderConfig").expect(200);
    for number in 0..1_050 {
        client
            .get(&format!("/Users?count={}", number % 2))
            .expect(200);
        if number == 500 {
            fixture.block_on(fixture.gateway.flush_provisioning());
        }
    }
    let search = json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"] });
    client.post("/Users/.search", &search).expect(200);
    fixture
        .client_with(None)
        .get("/ServiceProviderConfig")
        .expect(200);
    let reads = log(&fixture, &of(Nature::Read));
    assert_eq!(reads.len(), 1_000);
    assert_eq!(reads[0].route, "/scim/v2/Users/.search");
    assert!(reads.iter().all(|entry| entry.connection == "config"));
    assert_eq!(
        fixture.block_on(fixture.gateway.reads("config")).unwrap(),
        1_052
    );
}

#[test]
fn strangers_cannot_push_out_what_others_did() {
    let fixture = Fixture::with(Setup {
        settings: vec![("limits.failures", "0")],
        ..Setup::default()
    });
    fixture.client().post("/Users", &user("ada")).expect(201);
    let stranger = fixture.client_with(None);
    for _ in 0..1_100 {
        stranger.get("/Users").expect(401);
    }
    assert_eq!(log(&fixture, &of(Nature::Refusal)).len(), 1_000);
    assert_eq!(log(&fixture, &of(Nature::Change)).len(), 1);
}

/// Every place of a request that may hold a secret or a query.
fn whisper(client: &Client, fixture: &Fixture) {
    let mut body = user("ada");
    body["password"] = json!("canary-password");
    let id = client.post("/Users", &body).expect(201).id();
    let path = format!("/Users/{id}");
    for value in [
        json!("canary-password"),
        json!(["canary-password"]),
        json!({ "canary-password": 1 }),
    ] {
        for name in [
            "password",
            "password.sub",
            "password[value eq \"canary-password\"]",
        ] {
            client.operations(
                &path,
                &json!([{ "op": "replace", "path": name, "value": value }]),
            );
        }
        body["password"] = value;
        client.put(&path, &body);
        client.post("/Users", &body);
    }
    for query in [
        "filter=userName%20eq%20%22canary-query%22",
        "filter=userName%20eq%20canary-query",
        "filter=canary-query%20xx%20%22",
        "filter=userName%20xx%20%60canary-query%60%22",
        "filter=canary-query%20eq%201",
        "filter=userName%20eq%20%27canary-query%27",
        "sortBy=canary-query",
        "attributes=canary-query",
        "startIndex=canary-query",
        "count=canary-query",
        "cursor=canary-query",
        "sortBy=userName&sortOrder=canary-query",
        "canary-query=%ff",
    ] {
        client.get(&format!("/Users?{query}"));
        client.get(&format!("{path}?{query}"));
        client.get(&format!("/Schemas?{query}"));
    }
    let search = json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],
                         "filter": "canary-query eq 1" });
    client
        .post("/Users/.search", &search)
        .refused(400, Some("invalidFilter"));
    fixture
        .client_with(Some("canary-token"))
        .get("/Users")
        .expect(401);
    client.send("canary-method", "/Users", &[], None);
}

#[test]
fn no_password_token_or_query_is_told() {
    let fixture = Fixture::start();
    whisper(&fixture.client(), &fixture);
    let all = log(&fixture, &LogFilter::default());
    assert!(all.len() > 40);
    let told: Vec<&LogEntry> = all
        .iter()
        .filter(|entry| {
            let text = format!("{entry:?}");
            text.contains("canary") || text.contains(TOKEN)
        })
        .collect();
    assert!(told.is_empty(), "{told:#?}");
}

#[test]
fn entries_end_with_age_and_number() {
    let start: Timestamp = "2026-03-01T12:00:00Z".parse().unwrap();
    let (clock, hand) = Clock::manual(start);
    let fixture = Fixture::with(Setup {
        clock,
        settings: vec![
            ("log.provisioning_days", "30"),
            ("log.provisioning_rows", "1000"),
        ],
        ..Setup::default()
    });
    let client = fixture.client();
    let prune = || {
        fixture
            .block_on(fixture.gateway.prune_provisioning())
            .unwrap()
    };
    client.post("/Users", &user("early")).expect(201);
    hand.advance(DAY * 20);
    for number in 0..5 {
        client
            .post("/Users", &user(&format!("late{number}")))
            .expect(201);
    }
    assert_eq!(prune(), 0);
    hand.advance(DAY * 11);
    assert_eq!(prune(), 1);
    assert_eq!(log(&fixture, &LogFilter::default()).len(), 5);

    let connection = Connection::open(fixture.database()).unwrap();
    let flood = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)
        INSERT INTO provisioning_log (id, at, nature, connection, request, method, route, status, micros)
        SELECT 'zzz' || printf('%05d', i), '2026-04-01T00:00:00.000000000Z', 0, 'a', '', 'PUT', '-', 200, 1 FROM n";
    connection.execute_batch(flood).unwrap();
    assert_eq!(prune(), 1_005);
    let left = log(&fixture, &LogFilter::default());
    assert_eq!((left.len(), left[999].id.as_str()), (1_000, "zzz01001"));
}

/// The size of an entry has a bound, whatever a client sends.
#[test]
fn an_entry_is_never_large() {
    let fixture = Fixture::start();
    let client = fixture.client();
    let long = "x".repeat(100_000);
    let mut body = user(&long[..1_000]);
    for number in 0..500 {
        body[format!("{}{number}", &long[..500])] = Value::Null;
        body[format!("y{number}")] = json!(number);
    }
    client.post("/Users", &body);
    client.post("/Users", &user(&long[..1_000]));
    client.get(&format!("/Users/{}", &long[..5_000]));
    client.delete(&format!("/Users/{}", &long[..5_000]));
    for entry in log(&fixture, &LogFilter::default()) {
        let size = format!("{entry:?}").len();
        assert!(size < 10_000, "{size}: {entry:?}");
    }
}
