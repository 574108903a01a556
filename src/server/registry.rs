//! All TCP connections of clients: who has how many, and which one is closed when there are too many.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::clock::Stopwatch;
use crate::config::Network;
use crate::http::{ConnectionActivity, ConnectionStatus};
use crate::service::{Gateway, client_network};
use crate::telemetry::CloseReason;

/// Connections of one address. A browser opens 6, a client of an identity provider some dozens;
/// four addresses with all they may have fit into the usual 1,024 descriptors.
const MAX_PER_ADDRESS: usize = 256;
/// Connections in all, whatever the number of descriptors. An idle one costs about 20 KiB of
/// buffers, and twice that with TLS: 10,000 are 400 MB at most.
const MAX_CONNECTIONS: usize = 10_000;
/// This share of the descriptors may be in use before connections are closed. The rest is for the
/// store, for directories, and for connections that are accepted but not yet counted.
const DESCRIPTOR_SHARE_PERCENT: usize = 80;
/// So many connections are possible however few descriptors there are.
const MIN_CONNECTIONS: usize = 16;
/// A connection that never showed a valid credential may be idle for this long: a person who reads
/// the login page connects again unnoticed.
const ANONYMOUS_IDLE: Duration = Duration::from_secs(15);
/// Any other connection may be idle for this long: the keep-alive time of 75 s, after which HTTP/1
/// closes by itself, and the 5 s in which the next head must arrive. A client that sends a head in
/// drips is idle, and so is an HTTP/2 client that only answers pings.
const IDLE: Duration = Duration::from_secs(80);

/// The address that a connection is counted for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct PeerAddress {
    kind: PeerKind,
    /// An IPv4 address, or the first 64 bits of an IPv6 address: a host there has all 2^64 of them.
    address: IpAddr,
}

/// The kind of a peer, which decides about its limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum PeerKind {
    Stranger,
    /// A program of this machine.
    Local,
    /// A proxy of `server.trusted_proxies`, which speaks for many clients.
    Proxy,
}

/// All connections of one server. Clones are the same registry.
#[derive(Clone)]
pub(super) struct ConnectionRegistry(Arc<Shared>);

struct Shared {
    gateway: Gateway,
    clock: Stopwatch,
    connections: Mutex<ConnectionTable>,
}

/// A place in the registry; it is given back when this is dropped.
pub(super) struct ConnectionLease {
    registry: ConnectionRegistry,
    peer: PeerAddress,
    id: u64,
    activity: Arc<ConnectionActivity>,
}

impl ConnectionRegistry {
    /// A registry for a process that may have `descriptors` open, of which `others` are in use.
    pub(super) fn new(gateway: Gateway, descriptors: usize, others: usize) -> Self {
        let table = ConnectionTable {
            capacity: capacity(descriptors, others),
            ..ConnectionTable::default()
        };
        Self(Arc::new(Shared {
            gateway,
            clock: Stopwatch::start(),
            connections: Mutex::new(table),
        }))
    }

    /// Registers a new connection, and closes others where there are too many.
    pub(super) fn admit(&self, peer: IpAddr) -> ConnectionLease {
        let trusted = &self.0.gateway.settings().server.trusted_proxies;
        let (peer, now) = (PeerAddress::new(peer, trusted), self.now());
        let activity = Arc::new(ConnectionActivity::new(now));
        let mut table = self.lock();
        let (id, closed) = table.admit(peer, Arc::clone(&activity), now);
        self.account(&table, &closed);
        drop(table);
        ConnectionLease {
            registry: self.clone(),
            peer,
            id,
            activity,
        }
    }

    /// Closes connections that are idle or slow for too long.
    pub(super) fn sweep(&self) {
        let mut table = self.lock();
        let closed = table.sweep(self.now());
        self.account(&table, &closed);
    }

    /// Sets how many connections are possible while `others` descriptors are in use.
    pub(super) fn set_descriptors(&self, descriptors: usize, others: usize) {
        self.lock().capacity = capacity(descriptors, others);
    }

    /// The number of open connections.
    pub(super) fn count(&self) -> usize {
        self.lock().total
    }

    fn account(&self, table: &ConnectionTable, closed: &[CloseReason]) {
        let counts = self.0.gateway.tcp_connections();
        counts.set_open(table.total);
        for reason in closed {
            counts.count_closed(*reason);
        }
    }

    fn now(&self) -> Duration {
        self.0.clock.elapsed()
    }

    fn lock(&self) -> MutexGuard<'_, ConnectionTable> {
        self.0
            .connections
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl ConnectionLease {
    /// The state of the connection.
    pub(super) fn activity(&self) -> &Arc<ConnectionActivity> {
        &self.activity
    }
}

impl Drop for ConnectionLease {
    fn drop(&mut self) {
        let mut table = self.registry.lock();
        table.remove(self.peer, self.id);
        self.registry.account(&table, &[]);
    }
}

impl PeerAddress {
    fn new(address: IpAddr, trusted: &[Network]) -> Self {
        let address = address.to_canonical();
        let kind = if trusted.iter().any(|network| network.contains(address)) {
            PeerKind::Proxy
        } else if address.is_loopback() {
            PeerKind::Local
        } else {
            PeerKind::Stranger
        };
        let address = match kind {
            PeerKind::Stranger => client_network(address),
            PeerKind::Local | PeerKind::Proxy => address,
        };
        Self { kind, address }
    }

