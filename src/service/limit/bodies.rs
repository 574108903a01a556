//! The memory that request bodies may take: per sender and in all, and which body is cut when that is used up.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::future::{AbortHandle, AbortRegistration};
use tokio::sync::Notify;

use crate::clock::Stopwatch;

const MIB: usize = 1024 * 1024;

/// A body is judged by its speed once it is this old: a head and the first bytes of an honest body
/// may be a few round trips apart, each of at most 300 ms.
const JUDGED_AFTER: Duration = Duration::from_secs(1);

/// The bounds of a [`BodyBudget`].
#[derive(Debug, Clone, Copy)]
pub(super) struct BodyBounds {
    /// Bodies of one sender that may arrive at the same time.
    arriving: usize,
    /// Bytes of all bodies of one sender, from the first byte until the request is answered.
    sender_bytes: usize,
    /// Bytes of all bodies of all senders.
    bytes: usize,
}

impl BodyBounds {
    /// The bounds for clients that have not shown who they are: 8 bodies of one address at once, and
    /// 4 MiB, which are 8 SAML responses of the largest size; 64 MiB in all are 16 such addresses.
    pub(super) const ANONYMOUS: Self = Self {
        arriving: 8,
        sender_bytes: 4 * MIB,
        bytes: 64 * MIB,
    };

    /// The bounds for the large bodies of SCIM connections: 8 of the default `max_payload` of 2 MiB
    /// for one connection and 32 for all; of larger ones 2 and 4, so that there is always room.
    pub(super) fn of_connections(max_payload: usize) -> Self {
        Self {
            arriving: usize::MAX,
            sender_bytes: (16 * MIB).max(max_payload.saturating_mul(2)),
            bytes: (64 * MIB).max(max_payload.saturating_mul(4)),
        }
    }
}

/// The request bodies of some kind of sender that are in memory. A sender at a bound loses the slowest
/// body that is still arriving, so that a new one is never refused. What has arrived is not cut: if
/// that alone reaches a bound, the others wait until requests are answered.
pub(super) struct BodyBudget<K: Eq + Hash + Clone> {
    ledger: Mutex<Ledger<K>>,
    released: Notify,
    running: Stopwatch,
}

/// The share of one body in a `BodyBudget`; given back when this is dropped.
pub struct BodyReservation<K: Eq + Hash + Clone> {
    budget: Arc<BodyBudget<K>>,
    sender: K,
    id: u64,
    /// The bytes of a body that has arrived.
    arrived: Option<usize>,
    is_waiting: bool,
}

/// The body was cut while its last bytes arrived.
#[derive(Debug)]
pub struct BodyCut;

impl<K: Eq + Hash + Clone> BodyBudget<K> {
    pub(super) fn new(bounds: BodyBounds) -> Arc<Self> {
        Arc::new(Self {
            ledger: Mutex::new(Ledger::new(bounds)),
            released: Notify::new(),
            running: Stopwatch::start(),
        })
    }

    /// Admits a body that begins to arrive. Whoever reads it stops when the registration is aborted.
    pub(super) fn admit(self: &Arc<Self>, sender: K) -> (BodyReservation<K>, AbortRegistration) {
        let (cut, registration) = AbortHandle::new_pair();
        let now = self.running.elapsed();
        let id = self.ledger().admit(&sender, cut, now);
        let reservation = BodyReservation {
            budget: Arc::clone(self),
            sender,
            id,
            arrived: None,
            is_waiting: false,
        };
        (reservation, registration)
    }

    fn ledger(&self) -> MutexGuard<'_, Ledger<K>> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Eq + Hash + Clone> BodyReservation<K> {
    /// Reserves a buffer of `held` bytes in all for a body of which `received` bytes have come; waits
    /// while requests that are being answered use up the budget.
    pub async fn reserve(&mut self, received: usize, held: usize) {
        loop {
            let released = self.budget.released.notified();
            self.is_waiting = !self.try_reserve(received, held);
            if !self.is_waiting {
                return;
            }
            released.await;
        }
    }

    fn try_reserve(&self, received: usize, held: usize) -> bool {
        let now = self.budget.running.elapsed();
        let mut ledger = self.budget.ledger();
        ledger.reserve(&self.sender, self.id, received, held, now)
    }

