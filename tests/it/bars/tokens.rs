//! Bearer tokens: that the look-up tells nothing by its duration, and that a rotation is never felt.

use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use muster::service::Wanted;

use crate::support::{Client, Fixture};

const DAY: Duration = Duration::from_secs(86_400);

fn token(fixture: &Fixture, name: &str) -> String {
    let made = fixture.gateway.create_token(name, Wanted::default(), DAY);
    fixture.block_on(made).unwrap()
}

/// How long the look-up of each of these tokens takes: the means of `BATCHES` batches each, taken in turns, without the
/// slowest half of them, which others on this machine have slowed down.
fn means(fixture: &Fixture, tokens: [&str; 2]) -> [Duration; 2] {
    const BATCHES: usize = 200;
    const IN_A_BATCH: u32 = 50;
    let mut taken = [Vec::new(), Vec::new()];
    for batch in 0..BATCHES * 2 {
        let which = (batch + batch / 2) % 2;
        let started = Instant::now();
        fixture.block_on(async {
            for _ in 0..IN_A_BATCH {
                let from = IpAddr::from([192, 0, 2, 1]);
                let found = fixture.gateway.authenticate(tokens[which], from, "r").await;
                assert!(found.unwrap().is_none());
            }
        });
        taken[which].push(started.elapsed() / IN_A_BATCH);
    }
    taken.map(|mut times| {
        assert_eq!(times.len(), BATCHES);
        times.sort_unstable();
        let quick = &times[..BATCHES / 2];
        quick.iter().sum::<Duration>() / u32::try_from(quick.len()).unwrap()
    })
}

/// Bar 24: 10,000 look-ups each; the means differ by less than 5 % or 20 µs.
#[test]
fn an_unknown_id_and_a_wrong_secret_take_the_same_time() {
    let fixture = Fixture::start();
    let right = token(&fixture, "okta");
    let (head, secret) = right.split_at("muster_".len() + 17);
    let wrong = format!("{head}{}", "A".repeat(secret.len()));
    let unknown = format!("muster_0123456789abcdef_{secret}");
    assert_eq!(wrong.len(), unknown.len());
    let mut seen = Vec::new();
    for _ in 0..5 {
        let [unknown, wrong] = means(&fixture, [&unknown, &wrong]);
        let apart = unknown.abs_diff(wrong);
        if apart < Duration::from_micros(20) || apart * 20 < unknown.max(wrong) {
            println!("unknown id {unknown:?}, wrong secret {wrong:?}");
            return;
        }
        seen.push((unknown, wrong));
    }
    panic!("unknown id and wrong secret differ in each of five measurements: {seen:?}");
}

/// Sends 25 requests a second until `stop`; answers how many there were and which statuses other than 200.
fn requests(client: &Client, stop: &AtomicBool) -> (usize, Vec<u16>) {
    let (mut count, mut failed) = (0, Vec::new());
    let started = Instant::now();
    while !stop.load(Ordering::Acquire) {
        let due = Duration::from_millis(40) * u32::try_from(count).unwrap();
        thread::sleep(due.saturating_sub(started.elapsed()));
        count += 1;
        let status = client.get("/Users?count=1").status;
        if status != 200 {
            failed.push(status);
        }
    }
    (count, failed)
}

/// Bar 25: 25 requests a second while the token is rotated; nobody is refused, until the old one is revoked.
#[test]
fn a_rotation_is_not_felt_and_the_old_token_ends_when_it_is_revoked() {
    let fixture = Fixture::start();
    let old = token(&fixture, "okta");
    let old_client = fixture.client_with(Some(&old));
    let stop = AtomicBool::new(false);
    let new = thread::scope(|scope| {
        let with_old = scope.spawn(|| requests(&old_client, &stop));
        thread::sleep(Duration::from_millis(500));
        let new = fixture.muster(&["token", "rotate", "okta"]).done();
        let new_client = fixture.client_with(Some(new.trim()));
        let until = &stop;
        let with_new = scope.spawn(move || requests(&new_client, until));
        thread::sleep(Duration::from_millis(1_500));
        stop.store(true, Ordering::Release);
        for (who, seen) in [("old", with_old.join()), ("new", with_new.join())] {
            let (count, failed) = seen.unwrap();
            assert!(count >= 25, "{who}: {count}");
            assert_eq!(failed, [0; 0], "{who}: of {count}");
        }
        new
    });
    let new_client = fixture.client_with(Some(new.trim()));
    let id = &old["muster_".len()..][..16];
    let revoke = ["token", "revoke", "okta", "--id", id];
    assert_eq!(fixture.muster(&revoke).done(), "1 revoked\n");
    old_client.get("/Users").refused(401, None);
    new_client.get("/Users").expect(200);
    let why = fixture.muster(&revoke).failed();
    assert!(why.contains("muster token list"), "{why}");
    new_client.get("/Users").expect(200);
    fixture.muster(&["token", "revoke", "okta"]).done();
    new_client.get("/Users").refused(401, None);
}

/// An overlap ends by itself, at the second that was said.
#[test]
fn the_old_token_ends_with_the_overlap() {
    let (clock, hand) = muster::clock::Clock::manual("2026-05-01T00:00:00Z".parse().unwrap());
    let fixture = Fixture::with(crate::support::Setup {
        clock,
        ..Default::default()
    });
    let old = token(&fixture, "okta");
    let hour = Duration::from_secs(3_600);
    let new = fixture.block_on(fixture.gateway.rotate_token("okta", hour, DAY * 365));
    let [old, new] = [old, new.unwrap()].map(|token| fixture.client_with(Some(&token)));
    for (passes, expected) in [
        (Duration::from_secs(3_599), 200),
        (Duration::from_secs(1), 401),
    ] {
        hand.advance(passes);
        assert_eq!(old.get("/Users").status, expected);
        assert_eq!(new.get("/Users").status, 200);
    }
}
