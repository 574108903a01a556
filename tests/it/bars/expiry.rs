//! The end of a token: refused from its first second on, and warned of 30 days before.

use std::time::Duration;

use jiff::Timestamp;
use muster::clock::{Clock, Hand};
use muster::service::Wanted;

use crate::support::{Fixture, Place, Setup, log};

const DAY: Duration = Duration::from_secs(86_400);

/// Bar 26: the real program in its own time. The token is made at the beginning of 2030 and lives for 365 days.
#[test]
fn an_expired_token_is_refused_from_the_first_second_on_and_warned_of_thirty_days_before() {
    let place = Place::new(&[]);
    let made = Some("2030-01-01 00:00:00");
    let token = place.done(&["token", "create", "entra"], made);
    let token = Some(token.trim());
    let list = place.done(&["token", "list", "--json"], made);
    let list: serde_json::Value = serde_json::from_str(&list).unwrap();
    let expires: Timestamp = list[0]["expires"].as_str().unwrap().parse().unwrap();
    assert_eq!(expires.to_string()[..10], *"2031-01-01");
    let warns = |log: &str| log.contains("muster token rotate entra");
    let (minute, day) = (60, 86_400);
    // (seconds from its end on, what a request is answered, what `token list` says, whether the log warns)
    for (from_end, status, state, warned) in [
        (-200 * day, 200, "live", false),
        (-30 * day - minute, 200, "live", false),
        (-30 * day, 200, "ends in 29d", true),
        (-minute, 200, "ends in less than 1h", true),
        (0, 401, "expired", false),
        (1, 401, "expired", false),
    ] {
        let at = second(expires, from_end);
        let serving = place.serve(Some(&at));
        let reply = serving.client(token).get("/Users");
        assert_eq!(reply.status, status, "{at}");
        let list = place.done(&["token", "list"], Some(&at));
        assert!(list.contains(state), "{at}: {list}");
        // The first look is taken when the server starts, beside the first requests.
        for _ in 0..500 {
            if warns(&serving.log()) == warned {
                break;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        assert_eq!(warns(&serving.log()), warned, "{at}: {}", serving.log());
    }
}

/// The first whole second that lies `seconds` or more behind `at`.
fn second(at: Timestamp, seconds: i64) -> String {
    let whole = Timestamp::from_second(at.as_second() + 1 + seconds).unwrap();
    whole.strftime("%Y-%m-%d %H:%M:%S").to_string()
}

fn fixture() -> (Fixture, Hand) {
    let (clock, hand) = Clock::manual("2026-05-01T00:00:00Z".parse().unwrap());
    let setup = Setup {
        clock,
        ..Setup::default()
    };
    (Fixture::with(setup), hand)
}

fn create(fixture: &Fixture, name: &str, lifetime: Duration) -> String {
    let made = fixture
        .gateway
        .create_token(name, Wanted::default(), lifetime);
    fixture.block_on(made).unwrap()
}

fn id(token: &str) -> &str {
    &token["muster_".len()..][..16]
}

/// How often the log warned of a token of this connection. (Each manual clock draws the same ids.)
fn warned(connection: &str, token: &str) -> usize {
    let text = log::text();
    let words = [
        "\"WARN\"",
        id(token),
        &format!("\"connection\":\"{connection}\""),
    ];
    let about = |line: &&str| words.iter().all(|word| line.contains(word));
    text.lines().filter(about).count()
}

#[test]
fn the_log_warns_once_a_day_and_not_of_what_was_made_today() {
    let (fixture, hand) = fixture();
    let token = create(&fixture, "watched", DAY * 32);
    let mut watch = fixture.gateway.expiry_watch();
    let mut after = |passes: Duration| {
        hand.advance(passes);
        fixture.block_on(watch.round());
        warned("watched", &token)
    };
    let hour = Duration::from_secs(3_600);
    assert_eq!(after(hour), 0);
    assert_eq!(after(DAY), 0, "31 days are left");
    assert_eq!(after(DAY), 1);
    assert_eq!(after(hour * 23), 1);
    assert_eq!(after(hour), 2);
    assert_eq!(after(DAY * 40), 2, "it has ended");
    let short = create(&fixture, "short", DAY * 2);
    fixture.block_on(fixture.gateway.expiry_watch().round());
    assert_eq!(warned("short", &short), 0, "whoever made it today knows");
}

#[test]
fn what_is_warned_of_is_the_token_that_the_client_uses() {
    let (fixture, hand) = fixture();
    let old = create(&fixture, "rotated", DAY * 365);
    hand.advance(DAY * 2);
    let used = fixture.client_with(Some(&old));
    used.get("/Users").expect(200);
    let rotated = fixture.gateway.rotate_token("rotated", DAY * 3, DAY * 365);
    let new = fixture.block_on(rotated).unwrap();
    let expiry = || {
        let text = fixture.root().authorized(None).get("/metrics").text();
        let name = "muster_token_expires_timestamp_seconds{connection=\"rotated\"} ";
        let mut values = text.lines().filter_map(|line| line.strip_prefix(name));
        values.next().unwrap().parse::<i64>().unwrap()
    };
    let now = fixture.gateway.clock().now().as_second();
    let days = |count: i64| now + count * 86_400;
    wait_until(|| expiry() == days(3));
    hand.advance(DAY);
    fixture.block_on(fixture.gateway.expiry_watch().round());
    assert_eq!(
        (warned("rotated", &old), warned("rotated", &new)),
        (1, 0),
        "the client has the old one yet"
    );
    fixture.client_with(Some(&new)).get("/Users").expect(200);
    wait_until(|| expiry() == days(365));
    fixture.block_on(fixture.gateway.expiry_watch().round());
    assert_eq!((warned("rotated", &old), warned("rotated", &new)), (1, 0));
}

/// The last use of a token is written beside the request.
fn wait_until(mut done: impl FnMut() -> bool) {
    for _ in 0..1_000 {
        if done() {
            return;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    panic!("it never became so");
}
