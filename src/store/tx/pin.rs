//! Names of groups that give a role, pinned to the first group that had them.

use jiff::Timestamp;

use super::{Tx, stored, time};
use crate::store::Result;
use crate::store::engine::Row;

const COLUMNS: &str = "name, said, group_id, pinned";

/// A name and the group it stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pin {
    /// The name, folded.
    pub name: String,
    /// The name as the settings have it.
    pub said: String,
    /// The id of the group.
    pub group: String,
    /// Since when.
    pub since: Timestamp,
}

impl Tx<'_> {
    /// Pins a name to a group; answers `false` when it is pinned already, to whichever.
    pub fn pin(&mut self, name: &str, said: &str, group: &str) -> Result<bool> {
        self.change(|tx| {
            let at = stored(tx.at()?);
            let rows = tx.execute(
                "INSERT INTO group_pin (name, said, group_id, pinned) VALUES ($1, $2, $3, $4)
                 ON CONFLICT (name) DO NOTHING",
                &[name.into(), said.into(), group.into(), (&at).into()],
            )?;
            Ok(rows == 1)
        })
    }

    /// Lets a name go; answers `false` when it was not pinned.
    pub fn unpin(&mut self, name: &str) -> Result<bool> {
        self.change(|tx| {
            let rows = tx.execute("DELETE FROM group_pin WHERE name = $1", &[name.into()])?;
            Ok(rows == 1)
        })
    }

    /// What a name is pinned to.
    pub fn pinned(&mut self, name: &str) -> Result<Option<Pin>> {
        let sql = format!("SELECT {COLUMNS} FROM group_pin WHERE name = $1");
        self.first(&sql, &[name.into()], pin)
    }

    /// The names that are pinned to a group.
    pub fn pins_of(&mut self, group: &str) -> Result<Vec<Pin>> {
        let sql = format!("SELECT {COLUMNS} FROM group_pin WHERE group_id = $1 ORDER BY name");
        self.all(&sql, &[group.into()], pin)
    }

    /// All pins, by name.
    pub fn pins(&mut self) -> Result<Vec<Pin>> {
        let sql = format!("SELECT {COLUMNS} FROM group_pin ORDER BY name");
        self.all(&sql, &[], pin)
    }
}

fn pin(row: &dyn Row) -> Result<Pin> {
    Ok(Pin {
        name: row.string(0)?,
        said: row.string(1)?,
        group: row.string(2)?,
        since: time(row.text(3)?)?,
    })
}
