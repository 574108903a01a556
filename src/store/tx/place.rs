//! Places from which people have logged in: addresses, as what stands for them.

use super::{Tx, stored};
use crate::clock::latest_past;
use crate::store::Result;
use crate::store::engine::Param;

/// How many are kept of one person.
const PLACES: u32 = 20;

impl Tx<'_> {
    /// Notes that somebody has logged in from this place.
    pub fn remember_place(&mut self, resource: &str, mac: &[u8]) -> Result<()> {
        self.change(|tx| {
            let at = tx.at()?;
            let (at, latest) = (stored(at), stored(latest_past(at)));
            // Places that were noted while the clock was ahead would push every later one out.
            tx.execute(
                "UPDATE login_place SET at = $2 WHERE resource = $1 AND at > $3",
                &[resource.into(), (&at).into(), (&latest).into()],
            )?;
            let params = [resource.into(), Param::Bytes(mac), (&at).into()];
            tx.execute(
                "INSERT INTO login_place (resource, mac, at) VALUES ($1, $2, $3)
                 ON CONFLICT (resource, mac) DO UPDATE SET at = excluded.at",
                &params,
            )?;
            tx.execute(
                "DELETE FROM login_place WHERE resource = $1 AND at <
                   (SELECT at FROM login_place WHERE resource = $1 ORDER BY at DESC LIMIT 1 OFFSET $2)",
                &[resource.into(), i64::from(PLACES - 1).into()],
            )
            .map(drop)
        })
    }

    /// Whether anybody has logged in from this place.
    pub fn is_known_place(&mut self, mac: &[u8]) -> Result<bool> {
        let sql = "SELECT 1 FROM login_place WHERE mac = $1";
        Ok(self
            .first(sql, &[Param::Bytes(mac)], |row| row.int(0))?
            .is_some())
    }
}
