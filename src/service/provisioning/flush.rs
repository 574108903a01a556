//! Writing what waits in memory, in batches.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::buffer::{READS, Waiting};
use super::entry::unquoted;
use crate::service::last_use::{Uses, WRITTEN_EVERY};
use crate::service::{Error, Gateway, Result};
use crate::store::{Actor, LogEntry, Tx};

/// Entries in one change: some 3 ms, so that those who write hardly wait.
const AT_ONCE: usize = 200;

/// Entries in the one change a minute that writes reads: some 30 ms. Two busy connections fill it; what is more takes
/// changes of its own.
const READS_AT_ONCE: usize = 2_000;

/// What is written together once a minute.
struct Deferred {
    reads: Vec<LogEntry>,
    connections: Vec<String>,
    counts: BTreeMap<String, u64>,
    uses: Uses,
}

impl Gateway {
    /// Writes everything that waits in memory: entries of the provisioning log and the last use of tokens and sessions.
    /// Entries that cannot be written now are dropped and counted: the log must not hold up those who provision.
    pub async fn flush_provisioning(&self) {
        let (waiting, uses) = (self.buffer().take(), self.last_uses().take());
        if waiting.is_empty() && uses.is_empty() {
            return;
        }
        let (mut left, all) = (waiting.len(), waiting.len());
        if let Err(error) = self.flush(waiting, uses, &mut left).await {
            self.buffer().lost(left);
            tracing::warn!(%error, lost = left, of = all, "entries of the provisioning log were lost");
        }
    }

    /// Writes the refusals that wait; reads wait longer.
    pub async fn flush_refused_requests(&self) {
        let entries = self.buffer().take_entries();
        let (mut left, all) = (entries.len(), entries.len());
        if let Err(error) = self.write_entries(entries, AT_ONCE, &mut left).await {
            self.buffer().lost(left);
            tracing::warn!(%error, lost = left, of = all, "entries of the provisioning log were lost");
        }
    }

    /// Returns true if the reads that wait should be written soon.
    pub fn has_many_reads(&self) -> bool {
        self.buffer().is_nearly_full()
    }

    /// How often [`Gateway::flush_provisioning`] is to be called: a session that is used must not look idle.
    pub fn flushed_every(&self) -> Duration {
        let idle = self.settings().login.session_idle.as_duration();
        WRITTEN_EVERY.min(idle / 4)
    }

    /// Waits for a use of a token that is to be written at once, and writes it.
    pub async fn write_urgent_uses(&self) {
        self.last_uses().urgent().await;
        let uses = self.last_uses().take();
        let written = self.write_deferred(Deferred {
            reads: Vec::new(),
            connections: Vec::new(),
            counts: BTreeMap::new(),
            uses,
        });
        if let Err(error) = written.await {
            tracing::warn!(%error, "the last use of a token is written later");
        }
    }

    async fn flush(&self, waiting: Waiting, uses: Uses, left: &mut usize) -> Result<()> {
        let Waiting {
            entries,
            rings,
            reads: counts,
            ..
        } = waiting;
        if let Err(error) = self.write_entries(entries, AT_ONCE, left).await {
            self.last_uses().put_back(uses);
            return Err(error);
        }
        let connections = rings.keys().cloned().collect();
        let mut reads: Vec<LogEntry> = rings.into_values().flatten().collect();
        let last = reads.split_off(reads.len().saturating_sub(READS_AT_ONCE));
        if let Err(error) = self.write_entries(reads, READS_AT_ONCE, left).await {
            self.last_uses().put_back(uses);
            return Err(error);
        }
        let count = last.len();
        self.write_deferred(Deferred {
            reads: last,
            connections,
            counts,
            uses,
        })
        .await?;
        *left = left.saturating_sub(count);
        Ok(())
    }

    async fn write_deferred(&self, deferred: Deferred) -> Result<()> {
        let deferred = Arc::new(deferred);
        let (written, cause) = (Arc::clone(&deferred), self.cause(Actor::System, ""));
        let done = self.store().write(cause, move |tx| written.write(tx)).await;
        if done.is_err() {
            self.last_uses().put_back(deferred.uses.clone());
        }
        done
    }

    async fn write_entries(
        &self,
        entries: Vec<LogEntry>,
        at_once: usize,
        left: &mut usize,
    ) -> Result<()> {
        let entries: Arc<[LogEntry]> = entries.into();
        for start in (0..entries.len()).step_by(at_once) {
            let all = Arc::clone(&entries);
            let written = move |tx: &mut Tx<'_>| {
                let mut count = 0;
                for entry in all.iter().skip(start).take(at_once) {
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

impl Deferred {
    fn write(&self, tx: &mut Tx<'_>) -> Result<()> {
        for entry in &self.reads {
            insert(tx, entry)?;
        }
        for connection in &self.connections {
            if connection.is_empty() {
                tx.trim_strangers(READS)?;
            } else {
                tx.trim_reads(connection, READS)?;
            }
        }
        for (connection, number) in &self.counts {
            tx.count_reads(connection, *number)?;
        }
        Ok(self.uses.write(tx)?)
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
