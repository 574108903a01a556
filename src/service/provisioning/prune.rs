//! The end of entries: after so many days, or when there are too many.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::clock::Stopwatch;
use crate::service::audit::first_id;
use crate::service::{Error, Gateway, Result};
use crate::store::{Actor, Tx};

/// The job that only one process has: pruning.
const JOB: &str = "provisioning";
/// As long as a round may take.
const LEASE: Duration = Duration::from_secs(60);
/// How long a round may drop entries: it ends while it has the lease, and the next one goes on.
const ROUND: Duration = Duration::from_secs(30);
/// Entries dropped in one change: some 5 ms, so that those who write hardly wait. A change of a client adds one entry,
/// an operation of Bulk too, and a commit holds 256 changes: dropping is faster than adding.
const AT_ONCE: u32 = 500;
/// Entries passed over in one read: 50 ms, far from the limit after which reads are interrupted.
const PASSED_AT_ONCE: u64 = 1_000_000;
/// How often entries beyond `log.provisioning_rows` are looked for: each of the rows that are kept is passed over, in
/// 50 ns, so that a reader is busy with it for 1/200 of its time. At 500 entries a second the log of a million rows is
/// half a percent too long at most.
const LOOKED_FOR_EVERY_ROW: Duration = Duration::from_micros(10);
const LOOKED_FOR_AT_MOST_EVERY: Duration = Duration::from_secs(1);
const LOOKED_FOR_AT_LEAST_EVERY: Duration = Duration::from_secs(10 * 60);
const SECONDS_A_DAY: i64 = 86_400;

impl Gateway {
    /// Drops the entries that are older than `log.provisioning_days`, and the oldest beyond `log.provisioning_rows`;
    /// answers how many.
    ///
    /// # Errors
    /// What the store answers when it cannot write.
    pub async fn prune_provisioning(&self) -> Result<u64> {
        let (holder, cause) = (self.instance().to_owned(), self.cause(Actor::System, ""));
        let mine = self
            .store()
            .write(cause, move |tx| tx.claim_job(JOB, &holder, LEASE));
        if !mine.await.map_err(Error::from)? {
            return Ok(0);
        }
        let rows = self.settings().log.provisioning_rows;
        let behind = self.log_behind(rows).await?;
        let last = behind.unwrap_or_default().max(self.oldest_kept());
        let (mut dropped, begun) = (0, Stopwatch::start());
        while begun.elapsed() < ROUND {
            let (last, cause) = (last.clone(), self.cause(Actor::System, ""));
            let drop_some = move |tx: &mut Tx<'_>| tx.drop_log(&last, AT_ONCE);
            let count = self
                .store()
                .write(cause, drop_some)
                .await
                .map_err(Error::from)?;
            dropped += count;
            if count < u64::from(AT_ONCE) {
                break;
            }
        }
        Ok(dropped)
    }

    /// [`Gateway::prune_provisioning`], if there is so much to drop that it is worth a commit.
    ///
    /// # Errors
    /// What the store answers when it cannot read or write.
    pub async fn prune_excess(&self) -> Result<u64> {
        let rows = self.settings().log.provisioning_rows;
        let excess = rows.saturating_add(u64::from(AT_ONCE) - 1);
        match self.log_behind(excess).await? {
            Some(_) => self.prune_provisioning().await,
            None => Ok(0),
        }
    }

    /// How often [`Gateway::prune_excess`] is to be called.
    pub fn excess_looked_for_every(&self) -> Duration {
        let rows = u32::try_from(self.settings().log.provisioning_rows).unwrap_or(u32::MAX);
        (LOOKED_FOR_EVERY_ROW * rows).clamp(LOOKED_FOR_AT_MOST_EVERY, LOOKED_FOR_AT_LEAST_EVERY)
    }

    /// The newest entry that is not among the last `kept`; found step by step, so that no read is interrupted.
    async fn log_behind(&self, kept: u64) -> Result<Option<String>> {
        let (mut found, mut left) = (None::<String>, kept);
        loop {
            // Of those older than the one found so far, the first is the next one.
            let step = left.min(PASSED_AT_ONCE);
            let skipped = step.saturating_sub(u64::from(found.is_some()));
            let before = found.take();
            let next = self
                .store()
                .read(move |tx| tx.log_behind(before.as_deref(), skipped))
                .await
                .map_err(Error::from)?;
            left -= step;
            if next.is_none() || left == 0 {
                return Ok(next);
            }
            found = next;
        }
    }

    fn oldest_kept(&self) -> String {
        let days = i64::try_from(self.settings().log.provisioning_days).unwrap_or(i64::MAX);
        let age = SignedDuration::from_secs(days.saturating_mul(SECONDS_A_DAY));
        let oldest = self.clock().now().checked_sub(age);
        first_id(oldest.unwrap_or(Timestamp::UNIX_EPOCH))
    }
}
