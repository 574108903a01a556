//! The state of one TCP connection, which its requests write and the server judges.

mod body;
mod window;

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use actix_web::HttpRequest;
use tokio::sync::Notify;

pub(super) use body::TrackedBody;
pub use window::NO_PROGRESS_LIMIT;
use window::ReadingWindow;

/// Requests in progress of one connection; only HTTP/2 has more than one. 100 is what HTTP/2
/// recommends as the least (RFC 9113 §6.5.2) and what clients assume. Past it a request is 429.
const MAX_REQUESTS: usize = 100;
/// Past this many the connection is closed: its client ignores the 429 or does not read them.
const MAX_REQUESTS_AND_REFUSALS: usize = 2 * MAX_REQUESTS;

/// The state of one TCP connection. The server holds it beside the socket, and each request of the
/// connection finds it in its connection data. All times are those of one monotonic clock.
#[derive(Debug, Default)]
pub struct ConnectionActivity {
    /// At least one request of this connection showed a valid credential.
    authenticated: AtomicBool,
    /// Bytes that went over the socket, in both directions.
    bytes_moved: AtomicU64,
    bytes_written: AtomicU64,
    /// The socket takes no more bytes, because the client does not read those it has.
    is_write_blocked: AtomicBool,
    progress: Mutex<ConnectionProgress>,
    must_close: Notify,
}

/// The part of the state that needs a lock.
#[derive(Debug, Default)]
struct ConnectionProgress {
    /// One slot for each request in progress.
    requests: Vec<Option<RequestProgress>>,
    /// Requests that began since the last look at this connection.
    has_new_requests: bool,
    /// Last time at which a request was in progress; at first the time of the accept.
    last_request: Duration,
    /// Last time at which bytes had moved, and how many had by then.
    last_moved: Duration,
    bytes_moved: u64,
    /// Present while the socket is blocked.
    blocked_socket: Option<ReadingWindow>,
}

/// The progress of one request.
#[derive(Debug, Default, Clone, Copy)]
struct RequestProgress {
    /// Bytes of the response that the transport took.
    bytes_taken: u64,
    /// The transport has a part of the response and has not asked for the next one.
    waits_for_client: bool,
    unread: Option<ReadingWindow>,
}

/// What a look at a connection shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConnectionStatus {
    /// A request is in progress, or a response is not yet written.
    pub is_busy: bool,
    /// At least one request showed a valid credential.
    pub is_authenticated: bool,
    /// The client reads too slowly or not at all.
    pub is_slow_reader: bool,
    /// For an idle connection the end of its last request or the accept, for a busy one the last
    /// time at which bytes moved.
    pub since: Duration,
}

/// A request in progress; it ends when this is dropped.
#[derive(Debug)]
pub(super) struct RequestInProgress {
    connection: Arc<ConnectionActivity>,
    slot: usize,
}

impl ConnectionActivity {
    /// The state of a connection that is accepted at `now`.
    pub fn new(now: Duration) -> Self {
        let progress = ConnectionProgress {
            last_request: now,
            last_moved: now,
            ..ConnectionProgress::default()
        };
        Self {
            progress: Mutex::new(progress),
            ..Self::default()
        }
    }

    /// Notes that a request showed a valid credential.
    pub(super) fn mark_authenticated(&self) {
        self.authenticated.store(true, Ordering::Relaxed);
    }

    /// Counts bytes that were read from the socket.
    pub fn add_read(&self, count: usize) {
        self.bytes_moved.fetch_add(as_u64(count), Ordering::Relaxed);
    }

    /// Counts bytes that were written to the socket.
    pub fn add_written(&self, count: usize) {
        let count = as_u64(count);
        self.bytes_moved.fetch_add(count, Ordering::Relaxed);
        self.bytes_written.fetch_add(count, Ordering::Relaxed);
        self.is_write_blocked.store(false, Ordering::Relaxed);
    }

