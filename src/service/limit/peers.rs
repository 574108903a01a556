//! Peers that the log has warned of, so that a stranger cannot fill it with the same warning.

use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::clock::Stopwatch;

/// A warning about a peer is repeated after this time.
const REPEATED_AFTER: Duration = Duration::from_secs(86_400);
/// So many peers are warned of in that time: more proxies than an installation has, and ten lines a day.
const MAX_PEERS: usize = 10;

/// The peers that were warned of since some time.
pub(super) struct WarnedPeers {
    running: Stopwatch,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    since: Duration,
    peers: Vec<IpAddr>,
}

impl WarnedPeers {
    pub(super) fn new() -> Self {
        Self {
            running: Stopwatch::start(),
            state: Mutex::default(),
        }
    }

    /// Returns `true` once a day for each of the first peers of that day.
    pub(super) fn shall_warn(&self, peer: IpAddr) -> bool {
        let now = self.running.elapsed();
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.shall_warn(peer, now)
    }
}

impl State {
    fn shall_warn(&mut self, peer: IpAddr, now: Duration) -> bool {
        if now.saturating_sub(self.since) >= REPEATED_AFTER {
            self.since = now;
            self.peers.clear();
        }
        let is_new = self.peers.len() < MAX_PEERS && !self.peers.contains(&peer);
        if is_new {
            self.peers.push(peer);
        }
        is_new
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_peer_is_warned_of_once_a_day_and_ten_peers_at_most() {
        let mut state = State::default();
        let peer = |last: u8| IpAddr::from([192, 0, 2, last]);
        for day in 1..3_u32 {
            let now = REPEATED_AFTER * day;
            let asked = (0..100).chain(0..100).map(peer);
            let warned = asked.filter(|peer| state.shall_warn(*peer, now)).count();
            assert_eq!(warned, MAX_PEERS);
        }
    }
}
