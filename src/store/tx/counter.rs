//! How many resources there are, without counting them.

use super::{Record, State, Tx};
use crate::store::Result;

impl Tx<'_> {
    /// How many live resources of this kind there are.
    pub fn counts(&mut self, kind: &str) -> Result<u64> {
        self.number(
            "SELECT CAST(COALESCE(SUM(number), 0) AS {int}) FROM counter WHERE kind = $1 AND state < 2",
            &[kind.into()],
        )
    }

    /// How many resources of this kind are in this state.
    pub fn count_in(&mut self, kind: &str, state: State) -> Result<u64> {
        self.number(
            "SELECT CAST(COALESCE(SUM(number), 0) AS {int}) FROM counter WHERE kind = $1 AND state = $2",
            &[kind.into(), state.number().into()],
        )
    }

    /// Counts `record` where it has come from and where it has gone.
    pub(super) fn move_count(&mut self, old: &Record, new: &Record) -> Result<()> {
        if old.state == new.state && old.owner == new.owner {
            return Ok(());
        }
        self.count_one(old, -1)?;
        self.count_one(new, 1)
    }

    /// Adds `step` where `record` is counted.
    pub(super) fn count_one(&mut self, record: &Record, step: i64) -> Result<()> {
        let slot = self.driver.slot();
        self.execute_one(
            "INSERT INTO counter (kind, owner, state, slot, number) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (kind, owner, state, slot) DO UPDATE SET number = counter.number + excluded.number",
            &[
                (&record.kind).into(),
                record.owner.as_deref().unwrap_or("").into(),
                record.state.number().into(),
                slot.into(),
                step.into(),
            ],
        )
    }
}