    /// Returns true for addresses that may have any number of connections.
    fn is_exempt(self) -> bool {
        self.kind != PeerKind::Stranger
    }
}

/// The number of connections at which the next ones wait in the kernel, so that a burst that comes
/// faster than others are closed never takes the last descriptors.
pub(super) fn max_accepted(descriptors: usize, others: usize) -> usize {
    capacity(descriptors, others) * 9 / 8
}

/// The number of connections that fit beside `others` descriptors into `descriptors`.
fn capacity(descriptors: usize, others: usize) -> usize {
    let share = descriptors.min(2 * MAX_CONNECTIONS) * DESCRIPTOR_SHARE_PERCENT / 100;
    share
        .saturating_sub(others)
        .clamp(MIN_CONNECTIONS, MAX_CONNECTIONS)
}

/// The connections by address. All methods are pure: time comes in as a parameter.
#[derive(Default)]
struct ConnectionTable {
    capacity: usize,
    total: usize,
    next_id: u64,
    /// The connections of each address, in the order of their accept.
    by_peer: HashMap<PeerAddress, BTreeMap<u64, Arc<ConnectionActivity>>>,
    /// The addresses by the number of their connections.
    by_count: BTreeSet<(usize, PeerAddress)>,
}

impl ConnectionTable {
    /// Adds a connection. It is always accepted: where it is one too many, another is closed.
    fn admit(
        &mut self,
        peer: PeerAddress,
        activity: Arc<ConnectionActivity>,
        now: Duration,
    ) -> (u64, Vec<CloseReason>) {
        let mut closed = Vec::new();
        let own = self.by_peer.get(&peer).map_or(0, BTreeMap::len);
        if own >= MAX_PER_ADDRESS
            && !peer.is_exempt()
            && let Some(id) = self.least_active(peer, now).map(|(_, id)| id)
        {
            self.close(peer, id);
            closed.push(CloseReason::AddressLimit);
        }
        if self.total >= self.capacity
            && let Some((peer, id)) = self.candidate(now)
        {
            self.close(peer, id);
            closed.push(CloseReason::Pressure);
        }
        let id = self.next_id;
        self.next_id += 1;
        self.change(peer, |own| drop(own.insert(id, activity)));
        (id, closed)
    }

    /// Closes each connection that is idle for too long or reads too slowly.
    fn sweep(&mut self, now: Duration) -> Vec<CloseReason> {
        let mut overdue = Vec::new();
        for (peer, connections) in &self.by_peer {
            let is_proxy = peer.kind == PeerKind::Proxy;
            for (id, activity) in connections {
                if let Some(reason) = verdict(activity.observe(now), is_proxy, now) {
                    overdue.push((*peer, *id, reason));
                }
            }
        }
        for (peer, id, _) in &overdue {
            self.close(*peer, *id);
        }
        overdue.into_iter().map(|(_, _, reason)| reason).collect()
    }

    /// The connection that makes room for a new one: the longest idle one of the address with most
    /// connections. A request of a client with a valid credential or of a proxy is broken off only if
    /// there is nothing else.
    fn candidate(&self, now: Duration) -> Option<(PeerAddress, u64)> {
        for (_, peer) in self.by_count.iter().rev() {
            let (rank, id) = self.least_active(*peer, now)?;
            if rank == ActivityRank::Idle
                || (rank == ActivityRank::BusyAnonymous && peer.kind != PeerKind::Proxy)
            {
                return Some((*peer, id));
            }
        }
        let (_, peer) = self.by_count.last()?;
        let (_, id) = self.least_active(*peer, now)?;
        Some((*peer, id))
    }

    /// The connection of an address that is missed least.
    fn least_active(&self, peer: PeerAddress, now: Duration) -> Option<(ActivityRank, u64)> {
        let ranked = self.by_peer.get(&peer)?.iter().map(|(id, activity)| {
            let status = activity.observe(now);
            (ActivityRank::of(status), status.since, *id)
        });
        ranked.min().map(|(rank, _, id)| (rank, id))
    }

    fn close(&mut self, peer: PeerAddress, id: u64) {
        let connection = self.by_peer.get(&peer).and_then(|own| own.get(&id));
        if let Some(activity) = connection {
            activity.close();
        }
        self.remove(peer, id);
    }

    fn remove(&mut self, peer: PeerAddress, id: u64) {
        self.change(peer, |own| drop(own.remove(&id)));
    }

    /// Changes the connections of an address and keeps the counts.
    fn change(
        &mut self,
        peer: PeerAddress,
        change: impl FnOnce(&mut BTreeMap<u64, Arc<ConnectionActivity>>),
    ) {
        let own = self.by_peer.entry(peer).or_default();
        let before = own.len();
        change(own);
        let after = own.len();
        if after == 0 {
            self.by_peer.remove(&peer);
        }
        self.by_count.remove(&(before, peer));
        if after > 0 {
            self.by_count.insert((after, peer));
        }
        self.total = self.total + after - before;
    }
}

/// How much a connection is missed if it is closed, least first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum ActivityRank {
    Idle,
    BusyAnonymous,
    BusyAuthenticated,
}

impl ActivityRank {
    fn of(status: ConnectionStatus) -> Self {
        match (status.is_busy, status.is_authenticated) {
            (false, _) => Self::Idle,
            (true, false) => Self::BusyAnonymous,
            (true, true) => Self::BusyAuthenticated,
        }
    }
}

/// Why a connection is closed by now, if it is.
fn verdict(status: ConnectionStatus, is_proxy: bool, now: Duration) -> Option<CloseReason> {
    if status.is_slow_reader {
        return Some(CloseReason::SlowReader);
    }
    let limit = if status.is_authenticated || is_proxy {
        IDLE
    } else {
        ANONYMOUS_IDLE
    };
    let is_overdue = !status.is_busy && now.saturating_sub(status.since) >= limit;
    is_overdue.then_some(CloseReason::Idle)
}

#[cfg(test)]
mod tests;
