//! `muster audit list|verify`.

use std::fmt::Write as _;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::table::table;
use super::{AuditCommand, Failure, Format, output};
use crate::config::Period;
use crate::scim::value::parse_time;
use crate::service::{AuditEntry, AuditFilter, AuditReport, Gateway};

pub(super) async fn run(command: &AuditCommand, gateway: &Gateway) -> Result<(), Failure> {
    match command {
        AuditCommand::List {
            user,
            since,
            format,
        } => list(gateway, user.as_deref(), since.as_ref(), *format).await,
        AuditCommand::Verify { head } => verify(gateway, head.as_deref()).await,
    }
}

/// From when on: a time, a day, or a length of time before now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Since {
    /// A time.
    At(Timestamp),
    /// So long ago.
    Ago(Period),
}

impl std::str::FromStr for Since {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Some(at) = parse_time(text) {
            return Ok(Self::At(at));
        }
        if let Ok(period) = text.parse() {
            return Ok(Self::Ago(period));
        }
        parse_time(&format!("{text}T00:00:00Z")).map(Self::At).ok_or_else(|| {
            format!("{text:?} is neither a time such as 2026-03-01 or 2026-03-01T12:00:00Z nor a length of time such as 24h")
        })
    }
}

/// Page by page; with `--json`, a line each.
async fn list(
    gateway: &Gateway,
    user: Option<&str>,
    since: Option<&Since>,
    format: Format,
) -> Result<(), Failure> {
    let resource = match user {
        Some(user) => Some(gateway.audited_user(user).await.map_err(Failure::new)?),
        None => None,
    };
    let since = since.map(|since| match since {
        Since::At(at) => *at,
        Since::Ago(period) => {
            let now = gateway.clock().now();
            now.checked_sub(period.as_duration())
                .unwrap_or(Timestamp::UNIX_EPOCH)
        }
    });
    let filter = AuditFilter { resource, since };
    let mut last: Option<String> = None;
    loop {
        let page = gateway
            .audit(&filter, last.as_deref())
            .await
            .map_err(Failure::new)?;
        if page.is_empty() && (last.is_some() || format.json) {
            return Ok(());
        }
        output::print(&if format.json {
            lines(&page)
        } else {
            rows(&page)
        })?;
        let Some(end) = page.last() else {
            return Ok(());
        };
        last = Some(end.id.clone());
    }
}

fn rows(entries: &[AuditEntry]) -> String {
    let rows: Vec<Vec<String>> = entries
        .iter()
        .map(|entry| {
            vec![
                entry
                    .at
                    .map_or_else(|| "?".to_owned(), |at| format!("{at:.0}")),
                entry.actor.clone(),
                entry.action.clone(),
                entry.resource.clone(),
                changed(entry.changes.as_ref()),
            ]
        })
        .collect();
    table(&["TIME", "WHO", "ACTION", "RESOURCE", "CHANGED"], &rows)
}

/// The names of what changed.
fn changed(changes: Option<&Value>) -> String {
    let changes = changes.and_then(Value::as_array).into_iter().flatten();
    let names: Vec<&str> = changes
        .filter_map(|change| change.get("path")?.as_str())
        .collect();
    names.join(" ")
}

fn lines(entries: &[AuditEntry]) -> String {
    let line = |entry: &AuditEntry| {
        let record = json!({
            "id": entry.id,
            "at": entry.at.map(|at| at.to_string()),
            "actor": entry.actor,
            "request": entry.request,
            "action": entry.action,
            "kind": entry.kind,
            "resource": entry.resource,
            "owner": entry.owner,
            "seq": entry.seq,
            "changes": entry.changes,
        });
        format!("{record}\n")
    };
    entries.iter().map(line).collect()
}

async fn verify(gateway: &Gateway, head: Option<&str>) -> Result<(), Failure> {
    let report = gateway.verify_audit(head).await.map_err(Failure::new)?;
    output::print(&told(&report))?;
    verdict(&report)
}

/// What was found, a line each.
pub(super) fn told(report: &AuditReport) -> String {
    let mut text = format!(
        "{} entries sealed, {} not yet\n",
        report.sealed, report.unsealed
    );
    if let Some(head) = &report.head {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "head {head}");
    }
    for fault in &report.faults {
        let _ = writeln!(text, "{fault}");
    }
    text
}

pub(super) fn verdict(report: &AuditReport) -> Result<(), Failure> {
    match report.fault_count {
        0 => Ok(()),
        count => Err(Failure::new(format!(
            "the audit log was tampered with or damaged in {count} places: compare with a backup; \
             if every entry is said to be changed, server.secret is not the one it was written with"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn since_is_a_time_a_day_or_a_period() {
        for (text, at) in [
            ("2026-03-01", "2026-03-01T00:00:00Z"),
            ("2026-03-01T12:00:00+01:00", "2026-03-01T11:00:00Z"),
        ] {
            assert_eq!(text.parse(), Ok(Since::At(at.parse().unwrap())));
        }
        assert_eq!("24h".parse(), Ok(Since::Ago(Period::seconds(86_400))));
        assert!("yesterday".parse::<Since>().is_err());
    }
}
