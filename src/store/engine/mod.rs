//! The seam between the store and a database engine: portable SQL goes in, rows come out.

mod postgres;
mod sqlite;

#[cfg(test)]
#[path = "../../../tests/it/support/postgres.rs"]
pub(crate) mod server;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::store::{Error, Result};

pub(crate) use self::postgres::Postgres;
pub(crate) use sqlite::Sqlite;

/// One connection. SQL is the portable subset of DESIGN section 3: placeholders `$1…` that are numbered
/// by the position of the parameter, and the words of [`Dialect`] in braces.
pub(crate) trait Driver: Send {
    /// Runs a statement; answers how many rows it touched.
    fn execute(&mut self, sql: &str, params: &[Param<'_>]) -> Result<u64>;

    /// Runs a query and shows each row to `each`, until that says [`Flow::Stop`].
    fn query(
        &mut self,
        sql: &str,
        params: &[Param<'_>],
        each: &mut dyn FnMut(&dyn Row) -> Result<Flow>,
    ) -> Result<()>;

    /// As [`Driver::query`], for many large rows of which each may be the last one that is wanted; only in a
    /// transaction, and nothing else runs meanwhile.
    fn scan(
        &mut self,
        sql: &str,
        params: &[Param<'_>],
        each: &mut dyn FnMut(&dyn Row) -> Result<Flow>,
    ) -> Result<()> {
        self.query(sql, params, each)
    }

    /// Waits until nobody else changes the rows of table `r` that a query finds, and keeps others waiting until
    /// the end of the transaction. What was read of these rows before may be old. There is nothing to do where
    /// one change comes after the other.
    fn lock(&mut self, _sql: &str, _params: &[Param<'_>]) -> Result<()> {
        Ok(())
    }

    /// Runs several statements without parameters: a migration.
    fn batch(&mut self, sql: &str) -> Result<()>;

    /// Begins a transaction.
    fn begin(&mut self, access: Access) -> Result<()>;

    /// Commits. An error leaves the connection unfit for use.
    fn commit(&mut self) -> Result<()>;

    /// Rolls back; without a transaction it does nothing.
    fn rollback(&mut self);

    /// Whether a transaction stands; a full disk or an I/O error can have ended it.
    fn in_transaction(&self) -> bool;

    /// Whether the transaction that began last came to nothing through no fault of its own: it met another, or
    /// the connection was lost before it was committed. It is to be run again from its beginning.
    fn again(&self) -> bool {
        false
    }

    /// In which of the slots 0 to 63 this connection counts, so that changes that run side by side seldom meet.
    fn slot(&self) -> i64 {
        0
    }

    /// Faults that the engine itself finds in its file; empty when there are none.
    fn integrity(&mut self) -> Result<Vec<String>>;

    /// Housekeeping between transactions (the checkpoint of a write-ahead log).
    fn tidy(&mut self, occasion: Occasion) -> Result<()>;

    /// How much work the engine has done on this connection, in steps of its own; grows with every row it
    /// looks at. Only the ratio of two differences means anything. 0 where the engine does not tell.
    fn effort(&self) -> u64;

    /// Sets what ends the work that comes next. It holds until other bounds are set.
    fn bound(&mut self, _bounds: Bounds) {}

    /// Asked before each statement of a change.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the work has reached its bounds.
    fn may_go_on(&self) -> Result<()> {
        Ok(())
    }

    /// Whether a statement was interrupted since the transaction began, because it took too long.
    fn interrupted(&self) -> bool {
        false
    }

    /// Which moment of the database this transaction sees; `None` where that cannot be told at once.
    fn moment(&mut self) -> Result<Option<Moment>> {
        Ok(None)
    }

    /// Opens a savepoint; they nest.
    fn savepoint(&mut self) -> Result<()> {
        self.execute("SAVEPOINT scope", &[]).map(drop)
    }

    /// Keeps what was done since the innermost savepoint.
    fn release(&mut self) -> Result<()> {
        self.execute("RELEASE SAVEPOINT scope", &[]).map(drop)
    }

    /// Undoes what was done since the innermost savepoint, and forgets that.
    fn undo(&mut self) -> Result<()> {
        self.execute("ROLLBACK TO SAVEPOINT scope", &[])?;
        self.release()
    }
}

/// A database of which connections can be made.
pub(crate) trait Engine: Send + Sync {
    /// A new connection, set up and checked.
    fn connect(&self, access: Access) -> Result<Box<dyn Driver>>;

    /// One of `count` connections that read a few rows on the thread of whoever asks, and are interrupted at more;
    /// `None` where asking means waiting for another process.
    fn connect_near(&self, _count: usize) -> Result<Option<Box<dyn Driver>>> {
        Ok(None)
    }

    /// Returns true if the database cannot be written from here.
    fn is_read_only(&self) -> bool {
        false
    }

    /// How many changes are made at once, each in a transaction of its own; `None`: one after the other, with
    /// many in one commit.
    fn side_by_side(&self) -> Option<usize> {
        None
    }

    /// Copies all that is committed into the empty file `to`, and opens the copy to be read.
    ///
    /// # Errors
    /// Where backups are made with the tools of the engine; says which.
    fn copy(&self, to: &Path) -> Result<Box<dyn Driver>>;

    /// Ends what runs on connections of one kind, as the store closes and no longer waits for it.
    fn halt(&self, _access: Access) {}

    /// Checks that the files of the database are still those that were opened.
    ///
    /// # Errors
    /// [`Error::Unavailable`]: what is written now is lost when the process ends.
    fn check_files(&self) -> Result<()> {
        Ok(())
    }

    /// The state of its write-ahead log, if it has one of its own.
    fn log(&self) -> Option<LogState> {
        None
    }

    /// Waits, for a few seconds at most, while reads that take long would keep a full log from being used again.
    fn wait_for_scan(&self) {}
}

/// The state of a write-ahead log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogState {
    /// Bytes that it has on the disk.
    pub bytes: u64,
    /// How long a reader of another process has kept it from being used again; zero when none does.
    pub held_outside: Duration,
}

/// Signs, set when the store closes and waits for nothing more, that work on its connections is to end.
#[derive(Debug, Default)]
pub(crate) struct Halted {
    reads: Arc<AtomicBool>,
    changes: Arc<AtomicBool>,
}

impl Halted {
    /// The sign for connections of one kind.
    pub(crate) fn of(&self, access: Access) -> &Arc<AtomicBool> {
        match access {
            Access::Read => &self.reads,
            Access::Write => &self.changes,
        }
    }
}

/// What ends work before it is done.
#[derive(Debug, Clone, Default)]
pub(crate) struct Bounds {
    /// When no further statement begins.
    end: Option<Instant>,
    /// When a statement that runs is interrupted.
    interruption: Option<Instant>,
    /// The sign of the caller that it has gone.
    abandoned: Option<Arc<AtomicBool>>,
}

impl Bounds {
    /// Work that ends at a time, between two statements.
    pub(crate) fn until(end: Instant) -> Self {
        Self {
            end: Some(end),
            ..Self::default()
        }
    }

    /// Work that ends when its caller has gone.
    pub(crate) fn while_wanted(abandoned: &Arc<AtomicBool>) -> Self {
        Self {
            abandoned: Some(Arc::clone(abandoned)),
            ..Self::default()
        }
    }

    /// Sets when a statement is interrupted.
    pub(crate) fn interrupt_at(&mut self, interruption: Option<Instant>) {
        self.interruption = interruption;
    }

    /// Returns true if the statement that runs is to be interrupted.
    pub(crate) fn interrupt(&self) -> bool {
        self.is_abandoned() || self.interruption.is_some_and(has_passed)
    }

    /// # Errors
    /// [`Error::Unavailable`] when no further statement is to begin.
    pub(crate) fn may_go_on(&self) -> Result<()> {
        let why = if self.is_abandoned() {
            "the caller has gone"
        } else if self.end.is_some_and(has_passed) {
            "the work has taken too long"
        } else {
            return Ok(());
        };
        Err(Error::Unavailable(why.to_owned()))
    }

    fn is_abandoned(&self) -> bool {
        let abandoned = |sign: &Arc<AtomicBool>| sign.load(Ordering::Relaxed);
        self.abandoned.as_ref().is_some_and(abandoned)
    }
}

fn has_passed(time: Instant) -> bool {
    Instant::now() > time
}

/// What a connection or transaction may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    /// Read one snapshot.
    Read,
    /// Read and write.
    Write,
}

/// A moment of the database, as one connection tells it: two that are equal saw the same, whatever processes change it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Moment {
    /// Which connection.
    pub connection: u64,
    /// Grows with each change of anybody else that it sees.
    pub version: i64,
}

/// When [`Driver::tidy`] is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Occasion {
    /// Changes are waiting.
    Busy,
    /// Nothing is waiting.
    Idle,
    /// The store closes.
    Close,
}

/// Whether a query goes on to its next row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flow {
    /// Give me the next row.
    Next,
    /// I have what I wanted.
    Stop,
}

