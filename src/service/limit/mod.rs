//! How often a token may be used and how often an address may be wrong.

mod attempts;
mod bodies;
mod peers;

use std::hash::Hash;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::AbortRegistration;
use governor::clock::Clock as Time;
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::keyed::DashMapStateStore;
use governor::{NotUntil, Quota, RateLimiter};

use crate::clock::Clock;
use crate::config::{Rate, Settings};
use crate::service::{Caller, Gateway};

pub(super) use attempts::{Attempts, Counted};
pub use bodies::BodyReservation;
use bodies::{BodyBounds, BodyBudget};
use peers::WarnedPeers;

/// After so many checks, keys that are back at rest are forgotten: with 10,000 clients that are seen
/// once an hour, a few hundred kilobytes are held and not more with every day.
const TIDY_EVERY: u64 = 4_096;

/// The limits; each replica counts on its own.
pub(super) struct Limits {
    rate: Option<Keyed<String>>,
    failures: Attempts,
    attempts: Attempts,
    anonymous_bodies: Arc<BodyBudget<IpAddr>>,
    connection_bodies: Arc<BodyBudget<Arc<str>>>,
    warned_peers: WarnedPeers,
}

impl Limits {
    pub(super) fn new(settings: &Settings, clock: &Clock) -> Self {
        let limits = &settings.limits;
        let max_payload = settings.scim.max_payload.as_usize();
        Self {
            rate: quota(limits.rate).map(|quota| Keyed::new(quota, clock)),
            failures: Attempts::new(limits.failures, clock),
            attempts: Attempts::new(limits.failures, clock),
            anonymous_bodies: BodyBudget::new(BodyBounds::ANONYMOUS),
            connection_bodies: BodyBudget::new(BodyBounds::of_connections(max_payload)),
            warned_peers: WarnedPeers::new(),
        }
    }

    /// Counts a request of a token.
    ///
    /// # Errors
    /// How many seconds to wait, at least 1.
    pub(super) fn used(&self, token: &str) -> Result<(), u64> {
        self.rate
            .as_ref()
            .map_or(Ok(()), |limit| limit.check(&token.to_owned()))
    }

    /// The attempts with passwords.
    pub(super) fn attempts(&self) -> &Attempts {
        &self.attempts
    }

    /// Counts wrong credentials from an address.
    ///
    /// # Errors
    /// How many seconds to wait, at least 1.
    pub(super) fn failed(&self, from: IpAddr) -> Result<(), u64> {
        self.failures.take(&Counted::address(from))
    }
}

/// What counts as one address. Of IPv6 that are the first 64 bits: who has one address there has 2^64.
pub fn network(from: IpAddr) -> IpAddr {
    match from {
        IpAddr::V4(_) => from,
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            IpAddr::from([a, b, c, d, 0, 0, 0, 0])
        }
    }
}

/// The rate, and a burst of twice that: a client that was idle may catch up.
fn quota(rate: Rate) -> Option<Quota> {
    let (times, time) = rate.limit()?;
    let twice = times.saturating_mul(NonZeroU32::MIN.saturating_add(1));
    Some(Quota::with_period(time / times.get())?.allow_burst(twice))
}

struct Keyed<K: Hash + Eq + Clone> {
    limiter: RateLimiter<K, DashMapStateStore<K>, Monotonic, NoOpMiddleware<Nanos>>,
    checks: std::sync::atomic::AtomicU64,
    time: Monotonic,
}

impl<K: Hash + Eq + Clone> Keyed<K> {
    fn new(quota: Quota, clock: &Clock) -> Self {
        let time = Monotonic(clock.clone());
        let limiter = RateLimiter::dashmap_with_clock(quota, time.clone());
        Self {
            limiter,
            checks: 0.into(),
            time,
        }
    }

    fn check(&self, key: &K) -> Result<(), u64> {
        let checks = self
            .checks
            .fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        if checks % TIDY_EVERY == TIDY_EVERY - 1 {
            self.limiter.retain_recent();
        }
        self.limiter
            .check_key(key)
            .map_err(|until| seconds(&until, &self.time))
    }
}

fn seconds(until: &NotUntil<Nanos>, time: &Monotonic) -> u64 {
    let wait: Duration = until.wait_time_from(time.now());
    wait.as_secs() + u64::from(wait.subsec_nanos() > 0).max(u64::from(wait.is_zero()))
}

/// The monotonic reading of the gateway's clock: setting the time of day neither shuts clients out nor lets them through.
#[derive(Clone)]
struct Monotonic(Clock);

impl Time for Monotonic {
    type Instant = Nanos;

    fn now(&self) -> Nanos {
        Nanos::from(self.0.monotonic())
    }
}

impl Gateway {
    /// Admits the body of a client that has not shown who it is.
    pub fn admit_anonymous_body(
        &self,
        from: IpAddr,
    ) -> (BodyReservation<IpAddr>, AbortRegistration) {
        self.limits().anonymous_bodies.admit(network(from))
    }

    /// Returns `true` when the log is to warn of what this peer sends: once a day for each of a few peers.
    pub fn shall_warn_of_peer(&self, peer: IpAddr) -> bool {
        self.limits().warned_peers.shall_warn(peer)
    }

    /// Admits a large body of a connection.
    pub fn admit_connection_body(
        &self,
        caller: &Caller,
    ) -> (BodyReservation<Arc<str>>, AbortRegistration) {
        let connection = Arc::clone(&caller.connection);
        self.limits().connection_bodies.admit(connection)
    }
}
