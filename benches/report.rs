//! The figures that were measured, kept from run to run, and the table that is made of them.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::Result;
use crate::gateway::workshop;

/// What was measured.
pub(crate) struct Figure {
    /// A name of [`ROWS`].
    pub(crate) name: &'static str,
    pub(crate) value: f64,
    /// What it was made of.
    pub(crate) note: String,
}

/// How a figure is read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Unit {
    /// A share of a limit; more is better. All others: less is better.
    Percent,
    /// So many times as much.
    Times,
    /// A fraction such as 1/16.
    Share,
    Millis,
    Seconds,
    MiB,
}

struct Row {
    name: &'static str,
    title: &'static str,
    unit: Unit,
    must: f64,
    aim: f64,
}

const fn row(name: &'static str, title: &'static str, unit: Unit, must: f64, aim: f64) -> Row {
    Row {
        name,
        title,
        unit,
        must,
        aim,
    }
}

const ROWS: [Row; 20] = [
    row(
        "get",
        "GET by id against the bare handler",
        Unit::Percent,
        0.35,
        0.60,
    ),
    row("eq", "`userName eq`, likewise", Unit::Percent, 0.30, 0.50),
    row(
        "page",
        "page of 100, in MB/s against the bare handler answering the same page",
        Unit::Percent,
        0.40,
        0.70,
    ),
    row(
        "post",
        "durable POST, 32 connections, against the bare loop committing groups of 32",
        Unit::Percent,
        0.25,
        0.45,
    ),
    row(
        "syncs",
        "data syncs per acknowledged create at 32 connections",
        Unit::Share,
        1.0 / 3.0,
        1.0 / 16.0,
    ),
    row(
        "bulk",
        "bulk of 1,000 creates, in users/s, against the bare loop committing 1,000 at a time",
        Unit::Percent,
        0.30,
        0.55,
    ),
    row(
        "member",
        "adding one member: group of 100,000 against group of 10",
        Unit::Times,
        1.5,
        1.1,
    ),
    row(
        "get-million",
        "GET by id: 1,000,000 users against 10,000",
        Unit::Times,
        1.3,
        1.1,
    ),
    row(
        "eq-million",
        "`userName eq`: 1,000,000 users against 10,000",
        Unit::Times,
        1.3,
        1.1,
    ),
    row(
        "deep",
        "page at startIndex 900,001 of 1,000,000",
        Unit::Millis,
        200.0,
        60.0,
    ),
    row(
        "cursor",
        "9,001st cursor page against the first",
        Unit::Times,
        1.3,
        1.1,
    ),
    row(
        "group-memory",
        "GET of a group of 100,000 members: resident memory it adds",
        Unit::MiB,
        32.0,
        8.0,
    ),
    row(
        "memory",
        "resident memory with 1,000,000 users and 64 clients",
        Unit::MiB,
        256.0,
        128.0,
    ),
    row(
        "idle",
        "resident memory, idle on an empty store",
        Unit::MiB,
        30.0,
        15.0,
    ),
    row(
        "start",
        "start to ready with 1,000,000 users",
        Unit::Seconds,
        1.0,
        0.1,
    ),
    row(
        "filter",
        "worst filter of 4 KiB on 100,000 users, or 400",
        Unit::Seconds,
        2.0,
        0.5,
    ),
    row(
        "beside",
        "p99 of a GET beside four clients with such filters, against alone (bar 53)",
        Unit::Times,
        2.0,
        2.0,
    ),
    row(
        "deep-100k",
        "page at startIndex 90,001 of 100,000, p99 (bar 61)",
        Unit::Millis,
        50.0,
        50.0,
    ),
    row(
        "beside-bulk",
        "p99 of a create beside the worst Bulk of another connection",
        Unit::Millis,
        250.0,
        250.0,
    ),
    row(
        "beside-put",
        "p99 of a create beside PUTs of `scim.max_payload`, one after the other",
        Unit::Millis,
        600.0,
        600.0,
    ),
];

const BEGIN: &str = "<!-- figures: written by `cargo bench` -->\n";
const END: &str = "<!-- end of figures -->\n";

impl Unit {
    fn show(self, value: f64) -> String {
        match self {
            Self::Percent => format!("{:.0} %", value * 100.0),
            Self::Times => format!("{value:.2} ×"),
            Self::Share => format!("1/{:.1}", 1.0 / value),
            Self::Millis => format!("{value:.1} ms"),
            Self::Seconds => format!("{value:.2} s"),
            Self::MiB => format!("{value:.1} MiB"),
        }
    }

    fn bound(self, value: f64) -> String {
        let sign = if self == Self::Percent { "≥" } else { "≤" };
        format!(
            "{sign} {}",
            self.show(value)
                .replace(".0 ", " ")
                .replace(".00 ", " ")
                .replace("0 ×", " ×")
                .replace(".0", "")
        )
    }

    fn holds(self, value: f64, bound: f64) -> bool {
        if self == Self::Percent {
            value >= bound
        } else {
            value <= bound
        }
    }
}

/// Shows a figure and keeps it.
pub(crate) fn keep(figure: &Figure) -> Result<()> {
    let row = ROWS
        .iter()
        .find(|row| row.name == figure.name)
        .ok_or(figure.name)?;
    println!(
        "  {}: {} ({})",
        row.title,
        row.unit.show(figure.value),
        figure.note
    );
    let mut all = kept();
    all.insert(
        figure.name.to_owned(),
        json!({ "value": figure.value, "note": figure.note }),
    );
    fs::create_dir_all(workshop())?;
    Ok(fs::write(
        workshop().join("figures.json"),
        serde_json::to_string_pretty(&all)?,
    )?)
}

fn kept() -> BTreeMap<String, Value> {
    let text = fs::read_to_string(workshop().join("figures.json")).unwrap_or_default();
    serde_json::from_str(&text).unwrap_or_default()
}

/// Writes all figures that are kept into `benches/README.md`.
pub(crate) fn write() -> Result<()> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/README.md");
    let text = fs::read_to_string(&path)?;
    let (before, rest) = text
        .split_once(BEGIN)
        .ok_or("benches/README.md has no place for figures")?;
    let (_, after) = rest
        .split_once(END)
        .ok_or("benches/README.md has no end of figures")?;
    fs::write(path, format!("{before}{BEGIN}{}{END}{after}", table()))?;
    Ok(())
}

fn table() -> String {
    let all = kept();
    let mut table =
        "| figure | must | aim | measured | made of |\n| --- | --- | --- | --- | --- |\n"
            .to_owned();
    for row in ROWS {
        let Some(found) = all.get(row.name) else {
            continue;
        };
        let value = found
            .get("value")
            .and_then(Value::as_f64)
            .unwrap_or(f64::NAN);
        let note = found
            .get("note")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let verdict = if row.unit.holds(value, row.aim) {
            ""
        } else if row.unit.holds(value, row.must) {
            ", short of the aim"
        } else {
            ", **fails**"
        };
        let (must, aim) = (row.unit.bound(row.must), row.unit.bound(row.aim));
        let measured = row.unit.show(value);
        // Writing to a String cannot fail.
        let _ = writeln!(
            table,
            "| {} | {must} | {aim} | {measured}{verdict} | {note} |",
            row.title
        );
    }
    table
}
