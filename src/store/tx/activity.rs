//! When people were last seen.

use jiff::Timestamp;

use super::{Tx, stored};
use crate::store::Result;

impl Tx<'_> {
    /// Notes that a person was here, at the time of the change.
    pub fn seen(&mut self, id: &str) -> Result<()> {
        self.change(|tx| {
            let at = stored(tx.at()?);
            tx.execute_one(
                "INSERT INTO activity (resource, seen) VALUES ($1, $2)
                 ON CONFLICT (resource) DO UPDATE SET seen = excluded.seen",
                &[id.into(), (&at).into()],
            )
        })
    }

    /// How many live resources of this kind were seen since `at`.
    pub fn seen_since(&mut self, kind: &str, at: Timestamp) -> Result<u64> {
        self.number(
            "SELECT count(*) FROM activity a JOIN resource r ON r.id = a.resource
             WHERE a.seen >= $2 AND r.kind = $1 AND r.state < 2",
            &[kind.into(), (&stored(at)).into()],
        )
    }
}
