//! Addresses that people gave themselves: nobody vouches for them, so no login is linked by them.

use super::Tx;
use crate::scim::value::fold;
use crate::store::Result;

impl Tx<'_> {
    /// Notes that somebody gave themself this address.
    pub fn add_own_address(&mut self, id: &str, address: &str) -> Result<()> {
        self.change(|tx| {
            tx.execute(
                "INSERT INTO own_address (resource, folded) VALUES ($1, $2)
                 ON CONFLICT (resource, folded) DO NOTHING",
                &[id.into(), (&fold(address, false)).into()],
            )
            .map(drop)
        })
    }

    /// Whether somebody gave themself this address.
    pub fn is_own_address(&mut self, id: &str, address: &str) -> Result<bool> {
        let found = self.first(
            "SELECT 1 FROM own_address WHERE resource = $1 AND folded = $2",
            &[id.into(), (&fold(address, false)).into()],
            |row| row.int(0),
        )?;
        Ok(found.is_some())
    }
}
