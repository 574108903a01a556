//! What the gateways of this process log, kept to be looked at.

use std::sync::{Mutex, Once, PoisonError};

use muster::clock::Clock;
use muster::config::{Log, Settings, Sources};
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

/// Formats lines at the default level from now on and drops them: what grows with the log would count as memory of
/// the gateway.
pub fn discard() {
    let settings = Settings::load(Sources {
        flags: Vec::new(),
        environment: Vec::new(),
        file: None,
        read_secret: &|_| Err("no secret is configured".to_owned()),
    })
    .unwrap();
    SET_UP.call_once(|| {
        let clock = Clock::system();
        let subscriber =
            muster::telemetry::subscriber(&settings.log, move || clock.now(), |_, _| {});
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
