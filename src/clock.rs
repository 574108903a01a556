//! The clock and the dice: the only place that reads the time or draws random bytes.

use std::fmt;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::time::Duration;
use std::time::Instant;

use aws_lc_rs::rand;
use jiff::SignedDuration;
use jiff::Timestamp;
use jiff::TimestampRound;
use jiff::Unit;
use uuid::Builder;

/// Tells the time and makes random ids. Cheap to clone; clones are the same clock.
#[derive(Clone)]
pub struct Clock(Arc<Inner>);

/// Measures how long something takes, whatever is done to the time of day meanwhile.
#[derive(Debug, Clone, Copy)]
pub struct Stopwatch(Instant);

/// Moves a clock made by [`Clock::manual`]; only tests hold one.
#[derive(Clone)]
pub struct Hand(Arc<Inner>);

/// How far a time that was written may lie ahead of the present: replicas whose clocks are kept by NTP differ by
/// less than a second, those that are not by less than a minute.
const LEAD: SignedDuration = SignedDuration::from_secs(60);

/// The latest time that is still taken for one of the past at `now`.
pub fn latest_past(now: Timestamp) -> Timestamp {
    now.checked_add(LEAD).unwrap_or(Timestamp::MAX)
}

/// Returns true if `at` was written while a clock was ahead: it lies more than 60 s after `now`.
pub fn is_ahead(at: Timestamp, now: Timestamp) -> bool {
    at > latest_past(now)
}

/// The operating system gave no random bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the operating system gave no random bytes")]
pub struct NoRandom;

impl Stopwatch {
    /// Starts it.
    pub fn start() -> Self {
        Self(Instant::now())
    }

    /// How long it has run.
    pub fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
}

impl Clock {
    /// The time of this machine, and random bytes of the cryptographic library.
    pub fn system() -> Self {
        Self(Arc::new(Inner {
            source: Source::System(Stopwatch::start()),
            last_id: Mutex::default(),
        }))
    }

    /// A clock that stands still. Its random bytes are the same in every run: for tests only.
    pub fn fixed(at: Timestamp) -> Self {
        Self::manual(at).0
    }

    /// A clock that stands still until its hand is moved. For tests only, like [`Clock::fixed`].
    pub fn manual(at: Timestamp) -> (Self, Hand) {
        let source = Source::Manual(Mutex::new(Manual {
            now: at,
            passed: Duration::ZERO,
            dice: 0,
        }));
        let inner = Arc::new(Inner {
            source,
            last_id: Mutex::default(),
        });
        (Self(Arc::clone(&inner)), Hand(inner))
    }

    /// Returns the time that has passed since this clock was made. It never goes back and nothing sets it, so intervals
    /// within one process are measured by it; it means nothing to another process or after a restart.
    pub fn monotonic(&self) -> Duration {
        match &self.0.source {
            Source::System(started) => started.elapsed(),
            Source::Manual(manual) => lock(manual).passed,
        }
    }

    /// The present, cut to milliseconds, as it is stored and shown.
    pub fn now(&self) -> Timestamp {
        let now = match &self.0.source {
            Source::System(_) => system_now(),
            Source::Manual(manual) => lock(manual).now,
        };
        let cut = TimestampRound::new()
            .smallest(Unit::Millisecond)
            .mode(jiff::RoundMode::Floor);
        now.round(cut).unwrap_or(now)
    }

    /// A new id: a UUID of version 7 (RFC 9562 §5.7) in lower case with hyphens. Later ids of this
    /// process sort after earlier ones, also within a millisecond and when the clock steps back.
    pub fn id(&self) -> String {
        let millis = u64::try_from(self.now().as_millisecond()).unwrap_or(0);
        let mut last = lock(&self.0.last_id);
        *last = match self.random() {
            Ok(dice) => last.next(millis, u128::from_be_bytes(dice)),
            // Without dice ids still differ within this process; between processes the
            // primary key refuses a double.
            Err(NoRandom) => last.next(millis, 0),
        };
        last.to_text()
    }

