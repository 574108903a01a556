//! `muster count`.

use serde_json::json;

use super::{Failure, Format, output};
use crate::service::{Counts, Gateway};

pub(super) async fn run(format: Format, gateway: &Gateway) -> Result<(), Failure> {
    let counts = gateway.counts().await.map_err(Failure::new)?;
    output::print(&if format.json {
        json(&counts)
    } else {
        text(&counts)
    })
}

fn text(counts: &Counts) -> String {
    let Counts {
        total,
        seen,
        deactivated,
        deleted,
        administrators,
    } = counts;
    format!(
        "total: {total}\nactive in the last 365 days: {seen}\ndeactivated: {deactivated}\n\
         deleted: {deleted}\nadministrators: {administrators}\n"
    )
}

fn json(counts: &Counts) -> String {
    let record = json!({
        "total": counts.total,
        "active365d": counts.seen,
        "deactivated": counts.deactivated,
        "deleted": counts.deleted,
        "administrators": counts.administrators,
    });
    format!("{record}\n")
}