    /// Notes that the socket takes no more bytes.
    pub fn set_write_blocked(&self) {
        self.is_write_blocked.store(true, Ordering::Relaxed);
    }

    /// Asks the task of the connection to end.
    pub fn close(&self) {
        self.must_close.notify_one();
    }

    /// Returns when the connection must be closed.
    pub async fn closed(&self) {
        self.must_close.notified().await;
    }

    /// Looks at the connection at `now`. The rate of a reader is measured from one look to the next.
    pub fn observe(&self, now: Duration) -> ConnectionStatus {
        let is_write_blocked = self.is_write_blocked.load(Ordering::Relaxed);
        let written = self.bytes_written.load(Ordering::Relaxed);
        let moved = self.bytes_moved.load(Ordering::Relaxed);
        let mut progress = self.lock();
        if moved != progress.bytes_moved {
            (progress.bytes_moved, progress.last_moved) = (moved, now);
        }
        let has_requests = progress.requests.iter().any(Option::is_some);
        let is_busy = has_requests || is_write_blocked;
        let has_new_requests = std::mem::take(&mut progress.has_new_requests);
        if is_busy || has_new_requests {
            progress.last_request = now;
        }
        let is_blocked_too_long =
            observe(&mut progress.blocked_socket, is_write_blocked, now, written);
        let is_slow_reader =
            progress
                .requests
                .iter_mut()
                .flatten()
                .fold(is_blocked_too_long, |slow, request| {
                    slow | observe(
                        &mut request.unread,
                        request.waits_for_client,
                        now,
                        request.bytes_taken,
                    )
                });
        ConnectionStatus {
            is_busy,
            is_authenticated: self.authenticated.load(Ordering::Relaxed),
            is_slow_reader,
            since: if is_busy {
                progress.last_moved
            } else {
                progress.last_request
            },
        }
    }

    fn lock(&self) -> MutexGuard<'_, ConnectionProgress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Continues, begins or ends the watch over a reader; returns true if it reads too slowly.
fn observe(window: &mut Option<ReadingWindow>, waits: bool, now: Duration, bytes: u64) -> bool {
    if !waits {
        *window = None;
        return false;
    }
    window
        .get_or_insert_with(|| ReadingWindow::start(now, bytes))
        .observe(now, bytes)
}

/// The state of the connection that `request` came over; `None` in tests without a socket.
pub(super) fn activity(request: &HttpRequest) -> Option<&Arc<ConnectionActivity>> {
    request.conn_data::<Arc<ConnectionActivity>>()
}

/// Notes that the connection of `request` belongs to a client with a valid credential.
pub(super) fn mark_authenticated(request: &HttpRequest) {
    if let Some(activity) = activity(request) {
        activity.mark_authenticated();
    }
}

/// Registers `request` with its connection.
pub(super) fn begin(request: &HttpRequest) -> Option<RequestInProgress> {
    activity(request).map(RequestInProgress::new)
}

impl RequestInProgress {
    fn new(connection: &Arc<ConnectionActivity>) -> Self {
        let mut progress = connection.lock();
        progress.has_new_requests = true;
        let free = progress.requests.iter().position(Option::is_none);
        let slot = free.unwrap_or(progress.requests.len());
        if free.is_none() {
            progress.requests.push(None);
        }
        if let Some(entry) = progress.requests.get_mut(slot) {
            *entry = Some(RequestProgress::default());
        }
        drop(progress);
        Self {
            connection: Arc::clone(connection),
            slot,
        }
    }

    /// Returns true if the connection has too many requests in progress for this one to be served.
    pub(super) fn is_too_many(&self) -> bool {
        if self.slot >= MAX_REQUESTS_AND_REFUSALS {
            self.connection.close();
        }
        self.slot >= MAX_REQUESTS
    }

    /// Notes that the transport took `count` bytes of the response.
    fn add_taken(&self, count: usize) {
        self.update(|request| {
            request.bytes_taken += as_u64(count);
            request.waits_for_client = true;
        });
    }

