//! The log: one event a line, as text or JSON, on standard error.

mod connections;
mod fields;
mod layer;
mod line;
mod metrics;
mod outlet;

use jiff::Timestamp;
use tracing::Level;
use tracing::Subscriber;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;

use crate::config::Log;
use crate::config::LogFilter;
use layer::Lines;
use outlet::Outlet;

pub use connections::{CloseReason, TcpConnectionCounts};
pub use metrics::{Exposition, Requests};

/// Why there is no log.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Something else in this process already receives it.
    #[error("the log is set up already")]
    AlreadySetUp,
    /// The system gave no thread.
    #[error("no thread for the log: {0}")]
    System(#[from] std::io::Error),
}

/// The log of this process. When it is dropped, everything is written.
#[derive(Debug)]
#[must_use = "what is logged after it is gone is written line by line"]
pub struct Running(Outlet);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.close();
    }
}

/// Sends the log of this process to standard error from now on, panics included. `now` tells the
/// time of an event. Lines may wait for 10 ms, but for warnings and errors and what comes before them.
///
/// # Errors
/// When there is a log already, or no thread for it.
pub fn init(
    log: &Log,
    now: impl Fn() -> Timestamp + Send + Sync + 'static,
) -> Result<Running, Error> {
    let outlet = Outlet::new(std::io::stderr());
    let to = outlet.clone();
    let sink = move |line: &str, level| to.push(line, level <= Level::WARN);
    tracing::subscriber::set_global_default(subscriber(log, now, sink))
        .map_err(|_| Error::AlreadySetUp)?;
    outlet.spawn()?;
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string);
        let payload = panic.payload();
        let fixed = payload.downcast_ref::<&str>().copied();
        let message = fixed
            .or(payload.downcast_ref::<String>().map(String::as_str))
            .unwrap_or_default();
        tracing::error!(place, panic = message, "a part of the program gave up");
    }));
    Ok(Running(outlet))
}

/// What receives the events of one gateway. `sink` gets whole lines with their end, and how grave they are.
pub fn subscriber(
    log: &Log,
    now: impl Fn() -> Timestamp + Send + Sync + 'static,
    sink: impl Fn(&str, Level) + Send + Sync + 'static,
) -> impl Subscriber + Send + Sync {
    tracing_subscriber::registry()
        .with(targets(&log.level))
        .with(Lines::new(log.format, now, sink))
}

