//! A job in a queue: who sent it, and its place there.

use std::cmp::Ordering;
use std::sync::Arc;
use std::time::Duration;
use std::time::Instant;

/// Who sends a job, and what is known of it before it runs.
#[derive(Debug, Clone)]
pub(super) struct Ticket {
    /// The client in whose turn the job runs.
    pub(super) client: Client,
    /// The estimated time that it takes.
    pub(super) estimate: Duration,
    /// Whether it runs however long it has waited, and whoever still waits for it.
    pub(super) kept: bool,
}

impl Ticket {
    /// For what a client asks for.
    pub(super) fn of(client: Client, estimate: Duration) -> Self {
        Self {
            client,
            estimate,
            kept: false,
        }
    }

    /// For work of the gateway itself, which is short.
    pub(super) fn kept() -> Self {
        Self {
            client: Client::Gateway,
            estimate: Duration::ZERO,
            kept: true,
        }
    }
}

/// Who shares the workers with others.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Client {
    /// The gateway itself, and those whom it does not tell apart.
    Gateway,
    /// A client by its name.
    Named(Arc<str>),
}

/// The place of a job: the lower turn first, and within a turn who came first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Order {
    /// The round in which each client is served once.
    pub(super) turn: u64,
    /// The number of the job among all that came.
    pub(super) arrival: u64,
}

/// A job that waits.
pub(super) struct Entry<T> {
    pub(super) order: Order,
    /// When it came.
    pub(super) since: Instant,
    pub(super) ticket: Ticket,
    pub(super) job: T,
}

impl<T> Ord for Entry<T> {
    /// The next one is the greatest, as a heap wants it.
    fn cmp(&self, other: &Self) -> Ordering {
        other.order.cmp(&self.order)
    }
}

impl<T> PartialOrd for Entry<T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<T> PartialEq for Entry<T> {
    fn eq(&self, other: &Self) -> bool {
        self.order == other.order
    }
}

impl<T> Eq for Entry<T> {}
