//! Figures for Prometheus: its text format, and the requests counted by route, method and class of status.

use std::collections::BTreeMap;
use std::fmt::{Display, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The upper ends of the buckets, in seconds: reads by id take less than the first, a bulk request of a thousand
/// operations some hundred milliseconds, and nothing longer than the last.
const BUCKETS: [f64; 12] = [
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0,
];
/// Methods that have a series of their own; others can be any text.
const METHODS: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
/// The classes of statuses, from 100 on.
const CLASSES: [&str; 5] = ["1xx", "2xx", "3xx", "4xx", "5xx"];

/// Figures in the text format of Prometheus (version 0.0.4).
#[derive(Debug, Default)]
pub struct Exposition(String);

impl Exposition {
    /// Begins a family; `kind` is `gauge`, `counter` or `histogram`.
    pub fn family(&mut self, name: &str, kind: &str, help: &str) {
        // Writing to a String cannot fail.
        let _ = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    /// Adds a sample.
    pub fn sample(&mut self, name: &str, labels: &[(&str, &str)], value: impl Display) {
        self.0.push_str(name);
        for (position, (label, text)) in labels.iter().enumerate() {
            let opening = if position == 0 { '{' } else { ',' };
            let text = text
                .replace('\\', "\\\\")
                .replace('"', "\\\"")
                .replace('\n', "\\n");
            let _ = write!(self.0, "{opening}{label}=\"{text}\"");
        }
        if !labels.is_empty() {
            self.0.push('}');
        }
        let _ = writeln!(self.0, " {value}");
    }

    /// A family of one sample without labels.
    pub fn single(&mut self, name: &str, kind: &str, help: &str, value: impl Display) {
        self.family(name, kind, help);
        self.sample(name, &[], value);
    }

    /// The text.
    pub fn into_text(self) -> String {
        self.0
    }
}

/// Requests that were answered. The series are bounded by the table of routes: what a client can choose freely is no
/// label.
#[derive(Debug, Default)]
pub struct Requests(Mutex<BTreeMap<(Arc<str>, &'static str), Series>>);

/// What is known of one route and method.
#[derive(Debug, Default)]
struct Series {
    classes: [u64; CLASSES.len()],
    buckets: [u64; BUCKETS.len()],
    count: u64,
    seconds: f64,
}

impl Requests {
    /// Counts a request; `route` is the pattern of its route.
    pub fn count(&self, route: &Arc<str>, method: &str, status: u16, took: Duration) {
        let known = METHODS.into_iter().find(|known| *known == method);
        let mut all = self.lock();
        let series = all
            .entry((Arc::clone(route), known.unwrap_or("other")))
            .or_default();
        let class = usize::from(status / 100).saturating_sub(1);
        if let Some(class) = series.classes.get_mut(class) {
            *class += 1;
        }
        let seconds = took.as_secs_f64();
        let fits = series.buckets.iter_mut().zip(BUCKETS);
        for (bucket, _) in fits.filter(|(_, end)| seconds <= *end) {
            *bucket += 1;
        }
        series.count += 1;
        series.seconds += seconds;
    }

    /// Adds what was counted to `to`.
    pub fn expose(&self, to: &mut Exposition) {
        let all = self.lock();
        let name = "muster_http_requests_total";
        to.family(name, "counter", "Requests answered.");
        for ((route, method), series) in all.iter() {
            let counted = CLASSES.into_iter().zip(series.classes);
            for (status, count) in counted.filter(|(_, count)| *count > 0) {
                to.sample(
                    name,
                    &[("route", route), ("method", method), ("status", status)],
                    count,
                );
            }
        }
        let name = "muster_http_request_duration_seconds";
        to.family(
            name,
            "histogram",
            "How long requests took until they were answered.",
        );
        for ((route, method), series) in all.iter() {
            series.expose(name, [("route", route), ("method", method)], to);
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<(Arc<str>, &'static str), Series>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Series {
    fn expose(&self, name: &str, [route, method]: [(&str, &str); 2], to: &mut Exposition) {
        let bucket = format!("{name}_bucket");
        for (end, count) in BUCKETS.into_iter().zip(self.buckets) {
            to.sample(&bucket, &[route, method, ("le", &end.to_string())], count);
        }
        to.sample(&bucket, &[route, method, ("le", "+Inf")], self.count);
        to.sample(&format!("{name}_sum"), &[route, method], self.seconds);
        to.sample(&format!("{name}_count"), &[route, method], self.count);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_become_a_counter_and_a_histogram() {
        let requests = Requests::default();
        let route: Arc<str> = "/Users".into();
        requests.count(&route, "GET", 200, Duration::from_millis(3));
        requests.count(&route, "GET", 404, Duration::from_secs(60));
        requests.count(&route, "BREW", 405, Duration::ZERO);
        let mut text = Exposition::default();
        requests.expose(&mut text);
        let text = text.into_text();
        for line in [
            "# TYPE muster_http_requests_total counter",
            r#"muster_http_requests_total{route="/Users",method="GET",status="2xx"} 1"#,
            r#"muster_http_requests_total{route="/Users",method="GET",status="4xx"} 1"#,
            r#"muster_http_requests_total{route="/Users",method="other",status="4xx"} 1"#,
            r#"muster_http_request_duration_seconds_bucket{route="/Users",method="GET",le="0.0025"} 0"#,
            r#"muster_http_request_duration_seconds_bucket{route="/Users",method="GET",le="0.005"} 1"#,
            r#"muster_http_request_duration_seconds_bucket{route="/Users",method="GET",le="+Inf"} 2"#,
            r#"muster_http_request_duration_seconds_sum{route="/Users",method="GET"} 60.003"#,
            r#"muster_http_request_duration_seconds_count{route="/Users",method="GET"} 2"#,
        ] {
            assert!(text.lines().any(|found| found == line), "{line}\n{text}");
        }
    }

    #[test]
    fn labels_are_escaped() {
        let mut text = Exposition::default();
        text.sample("x", &[("a", "b\"c\\d\ne")], 1);
        assert_eq!(text.into_text(), "x{a=\"b\\\"c\\\\d\\ne\"} 1\n");
    }
}
