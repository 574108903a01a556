//! What reads leave behind: the last use of a token, the ring of reads, and a log of bounded length.

use std::time::Duration;

use jiff::Timestamp;
use muster::clock::Clock;
use muster::service::Wanted;
use rusqlite::Connection;

use crate::support::{Client, Fixture, Setup, until, user};

const DAY: Duration = Duration::from_secs(86_400);
const MINUTE: Duration = Duration::from_secs(60);

/// A client with a token of its own connection.
fn with_token(fixture: &Fixture) -> Client {
    let made = fixture.gateway.create_token("okta", Wanted::default(), DAY);
    let token = fixture.block_on(made).unwrap();
    fixture.client_with(Some(&token))
}

/// When the token was used last, by the store.
fn used(fixture: &Fixture) -> Option<Timestamp> {
    let tokens = fixture.block_on(fixture.gateway.tokens()).unwrap();
    tokens
        .into_iter()
        .find(|token| token.connection == "okta")
        .unwrap()
        .used
}

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

/// Waits until nothing is left that would be written without a request.
fn settle(fixture: &Fixture) {
    until("the first use", || used(fixture).is_some());
    until("the seal", || {
        fixture.block_on(fixture.gateway.audit_backlog()).unwrap().0 == 0
    });
}

/// A number that changes with each commit to the database.
fn version(connection: &Connection) -> i64 {
    let asked = connection.pragma_query_value(None, "data_version", |row| row.get(0));
    asked.unwrap()
}

/// Each commit makes all readers forget the pages that they hold.
#[test]
fn reads_commit_nothing_for_many_rounds() {
    let fixture = Fixture::start();
    let client = with_token(&fixture);
    client.get("/Users").expect(200);
    settle(&fixture);
    fixture.block_on(fixture.gateway.flush_provisioning());
    let outside = Connection::open(fixture.database()).unwrap();
    let before = version(&outside);
    let begun = std::time::Instant::now();
    // The ring was written every second: three rounds.
    while begun.elapsed() < Duration::from_millis(3_500) {
        client.get("/Users").expect(200);
        fixture.client_with(None).get("/Users").expect(401);
    }
    assert_eq!(version(&outside), before);
}

#[test]
fn the_first_use_and_one_after_an_hour_are_written_at_once_and_others_at_the_end() {
    let start: Timestamp = "2026-03-01T12:00:00Z".parse().unwrap();
    let (clock, hand) = Clock::manual(start);
    let mut fixture = Fixture::with(Setup {
        clock: clock.clone(),
        ..Setup::default()
    });
    let client = with_token(&fixture);
    client.get("/Users").expect(200);
    until("the first use", || used(&fixture) == Some(start));
    hand.advance(MINUTE * 61);
    client.get("/Users").expect(200);
    until("a use after an hour", || {
        used(&fixture) == Some(clock.now())
    });
    hand.advance(MINUTE * 2);
    client.get("/Users").expect(200);
    let last = clock.now();
    fixture.stop();
    let command = fixture.beside();
    let tokens = fixture.block_on(command.tokens()).unwrap();
    command.close();
    let okta = tokens.into_iter().find(|token| token.connection == "okta");
    assert_eq!(okta.unwrap().used, Some(last), "it is written at the stop");
}

/// Each read used to put a write of its own into the queue, until real ones were refused.
#[test]
fn reads_while_the_database_is_locked_leave_the_queue_to_writes() {
    let start: Timestamp = "2026-03-01T12:00:00Z".parse().unwrap();
    let (clock, hand) = Clock::manual(start);
    let fixture = Fixture::with(Setup {
        clock,
        ..Setup::default()
    });
    let client = with_token(&fixture);
    client.get("/Users").expect(200);
    settle(&fixture);
    hand.advance(MINUTE * 2);
    let outside = Connection::open(fixture.database()).unwrap();
    outside.execute_batch("BEGIN IMMEDIATE").unwrap();
    for _ in 0..200 {
        client.get("/ServiceProviderConfig").expect(200);
    }
    let waiting = figure(&fixture, "muster_store_queue_depth{queue=\"changes\"}");
    assert!(waiting < 5.0, "{waiting} changes wait");
    outside.execute_batch("COMMIT").unwrap();
    until("a write", || {
        client.post("/Users", &user("ada")).status == 201
    });
}

fn rows(connection: &Connection) -> i64 {
    let count = "SELECT count(*) FROM provisioning_log";
    connection.query_row(count, [], |row| row.get(0)).unwrap()
}

/// Adds entries as so many changes would.
fn add(connection: &Connection, prefix: &str, number: u32) {
    let sql = format!(
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {number})
         INSERT INTO provisioning_log (id, at, nature, connection, request, method, route, status, micros)
         SELECT printf('{prefix}-%08d', i), '2026-03-01T12:00:00.000000000Z', 0, 'config', 'r', 'POST', '/Users', 201, 1 FROM n"
    );
    connection.execute_batch(&sql).unwrap();
}

fn short_log() -> Setup {
    Setup {
        clock: Clock::fixed("2026-03-01T12:00:01Z".parse().unwrap()),
        settings: vec![("log.provisioning_rows", "1000")],
        ..Setup::default()
    }
}

#[test]
fn one_round_drops_all_that_is_too_much() {
    let fixture = Fixture::with(short_log());
    let outside = Connection::open(fixture.database()).unwrap();
    add(&outside, "f", 60_000);
    fixture
        .block_on(fixture.gateway.prune_provisioning())
        .unwrap();
    assert_eq!(rows(&outside), 1_000);
}

/// 83 entries a second were the most that went: 50,000 in ten minutes.
#[test]
fn the_log_is_pruned_as_fast_as_it_grows() {
    let fixture = Fixture::with(short_log());
    let outside = Connection::open(fixture.database()).unwrap();
    for round in 0..3 {
        add(&outside, &format!("f{round}"), 5_000);
        until("a short log", || rows(&outside) <= 1_500);
    }
    drop(fixture);
}
