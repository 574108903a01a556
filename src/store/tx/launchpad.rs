//! The code with which the first administrator is made, and records that wait for their first login.

use jiff::Timestamp;

use super::{Tx, stored, time};
use crate::store::Result;
use crate::store::engine::Param;

impl Tx<'_> {
    /// Keeps the code: its hash, and until when it is taken.
    pub fn set_launchpad_code(&mut self, hash: &[u8], expires: Timestamp) -> Result<()> {
        self.change(|tx| {
            tx.execute_one(
                "INSERT INTO launchpad_code (one, hash, expires) VALUES (1, $1, $2)
                 ON CONFLICT (one) DO UPDATE SET hash = excluded.hash, expires = excluded.expires",
                &[Param::Bytes(hash), (&stored(expires)).into()],
            )
        })
    }

    /// The hash of the code, and until when it is taken; `None` when there is none, or none any more.
    pub fn launchpad_code(&mut self) -> Result<Option<(Vec<u8>, Timestamp)>> {
        self.first(
            "SELECT hash, expires FROM launchpad_code WHERE one = 1",
            &[],
            |row| Ok((row.bytes(0)?.to_vec(), time(row.text(1)?)?)),
        )
    }

    /// Ends the code for good: there is an administrator. Answers `false` when it had ended before.
    pub fn end_launchpad(&mut self) -> Result<bool> {
        self.change(|tx| {
            let rows = tx.execute("DELETE FROM launchpad_code WHERE one = 1", &[])?;
            Ok(rows == 1)
        })
    }

    /// Notes that a record was made for somebody who has not logged in yet.
    pub fn await_login(&mut self, id: &str) -> Result<()> {
        self.change(|tx| {
            tx.execute(
                "INSERT INTO awaited (resource) VALUES ($1) ON CONFLICT (resource) DO NOTHING",
                &[id.into()],
            )
            .map(drop)
        })
    }

    /// Whether a record was made for somebody who has not logged in yet.
    pub fn is_awaited(&mut self, id: &str) -> Result<bool> {
        let sql = "SELECT 1 FROM awaited WHERE resource = $1";
        Ok(self.first(sql, &[id.into()], |row| row.int(0))?.is_some())
    }

    /// Notes that they have.
    pub fn end_awaiting(&mut self, id: &str) -> Result<()> {
        self.change(|tx| {
            tx.execute("DELETE FROM awaited WHERE resource = $1", &[id.into()])
                .map(drop)
        })
    }
}
