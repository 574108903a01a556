//! The progress of bytes that wait for a client to read them.

use std::time::Duration;

/// A client that reads nothing for this long is gone or does not want the response.
pub const NO_PROGRESS_LIMIT: Duration = Duration::from_secs(30);
/// The reading rate is judged over this time: one minute rides out a pause of a mobile network.
const RATE_PERIOD: Duration = Duration::from_secs(60);
/// A client reads at least 1 KiB/s: 60 KiB in each period of 60 s.
const MIN_BYTES_PER_PERIOD: u64 = 60 * 1024;

/// How far a client has read while more is waiting for it.
#[derive(Debug, Clone, Copy)]
pub(super) struct ReadingWindow {
    /// Start of the current period, and the bytes that were read until then.
    started: Duration,
    bytes_at_start: u64,
    /// Last time at which the number of bytes had changed.
    progressed: Duration,
    bytes: u64,
}

impl ReadingWindow {
    /// Starts to watch at `now`, when `bytes` were read.
    pub(super) fn start(now: Duration, bytes: u64) -> Self {
        Self {
            started: now,
            bytes_at_start: bytes,
            progressed: now,
            bytes,
        }
    }

    /// Takes note of `bytes` read until `now`; returns true if the client reads too slowly.
    pub(super) fn observe(&mut self, now: Duration, bytes: u64) -> bool {
        if bytes != self.bytes {
            self.bytes = bytes;
            self.progressed = now;
        }
        if now.saturating_sub(self.progressed) >= NO_PROGRESS_LIMIT {
            return true;
        }
        if now.saturating_sub(self.started) < RATE_PERIOD {
            return false;
        }
        let is_slow = bytes.saturating_sub(self.bytes_at_start) < MIN_BYTES_PER_PERIOD;
        (self.started, self.bytes_at_start) = (now, bytes);
        is_slow
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Second at which a reader that reads `bytes` each `every` seconds is too slow, within an hour.
    fn closed_at(bytes: u64, every: u64) -> Option<u64> {
        let mut window = ReadingWindow::start(Duration::ZERO, 0);
        (1..3600)
            .find(|second| window.observe(Duration::from_secs(*second), second / every * bytes))
    }

    #[test]
    fn a_client_that_reads_nothing_is_closed_after_30_seconds() {
        assert_eq!(closed_at(0, 1), Some(30));
        assert_eq!(closed_at(1_000_000, 31), Some(30));
    }

    #[test]
    fn a_client_that_reads_less_than_1_kib_a_second_is_closed_after_60_seconds() {
        assert_eq!(closed_at(500, 1), Some(60));
        assert_eq!(closed_at(1023, 1), Some(60));
        assert_eq!(closed_at(16 * 1024, 20), Some(60));
    }

    #[test]
    fn a_client_that_reads_fast_enough_is_never_closed() {
        assert_eq!(closed_at(1024, 1), None);
        assert_eq!(closed_at(16 * 1024, 15), None);
        assert_eq!(closed_at(64 * 1024, 29), None);
    }
}