    /// `N` random bytes that nobody can guess.
    pub fn random<const N: usize>(&self) -> Result<[u8; N], NoRandom> {
        let mut bytes = [0; N];
        match &self.0.source {
            Source::System(_) => rand::fill(&mut bytes).map_err(|_| NoRandom)?,
            Source::Manual(manual) => lock(manual).fill(&mut bytes),
        }
        Ok(bytes)
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0.source {
            Source::System(_) => f.write_str("Clock::system"),
            Source::Manual(_) => write!(f, "Clock::fixed({})", self.now()),
        }
    }
}

impl Hand {
    /// Lets time pass: the time of day and the monotonic reading move forward together.
    pub fn advance(&self, by: Duration) {
        self.change(|manual| {
            let span = SignedDuration::try_from(by).unwrap_or(SignedDuration::MAX);
            manual.now = manual.now.checked_add(span).unwrap_or(Timestamp::MAX);
            manual.passed = manual.passed.saturating_add(by);
        });
    }

    /// Sets the time of day, also backwards, as an administrator or NTP does: no time passes.
    pub fn set(&self, to: Timestamp) {
        self.change(|manual| manual.now = to);
    }

    fn change(&self, f: impl FnOnce(&mut Manual)) {
        match &self.0.source {
            Source::Manual(manual) => f(&mut lock(manual)),
            Source::System(_) => {}
        }
    }
}

struct Inner {
    source: Source,
    last_id: Mutex<IdState>,
}

enum Source {
    /// The machine's, since when it has run here.
    System(Stopwatch),
    Manual(Mutex<Manual>),
}

struct Manual {
    now: Timestamp,
    passed: Duration,
    dice: u64,
}

impl Manual {
    /// SplitMix64: well mixed, and the same in every run.
    fn fill(&mut self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            self.dice = self.dice.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut z = self.dice;
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            z ^= z >> 31;
            chunk
                .iter_mut()
                .zip(z.to_le_bytes())
                .for_each(|(to, from)| *to = from);
        }
    }
}

/// Bits of a UUIDv7 that are not time, version or variant: 12 (`rand_a`) + 62 (`rand_b`).
const TAIL_BITS: u32 = 74;
/// The tail of the first id in a millisecond leaves its highest bit clear. A step is at most
/// 2^32, so 2^73 / 2^32 = 2^41 ids find room before the time is borrowed from.
const START_BITS: u32 = TAIL_BITS - 1;
/// Ids within one millisecond lie this far apart at most, so that one does not give away the next.
const STEP_BITS: u32 = 32;

#[derive(Clone, Copy, Default)]
struct IdState {
    millis: u64,
    tail: u128,
}

impl IdState {
    fn next(self, millis: u64, dice: u128) -> Self {
        let start = dice & ((1 << START_BITS) - 1);
        if millis > self.millis {
            return Self {
                millis,
                tail: start,
            };
        }
        let tail = self.tail + 1 + (dice & ((1 << STEP_BITS) - 1));
        if tail >> TAIL_BITS == 0 {
            Self { tail, ..self }
        } else {
            Self {
                millis: self.millis + 1,
                tail: start,
            }
        }
    }

    fn to_text(self) -> String {
        let [.., a0, a1, b0, b1, b2, b3, b4, b5, b6, b7] = self.tail_fields().to_be_bytes();
        Builder::from_unix_timestamp_millis(self.millis, &[a0, a1, b0, b1, b2, b3, b4, b5, b6, b7])
            .into_uuid()
            .to_string()
    }

    /// The tail spread over 80 bits: the highest four and the two above `rand_b` are overwritten
    /// with version and variant.
    fn tail_fields(self) -> u128 {
        let rand_a = self.tail >> 62;
        let rand_b = self.tail & ((1 << 62) - 1);
        (rand_a << 64) | rand_b
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the one place that reads the time"
)]
fn system_now() -> Timestamp {
    Timestamp::now()
}