    /// Notes that the transport waits for the next part of the response.
    fn set_waiting_for_response(&self) {
        self.update(|request| request.waits_for_client = false);
    }

    fn update(&self, change: impl FnOnce(&mut RequestProgress)) {
        let mut progress = self.connection.lock();
        if let Some(Some(request)) = progress.requests.get_mut(self.slot) {
            change(request);
        }
    }
}

impl Drop for RequestInProgress {
    fn drop(&mut self) {
        let mut progress = self.connection.lock();
        if let Some(entry) = progress.requests.get_mut(self.slot) {
            *entry = None;
        }
    }
}

fn as_u64(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn an_idle_connection_counts_from_the_end_of_its_last_request() {
        let activity = Arc::new(ConnectionActivity::new(at(5)));
        assert_eq!(activity.observe(at(6)).since, at(5));
        let request = RequestInProgress::new(&activity);
        let status = activity.observe(at(20));
        assert!(status.is_busy);
        drop(request);
        let status = activity.observe(at(21));
        assert_eq!((status.is_busy, status.since), (false, at(20)));
    }

    #[test]
    fn a_request_between_two_looks_is_noticed() {
        let activity = Arc::new(ConnectionActivity::new(at(0)));
        drop(RequestInProgress::new(&activity));
        assert_eq!(activity.observe(at(9)).since, at(9));
    }

    #[test]
    fn bytes_without_a_request_do_not_keep_a_connection() {
        let activity = ConnectionActivity::new(at(0));
        activity.add_read(100);
        let status = activity.observe(at(14));
        assert_eq!((status.is_busy, status.since), (false, at(0)));
    }

    #[test]
    fn a_busy_connection_counts_from_its_last_byte() {
        let activity = Arc::new(ConnectionActivity::new(at(0)));
        let _request = RequestInProgress::new(&activity);
        activity.add_read(1);
        assert_eq!(activity.observe(at(3)).since, at(3));
        assert_eq!(activity.observe(at(9)).since, at(3));
    }

    #[test]
    fn a_blocked_socket_makes_a_slow_reader() {
        let activity = ConnectionActivity::new(at(0));
        activity.set_write_blocked();
        assert!(!activity.observe(at(1)).is_slow_reader);
        assert!(!activity.observe(at(30)).is_slow_reader);
        assert!(activity.observe(at(31)).is_slow_reader);
        activity.add_written(1);
        let status = activity.observe(at(32));
        assert!(!status.is_slow_reader && !status.is_busy);
    }

    /// An HTTP/2 client that reads one response may not leave another one unread.
    #[test]
    fn each_response_is_read() {
        let activity = Arc::new(ConnectionActivity::new(at(0)));
        let (read, unread) = (
            RequestInProgress::new(&activity),
            RequestInProgress::new(&activity),
        );
        unread.add_taken(100);
        for second in 0..30 {
            read.add_taken(1_000_000);
            activity.add_written(1_000_000);
            assert!(!activity.observe(at(second)).is_slow_reader);
        }
        assert!(activity.observe(at(30)).is_slow_reader);
    }

    /// A response that the gateway is slow to make is not the client's fault.
    #[test]
    fn a_slow_handler_is_not_a_slow_reader() {
        let activity = Arc::new(ConnectionActivity::new(at(0)));
        let request = RequestInProgress::new(&activity);
        request.add_taken(100);
        activity.observe(at(0));
        request.set_waiting_for_response();
        assert!(!activity.observe(at(1000)).is_slow_reader);
    }

    #[test]
    fn the_requests_of_a_connection_are_bounded() {
        let activity = Arc::new(ConnectionActivity::new(at(0)));
        let mut requests: Vec<_> = (0..MAX_REQUESTS)
            .map(|_| RequestInProgress::new(&activity))
            .collect();
        assert!(requests.iter().all(|request| !request.is_too_many()));
        assert!(RequestInProgress::new(&activity).is_too_many());
        requests.pop();
        assert!(!RequestInProgress::new(&activity).is_too_many());
    }
}
