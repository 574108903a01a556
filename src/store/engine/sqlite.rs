//! SQLite: the only file that names its driver.

mod anchor;
mod binding;
mod files;
mod log_bound;
mod mode;
mod settings;
mod watch;

use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;
use std::time::Instant;

use rusqlite::Connection;
use rusqlite::ErrorCode;
use rusqlite::MAIN_DB;
use rusqlite::OpenFlags;
use rusqlite::Statement;
use rusqlite::StatementStatus;
use rusqlite::config::DbConfig;
use rusqlite::types::ToSqlOutput;
use rusqlite::types::ValueRef;

use self::anchor::Anchor;
use self::binding::bind;
use self::files::{DatabaseFiles, FileState};
use self::log_bound::{LogBound, Notice};
use self::mode::Mode;
use self::settings::{pragma, set_up};
use self::watch::watch;
use super::{
    Access, Bounds, Dialect, Driver, Engine, Flow, Halted, LogState, Moment, Occasion, Param, Row,
    mistyped,
};
use crate::store::instance::make_folder;
use crate::store::{Error, READ_LIMIT, Result, Role};

/// Below it, two connections that checkpoint at once can damage a database in WAL mode.
const OLDEST: i32 = 3_051_003;

/// How long a connection waits for the lock of another process before it gives up.
const BUSY: Duration = Duration::from_secs(5);

/// Statements kept prepared on a connection: about 60 fixed ones and the most used filters.
const STATEMENTS: usize = 160;

/// How many steps of SQLite's machine pass between two looks at the clock: about 0.1 ms.
const STEPS_PER_LOOK: i32 = 4_000;

/// Steps of SQLite's machine after which a look at a few rows is none: about 0.5 ms. A look-up by a key takes some 20,
/// a page of 100 some 5,000.
const STEPS_OF_A_GLANCE: i32 = 20_000;

/// Pages kept by all connections that look at a few rows, in KiB, as many as there are cores: with two, the upper levels
/// of the indexes of a million users in each, 20 MiB, and what passes through beside them.
const NEAR_CACHES: usize = 60 * 1024;

/// The least that each of them keeps.
const LEAST_NEAR_CACHE: usize = 8 * 1024;

/// Frames of the log (4 KiB each) from which an idle writer copies it into the database: 4 MiB.
const WAL_TIDY: i64 = 1_000;

/// Frames from which a busy writer does so too: 32 MiB.
const WAL_BUSY: i64 = 8_000;

/// Frames from which the writer tries after each commit to begin the log again: 48 MiB. It never waits for that. Our
/// reads end after [`READ_LIMIT`] and a commit seldom exceeds 4 MiB, so the log stays below 64 MiB unless a reader of
/// another process holds it.
const WAL_FULL: i64 = 12_000;

const DIALECT: Dialect = Dialect {
    int: "INTEGER",
    bytes: "BLOB",
    auto: "INTEGER NOT NULL PRIMARY KEY",
    strict: "STRICT",
    keyed: "STRICT, WITHOUT ROWID",
    share: "",
};

/// A database file.
pub(crate) struct Sqlite {
    files: Arc<DatabaseFiles>,
    log_bound: Arc<LogBound>,
    role: Role,
    mode: Mode,
    connections: AtomicU64,
    halted: Halted,
}

impl Sqlite {
    /// Creates the folder (0700) and the file (0600) where they are missing. A file that is there is not opened: to
    /// close it again would release the locks of every connection that this process has to it.
    pub(crate) fn create(path: &Path, role: Role) -> Result<Self> {
        make_folder(path)?;
        let created = fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(path);
        match created {
            Err(why) if why.kind() != ErrorKind::AlreadyExists => {
                return Err(Error::Open(format!("{}: {why}", path.display())));
            }
            Ok(_) | Err(_) => {}
        }
        let mode = match role {
            Role::Serve => Mode::ReadWrite,
            Role::Command => Mode::find(path)?,
        };
        Ok(Self::at(path, role, mode))
    }

    fn at(path: &Path, role: Role, mode: Mode) -> Self {
        Self {
            files: Arc::new(DatabaseFiles::new(path)),
            log_bound: Arc::default(),
            role,
            mode,
            connections: AtomicU64::new(0),
            halted: Halted::default(),
        }
    }

    /// Checks that the file can be read and written and can be ours; creates nothing.
    pub(crate) fn reach(path: &Path) -> Result<()> {
        let session =
            Self::at(path, Role::Command, Mode::ReadWrite).open(Access::Write, |connection| {
                if connection.is_readonly(MAIN_DB).map_err(opening)? {
                    return Err(Error::Open("can be read, but not written".to_owned()));
                }
                settings::check_owner(connection).map(drop)
            });
        session.map(drop)
    }