    /// Whether the body waits for memory, and not for its sender.
    pub fn is_waiting(&self) -> bool {
        self.is_waiting
    }

    /// Notes that the whole body has arrived: it can no longer be cut.
    ///
    /// # Errors
    /// `BodyCut` when that has happened already.
    pub fn complete(&mut self) -> Result<(), BodyCut> {
        let arrived = self.budget.ledger().complete(&self.sender, self.id);
        self.arrived = Some(arrived.ok_or(BodyCut)?);
        Ok(())
    }
}

impl<K: Eq + Hash + Clone> Drop for BodyReservation<K> {
    fn drop(&mut self) {
        let mut ledger = self.budget.ledger();
        match self.arrived {
            Some(bytes) => ledger.release_arrived(&self.sender, bytes),
            None => ledger.remove_arriving(&self.sender, self.id),
        }
        drop(ledger);
        self.budget.released.notify_waiters();
    }
}

/// The account of all bodies; without locks and clocks.
struct Ledger<K> {
    bounds: BodyBounds,
    senders: HashMap<K, SenderBodies>,
    bytes: usize,
    last_id: u64,
}

/// The bodies of one sender.
#[derive(Default)]
struct SenderBodies {
    arriving: Vec<ArrivingBody>,
    /// The bytes of those that have arrived and are being answered.
    arrived_bytes: usize,
}

/// A body that is being received.
struct ArrivingBody {
    id: u64,
    since: Duration,
    received: usize,
    held: usize,
    cut: AbortHandle,
}

impl<K: Eq + Hash + Clone> Ledger<K> {
    fn new(bounds: BodyBounds) -> Self {
        Self {
            bounds,
            senders: HashMap::new(),
            bytes: 0,
            last_id: 0,
        }
    }

    fn admit(&mut self, sender: &K, cut: AbortHandle, now: Duration) -> u64 {
        self.last_id += 1;
        let id = self.last_id;
        let bodies = self.senders.entry(sender.clone()).or_default();
        bodies.arriving.push(ArrivingBody {
            id,
            since: now,
            received: 0,
            held: 0,
            cut,
        });
        if bodies.arriving.len() > self.bounds.arriving {
            let slowest = bodies.slowest(now, |body| body.id != id);
            self.bytes -= slowest.map_or(0, |slowest| bodies.cut(slowest));
        }
        id
    }

    /// Makes room for a body and takes it; `false` when that needs bodies that have arrived to go first.
    fn reserve(
        &mut self,
        sender: &K,
        id: u64,
        received: usize,
        held: usize,
        now: Duration,
    ) -> bool {
        let Some(body) = self.arriving_body(sender, id) else {
            // It was cut, and its reader stops as soon as it is polled.
            return true;
        };
        body.received = received;
        let more = held.saturating_sub(body.held);
        if !self.has_room(sender, id, more) {
            return false;
        }
        self.make_room(sender, id, more, now);
        if let Some(body) = self.arriving_body(sender, id) {
            body.held += more;
            self.bytes += more;
        }
        true
    }

    fn arriving_body(&mut self, sender: &K, id: u64) -> Option<&mut ArrivingBody> {
        let bodies = self.senders.get_mut(sender)?;
        bodies.arriving.iter_mut().find(|body| body.id == id)
    }

    /// Whether `more` bytes fit, when other bodies that are still arriving are cut for them.
    fn has_room(&self, sender: &K, id: u64, more: usize) -> bool {
        let others = |bodies: &SenderBodies| bodies.arriving_bytes(|body| body.id != id);
        let fits_sender = self.senders.get(sender).is_none_or(|bodies| {
            bodies.bytes() + more <= self.bounds.sender_bytes + others(bodies)
        });
        let fits = self.bytes + more <= self.bounds.bytes || {
            let can_be_cut: usize = self.senders.values().map(others).sum();
            self.bytes + more <= self.bounds.bytes + can_be_cut
        };
        fits_sender && fits
    }

