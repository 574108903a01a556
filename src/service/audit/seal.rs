//! Sealing: one process gives the rows that were written their place in the chain, and tells the head to the log.

use std::fmt::Write as _;
use std::time::Duration;

use jiff::Timestamp;

use super::row;
use crate::service::keys::Keys;
use crate::service::{Error, Gateway, Result};
use crate::store::{Actor, Backlog, Seal, Tx};

/// The job that only one process has: sealing.
const JOB: &str = "audit";
/// It is renewed with every row that is sealed, so it ends soon when its holder does.
const LEASE: Duration = Duration::from_secs(10);
/// Rows sealed in one change: some 5 ms, so that those who write hardly wait.
const SEALED_AT_ONCE: u32 = 256;
/// How often the head is told to the log.
const HEAD_EVERY: Duration = Duration::from_secs(60);
/// A row that has waited so long is an alarm: it should have been sealed within a second.
const SEALED_WITHIN: Duration = Duration::from_secs(60);

/// The sealing job of one gateway.
pub struct Sealer {
    gateway: Gateway,
    told: Option<Seal>,
    /// When the head was last told and the alarm last raised, as monotonic readings.
    told_at: Option<Duration>,
    alarmed_at: Option<Duration>,
    /// The time of the oldest row that waits, and the monotonic reading at which it was first seen waiting.
    oldest: Option<(Timestamp, Duration)>,
}

impl Gateway {
    /// What seals the audit log of this gateway as long as it serves.
    pub fn sealer(&self) -> Sealer {
        Sealer {
            gateway: self.clone(),
            told: None,
            told_at: None,
            alarmed_at: None,
            oldest: None,
        }
    }

    /// Seals every row that waits, unless another process is about it.
    ///
    /// # Errors
    /// What the store answers when it cannot write.
    pub async fn seal_audit(&self) -> Result<()> {
        loop {
            let waiting = self.store().read_always(|tx| tx.audit_unsealed(1)).await;
            let waiting: Vec<_> = waiting.map_err(Error::from)?;
            if waiting.is_empty() {
                return Ok(());
            }
            let (keys, holder) = (self.keys().clone(), self.instance().to_owned());
            let cause = self.cause(Actor::System, "");
            let sealed = self
                .store()
                .write(cause, move |tx| {
                    if !tx.claim_job(JOB, &holder, LEASE)? {
                        return Ok(0);
                    }
                    seal_some(tx, &keys)
                })
                .await?;
            if sealed == 0 {
                return Ok(());
            }
        }
    }

    /// How much of the audit log waits to be sealed, and for how long the oldest has.
    ///
    /// # Errors
    /// What the store answers when it cannot read.
    pub async fn audit_backlog(&self) -> Result<(u64, Duration)> {
        let Backlog { count, oldest } = self.backlog().await?;
        Ok((count, oldest.map(|at| self.age(at)).unwrap_or_default()))
    }

    async fn backlog(&self) -> Result<Backlog> {
        self.store()
            .read(|tx| tx.audit_backlog().map_err(Error::from))
            .await
    }

    /// How long ago that was; no time at all for a row that was written while a clock was ahead.
    fn age(&self, at: Timestamp) -> Duration {
        let age = self.clock().now().duration_since(at);
        age.try_into().unwrap_or_default()
    }
}

impl Sealer {
    /// One round: seals what waits, tells the head once a minute if it moved, and raises the alarm for what waits
    /// although it should not.
    pub async fn round(&mut self) {
        if let Err(error) = self.gateway.seal_audit().await {
            tracing::error!(%error, "the audit log was not sealed");
        }
        if self.passed(self.told_at, HEAD_EVERY) {
            self.tell().await;
        }
        self.watch().await;
    }

    /// The last round: what still waits is sealed, and the head is told whether a minute has passed or not.
    pub async fn finish(mut self) {
        self.round().await;
        self.tell().await;
    }

    async fn tell(&mut self) {
        let head = self.gateway.store().read_always(|tx| tx.audit_head()).await;
        let seal = match head {
            Ok(head) => head.map(|head| head.seal),
            Err(error) => return tracing::error!(%error, "the head of the audit log was not read"),
        };
        self.told_at = Some(self.gateway.clock().monotonic());
        if let Some(seal) = &seal
            && self.told.as_ref() != Some(seal)
        {
            tracing::info!(entries = seal.seq, head = hex(&seal.chain), "audit head");
        }
        self.told = seal;
    }

    /// Whether it is so long since then.
    fn passed(&self, since: Option<Duration>, length: Duration) -> bool {
        let now = self.gateway.clock().monotonic();
        since.is_none_or(|since| now.saturating_sub(since) >= length)
    }

    /// How long the oldest row has waited: by its time or, where the clock was set back, by how long it is seen.
    fn waited(&mut self, oldest: Option<Timestamp>) -> Duration {
        let reading = self.gateway.clock().monotonic();
        self.oldest = oldest.map(|at| match self.oldest {
            Some((known, since)) if known == at => (at, since),
            Some(_) | None => (at, reading),
        });
        let seen = |(at, since): (Timestamp, Duration)| {
            let seen = reading.saturating_sub(since);
            seen.max(self.gateway.age(at))
        };
        self.oldest.map(seen).unwrap_or_default()
    }

    async fn watch(&mut self) {
        let Ok(Backlog { count, oldest }) = self.gateway.backlog().await else {
            // The store does not answer, which is told elsewhere.
            return;
        };
        let oldest = self.waited(oldest);
        if oldest > SEALED_WITHIN && self.passed(self.alarmed_at, SEALED_WITHIN) {
            self.alarmed_at = Some(self.gateway.clock().monotonic());
            tracing::error!(
                count,
                oldest_seconds = oldest.as_secs(),
                "entries of the audit log are not being sealed"
            );
        }
    }
}

/// Seals the oldest rows that wait; answers how many.
fn seal_some(tx: &mut Tx<'_>, keys: &Keys) -> Result<usize> {
    let rows = tx.audit_unsealed(SEALED_AT_ONCE)?;
    let mut last = tx.audit_head()?.map(|head| head.seal);
    for (id, mac) in &rows {
        let seal = row::seal(keys, last.as_ref(), mac);
        tx.seal_audit(id, &seal)?;
        last = Some(seal);
    }
    if let Some(seal) = last {
        tx.set_audit_head(&row::head(keys, seal))?;
    }
    Ok(rows.len())
}

pub(super) fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}