    fn session(&self, access: Access) -> Result<Session> {
        if rusqlite::version_number() < OLDEST {
            return Err(Error::Open(format!(
                "SQLite {} is older than 3.51.3",
                rusqlite::version()
            )));
        }
        let mut session = self.open(access, |connection| {
            set_up(connection, access, self.mode)?;
            connection.set_prepared_statement_cache_capacity(STATEMENTS);
            Ok(())
        })?;
        watch(
            &mut session.connection,
            access,
            &session.bounds,
            &session.halted,
        )?;
        Ok(session)
    }

    /// A connection to the file, after `prepare`.
    fn open(
        &self,
        access: Access,
        prepare: impl FnOnce(&Connection) -> Result<()>,
    ) -> Result<Session> {
        let connection = self.files.open(|| {
            let connection = self.mode.connect(self.files.database(), access)?;
            connection.busy_timeout(BUSY).map_err(opening)?;
            prepare(&connection)?;
            read_something(&connection)?;
            Ok(connection)
        })?;
        Ok(Session {
            anchor: None,
            connection,
            files: Arc::clone(&self.files),
            log_bound: Arc::clone(&self.log_bound),
            role: self.role,
            bounds: SharedBounds::default(),
            halted: Arc::clone(self.halted.of(access)),
            number: self.connections.fetch_add(1, Ordering::Relaxed),
            effort: 0,
            interrupted: false,
        })
    }
}

impl Engine for Sqlite {
    fn connect(&self, access: Access) -> Result<Box<dyn Driver>> {
        let mut session = self.session(access)?;
        if access == Access::Write && self.role == Role::Serve {
            let anchor = self.session(Access::Read).ok();
            session.anchor = anchor.map(|session| Anchor::new(Box::new(session)));
        }
        Ok(Box::new(session))
    }

    fn connect_near(&self, count: usize) -> Result<Option<Box<dyn Driver>>> {
        let mut session = self.session(Access::Read)?;
        let share = (NEAR_CACHES / count.max(1)).max(LEAST_NEAR_CACHE);
        pragma(&session.connection, "cache_size", &format!("-{share}"))?;
        session
            .connection
            .progress_handler(STEPS_OF_A_GLANCE, Some(|| true))
            .map_err(opening)?;
        Ok(Some(Box::new(session)))
    }

    fn copy(&self, to: &Path) -> Result<Box<dyn Driver>> {
        let name = to
            .to_str()
            .ok_or_else(|| Error::Other(format!("{} is not UTF-8", to.display())))?;
        let live = self.open(Access::Read, |_| Ok(()))?;
        let copied = live.connection.execute("VACUUM INTO ?1", [name]);
        copied.map_err(failed)?;
        // Before SQLite opens the copy: to close this descriptor afterwards would release its locks.
        fs::File::open(to)
            .and_then(|file| file.sync_all())
            .map_err(|why| Error::Other(format!("cannot sync {}: {why}", to.display())))?;
        let copy = Self::at(to, self.role, Mode::ReadOnly).open(Access::Read, |connection| {
            pragma(connection, "cell_size_check", "1")
        })?;
        Ok(Box::new(copy))
    }

    fn halt(&self, access: Access) {
        self.halted.of(access).store(true, Ordering::Relaxed);
    }

    fn log(&self) -> Option<LogState> {
        Some(LogState {
            bytes: self.files.log_bytes()?,
            held_outside: self.log_bound.held_outside(Instant::now()),
        })
    }

    fn wait_for_scan(&self) {
        self.log_bound.wait_for_scan(Instant::now());
    }

    fn check_files(&self) -> Result<()> {
        self.files.check()
    }

    fn is_read_only(&self) -> bool {
        self.mode != Mode::ReadWrite
    }
}

/// What became of an attempt to copy the log into the database.
struct Checkpoint {
    /// Readers, or another process that writes, kept it from being done.
    held: bool,
    /// Frames in the log.
    frames: i64,
}

/// What ends the work that runs now.
type SharedBounds = Arc<Mutex<Bounds>>;

struct Session {
    /// Of the gateway's writer.
    anchor: Option<Anchor>,
    connection: Connection,
    files: Arc<DatabaseFiles>,
    log_bound: Arc<LogBound>,
    role: Role,
    bounds: SharedBounds,
    halted: Arc<AtomicBool>,
    number: u64,
    effort: u64,
    interrupted: bool,
}