    /// Cuts the slowest bodies of the sender while its own bound is in the way, and those of the
    /// sender with the most bytes while the bound for all is.
    fn make_room(&mut self, sender: &K, id: u64, more: usize, now: Duration) {
        let may_be_cut = |body: &ArrivingBody| body.id != id && body.held > 0;
        if let Some(bodies) = self.senders.get_mut(sender) {
            while bodies.bytes() + more > self.bounds.sender_bytes {
                let Some(slowest) = bodies.slowest(now, may_be_cut) else {
                    break;
                };
                self.bytes -= bodies.cut(slowest);
            }
        }
        while self.bytes + more > self.bounds.bytes {
            let largest = self.senders.values_mut();
            let largest = largest.max_by_key(|bodies| bodies.arriving_bytes(may_be_cut));
            let Some(largest) = largest else { break };
            let Some(slowest) = largest.slowest(now, may_be_cut) else {
                break;
            };
            self.bytes -= largest.cut(slowest);
        }
    }

    /// The bytes of a body that has arrived; `None` when it was cut before.
    fn complete(&mut self, sender: &K, id: u64) -> Option<usize> {
        let bodies = self.senders.get_mut(sender)?;
        let at = bodies.arriving.iter().position(|body| body.id == id)?;
        let held = bodies.arriving.swap_remove(at).held;
        bodies.arrived_bytes += held;
        Some(held)
    }

    fn release_arrived(&mut self, sender: &K, bytes: usize) {
        self.bytes -= bytes;
        if let Some(bodies) = self.senders.get_mut(sender) {
            bodies.arrived_bytes -= bytes;
        }
        self.forget_idle(sender);
    }

    /// Removes a body that is not read to its end, if it was not cut before.
    fn remove_arriving(&mut self, sender: &K, id: u64) {
        if let Some(bodies) = self.senders.get_mut(sender)
            && let Some(at) = bodies.arriving.iter().position(|body| body.id == id)
        {
            self.bytes -= bodies.arriving.swap_remove(at).held;
        }
        self.forget_idle(sender);
    }

    fn forget_idle(&mut self, sender: &K) {
        let is_idle =
            |bodies: &SenderBodies| bodies.arriving.is_empty() && bodies.arrived_bytes == 0;
        if self.senders.get(sender).is_some_and(is_idle) {
            self.senders.remove(sender);
        }
    }
}

impl SenderBodies {
    fn bytes(&self) -> usize {
        self.arrived_bytes + self.arriving_bytes(|_| true)
    }

    fn arriving_bytes(&self, counts: impl Fn(&ArrivingBody) -> bool) -> usize {
        let counted = self.arriving.iter().filter(|body| counts(body));
        counted.map(|body| body.held).sum()
    }

    /// The position of the slowest of those bodies that may be cut; one that has just begun only when
    /// there is no other.
    fn slowest(&self, now: Duration, may_be_cut: impl Fn(&ArrivingBody) -> bool) -> Option<usize> {
        let bodies = self.arriving.iter().enumerate();
        let bodies = bodies.filter(|(_, body)| may_be_cut(body));
        let slowest = bodies.min_by_key(|(_, body)| {
            let age = now.saturating_sub(body.since);
            let per_second = body.received as u128 * 1_000 / age.as_millis().max(1);
            (age < JUDGED_AFTER, per_second, body.since)
        });
        slowest.map(|(at, _)| at)
    }

    /// Cuts the body at this position; returns the bytes that this frees.
    fn cut(&mut self, at: usize) -> usize {
        let body = self.arriving.swap_remove(at);
        body.cut.abort();
        body.held
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);
    const BOUNDS: BodyBounds = BodyBounds {
        arriving: 3,
        sender_bytes: 100,
        bytes: 250,
    };

    struct Bodies {
        ledger: Ledger<&'static str>,
        handles: HashMap<u64, AbortHandle>,
    }

    impl Bodies {
        fn new() -> Self {
            Self {
                ledger: Ledger::new(BOUNDS),
                handles: HashMap::new(),
            }
        }

        fn admit(&mut self, sender: &'static str, now: Duration) -> u64 {
            let (handle, _) = AbortHandle::new_pair();
            let id = self.ledger.admit(&sender, handle.clone(), now);
            self.handles.insert(id, handle);
            id
        }

        fn receive(&mut self, sender: &'static str, id: u64, bytes: usize, now: Duration) -> bool {
            self.ledger.reserve(&sender, id, bytes, bytes, now)
        }

