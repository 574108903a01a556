//! The rate limit of a token: what it lets through, how it refuses, and whom it leaves alone (bar 57).

use std::thread;
use std::time::{Duration, Instant};

use muster::clock::{Clock, Hand};
use muster::service::Wanted;

use crate::support::{Client, Fixture, Reply, Setup};

/// What a client that came `rate` times a second saw.
#[derive(Debug, Default)]
struct Seen {
    passed: usize,
    refused: usize,
}

impl Seen {
    /// Counts an answer, which is right or a correct refusal.
    #[track_caller]
    fn count(&mut self, reply: Reply) {
        if reply.status == 200 {
            self.passed += 1;
            return;
        }
        let wait: u64 = reply.header("retry-after").unwrap().parse().unwrap();
        assert_eq!(wait, 1, "a second is long enough at 50/s");
        reply.refused(429, None);
        self.refused += 1;
    }
}

fn limited(clock: Clock) -> (Fixture, [Client; 2]) {
    let fixture = Fixture::with(Setup {
        clock,
        settings: vec![("limits.rate", "50/s")],
        ..Setup::default()
    });
    let day = Duration::from_secs(86_400);
    let clients = ["slow", "fast"].map(|name| {
        let made = fixture.gateway.create_token(name, Wanted::default(), day);
        fixture.client_with(Some(&fixture.block_on(made).unwrap()))
    });
    (fixture, clients)
}

fn ask(client: &Client) -> Reply {
    client.get("/Users?count=0")
}

/// Lets time pass in which each client comes at its rate: at 25 and at 200 a second.
fn by_hand(hand: &Hand, seconds: usize, slow: &Client, fast: Option<&Client>) -> [Seen; 2] {
    let mut seen = [Seen::default(), Seen::default()];
    for tick in 0..seconds * 200 {
        hand.advance(Duration::from_millis(5));
        if tick % 8 == 0 {
            seen[0].count(ask(slow));
        }
        if let Some(fast) = fast {
            seen[1].count(ask(fast));
        }
    }
    seen
}

#[test]
fn twenty_five_a_second_pass_and_two_hundred_are_held_to_fifty() {
    let (clock, hand) = Clock::manual("2026-05-01T00:00:00Z".parse().unwrap());
    let (_fixture, [slow, fast]) = limited(clock);
    let [seen, _] = by_hand(&hand, 60, &slow, None);
    assert_eq!((seen.passed, seen.refused), (1_500, 0));
    let [seen, flood] = by_hand(&hand, 10, &slow, Some(&fast));
    assert_eq!(
        (seen.passed, seen.refused),
        (250, 0),
        "others are not affected"
    );
    // The burst of 100, and then 50 a second.
    assert!((599..=601).contains(&flood.passed), "{flood:?}");
    assert_eq!(flood.passed + flood.refused, 2_000);
    // Who waits as told is let through.
    ask(&fast).refused(429, None);
    hand.advance(Duration::from_secs(1));
    ask(&fast).expect(200);
}

/// Comes `rate` times a second for so long.
fn in_real_time(client: &Client, rate: u32, time: Duration) -> Seen {
    let (started, mut seen, mut count) = (Instant::now(), Seen::default(), 0);
    while started.elapsed() < time {
        let due = Duration::from_secs(1) * count / rate;
        thread::sleep(due.saturating_sub(started.elapsed()));
        seen.count(ask(client));
        count += 1;
    }
    seen
}

/// The same in real time, for whoever sets `MUSTER_LONG_TESTS`: ten minutes at 25 a second, in the last of which another
/// connection comes 200 times a second.
#[test]
fn ten_minutes_at_twenty_five_a_second_and_one_at_two_hundred() {
    if std::env::var_os("MUSTER_LONG_TESTS").is_none() {
        return;
    }
    let (_fixture, [slow, fast]) = limited(Clock::system());
    let minute = Duration::from_secs(60);
    let (seen, flood) = thread::scope(|scope| {
        let seen = scope.spawn(|| in_real_time(&slow, 25, minute * 10));
        thread::sleep(minute * 9);
        let flood: Vec<_> = (0..4)
            .map(|_| scope.spawn(|| in_real_time(&fast, 50, minute)))
            .collect();
        let flood = flood.into_iter().map(|thread| thread.join().unwrap());
        let flood: Vec<Seen> = flood.collect();
        (seen.join().unwrap(), flood)
    });
    let sum = |of: fn(&Seen) -> usize| flood.iter().map(of).sum::<usize>();
    let (passed, refused) = (sum(|seen| seen.passed), sum(|seen| seen.refused));
    println!("25/s: {seen:?}; 200/s: {passed} passed, {refused} refused");
    assert!(seen.passed >= 14_900 && seen.refused == 0, "{seen:?}");
    assert!(
        passed + refused > 11_000,
        "{passed} and {refused}: too slow to tell"
    );
    assert!((3_050..=3_150).contains(&passed), "{passed}");
}
