//! A snapshot that the process holds between two commits, so that reading costs no lock of the system.
//!
//! Each read of SQLite takes a lock on the moment that it sees and lets it go again: two calls of the system, one after
//! the other for all connections of a process. Where one connection holds the lock of that moment already, the others
//! of the process are only counted in. Nothing depends on it: a snapshot that is not the last one helps nobody.

use crate::store::engine::{Access, Driver, Flow};

/// A connection that reads nothing and holds the last snapshot.
pub(super) struct Anchor(Box<dyn Driver>);

impl Anchor {
    pub(super) fn new(driver: Box<dyn Driver>) -> Self {
        let mut anchor = Self(driver);
        anchor.renew();
        anchor
    }

    /// Holds the last snapshot from now on: something was committed.
    pub(super) fn renew(&mut self) {
        self.lift();
        let begun = self.0.begin(Access::Read);
        // A transaction begins with what is read first. Where that fails, nothing is held.
        let look = "SELECT 1 FROM sqlite_schema LIMIT 1";
        drop(begun.and_then(|()| self.0.query(look, &[], &mut |_| Ok(Flow::Stop))));
    }

    /// Holds nothing: the log is about to be copied into the database, which goes no further than the oldest snapshot.
    pub(super) fn lift(&mut self) {
        self.0.rollback();
    }
}