/// What the locks hold is whole after every statement, so a panic elsewhere spoils nothing.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::thread;

    use uuid::Uuid;
    use uuid::Variant;

    use super::*;

    fn noon() -> Timestamp {
        "2026-03-01T12:00:00.123456Z".parse().unwrap()
    }

    #[test]
    fn time_has_milliseconds_and_moves_by_hand_only() {
        let (clock, hand) = Clock::manual(noon());
        let other = clock.clone();
        assert_eq!(clock.now().to_string(), "2026-03-01T12:00:00.123Z");
        hand.advance(Duration::from_secs(60));
        assert_eq!(other.now().to_string(), "2026-03-01T12:01:00.123Z");
        assert_eq!(Clock::system().now().subsec_nanosecond() % 1_000_000, 0);
    }

    #[test]
    fn the_monotonic_reading_moves_with_time_that_passes_and_not_when_the_clock_is_set() {
        let (clock, hand) = Clock::manual(noon());
        hand.advance(Duration::from_secs(60));
        hand.set("2020-01-01T00:00:00Z".parse().unwrap());
        assert_eq!(clock.monotonic(), Duration::from_secs(60));
        hand.set("2030-01-01T00:00:00Z".parse().unwrap());
        assert_eq!(clock.clone().monotonic(), Duration::from_secs(60));
        let system = Clock::system();
        let before = system.monotonic();
        assert!(system.monotonic() >= before);
    }

    #[test]
    fn a_minute_is_the_most_by_which_a_time_of_the_past_may_be_ahead() {
        let after = |seconds| noon() + SignedDuration::from_secs(seconds);
        assert!(!is_ahead(after(60), noon()) && !is_ahead(after(-86_400), noon()));
        assert!(is_ahead(after(61), noon()));
        assert!(!is_ahead(Timestamp::MAX, Timestamp::MAX));
    }

    #[test]
    fn ids_are_uuids_of_version_7_with_the_time_in_them() {
        let clock = Clock::fixed(noon());
        let id = Uuid::parse_str(&clock.id()).unwrap();
        assert_eq!(id.get_version_num(), 7);
        assert_eq!(id.get_variant(), Variant::RFC4122);
        let (seconds, nanos) = id.get_timestamp().unwrap().to_unix();
        assert_eq!(
            (i64::try_from(seconds).unwrap(), nanos),
            (noon().as_second(), 123_000_000)
        );
    }

    #[test]
    fn ids_ascend_also_when_the_clock_stands_or_steps_back() {
        let (clock, hand) = Clock::manual(noon());
        let mut ids: Vec<String> = (0..1000).map(|_| clock.id()).collect();
        hand.set("2020-01-01T00:00:00Z".parse().unwrap());
        ids.extend((0..1000).map(|_| clock.id()));
        assert!(ids.is_sorted_by(|a, b| a < b));
    }

    #[test]
    fn a_full_millisecond_borrows_from_the_next() {
        let full = IdState {
            millis: 5,
            tail: (1 << TAIL_BITS) - 1,
        };
        let next = full.next(5, 0);
        assert_eq!((next.millis, next.tail), (6, 0));
        assert!(full.to_text() < next.to_text());
    }

    #[test]
    fn threads_never_draw_the_same_id() {
        let clock = Clock::system();
        let draw = |clock: Clock| move || (0..2000).map(|_| clock.id()).collect::<Vec<_>>();
        let threads: Vec<_> = (0..4).map(|_| thread::spawn(draw(clock.clone()))).collect();
        let ids: HashSet<String> = threads
            .into_iter()
            .flat_map(|t| t.join().unwrap())
            .collect();
        assert_eq!(ids.len(), 8000);
    }

    #[test]
    fn random_bytes_differ_and_repeat_only_in_tests() {
        let system = Clock::system();
        assert_ne!(system.random::<32>(), system.random::<32>());
        let fixed = Clock::fixed(noon());
        let first = fixed.random::<20>();
        assert_ne!(first, fixed.random::<20>());
        assert_eq!(first, Clock::fixed(noon()).random::<20>());
    }
}
