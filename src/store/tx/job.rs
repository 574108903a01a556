//! Background work that one process at a time does: a row holds the lease.

use jiff::Timestamp;

use super::{Tx, stored, time};
use crate::store::Result;

/// A job as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// Who does it now, and until when that holds.
    pub holder: Option<(String, Timestamp)>,
    /// When it last ended.
    pub ended: Option<Timestamp>,
}

impl Tx<'_> {
    /// Takes or prolongs the lease of a job until `until`; answers `false` while somebody else has it.
    pub fn claim_job(&mut self, name: &str, holder: &str, until: Timestamp) -> Result<bool> {
        self.change(|tx| {
            let now = stored(tx.at()?);
            let rows = tx.execute(
                "INSERT INTO job (name, holder, until) VALUES ($1, $2, $3)
                 ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until
                 WHERE job.until IS NULL OR job.until <= $4 OR job.holder = excluded.holder",
                &[
                    name.into(),
                    holder.into(),
                    (&stored(until)).into(),
                    (&now).into(),
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

    /// The job of this name, if it was ever done.
    pub fn job(&mut self, name: &str) -> Result<Option<Job>> {
        self.first(
            "SELECT holder, until, ended FROM job WHERE name = $1",
            &[name.into()],
            |row| {
                let until = row.opt_text(1)?.map(time).transpose()?;
                Ok(Job {
                    holder: row.opt_string(0)?.zip(until),
                    ended: row.opt_text(2)?.map(time).transpose()?,
                })
            },
        )
    }
}