fn targets(filter: &LogFilter) -> Targets {
    Targets::new()
        .with_default(filter.level())
        .with_targets(filter.targets().iter().cloned())
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::Arc;
    use std::sync::Mutex;

    use serde_json::Value;
    use tracing::Span;
    use tracing::field::Empty;

    use super::*;
    use crate::config::LogFormat;

    /// What `f` logs.
    fn logged(level: &str, format: LogFormat, f: impl FnOnce()) -> String {
        let lines = Arc::new(Mutex::new(String::new()));
        let log = Log {
            level: level.parse().unwrap(),
            format,
            provisioning_days: 90,
            provisioning_rows: 1_000_000,
        };
        let now = || "2026-03-01T12:00:00.123Z".parse().unwrap();
        let to = Arc::clone(&lines);
        let subscriber = subscriber(&log, now, move |line: &str, _| {
            to.lock().unwrap().push_str(line);
        });
        tracing::subscriber::with_default(subscriber, f);
        let text = lines.lock().unwrap();
        text.clone()
    }

    fn one_of_each() {
        let span = tracing::info_span!("request", request_id = "0190-aa", connection = Empty);
        let _inside = span.enter();
        Span::current().record("connection", "okta prod");
        tracing::info!(status = 201, corrected = true, path = %"/Users", took_ms = 1.5, "created");
        let why = io::Error::other("disk full");
        tracing::error!(error = &why as &dyn std::error::Error, "not written");
        tracing::debug!("left out");
    }

    #[test]
    fn text_is_for_people() {
        insta::assert_snapshot!(logged("info", LogFormat::Text, one_of_each), @r#"
        2026-03-01T12:00:00.123Z  INFO muster::telemetry::tests: created request_id=0190-aa connection="okta prod" status=201 corrected=true path=/Users took_ms=1.5
        2026-03-01T12:00:00.123Z ERROR muster::telemetry::tests: not written request_id=0190-aa connection="okta prod" error="disk full"
        "#);
    }

    #[test]
    fn json_is_for_machines() {
        insta::assert_snapshot!(logged("info", LogFormat::Json, one_of_each), @r#"
        {"timestamp":"2026-03-01T12:00:00.123Z","level":"INFO","target":"muster::telemetry::tests","message":"created","fields":{"request_id":"0190-aa","connection":"okta prod","status":201,"corrected":true,"path":"/Users","took_ms":1.5}}
        {"timestamp":"2026-03-01T12:00:00.123Z","level":"ERROR","target":"muster::telemetry::tests","message":"not written","fields":{"request_id":"0190-aa","connection":"okta prod","error":"disk full"}}
        "#);
    }

    #[test]
    fn levels_are_for_all_and_for_parts() {
        let both = || {
            tracing::debug!(target: "muster::store", "kept");
            tracing::debug!(target: "h2", "left out");
            tracing::warn!(target: "h2", "kept");
        };
        let text = logged("warn,muster=debug", LogFormat::Text, both);
        assert_eq!((text.lines().count(), text.matches("kept").count()), (2, 2));
        assert_eq!(logged("off", LogFormat::Text, both), "");
    }

    /// What would start a line, move the cursor of a terminal, or turn the direction of reading.
    const HOSTILE: &str =
        "a\r\nERROR forged\u{1b}[2J\u{2028}\u{2029}\u{85}\u{9b}\u{7f}\u{0}\u{202e}\t\"b\\";

    fn hostile() {
        let span = tracing::info_span!("request", name = HOSTILE);
        let _inside = span.enter();
        tracing::info!(display = %HOSTILE, debug = ?HOSTILE, plain = HOSTILE, "{HOSTILE}");
    }

    #[test]
    fn nothing_that_is_logged_can_forge_a_line() {
        for format in [LogFormat::Text, LogFormat::Json] {
            let text = logged("info", format, hostile);
            let line = text.strip_suffix('\n').unwrap();
            let harmful = |c: char| c.is_control() || matches!(c, '\u{2028}'..='\u{202e}');
            assert!(!line.contains(harmful), "{line}");
        }
        let json: Value = serde_json::from_str(&logged("info", LogFormat::Json, hostile)).unwrap();
        assert_eq!(json["message"], HOSTILE);
        assert_eq!(json["fields"]["plain"], HOSTILE);
        assert_eq!(json["fields"]["name"], HOSTILE);
    }

    #[test]
    fn a_line_is_never_longer_than_16_kib() {
        for filler in ["x", "\u{0}", "\u{2028}", "\"", "ä", "\u{1F600}"] {
            let long = filler.repeat(1_000_000);
            let flood = || {
                let span = tracing::info_span!("request", request_id = "0190-aa", name = long);
                let _inside = span.enter();
                tracing::info!(a = %long, b = ?long, c = long, d = long, e = long, f = long, "{long}");
            };
            let text = logged("info", LogFormat::Text, flood);
            assert!(text.len() <= 16 * 1024 && text.lines().count() == 1);
            assert!(text.contains("request_id=0190-aa"));
            let text = logged("info", LogFormat::Json, flood);
            assert!(text.len() <= 16 * 1024, "{}", text.len());
            let json: Value = serde_json::from_str(&text).unwrap();
            assert_eq!(
                (&json["truncated"], &json["fields"]["request_id"]),
                (&Value::Bool(true), &"0190-aa".into())
            );
        }
    }
}
