//! What the gateways of this process log, kept to be looked at.

use std::sync::{Mutex, Once, PoisonError};

use muster::clock::Clock;
use muster::config::Log;
use serde_json::Value;

static LINES: Mutex<String> = Mutex::new(String::new());
static SET_UP: Once = Once::new();

/// Keeps the log from now on. All fixtures share one log, as a process has one subscriber.
pub fn keep(settings: &Log) {
    SET_UP.call_once(|| {
        let clock = Clock::system();
        let sink = |line: &str, _| lock().push_str(line);
        let subscriber = muster::telemetry::subscriber(settings, move || clock.now(), sink);
        tracing::subscriber::set_global_default(subscriber).unwrap();
    });
}

/// The whole log so far.
pub fn text() -> String {
    lock().clone()
}

/// The events of one request.
pub fn of_request(id: &str) -> Vec<Value> {
    let text = text();
    let lines = text.lines().filter(|line| line.contains(id));
    lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn lock() -> std::sync::MutexGuard<'static, String> {
    LINES.lock().unwrap_or_else(PoisonError::into_inner)
}