        fn cut(&self) -> Vec<u64> {
            let cut = self
                .handles
                .iter()
                .filter(|(_, handle)| handle.is_aborted());
            let mut ids: Vec<u64> = cut.map(|(id, _)| *id).collect();
            ids.sort_unstable();
            ids
        }
    }

    #[test]
    fn the_slowest_of_too_many_is_cut_and_never_the_newcomer() {
        let mut bodies = Bodies::new();
        let fast = bodies.admit("a", Duration::ZERO);
        let stalled = bodies.admit("a", SECOND);
        let slow = bodies.admit("a", Duration::ZERO);
        bodies.receive("a", fast, 50, SECOND);
        bodies.receive("a", slow, 20, SECOND);
        let other = bodies.admit("b", 3 * SECOND);
        assert!(bodies.cut().is_empty());
        let newcomer = bodies.admit("a", 3 * SECOND);
        assert_eq!(bodies.cut(), [stalled]);
        // The newcomer has received nothing yet, and the older ones are judged first.
        bodies.admit("a", 3 * SECOND + SECOND / 2);
        assert_eq!(bodies.cut(), [stalled, slow]);
        assert!(bodies.receive("a", newcomer, 10, 4 * SECOND));
        assert!(bodies.receive("b", other, 10, 4 * SECOND));
    }

    #[test]
    fn a_sender_pays_for_its_own_bytes() {
        let mut bodies = Bodies::new();
        let other = bodies.admit("b", Duration::ZERO);
        assert!(bodies.receive("b", other, 1, Duration::ZERO));
        let first = bodies.admit("a", Duration::ZERO);
        let second = bodies.admit("a", Duration::ZERO);
        assert!(bodies.receive("a", first, 60, SECOND));
        assert!(bodies.receive("a", second, 40, 2 * SECOND));
        assert!(bodies.cut().is_empty());
        assert!(bodies.receive("a", second, 41, 2 * SECOND));
        assert_eq!(bodies.cut(), [first]);
        assert_eq!(bodies.ledger.bytes, 42);
    }

    #[test]
    fn of_all_senders_the_one_with_most_pays() {
        let mut bodies = Bodies::new();
        let held = [("a", 90), ("b", 80), ("c", 70)].map(|(sender, bytes)| {
            let id = bodies.admit(sender, Duration::ZERO);
            assert!(bodies.receive(sender, id, bytes, SECOND));
            id
        });
        let newcomer = bodies.admit("d", 2 * SECOND);
        assert!(bodies.receive("d", newcomer, 10, 2 * SECOND));
        assert!(bodies.cut().is_empty());
        assert!(bodies.receive("d", newcomer, 20, 2 * SECOND));
        assert_eq!(bodies.cut(), [held[0]]);
        assert_eq!(bodies.ledger.bytes, 170);
    }

    #[test]
    fn what_has_arrived_is_waited_for_and_all_of_it_is_given_back() {
        let mut bodies = Bodies::new();
        let arrived = bodies.admit("a", Duration::ZERO);
        assert!(bodies.receive("a", arrived, 95, Duration::ZERO));
        assert_eq!(bodies.ledger.complete(&"a", arrived), Some(95));
        let next = bodies.admit("a", SECOND);
        assert!(!bodies.receive("a", next, 10, 5 * SECOND));
        bodies.ledger.release_arrived(&"a", 95);
        assert!(bodies.receive("a", next, 10, 6 * SECOND));
        bodies.ledger.remove_arriving(&"a", next);
        assert!(bodies.cut().is_empty());
        assert_eq!((bodies.ledger.bytes, bodies.ledger.senders.len()), (0, 0));
    }

    #[test]
    fn a_body_that_was_cut_is_counted_no_more() {
        let mut bodies = Bodies::new();
        let first = bodies.admit("a", Duration::ZERO);
        bodies.receive("a", first, 50, Duration::ZERO);
        for _ in 0..BOUNDS.arriving {
            bodies.admit("a", SECOND);
        }
        assert_eq!(bodies.cut(), [first]);
        assert_eq!(bodies.ledger.bytes, 0);
        assert!(bodies.receive("a", first, 99, SECOND));
        assert_eq!(bodies.ledger.complete(&"a", first), None);
        bodies.ledger.remove_arriving(&"a", first);
        assert_eq!(bodies.ledger.bytes, 0);
    }
}
