//! `muster purge [--dry-run]`: what was deleted long enough ago, part by part.

use serde_json::json;

use super::table::table;
use super::{Failure, Format, output};
use crate::service::{Actor, Gateway, Leaver, PurgePage, PurgeReport, PurgeRun};

/// The resource type of users: what else was deleted is shown with its type.
const USER: &str = "User";

pub(super) async fn run(run: PurgeRun, format: Format, gateway: &Gateway) -> Result<(), Failure> {
    let report = match run {
        PurgeRun::Preview => preview(format, gateway).await?,
        PurgeRun::Real => real(format, gateway).await?,
    };
    if format.json {
        return Ok(());
    }
    let PurgeReport { purged, held, .. } = report;
    let retention = &gateway.settings().retention;
    output::print(&match (run, retention.purge) {
        (PurgeRun::Real, _) => format!("{purged} removed for good, {held} kept by a legal hold\n"),
        (PurgeRun::Preview, true) => {
            format!("{purged} would be removed for good, {held} kept by a legal hold\n")
        }
        (PurgeRun::Preview, false) => format!(
            "{purged} would be removed for good if retention.purge were true, {held} kept by a legal hold\n"
        ),
    })
}

async fn preview(format: Format, gateway: &Gateway) -> Result<PurgeReport, Failure> {
    let (mut report, mut from) = (PurgeReport::default(), None);
    loop {
        let page = gateway.preview_purge(from).await.map_err(Failure::new)?;
        tell(&mut report, &page, format)?;
        from = page.next;
        if from.is_none() {
            return Ok(report);
        }
    }
}

async fn real(format: Format, gateway: &Gateway) -> Result<PurgeReport, Failure> {
    let holder = gateway
        .begin_purge(Actor::Cli)
        .await
        .map_err(Failure::new)?;
    let (mut report, mut from) = (PurgeReport::default(), None);
    loop {
        let page = gateway
            .purge_page(Actor::Cli, &holder, from)
            .await
            .map_err(Failure::new)?;
        tell(&mut report, &page, format)?;
        from = page.next;
        if from.is_none() {
            break;
        }
    }
    gateway
        .end_purge(Actor::Cli, &holder)
        .await
        .map_err(Failure::new)?;
    Ok(report)
}

fn tell(report: &mut PurgeReport, page: &PurgePage, format: Format) -> Result<(), Failure> {
    report.add(page);
    if page.leavers.is_empty() {
        return Ok(());
    }
    output::print(&if format.json {
        page.leavers.iter().map(line).collect()
    } else {
        rows(&page.leavers)
    })
}

fn line(leaver: &Leaver) -> String {
    let name = if leaver.kind == USER {
        "userName"
    } else {
        "displayName"
    };
    let record = json!({
        "id": leaver.id,
        "type": leaver.kind,
        name: leaver.name,
        "deleted": leaver.deleted.to_string(),
        "held": leaver.held,
    });
    format!("{record}\n")
}

fn rows(leavers: &[Leaver]) -> String {
    let name = |leaver: &Leaver| {
        if leaver.kind == USER {
            leaver.name.clone()
        } else {
            format!("{} {}", leaver.kind, leaver.name)
        }
    };
    let rows: Vec<Vec<String>> = leavers
        .iter()
        .map(|leaver| {
            vec![
                leaver.id.clone(),
                format!("{:.0}", leaver.deleted),
                name(leaver),
                leaver.held.clone().unwrap_or_default(),
            ]
        })
        .collect();
    table(&["ID", "DELETED", "NAME", "LEGAL HOLD"], &rows)
}
