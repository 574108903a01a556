//! How often a password may be tried: counted before it is compared, and given back when it was right.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::{TIDY_EVERY, network};
use crate::clock::Clock;
use crate::config::Rate;

/// How many addresses and names are counted at once: of about 80 bytes each, 8 MiB. Whoever has more addresses than that
/// makes the counter forget those with the fewest attempts, never those that are close to their limit.
const MOST_COUNTED: usize = 100_000;

/// What is counted.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(in crate::service) enum Counted {
    /// Attempts from an address.
    Address(IpAddr),
    /// Attempts on a name, by what stands for it, from where it was never logged in.
    Name([u8; 32]),
}

/// Attempts of the last while. Those that run count like those that have failed, so that no burst of parallel ones is
/// compared.
pub(in crate::service) struct Attempts {
    clock: Clock,
    /// One attempt is given back in this time, up to so many.
    quota: Option<(Duration, u32)>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// When each would be at rest, as a monotonic reading.
    at_rest: HashMap<Counted, Duration>,
    checks: u64,
}

impl Attempts {
    pub(super) fn new(rate: Rate, clock: &Clock) -> Self {
        // Half at once and the other half spread over the time: so that no window has more than the rate.
        let quota = rate.limit().map(|(times, time)| {
            let half = (times.get() / 2).max(1);
            (time / half, half)
        });
        Self {
            clock: clock.clone(),
            quota,
            state: Mutex::default(),
        }
    }

    /// Counts an attempt.
    ///
    /// # Errors
    /// How many seconds to wait, at least 1.
    pub(in crate::service) fn take(&self, what: &Counted) -> Result<(), u64> {
        let Some((one, most)) = self.quota else {
            return Ok(());
        };
        let now = self.clock.monotonic();
        let mut state = self.state();
        state.checks += 1;
        if state.checks.is_multiple_of(TIDY_EVERY) {
            state.at_rest.retain(|_, at_rest| *at_rest > now);
        }
        let before = state
            .at_rest
            .get(what)
            .copied()
            .unwrap_or_default()
            .max(now);
        let after = before + one;
        let wait = after.saturating_sub(now + one * most);
        if wait.is_zero() {
            state.insert(what, after, now);
            return Ok(());
        }
        Err((wait.as_secs() + u64::from(wait.subsec_nanos() > 0)).max(1))
    }

    /// Gives an attempt back.
    pub(in crate::service) fn give_back(&self, what: &Counted) {
        let Some((one, _)) = self.quota else {
            return;
        };
        if let Some(at_rest) = self.state().at_rest.get_mut(what) {
            *at_rest = at_rest.saturating_sub(one);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn insert(&mut self, what: &Counted, at_rest: Duration, now: Duration) {
        if self.at_rest.len() >= MOST_COUNTED && !self.at_rest.contains_key(what) {
            self.forget_fewest(now);
        }
        self.at_rest.insert(what.clone(), at_rest);
    }

    /// Forgets what is at rest and, where that leaves more than half, the half that would be at rest first.
    fn forget_fewest(&mut self, now: Duration) {
        self.at_rest.retain(|_, at_rest| *at_rest > now);
        if self.at_rest.len() <= MOST_COUNTED / 2 {
            return;
        }
        let mut ends: Vec<Duration> = self.at_rest.values().copied().collect();
        let half = ends.len() / 2;
        let (_, &mut middle, _) = ends.select_nth_unstable(half);
        self.at_rest.retain(|_, at_rest| *at_rest > middle);
    }
}

impl Counted {
    /// An address; of IPv6 its network.
    pub(in crate::service) fn address(from: IpAddr) -> Self {
        Self::Address(network(from))
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    #[test]
    fn the_time_of_day_neither_shuts_out_nor_lets_through() {
        let start: Timestamp = "2026-05-01T00:00:00Z".parse().unwrap();
        let (clock, hand) = Clock::manual(start);
        let attempts = Attempts::new("20/min".parse().unwrap(), &clock);
        let me = Counted::address([192, 0, 2, 1].into());
        while attempts.take(&me).is_ok() {}
        hand.set("2026-05-02T00:00:00Z".parse().unwrap());
        assert!(attempts.take(&me).is_err(), "an hour ahead gives nothing");
        hand.set("2026-04-30T00:00:00Z".parse().unwrap());
        hand.advance(Duration::from_secs(60));
        assert_eq!(attempts.take(&me), Ok(()), "an hour back costs nothing");
    }

    #[test]
    fn a_stranger_with_many_addresses_fills_a_bounded_counter_and_frees_nobody() {
        let (clock, hand) = Clock::manual(Timestamp::UNIX_EPOCH);
        let attempts = Attempts::new("20/min".parse().unwrap(), &clock);
        let guesser = Counted::address([192, 0, 2, 1].into());
        while attempts.take(&guesser).is_ok() {}
        for number in 0..250_000_u32 {
            hand.advance(Duration::from_nanos(10));
            let address = Counted::address(number.to_be_bytes().into());
            assert_eq!(attempts.take(&address), Ok(()));
        }
        assert!(attempts.state().at_rest.len() <= MOST_COUNTED);
        assert!(attempts.take(&guesser).is_err());
    }

    #[test]
    fn no_window_has_more_than_the_rate_and_what_was_right_does_not_count() {
        let (clock, hand) = Clock::manual(Timestamp::UNIX_EPOCH);
        let attempts = Attempts::new("20/min".parse().unwrap(), &clock);
        let me = Counted::address([192, 0, 2, 1].into());
        for _ in 0..50 {
            assert_eq!(attempts.take(&me), Ok(()));
            attempts.give_back(&me);
        }
        let mut taken = 0;
        for _ in 0..600 {
            taken += u32::from(attempts.take(&me).is_ok());
            hand.advance(Duration::from_millis(100));
        }
        assert!((19..=20).contains(&taken), "{taken}");
        assert_eq!(
            attempts.take(&Counted::address([192, 0, 2, 2].into())),
            Ok(())
        );
    }
}