/// A parameter of a statement.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Param<'a> {
    /// NULL
    Null,
    /// {int}
    Int(i64),
    /// TEXT
    Text(&'a str),
    /// {bytes}
    Bytes(&'a [u8]),
}

impl<'a> From<&'a str> for Param<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(text)
    }
}

impl<'a> From<&'a String> for Param<'a> {
    fn from(text: &'a String) -> Self {
        Self::Text(text)
    }
}

impl<'a> From<Option<&'a str>> for Param<'a> {
    fn from(text: Option<&'a str>) -> Self {
        text.map_or(Self::Null, Self::Text)
    }
}

impl From<i64> for Param<'_> {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}

/// A row of an answer; columns count from 0.
pub(crate) trait Row {
    /// A TEXT column that is not NULL.
    fn text(&self, column: usize) -> Result<&str>;
    /// An {int} column that is not NULL.
    fn int(&self, column: usize) -> Result<i64>;
    /// A {bytes} column that is not NULL.
    fn bytes(&self, column: usize) -> Result<&[u8]>;
    /// Whether the column is NULL.
    fn is_null(&self, column: usize) -> Result<bool>;

    /// A TEXT column that may be NULL.
    fn opt_text(&self, column: usize) -> Result<Option<&str>> {
        if self.is_null(column)? {
            return Ok(None);
        }
        self.text(column).map(Some)
    }

