//! How often a password may be tried: counted before it is compared, and given back when it was right.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::{TIDY_EVERY, network};
use crate::clock::Clock;
use crate::config::Rate;

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
    /// When each would be at rest, since the epoch.
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
        let now = self.now();
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
            state.at_rest.insert(what.clone(), after);
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

    fn now(&self) -> Duration {
        Duration::try_from(self.clock.now().as_duration()).unwrap_or_default()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
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
