//! The worst that a client may ask for, and whether others notice.

use std::rc::Rc;
use std::thread;
use std::time::{Duration, Instant};

use crate::gateway::Gateway;
use crate::load::{Target, load};
use crate::measure::{dice, median, millis, percentile};
use crate::report::Figure;
use crate::seed::Seeded;
use crate::{Result, seed};

const USERS: u64 = 100_000;
/// The longest filter that is read.
const BYTES: usize = 4 * 1024;
/// The most comparisons in one filter.
const TERMS: usize = 32;

pub(crate) fn run() -> Result<Vec<Figure>> {
    let store = seed::users(USERS)?;
    let gateway = Gateway::start(&store.folder)?;
    let (mut worst, mut slowest) = (0.0_f64, String::new());
    let mut filters = Vec::new();
    for (name, filter) in hostile() {
        let path = format!("/scim/v2/Users?filter={}", encoded(&filter));
        let mut times = Vec::new();
        let mut status = 0;
        for _ in 0..3 {
            let started = Instant::now();
            status = gateway.fetch("GET", &path, b"")?.0;
            times.push(millis(started.elapsed()) / 1_000.0);
        }
        let seconds = median(times);
        println!("  {name}: {status} after {seconds:.3} s");
        if seconds > worst {
            (worst, slowest) = (seconds, format!("{name}, answered {status}"));
        }
        filters.push((seconds, path));
    }
    let deep = deep(&gateway)?;
    filters.sort_by(|(one, _), (other, _)| other.total_cmp(one));
    let path = filters.into_iter().next().ok_or("no filter")?.1;
    let beside = beside(&gateway, &store, &path)?;
    gateway.stop()?;
    Ok(vec![
        Figure {
            name: "filter",
            value: worst,
            note: slowest,
        },
        beside,
        deep,
    ])
}

/// What is asked for again and again, and the word between: `LONG` stands for 99 characters, `#` for a number.
const HOSTILE: [(&str, &str, &[&str]); 11] = [
    ("contains", "or", &["title co \"LONG#\""]),
    (
        "contains in parts",
        "or",
        &[
            "addresses.locality co \"LONG#\"",
            "name.formatted co \"LONG#\"",
        ],
    ),
    (
        "ends of indexed values",
        "or",
        &["userName ew \"LONG#\"", "displayName ew \"LONG#\""],
    ),
    (
        "value filters",
        "or",
        &["emails[type eq \"work\" and value ew \"LONG#\"]"],
    ),
    ("negations", "and", &["not (title eq \"LONG#\")"]),
    ("names of groups", "or", &["groups.display co \"LONG#\""]),
    ("ids of groups", "or", &["groups.value eq \"LONG#\""]),
    ("in no group", "and", &["not (groups pr)"]),
    (
        "starts of everything",
        "or",
        &[
            "displayName sw \"A\"",
            "displayName sw \"D\"",
            "displayName sw \"G\"",
            "displayName sw \"B\"",
        ],
    ),
    (
        "several indexes",
        "and",
        &[
            "(userName gt \"a\" or title pr)",
            "(displayName gt \"a\" or title pr)",
            "(name.familyName gt \"a\" or emails.value gt \"a\")",
        ],
    ),
    (
        "present",
        "and",
        &[
            "title pr",
            "emails pr",
            "addresses.country pr",
            "phoneNumbers.value pr",
        ],
    ),
];

/// Each as long as it may be.
fn hostile() -> Vec<(&'static str, String)> {
    let long = "Engineer ".repeat(11);
    HOSTILE
        .iter()
        .map(|(name, word, terms)| {
            let mut filter = String::new();
            for (n, term) in terms.iter().cycle().take(TERMS).enumerate() {
                let term = term.replace("LONG", &long).replace('#', &n.to_string());
                let more = if n == 0 {
                    term
                } else {
                    format!(" {word} {term}")
                };
                if filter.len() + more.len() <= BYTES {
                    filter.push_str(&more);
                }
            }
            (*name, filter)
        })
        .collect()
}

fn encoded(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-".contains(&byte);
    text.bytes()
        .map(|byte| {
            if plain(byte) {
                char::from(byte).to_string()
            } else {
                format!("%{byte:02X}")
            }
        })
        .collect()
}

/// Readers alone, and beside four clients that ask `path` one time after the other.
fn beside(gateway: &Gateway, store: &Seeded, path: &str) -> Result<Figure> {
    let alone = readers(gateway, store)?;
    let (address, write, path) = (gateway.address, gateway.writer(), path.to_owned());
    let hostile = thread::spawn(move || {
        let target = Target::hot(address, 4, Duration::from_secs(8));
        load(target, None, move |_, out| write(out, "GET", &path, b""))
            .map_or_else(|why| why.to_string(), |all| format!("{:.1}/s", all.rate()))
    });
    thread::sleep(Duration::from_secs(2));
    let together = readers(gateway, store)?;
    let asked = hostile.join().map_err(|_| "the hostile clients panicked")?;
    Ok(Figure {
        name: "beside",
        value: together / alone,
        note: format!(
            "{together:.2} ms and {alone:.2} ms, some 350 GETs/s; the others got {asked}"
        ),
    })
}

/// The p99 of readers that do not fill the machine: some hundred GETs a second.
fn readers(gateway: &Gateway, store: &Seeded) -> Result<f64> {
    let (ids, write) = (Rc::clone(&store.ids), gateway.writer());
    let target = Target {
        address: gateway.address,
        connections: 4,
        time: Duration::from_secs(4),
        pause: Duration::from_millis(10),
    };
    let outcome = load(target, Some(200), move |n, out| {
        let position = usize::try_from(dice(n, USERS)).unwrap_or(0);
        let id = ids.get(position).map_or("", String::as_str);
        write(out, "GET", &format!("/scim/v2/Users/{id}"), b"");
    })?;
    Ok(percentile(&outcome.latencies, 0.99))
}

/// The p99 of a page far behind in the store of a hundred thousand.
fn deep(gateway: &Gateway) -> Result<Figure> {
    let mut times = Vec::new();
    for _ in 0..100 {
        let started = Instant::now();
        gateway.fetch("GET", "/scim/v2/Users?count=100&startIndex=90001", b"")?;
        times.push(millis(started.elapsed()));
    }
    Ok(Figure {
        name: "deep-100k",
        value: percentile(&times, 0.99),
        note: format!("median {:.1} ms", median(times)),
    })
}