impl Session {
    fn run<T>(
        &mut self,
        sql: &str,
        params: &[Param<'_>],
        work: impl FnOnce(&mut Statement<'_>) -> Result<T>,
    ) -> Result<T> {
        let filled;
        let sql = if sql.contains('{') {
            filled = DIALECT.fill(sql);
            &filled
        } else {
            sql
        };
        let mut statement = self.connection.prepare_cached(sql).map_err(failed)?;
        bind(&mut statement, params)?;
        let answer = work(&mut statement);
        let steps = statement.reset_status(StatementStatus::VmStep);
        self.effort = self
            .effort
            .saturating_add(u64::try_from(steps).unwrap_or(0));
        self.interrupted |= matches!(answer, Err(Error::Slow));
        answer
    }

    fn set_deadline(&self, deadline: Option<Instant>) {
        lock(&self.bounds).interrupt_at(deadline);
    }

    /// Copies the log into the database, as far as readers let it, and never waits for them.
    fn checkpoint(&mut self, kind: &str) -> Result<Checkpoint> {
        if let Some(anchor) = &mut self.anchor {
            anchor.lift();
        }
        let waited = self.connection.busy_timeout(Duration::ZERO);
        let done = waited
            .map_err(failed)
            .and_then(|()| self.run_checkpoint(kind));
        let waits = self.connection.busy_timeout(BUSY).map_err(failed);
        if let Some(anchor) = &mut self.anchor {
            anchor.renew();
        }
        waits.and(done)
    }

    /// Keeps a log that has become full from growing, once no reader needs it any more.
    fn restart_log(&mut self) -> Result<()> {
        let done = self.checkpoint("RESTART")?;
        self.tell(if done.held {
            self.log_bound.note_held(Instant::now())
        } else {
            self.log_bound.note_released(Instant::now())
        });
        Ok(())
    }

    fn tell(&self, notice: Notice) {
        let bytes = self.files.log_bytes().unwrap_or(0);
        match notice {
            Notice::None => {}
            Notice::HeldOutside(age) => tracing::warn!(
                age_seconds = age.as_secs(),
                bytes,
                "a reader in another process has held the write-ahead log of the database for {} s; the log grows \
                 until that ends: look for a backup, `muster db check` or another program that reads the database",
                age.as_secs()
            ),
            Notice::Released(age) => tracing::info!(
                age_seconds = age.as_secs(),
                bytes,
                "the write-ahead log of the database is no longer held by another process"
            ),
        }
    }

    /// Saves what is only in a log that was deleted, and leaves files alone that are not those of this connection: the
    /// last one to close would delete a log by its name.
    fn part_from_replaced(&mut self, state: FileState) {
        if state == FileState::LogDeleted {
            // A connection that only reads cannot, and one that writes was there as well.
            drop(self.checkpoint("TRUNCATE"));
        }
        let keep_log = DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE;
        if let Err(error) = self.connection.set_db_config(keep_log, true) {
            tracing::error!(%error, "a connection to a database file that was replaced closes as usual");
        }
    }

    fn run_checkpoint(&self, kind: &str) -> Result<Checkpoint> {
        let sql = format!("PRAGMA wal_checkpoint({kind})");
        let done = self.connection.query_row(&sql, [], |row| {
            Ok(Checkpoint {
                held: row.get::<_, i64>(0)? != 0,
                frames: row.get(1)?,
            })
        });
        done.map_err(failed)
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        match self.files.state() {
            FileState::Unchanged => {}
            state @ (FileState::LogDeleted | FileState::Replaced) => self.part_from_replaced(state),
        }
        self.files.close();
    }
}

impl Driver for Session {
    fn execute(&mut self, sql: &str, params: &[Param<'_>]) -> Result<u64> {
        self.run(sql, params, |statement| {
            let rows = statement.raw_execute().map_err(failed)?;
            Ok(u64::try_from(rows).unwrap_or(u64::MAX))
        })
    }

    fn query(
        &mut self,
        sql: &str,
        params: &[Param<'_>],
        each: &mut dyn FnMut(&dyn Row) -> Result<Flow>,
    ) -> Result<()> {
        self.run(sql, params, |statement| {
            let mut rows = statement.raw_query();
            while let Some(row) = rows.next().map_err(failed)? {
                match each(row)? {
                    Flow::Next => {}
                    Flow::Stop => break,
                }
            }
            Ok(())
        })
    }

    fn batch(&mut self, sql: &str) -> Result<()> {
        self.connection
            .execute_batch(&DIALECT.fill(sql))
            .map_err(failed)
    }

    fn begin(&mut self, access: Access) -> Result<()> {
        self.interrupted = false;
        match access {
            Access::Read => {
                // A command may read for as long as it takes; nobody waits behind it.
                if self.role == Role::Serve {
                    self.set_deadline(Some(Instant::now() + READ_LIMIT));
                }
                self.execute("BEGIN DEFERRED", &[]).map(drop)
            }
            Access::Write => self.execute("BEGIN IMMEDIATE", &[]).map(drop),
        }
    }

    fn commit(&mut self) -> Result<()> {
        self.execute("COMMIT", &[])?;
        self.files.check()?;
        if let Some(anchor) = &mut self.anchor {
            anchor.renew();
        }
        Ok(())
    }

    fn rollback(&mut self) {
        self.bound(Bounds::default());
        if self.in_transaction() {
            // Nothing was promised; a connection that cannot even roll back fails at its next use.
            let _ = self.execute("ROLLBACK", &[]);
        }
    }

    fn in_transaction(&self) -> bool {
        !self.connection.is_autocommit()
    }

    fn integrity(&mut self) -> Result<Vec<String>> {
        let mut faults = Vec::new();
        self.query("PRAGMA integrity_check", &[], &mut |row| {
            let said = row.text(0)?;
            if said != "ok" {
                faults.push(said.to_owned());
            }
            Ok(Flow::Next)
        })?;
        self.query("PRAGMA foreign_key_check", &[], &mut |row| {
            faults.push(format!("{} names a missing {}", row.text(0)?, row.text(2)?));
            Ok(Flow::Next)
        })?;
        Ok(faults)
    }

    fn tidy(&mut self, occasion: Occasion) -> Result<()> {
        match self.role {
            Role::Command => return Ok(()),
            Role::Serve => {}
        }
        if occasion == Occasion::Close {
            self.anchor = None;
            return self.checkpoint("TRUNCATE").map(drop);
        }
        let frames = self.run_checkpoint("NOOP")?.frames;
        if frames >= WAL_FULL {
            return self.restart_log();
        }
        self.tell(self.log_bound.note_released(Instant::now()));
        if frames >= WAL_BUSY || (frames >= WAL_TIDY && occasion == Occasion::Idle) {
            self.checkpoint("PASSIVE")?;
        }
        Ok(())
    }

    fn moment(&mut self) -> Result<Option<Moment>> {
        let mut version = 0;
        self.query("PRAGMA data_version", &[], &mut |row| {
            version = row.int(0)?;
            Ok(Flow::Stop)
        })?;
        // It tells of others' changes only; a connection that writes does not ask.
        Ok(Some(Moment {
            connection: self.number,
            version,
        }))
    }

    fn effort(&self) -> u64 {
        self.effort
    }

    fn bound(&mut self, bounds: Bounds) {
        *lock(&self.bounds) = bounds;
    }

    fn may_go_on(&self) -> Result<()> {
        if self.halted.load(Ordering::Relaxed) {
            return Err(Error::Unavailable("the store is closing".to_owned()));
        }
        lock(&self.bounds).may_go_on()
    }

    fn interrupted(&self) -> bool {
        self.interrupted
    }
}

impl Row for rusqlite::Row<'_> {
    fn text(&self, column: usize) -> Result<&str> {
        let value = self.get_ref(column).map_err(|why| mistyped(column, why))?;
        value.as_str().map_err(|why| mistyped(column, why))
    }

    fn int(&self, column: usize) -> Result<i64> {
        let value = self.get_ref(column).map_err(|why| mistyped(column, why))?;
        value.as_i64().map_err(|why| mistyped(column, why))
    }

    fn bytes(&self, column: usize) -> Result<&[u8]> {
        let value = self.get_ref(column).map_err(|why| mistyped(column, why))?;
        value.as_blob().map_err(|why| mistyped(column, why))
    }

    fn is_null(&self, column: usize) -> Result<bool> {
        let value = self.get_ref(column).map_err(|why| mistyped(column, why))?;
        Ok(value == ValueRef::Null)
    }
}

/// Makes SQLite open every file of the database.
fn read_something(connection: &Connection) -> Result<()> {
    connection
        .query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))
        .map_err(opening)
}

fn lock(bounds: &SharedBounds) -> MutexGuard<'_, Bounds> {
    bounds.lock().unwrap_or_else(PoisonError::into_inner)
}

#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
fn opening(error: rusqlite::Error) -> Error {
    Error::Open(error.to_string())
}

#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
fn failed(error: rusqlite::Error) -> Error {
    match error.sqlite_error_code() {
        Some(ErrorCode::OperationInterrupted) => Error::Slow,
        Some(
            ErrorCode::DatabaseBusy
            | ErrorCode::DatabaseLocked
            | ErrorCode::DiskFull
            | ErrorCode::SystemIoFailure
            | ErrorCode::CannotOpen
            | ErrorCode::ReadOnly
            | ErrorCode::OutOfMemory,
        ) => Error::Unavailable(error.to_string()),
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
            Error::corrupt("database", "file", error.to_string())
        }
        Some(_) | None => Error::Other(error.to_string()),
    }
}

#[cfg(test)]
mod tests;
