//! A reader of another process that holds the write-ahead log while the gateway writes.

use std::time::{Duration, Instant};

use rusqlite::Connection;
use serde_json::json;

use crate::support::{Client, Fixture, log, until, user};

/// Bytes of the log from which it is tried to begin it again.
const FULL: f64 = 48.0 * 1024.0 * 1024.0;

/// What the log says once, when another process holds it.
const HELD: &str = "has held the write-ahead log";

/// The value of a figure.
fn figure(fixture: &Fixture, name: &str) -> f64 {
    let text = fixture
        .root()
        .authorized(None)
        .get("/metrics")
        .expect(200)
        .text();
    let line = text.lines().find(|line| line.starts_with(name)).unwrap();
    line.rsplit_once(' ').unwrap().1.parse().unwrap()
}

/// Creates a user of half a megabyte.
fn create_large(client: &Client, number: usize) {
    let mut body = user(&format!("large{number}"));
    body["title"] = json!("x".repeat(500_000));
    client.post("/Users", &body).expect(201);
}

#[test]
fn a_reader_outside_makes_no_write_wait_and_is_told_of_once() {
    let fixture = Fixture::start();
    let client = fixture.client();
    let outside = Connection::open(fixture.database()).unwrap();
    outside
        .execute_batch("BEGIN; SELECT count(*) FROM resource;")
        .unwrap();
    let wal = || figure(&fixture, "muster_store_wal_bytes");
    let mut number = 0;
    while wal() < FULL {
        create_large(&client, number);
        number += 1;
        assert!(number < 400, "the log does not grow");
    }
    let before = log::text().matches(HELD).count();
    let begun = Instant::now();
    for number in 0..6 {
        client
            .post("/Users", &user(&format!("small{number}")))
            .expect(201);
    }
    // A busy machine is slow, but each of these commits used to be followed by 5 s of sleep.
    assert!(
        begun.elapsed() < Duration::from_secs(15),
        "{:?}",
        begun.elapsed()
    );

    let mut more = 0;
    until("the warning", || {
        more += 1;
        client
            .post("/Users", &user(&format!("more{more}")))
            .expect(201);
        log::text().matches(HELD).count() > before
    });
    for number in 0..5 {
        client
            .post("/Users", &user(&format!("after{number}")))
            .expect(201);
    }
    let told = log::text();
    let warnings: Vec<&str> = told.lines().filter(|line| line.contains(HELD)).collect();
    assert_eq!(warnings.len(), before + 1, "{warnings:?}");
    assert!(warnings[before].contains("\"WARN\"") && warnings[before].contains("age_seconds"));
    assert!(figure(&fixture, "muster_store_wal_held_seconds") > 0.0);
    // A filter without an index waits for a moment and is answered.
    let found = client.get("/Users?filter=title%20eq%20%22y%22");
    assert_ne!(found.status, 503);

    outside.execute_batch("COMMIT").unwrap();
    until("the end of the hold", || {
        more += 1;
        client
            .post("/Users", &user(&format!("more{more}")))
            .expect(201);
        figure(&fixture, "muster_store_wal_held_seconds") == 0.0
    });
    let size = wal();
    for number in 0..10 {
        create_large(&client, 1_000 + number);
    }
    assert!(wal() <= size, "the log was not begun again");
}
