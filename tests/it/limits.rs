//! Rate limits: how often a token may be used, and how often an address may be wrong.

use std::time::Duration;

use muster::clock::Clock;

use crate::support::{Fixture, Setup};

fn fixture(settings: Vec<(&'static str, &'static str)>) -> (Fixture, muster::clock::Hand) {
    let (clock, hand) = Clock::manual("2026-05-01T00:00:00Z".parse().unwrap());
    (
        Fixture::with(Setup {
            clock,
            settings,
            ..Setup::default()
        }),
        hand,
    )
}

#[test]
fn a_token_may_come_twice_its_rate_at_once_and_then_waits_as_told() {
    let (fixture, hand) = fixture(vec![("limits.rate", "5/s")]);
    let client = fixture.client();
    for _ in 0..10 {
        client.get("/Users?count=0").expect(200);
    }
    let reply = client.get("/Users?count=0");
    assert_eq!(reply.header("retry-after"), Some("1"));
    reply.refused(429, None);
    hand.advance(Duration::from_secs(1));
    for _ in 0..5 {
        client.get("/Users?count=0").expect(200);
    }
    client.get("/Users?count=0").refused(429, None);
}

#[test]
fn wrong_tokens_are_counted_by_address_and_a_right_one_is_let_through() {
    let (fixture, hand) = fixture(vec![("limits.failures", "20/min")]);
    let wrong = fixture
        .client()
        .authorized(Some("Bearer muster_0000000000000000_wrong"));
    let mut evaluated = 0;
    for second in 0..60 {
        for _ in 0..20 {
            match wrong.get("/Users").status {
                401 => evaluated += 1,
                429 => {}
                other => panic!("{other} in second {second}"),
            }
        }
        hand.advance(Duration::from_secs(1));
    }
    assert!(
        evaluated <= 20,
        "{evaluated} wrong tokens were answered 401 in a minute"
    );
    fixture.client().get("/Users").expect(200);
    fixture.client_with(None).get("/Users").refused(401, None);
}

#[test]
fn zero_is_no_limit() {
    let (fixture, _hand) = fixture(vec![("limits.rate", "0"), ("limits.failures", "0")]);
    let wrong = fixture.client().authorized(Some("Bearer wrong"));
    for _ in 0..50 {
        wrong.get("/Users").refused(401, None);
        fixture.client().get("/Users?count=0").expect(200);
    }
}