    /// An owned copy of a TEXT column that is not NULL.
    fn string(&self, column: usize) -> Result<String> {
        self.text(column).map(str::to_owned)
    }

    /// An owned copy of a TEXT column that may be NULL.
    fn opt_string(&self, column: usize) -> Result<Option<String>> {
        Ok(self.opt_text(column)?.map(str::to_owned))
    }
}

/// The words in which engines differ; in SQL they stand in braces.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Dialect {
    /// `{int}`: a 64-bit integer column.
    pub int: &'static str,
    /// `{bytes}`: a column of bytes.
    pub bytes: &'static str,
    /// `{auto}`: a primary key that the engine draws, of type {int}.
    pub auto: &'static str,
    /// `{strict}`: what follows a table whose rows are large.
    pub strict: &'static str,
    /// `{keyed}`: what follows a table of small rows that are found by its primary key.
    pub keyed: &'static str,
    /// `{share}`: what follows a SELECT from one table inside a change, whose rows must stay as they are until its end.
    pub share: &'static str,
}

impl Dialect {
    /// `sql` with the words filled in.
    pub(crate) fn fill(&self, sql: &str) -> String {
        sql.replace("{int}", self.int)
            .replace("{bytes}", self.bytes)
            .replace("{auto}", self.auto)
            .replace("{strict}", self.strict)
            .replace("{keyed}", self.keyed)
            .replace("{share}", self.share)
    }
}

/// An error for a column that is not of the type its reader expects.
pub(crate) fn mistyped(column: usize, why: impl std::fmt::Display) -> Error {
    Error::Other(format!("column {column}: {why}"))
}
