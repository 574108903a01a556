//! Legal holds: who must not be purged.

use jiff::Timestamp;

use super::{Tx, stored, time};
use crate::store::Result;

/// Why somebody must not be purged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hold {
    /// The reason, as somebody wrote it.
    pub reason: String,
    /// Who said so ([`crate::store::Actor::label`]).
    pub by: String,
    /// Since when.
    pub since: Timestamp,
}

impl Tx<'_> {
    /// Holds a resource; answers `false` when it is held already, for the reason given first.
    pub fn hold(&mut self, id: &str, reason: &str) -> Result<bool> {
        self.change(|tx| {
            let (at, by) = (stored(tx.at()?), tx.by()?);
            let rows = tx.execute(
                "INSERT INTO legal_hold (resource, reason, held_by, held) VALUES ($1, $2, $3, $4)
                 ON CONFLICT (resource) DO NOTHING",
                &[id.into(), reason.into(), (&by).into(), (&at).into()],
            )?;
            Ok(rows == 1)
        })
    }

    /// Ends the hold of a resource; answers `false` when there was none.
    pub fn unhold(&mut self, id: &str) -> Result<bool> {
        self.change(|tx| {
            let rows = tx.execute("DELETE FROM legal_hold WHERE resource = $1", &[id.into()])?;
            Ok(rows == 1)
        })
    }

    /// Why a resource is held; `None`: it is not.
    pub fn held(&mut self, id: &str) -> Result<Option<Hold>> {
        self.first(
            "SELECT reason, held_by, held FROM legal_hold WHERE resource = $1",
            &[id.into()],
            |row| {
                Ok(Hold {
                    reason: row.string(0)?,
                    by: row.string(1)?,
                    since: time(row.text(2)?)?,
                })
            },
        )
    }
}
