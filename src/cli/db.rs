//! `muster db migrate|check|backup`.

use super::{DbCommand, Failure, audit, output};
use crate::config;
use crate::service::Gateway;

pub(super) async fn run(command: &DbCommand, gateway: &Gateway) -> Result<(), Failure> {
    match command {
        DbCommand::Migrate => migrate(gateway),
        DbCommand::Check => check(gateway).await,
        DbCommand::Backup { file } => {
            gateway.backup(file).map_err(Failure::new)?;
            output::print(&format!(
                "{} written and checked\n{}\n",
                file.display(),
                secret(gateway)
            ))
        }
    }
}

/// Opening the gateway has done it; this says so.
fn migrate(gateway: &Gateway) -> Result<(), Failure> {
    let migrated = gateway.migrated();
    output::print(&match migrated.after - migrated.before {
        0 => format!("up to date: {} migrations\n", migrated.after),
        new => format!("{new} new migrations, {} in all\n", migrated.after),
    })
}

async fn check(gateway: &Gateway) -> Result<(), Failure> {
    let report = gateway.check_store().await.map_err(Failure::new)?;
    for fault in &report.faults {
        output::print(&format!("{fault}\n"))?;
    }
    output::print(&audit::told(&report.audit))?;
    if !report.faults.is_empty() {
        return Err(Failure::new(format!(
            "the database has {} faults: take the last backup, or tell us",
            report.faults.len()
        )));
    }
    audit::verdict(&report.audit)?;
    output::print("ok\n")
}

/// What a copy of the database is worth nothing without.
fn secret(gateway: &Gateway) -> String {
    match config::secret_file(gateway.settings()) {
        Some(file) => format!(
            "the secret in {} belongs to it: keep a copy of that too, apart from this one",
            file.display()
        ),
        None => {
            "the secret of server.secret belongs to it: without it every token must be made anew"
                .to_owned()
        }
    }
}
