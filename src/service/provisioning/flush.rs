//! Writing what waits, in batches.

use std::sync::Arc;

use super::buffer::{READS, Waiting};
use super::entry::unquoted;
use crate::service::{Error, Gateway, Result};
use crate::store::{Actor, LogEntry, Tx};

/// Entries in one change: some 3 ms, so that those who write hardly wait.
const AT_ONCE: usize = 200;

impl Gateway {
    /// Writes the entries that wait. What cannot be written now is dropped and counted: the log must not hold up
    /// those who provision.
    pub async fn flush_provisioning(&self) {
        let waiting = self.buffer().take();
        if waiting.is_empty() {
            return;
        }
        let (mut left, all) = (waiting.len(), waiting.len());
        if let Err(error) = self.flush(waiting, &mut left).await {
            self.buffer().lost(left);
            tracing::warn!(%error, lost = left, of = all, "entries of the provisioning log were lost");
        }
    }

    async fn flush(&self, waiting: Waiting, left: &mut usize) -> Result<()> {
        let Waiting {
            entries,
            rings,
            reads,
            ..
        } = waiting;
        self.write_entries(entries, left).await?;
        for (connection, ring) in rings {
            self.write_entries(ring.into(), left).await?;
            let trimmed = move |tx: &mut Tx<'_>| {
                if connection.is_empty() {
                    tx.trim_strangers(READS)
                } else {
                    tx.trim_reads(&connection, READS)
                }
            };
            let cause = self.cause(Actor::System, "");
            self.store()
                .write(cause, trimmed)
                .await
                .map_err(Error::from)?;
        }
        if reads.is_empty() {
            return Ok(());
        }
        let counted = move |tx: &mut Tx<'_>| {
            for (connection, number) in &reads {
                tx.count_reads(connection, *number)?;
            }
            Ok(())
        };
        let cause = self.cause(Actor::System, "");
        self.store()
            .write(cause, counted)
            .await
            .map_err(|error: crate::store::Error| error.into())
    }

    async fn write_entries(&self, entries: Vec<LogEntry>, left: &mut usize) -> Result<()> {
        let entries: Arc<[LogEntry]> = entries.into();
        for start in (0..entries.len()).step_by(AT_ONCE) {
            let all = Arc::clone(&entries);
            let written = move |tx: &mut Tx<'_>| {
                let mut count = 0;
                for entry in all.iter().skip(start).take(AT_ONCE) {
                    insert(tx, entry)?;
                    count += 1;
                }
                Ok::<usize, Error>(count)
            };
            let cause = self.cause(Actor::System, "");
            *left = left.saturating_sub(self.store().write(cause, written).await?);
        }
        Ok(())
    }
}

/// Writes an entry. Of somebody who was purged while it waited, nothing is quoted.
fn insert(tx: &mut Tx<'_>, entry: &LogEntry) -> Result<()> {
    let (Some(detail), Some(resource)) = (&entry.detail, &entry.resource) else {
        return Ok(tx.insert_log(entry)?);
    };
    if tx.is_known(resource)? {
        return Ok(tx.insert_log(entry)?);
    }
    let detail = Some(unquoted(detail));
    Ok(tx.insert_log(&LogEntry {
        detail,
        ..entry.clone()
    })?)
}
