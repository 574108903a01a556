//! Leases: which of several processes does a job that only one may do.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::{Tx, stored};
use crate::store::{Error, Result};

impl Tx<'_> {
    /// Takes or extends the lease `name` until `length` from now; `false` while somebody else has it. A lease that
    /// ends much later than any could is one from before the clock was set back, and counts as ended.
    pub fn lease(&mut self, name: &str, holder: &str, length: Duration) -> Result<bool> {
        self.change(|tx| {
            let now = tx.at()?;
            let (until, absurd) = (after(now, length)?, after(now, length * 2)?);
            let rows = tx.execute(
                "INSERT INTO lease (name, holder, until) VALUES ($1, $2, $3)
                 ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until
                 WHERE lease.holder = excluded.holder OR lease.until <= $4 OR lease.until > $5",
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

    /// Gives up every lease that `holder` has, so that whoever comes next need not wait for their end.
    pub fn end_leases(&mut self, holder: &str) -> Result<u64> {
        self.change(|tx| tx.execute("DELETE FROM lease WHERE holder = $1", &[holder.into()]))
    }
}

fn after(now: Timestamp, length: Duration) -> Result<Timestamp> {
    SignedDuration::try_from(length)
        .and_then(|length| now.checked_add(length))
        .map_err(|why| Error::Other(format!("a lease of {length:?}: {why}")))
}
