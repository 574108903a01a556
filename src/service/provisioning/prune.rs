//! The end of entries: after so many days, or when there are too many.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::service::audit::first_id;
use crate::service::{Error, Gateway, Result};
use crate::store::{Actor, Tx};

/// The job that only one process has: pruning.
const JOB: &str = "provisioning";
/// As long as a round may take.
const LEASE: Duration = Duration::from_secs(60);
/// Entries dropped in one change: some 5 ms, so that those who write hardly wait.
const AT_ONCE: u32 = 500;
/// Entries dropped in one round: ten minutes of 80 a second, far more than a busy gateway adds.
const IN_A_ROUND: u64 = 50_000;
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
        let behind = self
            .store()
            .read(move |tx| tx.log_behind(rows))
            .await
            .map_err(Error::from)?;
        let last = behind.unwrap_or_default().max(self.oldest_kept());
        let mut dropped = 0;
        while dropped < IN_A_ROUND {
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

    fn oldest_kept(&self) -> String {
        let days = i64::try_from(self.settings().log.provisioning_days).unwrap_or(i64::MAX);
        let age = SignedDuration::from_secs(days.saturating_mul(SECONDS_A_DAY));
        let oldest = self.clock().now().checked_sub(age);
        first_id(oldest.unwrap_or(Timestamp::UNIX_EPOCH))
    }
}
