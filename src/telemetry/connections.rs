//! Counts of TCP connections: how many are open, and how many the server closed, by reason.

use std::sync::atomic::{AtomicU64, Ordering};

use super::metrics::Exposition;

/// Why the server closes a connection that the client would keep.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CloseReason {
    /// No request for longer than an idle connection may stay.
    Idle,
    /// The client reads a response too slowly, or not at all.
    SlowReader,
    /// The address of the client has too many connections.
    AddressLimit,
    /// The process has too many connections, and this address has most of them.
    Pressure,
    /// More requests at once than one connection may have.
    RequestLimit,
}

impl CloseReason {
    const ALL: [Self; 5] = [
        Self::Idle,
        Self::SlowReader,
        Self::AddressLimit,
        Self::Pressure,
        Self::RequestLimit,
    ];

    /// The value of the label `reason`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::SlowReader => "slow_reader",
            Self::AddressLimit => "address_limit",
            Self::Pressure => "pressure",
            Self::RequestLimit => "request_limit",
        }
    }
}

/// The connections of one server as counters.
#[derive(Debug, Default)]
pub struct TcpConnectionCounts {
    open: AtomicU64,
    closed: [AtomicU64; CloseReason::ALL.len()],
}

impl TcpConnectionCounts {
    /// Sets the number of open connections.
    pub fn set_open(&self, open: usize) {
        let open = u64::try_from(open).unwrap_or(u64::MAX);
        self.open.store(open, Ordering::Relaxed);
    }

    /// Counts a connection that the server closes.
    pub fn count_closed(&self, reason: CloseReason) {
        let counters = CloseReason::ALL.iter().zip(&self.closed);
        for (_, counter) in counters.filter(|(known, _)| **known == reason) {
            counter.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Adds the counters to `to`.
    pub fn expose(&self, to: &mut Exposition) {
        to.single(
            "muster_http_connections",
            "gauge",
            "Open TCP connections of clients.",
            self.open.load(Ordering::Relaxed),
        );
        let name = "muster_http_connections_closed_total";
        to.family(
            name,
            "counter",
            "Connections that the server closed before the client did, by reason.",
        );
        for (reason, counter) in CloseReason::ALL.iter().zip(&self.closed) {
            let count = counter.load(Ordering::Relaxed);
            to.sample(name, &[("reason", reason.as_str())], count);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closed_connections_are_counted_by_reason() {
        let counts = TcpConnectionCounts::default();
        counts.set_open(3);
        counts.count_closed(CloseReason::Idle);
        counts.count_closed(CloseReason::Idle);
        counts.count_closed(CloseReason::Pressure);
        let mut text = Exposition::default();
        counts.expose(&mut text);
        let text = text.into_text();
        for line in [
            "muster_http_connections 3",
            "muster_http_connections_closed_total{reason=\"idle\"} 2",
            "muster_http_connections_closed_total{reason=\"pressure\"} 1",
            "muster_http_connections_closed_total{reason=\"slow_reader\"} 0",
        ] {
            assert!(text.lines().any(|found| found == line), "{line}\n{text}");
        }
    }
}
