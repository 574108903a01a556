//! Reads at 32 connections, in turns with a handler that answers the same bytes.

use std::fmt::Write as _;
use std::rc::Rc;
use std::time::Duration;

use crate::Result;
use crate::bare_http::{self, Bare};
use crate::gateway::Gateway;
use crate::load::{Outcome, Target, load};
use crate::measure::{TURNS, dice, median, ratio};
use crate::report::Figure;
use crate::seed;

const USERS: u64 = 10_000;
const CONNECTIONS: u64 = 32;
const TIME: Duration = Duration::from_secs(1);
const PAGE: &str = "/scim/v2/Users?count=100";

pub(crate) fn run() -> Result<Vec<Figure>> {
    let store = seed::users(USERS)?;
    let gateway = Gateway::start(&store.folder)?;
    let first = store.ids.first().ok_or("no users")?;
    let answers = [
        (
            "get",
            gateway
                .fetch("GET", &format!("/scim/v2/Users/{first}"), b"")?
                .1,
        ),
        ("eq", gateway.fetch("GET", &filter(0), b"")?.1),
        ("page", gateway.fetch("GET", PAGE, b"")?.1),
    ];
    let bare = Bare::start(&store.folder, &answers)?;
    let ids = Rc::clone(&store.ids);
    let by_id = move |n| {
        let position = usize::try_from(dice(n, USERS)).unwrap_or(0);
        let id = ids.get(position).map_or("", String::as_str);
        format!("/scim/v2/Users/{id}")
    };
    let mut figures = vec![
        compare(&gateway, &bare, "get", by_id, Outcome::rate, "requests/s")?,
        compare(
            &gateway,
            &bare,
            "eq",
            |n| filter(dice(n, USERS)),
            Outcome::rate,
            "requests/s",
        )?,
        compare(
            &gateway,
            &bare,
            "page",
            |_| PAGE.to_owned(),
            Outcome::megabytes,
            "MB/s",
        )?,
    ];
    let others = others(&gateway)?;
    if let Some(page) = figures.last_mut() {
        // Writing to a String cannot fail.
        let _ = write!(
            page.note,
            "; of pages none of which was just answered, {others:.0} MB/s"
        );
    }
    gateway.stop()?;
    Ok(figures)
}

/// MB/s of a thousand pages of some hundred, by turns: more than are kept.
fn others(gateway: &Gateway) -> Result<f64> {
    let write = gateway.writer();
    let target = Target::hot(gateway.address, CONNECTIONS, 3 * TIME);
    let outcome = load(target, Some(200), move |n, out| {
        let (start, count) = (1 + n % 100, 91 + n / 100 % 10);
        let path = format!("/scim/v2/Users?startIndex={start}&count={count}");
        write(out, "GET", &path, b"");
    })?;
    Ok(outcome.megabytes())
}

fn filter(n: u64) -> String {
    format!(
        "/scim/v2/Users?filter=userName%20eq%20%22{}%22",
        seed::name(n)
    )
}

/// What both do in a second, in turns, as a share.
fn compare(
    gateway: &Gateway,
    bare: &Bare,
    name: &'static str,
    path: impl Fn(u64) -> String + Clone + 'static,
    figure: fn(&Outcome) -> f64,
    unit: &str,
) -> Result<Figure> {
    let (mut ours, mut limits) = (Vec::new(), Vec::new());
    for _ in 0..TURNS {
        let (path, write) = (path.clone(), gateway.writer());
        let target = |address| Target::hot(address, CONNECTIONS, TIME);
        let outcome = load(target(gateway.address), Some(200), move |n, out| {
            write(out, "GET", &path(n), b"");
        })?;
        ours.push(figure(&outcome));
        let outcome = load(target(bare.address), Some(200), move |_, out| {
            bare_http::request(out, name);
        })?;
        limits.push(figure(&outcome));
    }
    let value = ratio(&ours, &limits);
    let (ours, limit) = (median(ours), median(limits));
    Ok(Figure {
        name,
        value,
        note: format!("{ours:.0} of {limit:.0} {unit}"),
    })
}
