//! The bound of the write-ahead log: what happens while a reader keeps it from being begun again.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::store::READ_LIMIT;

/// The time after which no read of this process can be the one that holds the log: every read that had begun was
/// interrupted after [`READ_LIMIT`], and no scan has begun since. Half a second is for a busy machine.
const OWN_READS_END: Duration = READ_LIMIT.saturating_add(Duration::from_millis(500));

/// The time for which scans begin again while another process holds the log. Then they wait once more for
/// [`OWN_READS_END`], so that they cannot take its place: a twelfth of the time.
const SCANS_GO_ON: Duration = Duration::from_secs(30);

/// The state of the log, shared by the writer, which tries to begin it again, and the readers that scan.
#[derive(Default)]
pub(super) struct LogBound {
    state: Mutex<State>,
    released: Condvar,
}

#[derive(Default)]
struct State {
    /// When the log could first not be begun again.
    held_since: Option<Instant>,
    /// Until when no scan begins.
    scans_wait_until: Option<Instant>,
    /// No read of this process can be the reason.
    held_outside: bool,
}

/// What is to be told to the log of the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Notice {
    /// Nothing.
    None,
    /// A reader of another process has held the log for so long.
    HeldOutside(Duration),
    /// It does so no longer; in all it was so long.
    Released(Duration),
}

impl LogBound {
    /// Notes that the log is full and could not be begun again.
    pub(super) fn note_held(&self, now: Instant) -> Notice {
        let mut state = self.lock();
        let since = *state.held_since.get_or_insert(now);
        let until = *state.scans_wait_until.get_or_insert(now + OWN_READS_END);
        if now < until {
            return Notice::None;
        }
        if now >= until + SCANS_GO_ON {
            state.scans_wait_until = Some(now + OWN_READS_END);
        }
        if std::mem::replace(&mut state.held_outside, true) {
            return Notice::None;
        }
        Notice::HeldOutside(now.saturating_duration_since(since))
    }

    /// Notes that the log is short, or was begun again.
    pub(super) fn note_released(&self, now: Instant) -> Notice {
        let mut state = self.lock();
        let State {
            held_since: Some(since),
            held_outside,
            ..
        } = std::mem::take(&mut *state)
        else {
            return Notice::None;
        };
        drop(state);
        self.released.notify_all();
        if held_outside {
            Notice::Released(now.saturating_duration_since(since))
        } else {
            Notice::None
        }
    }

    /// Waits as long as no scan may begin: [`OWN_READS_END`] at most.
    pub(super) fn wait_for_scan(&self, now: Instant) {
        let state = self.lock();
        let Some(until) = state.scans_wait_until.filter(|until| now < *until) else {
            return;
        };
        let left = until.saturating_duration_since(now);
        let waits = |state: &mut State| state.scans_wait_until.is_some();
        drop(self.released.wait_timeout_while(state, left, waits));
    }

    /// How long a reader of another process has held the log; zero when none does.
    pub(super) fn held_outside(&self, now: Instant) -> Duration {
        let state = self.lock();
        let since = state.held_since.filter(|_| state.held_outside);
        since.map_or(Duration::ZERO, |since| now.saturating_duration_since(since))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn scans_wait_no_longer_than_they_can_be_the_reason() {
        let (bound, start) = (LogBound::default(), Instant::now());
        bound.wait_for_scan(start);
        assert_eq!(bound.note_held(start), Notice::None);
        let nearly = start + READ_LIMIT;
        assert_eq!(bound.note_held(nearly), Notice::None);
        // These return: a scan that waits does so for what is left of the time only.
        bound.wait_for_scan(nearly);
        bound.wait_for_scan(start + OWN_READS_END);
        assert_eq!(bound.held_outside(nearly), Duration::ZERO);
    }

    #[test]
    fn a_hold_from_outside_is_told_once_with_its_age() {
        let (bound, start) = (LogBound::default(), Instant::now());
        bound.note_held(start);
        let told = bound.note_held(start + 3 * SECOND);
        assert_eq!(told, Notice::HeldOutside(3 * SECOND));
        assert_eq!(bound.note_held(start + 4 * SECOND), Notice::None);
        assert_eq!(bound.note_held(start + 40 * SECOND), Notice::None);
        assert_eq!(bound.held_outside(start + 40 * SECOND), 40 * SECOND);
        assert_eq!(
            bound.note_released(start + 41 * SECOND),
            Notice::Released(41 * SECOND)
        );
        assert_eq!(bound.note_released(start + 42 * SECOND), Notice::None);
        assert_eq!(bound.held_outside(start + 42 * SECOND), Duration::ZERO);
        assert_eq!(bound.note_held(start + 43 * SECOND), Notice::None);
    }

    #[test]
    fn scans_that_wait_go_on_as_soon_as_the_log_is_released() {
        let (bound, start) = (LogBound::default(), Instant::now());
        bound.note_held(start);
        std::thread::scope(|scope| {
            let scan = scope.spawn(|| bound.wait_for_scan(start));
            bound.note_released(start + SECOND);
            scan.join().unwrap();
        });
    }
}
