//! How many resources there are, without counting them.

use super::{Record, State, Tx};
use crate::store::{Result, Viewer};

impl Tx<'_> {
    /// How many live resources of this kind `viewer` sees.
    pub fn counts(&mut self, viewer: &Viewer, kind: &str) -> Result<u64> {
        let sum = "SELECT CAST(COALESCE(SUM(number), 0) AS {int}) FROM counter WHERE kind = $1 AND state < 2";
        match viewer.connection() {
            None => self.number(sum, &[kind.into()]),
            Some(name) => self.number(
                &format!("{sum} AND owner IN ('', $2)"),
                &[kind.into(), name.into()],
            ),
        }
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
        let (kind, owner) = (&record.kind, record.owner.as_deref());
        self.count(kind, owner, record.state, step)
    }

    /// Adds `step` where resources of this kind, owner and state are counted.
    pub(super) fn count(
        &mut self,
        kind: &str,
        owner: Option<&str>,
        state: State,
        step: i64,
    ) -> Result<()> {
        let slot = self.driver.slot();
        self.execute_one(
            "INSERT INTO counter (kind, owner, state, slot, number) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (kind, owner, state, slot) DO UPDATE SET number = counter.number + excluded.number",
            &[
                kind.into(),
                owner.unwrap_or("").into(),
                state.number().into(),
                slot.into(),
                step.into(),
            ],
        )
    }
}
