//! Background work that one process at a time does: a row holds the lease.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::{Tx, stored, time};
use crate::clock::latest_past;
use crate::store::{Error, Result};

impl Tx<'_> {
    /// Takes or prolongs the lease of a job until `length` from now; answers `false` while somebody else has it. A lease
    /// that ends much later than any could is one from before the clock was set back, and counts as ended.
    pub fn claim_job(&mut self, name: &str, holder: &str, length: Duration) -> Result<bool> {
        self.change(|tx| {
            let now = tx.at()?;
            let (until, absurd) = (after(now, length)?, after(now, length * 2)?);
            let rows = tx.execute(
                "INSERT INTO job (name, holder, until) VALUES ($1, $2, $3)
                 ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until
                 WHERE job.until IS NULL OR job.holder = excluded.holder OR job.until <= $4 OR job.until > $5",
                &[
                    name.into(),
                    holder.into(),
                    (&stored(until)).into(),
                    (&stored(now)).into(),
                    (&stored(absurd)).into(),
                ],
            )?;
            Ok(rows == 1)
        })
    }

    /// Gives the lease back: the job is done. Nothing happens when somebody else has it by now.
    pub fn end_job(&mut self, name: &str, holder: &str) -> Result<()> {
        self.change(|tx| {
            let now = stored(tx.at()?);
            tx.execute(
                "UPDATE job SET holder = NULL, until = NULL, ended = $3 WHERE name = $1 AND holder = $2",
                &[name.into(), holder.into(), (&now).into()],
            )
            .map(drop)
        })
    }

    /// Gives up every job that `holder` has, done or not, so that whoever comes next need not wait for the end of a lease.
    pub fn leave_jobs(&mut self, holder: &str) -> Result<u64> {
        self.change(|tx| {
            tx.execute(
                "UPDATE job SET holder = NULL, until = NULL WHERE holder = $1",
                &[holder.into()],
            )
        })
    }

    /// Writes the time of this change in place of a later one at which the job of this name was done: that one was written
    /// while a clock was ahead, and the job would not run again until then.
    pub fn correct_job_time(&mut self, name: &str) -> Result<()> {
        self.change(|tx| {
            let now = tx.at()?;
            tx.execute(
                "UPDATE job SET ended = $2 WHERE name = $1 AND ended > $3",
                &[
                    name.into(),
                    (&stored(now)).into(),
                    (&stored(latest_past(now))).into(),
                ],
            )
            .map(drop)
        })
    }

    /// When the job of this name was last done, if it ever was.
    pub fn job_ended(&mut self, name: &str) -> Result<Option<Timestamp>> {
        let ended = self.first(
            "SELECT ended FROM job WHERE name = $1",
            &[name.into()],
            |row| row.opt_text(0)?.map(time).transpose(),
        )?;
        Ok(ended.flatten())
    }
}

fn after(now: Timestamp, length: Duration) -> Result<Timestamp> {
    SignedDuration::try_from(length)
        .and_then(|length| now.checked_add(length))
        .map_err(|why| Error::Other(format!("a lease of {length:?}: {why}")))
}
