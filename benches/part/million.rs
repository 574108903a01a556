//! A million users: what one of them costs, what a page far behind costs, and what it takes to have them.

use std::rc::Rc;
use std::time::{Duration, Instant};

use crate::gateway::Gateway;
use crate::load::{Target, load};
use crate::measure::{TIMES, TURNS, dice, median, millis, ratio};
use crate::report::Figure;
use crate::seed::Seeded;
use crate::{Result, process, seed};

const MANY: u64 = 1_000_000;
const FEW: u64 = 10_000;
const TIME: Duration = Duration::from_secs(3);
/// In that time each of the caches has been filled several times.
const FILLS: Duration = Duration::from_secs(10);
const TURN: Duration = Duration::from_secs(1);

/// Both with 32 connections, in turns.
pub(crate) fn scale() -> Result<Vec<Figure>> {
    let stores = [seed::users(MANY)?, seed::users(FEW)?];
    let [many, few] = &stores;
    warm(many)?;
    let gateways = [Gateway::start(&many.folder)?, Gateway::start(&few.folder)?];
    let mut figures = Vec::new();
    for (name, path) in [
        ("get-million", by_id as fn(&Seeded) -> Path),
        ("eq-million", by_name as fn(&Seeded) -> Path),
    ] {
        let mut rates = [Vec::new(), Vec::new()];
        for _ in 0..TURNS {
            for ((gateway, store), rates) in gateways.iter().zip(&stores).zip(&mut rates) {
                rates.push(rate(gateway, 32, TURN, path(store))?);
            }
        }
        let [many, few] = &rates;
        let value = ratio(few, many);
        let [many, few] = rates.map(median);
        figures.push(Figure {
            name,
            value,
            note: format!("{many:.0} and {few:.0} requests/s"),
        });
    }
    for gateway in gateways {
        gateway.stop()?;
    }
    Ok(figures)
}

/// Reads the file of a store through once: what is measured afterwards is the gateway and not the disk.
fn warm(store: &Seeded) -> Result<()> {
    let mut file = std::fs::File::open(store.folder.join("muster.db"))?;
    std::io::copy(&mut file, &mut std::io::sink())?;
    Ok(())
}

type Path = Box<dyn Fn(u64) -> String>;

fn by_id(store: &Seeded) -> Path {
    let ids = Rc::clone(&store.ids);
    Box::new(move |n| {
        let position = usize::try_from(dice(n, ids.len() as u64)).unwrap_or(0);
        format!(
            "/scim/v2/Users/{}",
            ids.get(position).map_or("", String::as_str)
        )
    })
}

fn by_name(store: &Seeded) -> Path {
    let users = store.ids.len() as u64;
    Box::new(move |n| {
        let name = seed::name(dice(n, users));
        format!("/scim/v2/Users?filter=userName%20eq%20%22{name}%22")
    })
}

fn rate(gateway: &Gateway, connections: u64, time: Duration, path: Path) -> Result<f64> {
    let write = gateway.writer();
    let target = Target::hot(gateway.address, connections, time);
    let outcome = load(target, Some(200), move |n, out| {
        write(out, "GET", &path(n), b"");
    })?;
    Ok(outcome.rate())
}

/// Alone on the machine, one request after the other.
pub(crate) fn deep() -> Result<Vec<Figure>> {
    let store = seed::users(MANY)?;
    let gateway = Gateway::start(&store.folder)?;
    let timed = |path: &str| -> Result<f64> {
        let mut times = Vec::new();
        for _ in 0..20 {
            let started = Instant::now();
            let (status, _) = gateway.fetch("GET", path, b"")?;
            times.push(millis(started.elapsed()));
            if status != 200 {
                return Err(format!("{path}: {status}").into());
            }
        }
        Ok(median(times))
    };
    let far = timed("/scim/v2/Users?count=100&startIndex=900001")?;
    let middle = timed("/scim/v2/Users?count=100&startIndex=500001")?;
    let (mut cursor, mut path) = (String::new(), String::new());
    for _ in 0..9_001 {
        path = format!("/scim/v2/Users?count=100&cursor={cursor}");
        let (_, page) = gateway.ask("GET", &path, b"")?;
        let next = page.get("nextCursor").and_then(|next| next.as_str());
        next.ok_or("no cursor")?.clone_into(&mut cursor);
    }
    let (last, first) = (timed(&path)?, timed("/scim/v2/Users?count=100&cursor=")?);
    gateway.stop()?;
    Ok(vec![
        Figure {
            name: "deep",
            value: far,
            note: format!("median of 20; in the middle, at 500,001, {middle:.1} ms"),
        },
        Figure {
            name: "cursor",
            value: last / first,
            note: format!("{last:.2} ms and {first:.2} ms"),
        },
    ])
}

pub(crate) fn start() -> Result<Vec<Figure>> {
    let store = seed::users(MANY)?;
    let mut times = Vec::new();
    for _ in 0..TIMES {
        let gateway = Gateway::start(&store.folder)?;
        times.push(gateway.started_in.as_secs_f64());
        gateway.stop()?;
    }
    let gateway = Gateway::start(&store.folder)?;
    let users = MANY;
    // Until what is kept of the file is as much as it may be.
    let single = rate(&gateway, 64, FILLS, by_id(&store))?;
    let (reads, names) = (by_id(&store), by_name(&store));
    let mixed: Path = Box::new(move |n| match n % 8 {
        0 => format!("/scim/v2/Users?count=100&startIndex={}", dice(n, users)),
        1 => "/scim/v2/Users?count=100&sortBy=name.familyName".to_owned(),
        2..=4 => names(n),
        _ => reads(n),
    });
    let rate = rate(&gateway, 64, TIME, mixed)?;
    let write = gateway.writer();
    let target = Target::hot(gateway.address, 64, TIME);
    // Names of their own in every run: the store is kept.
    let first = 1_000_000 * u64::from(std::process::id() % 80 + 10);
    let made = load(target, Some(201), move |n, out| {
        let user = seed::user(first + n);
        write(out, "POST", "/scim/v2/Users", user.as_bytes());
    })?;
    let memory = process::memory(gateway.pid)?;
    gateway.stop()?;
    Ok(vec![
        Figure {
            name: "start",
            value: median(times),
            note: "until /readyz says so, asked every 2 ms".to_owned(),
        },
        Figure {
            name: "memory",
            value: mebibytes(memory.peak),
            note: format!(
                "at its highest: single users ({single:.0}/s), reads of every kind ({rate:.0}/s), creates ({:.0}/s)",
                made.rate()
            ),
        },
    ])
}

#[expect(clippy::cast_precision_loss, reason = "sizes below 2^52")]
pub(crate) fn mebibytes(kib: u64) -> f64 {
    kib as f64 / 1024.0
}
