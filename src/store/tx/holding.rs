//! What people hold and lose when their account is shut: one list, for every way in which that happens.

use super::{Record, State, Tx};
use crate::scim::resource::Document;
use crate::store::Result;

/// What lets somebody in, or lets them set what does.
const HOLDINGS: [&str; 3] = [
    "DELETE FROM session WHERE resource = $1",
    "DELETE FROM personal_token WHERE resource = $1",
    "DELETE FROM password_link WHERE resource = $1",
];

/// By what links reach a person: a link that went to a former address is not taken.
const REACHED_BY: [&str; 2] = ["userName", "emails"];

impl Tx<'_> {
    /// Ends all that a person holds; a password, which alone lets nobody in, stays for their return.
    pub fn end_holdings(&mut self, id: &str) -> Result<()> {
        self.change(|tx| {
            for sql in HOLDINGS {
                tx.execute(sql, &[id.into()])?;
            }
            Ok(())
        })
    }

    /// Ends what a change of the account ends.
    pub(super) fn end_what_changed(
        &mut self,
        old: &Record,
        new: &Record,
        document: &Document,
    ) -> Result<()> {
        if new.state != old.state {
            self.shut_links(new)?;
        }
        if new.state != State::Active {
            return if old.state == State::Active {
                self.end_holdings(&new.id)
            } else {
                Ok(())
            };
        }
        if new.body == old.body {
            return Ok(());
        }
        let (before, after) = (old.document()?, document.as_map());
        let moved = |name: &&str| before.as_map().get(*name) != after.get(*name);
        if REACHED_BY.iter().any(moved) {
            self.end_links(&new.id)?;
        }
        Ok(())
    }
}
