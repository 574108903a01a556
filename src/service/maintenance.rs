//! What keeps the database in order: migrations, the full check, backups.

use std::path::Path;

use super::{AuditReport, Error, Gateway, Result};
use crate::store::Migrated;

/// What a full check found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckReport {
    /// What is wrong with the store, a line each.
    pub faults: Vec<String>,
    /// What the audit log was found to be.
    pub audit: AuditReport,
}

impl Gateway {
    /// What opening this gateway did to the schema of the database.
    pub fn migrated(&self) -> Migrated {
        self.store().migrated()
    }

    /// Reads everything there is: the file itself, every document against its hash and its index rows, every
    /// membership, the counters, and the audit log. Takes minutes on a large store, and belongs into a command.
    ///
    /// # Errors
    /// What the store answers when it cannot read.
    pub async fn check_store(&self) -> Result<CheckReport> {
        let registry = self.registry().clone();
        let found = self.store().read(move |tx| tx.verify(&registry)).await;
        let faults = found.map_err(Error::from)?.into_iter().map(|fault| {
            let name = format!("{} {}", fault.table, fault.row);
            format!("{}: {}", name.trim_end(), fault.why)
        });
        Ok(CheckReport {
            faults: faults.collect(),
            audit: self.verify_audit(None).await?,
        })
    }

    /// Copies the database to a file that must not exist; everything that was acknowledged before is in it. Blocks until
    /// the copy is checked and synced, and belongs into a command.
    ///
    /// # Errors
    /// When the file exists or cannot be written, and when the copy is damaged.
    pub fn backup(&self, to: &Path) -> Result<()> {
        Ok(self.store().backup(self.registry(), to)?)
    }
}
