//! SQLite: the only file that names its driver.

mod anchor;

use std::fs;
use std::os::unix::fs::DirBuilderExt;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;
use std::time::Instant;

use rusqlite::Connection;
use rusqlite::ErrorCode;
use rusqlite::OpenFlags;
use rusqlite::Statement;
use rusqlite::StatementStatus;
use rusqlite::config::DbConfig;
use rusqlite::types::ToSqlOutput;
use rusqlite::types::ValueRef;

use self::anchor::Anchor;
use super::{
    Access, Bounds, Dialect, Driver, Engine, Flow, Halted, Moment, Occasion, Param, Row, mistyped,
};
use crate::store::{Error, READ_LIMIT, Result, Role};

/// Below it, two connections that checkpoint at once can damage a database in WAL mode.
const OLDEST: i32 = 3_051_003;

/// "Must", so that `file` and we know our databases.
const APPLICATION_ID: i64 = 0x4d75_7374;

/// How long a connection waits for the lock of another process before it gives up.
const BUSY: Duration = Duration::from_secs(5);

/// Statements kept prepared on a connection: about 60 fixed ones and the most used filters.
const STATEMENTS: usize = 160;

/// How many steps of SQLite's machine pass between two looks at the clock: about 0.1 ms.
const STEPS_PER_LOOK: i32 = 4_000;

/// Steps of SQLite's machine after which a look at a few rows is none: about 0.5 ms. A look-up by a key takes some 20,
/// a page of 100 some 5,000.
const STEPS_OF_A_GLANCE: i32 = 20_000;

/// Pages kept by the connection that writes, in KiB, negative as SQLite wants it: the upper levels of all indexes of a
/// million users, and what a commit changes.
const WRITER_CACHE: &str = "-16384";

/// Pages kept by all connections that look at a few rows, in KiB, as many as there are cores: with two, the upper levels
/// of the indexes of a million users in each, 20 MiB, and what passes through beside them.
const NEAR_CACHES: usize = 60 * 1024;

/// The least that each of them keeps.
const LEAST_NEAR_CACHE: usize = 8 * 1024;

/// Frames of the log (4 KiB each) from which an idle writer copies it into the database: 4 MiB.
const WAL_TIDY: i64 = 1_000;

/// Frames from which a busy writer does so too: 32 MiB.
const WAL_BUSY: i64 = 8_000;

/// Frames from which the writer waits for readers to let go of the log: 48 MiB. Reads end after
/// [`READ_LIMIT`] and a commit seldom exceeds 4 MiB, so the log stays below 64 MiB.
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
    path: PathBuf,
    role: Role,
    connections: AtomicU64,
    halted: Halted,
}

impl Sqlite {
    /// Makes the folder (0700) and the file (0600) where they are missing.
    pub(crate) fn create(path: &Path, role: Role) -> Result<Self> {
        let fault = |why: std::io::Error| Error::Open(format!("{}: {why}", path.display()));
        if let Some(folder) = path
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty())
        {
            fs::DirBuilder::new()
                .recursive(true)
                .mode(0o700)
                .create(folder)
                .map_err(fault)?;
        }
        fs::OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(path)
            .map_err(fault)?;
        Ok(Self {
            path: path.to_owned(),
            role,
            connections: AtomicU64::new(0),
            halted: Halted::default(),
        })
    }
}

impl Sqlite {
    fn session(&self, access: Access) -> Result<Session> {
        if rusqlite::version_number() < OLDEST {
            return Err(Error::Open(format!(
                "SQLite {} is older than 3.51.3",
                rusqlite::version()
            )));
        }
        let mode = match access {
            Access::Read => OpenFlags::SQLITE_OPEN_READ_ONLY,
            Access::Write => OpenFlags::SQLITE_OPEN_READ_WRITE,
        };
        let flags = mode | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let mut connection = Connection::open_with_flags(&self.path, flags).map_err(opening)?;
        connection.busy_timeout(BUSY).map_err(opening)?;
        set_up(&connection, access)?;
        connection.set_prepared_statement_cache_capacity(STATEMENTS);
        let bounds = Arc::new(Mutex::new(Bounds::default()));
        let halted = Arc::clone(self.halted.of(access));
        watch(&mut connection, access, &bounds, &halted)?;
        Ok(Session {
            anchor: None,
            connection,
            role: self.role,
            bounds,
            halted,
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
        let read = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let live = Connection::open_with_flags(&self.path, read).map_err(opening)?;
        live.busy_timeout(BUSY).map_err(opening)?;
        let name = to
            .to_str()
            .ok_or_else(|| Error::Other(format!("{} is not UTF-8", to.display())))?;
        live.execute("VACUUM INTO ?1", [name]).map_err(failed)?;
        let connection = Connection::open_with_flags(to, read).map_err(opening)?;
        pragma(&connection, "cell_size_check", "1")?;
        Ok(Box::new(Session {
            anchor: None,
            connection,
            role: self.role,
            bounds: SharedBounds::default(),
            halted: Arc::default(),
            number: self.connections.fetch_add(1, Ordering::Relaxed),
            effort: 0,
            interrupted: false,
        }))
    }

    fn halt(&self, access: Access) {
        self.halted.of(access).store(true, Ordering::Relaxed);
    }

    fn log_bytes(&self) -> Option<u64> {
        let mut name = self.path.clone().into_os_string();
        name.push("-wal");
        fs::metadata(name).ok().map(|log| log.len())
    }
}

/// What ends the work that runs now.
type SharedBounds = Arc<Mutex<Bounds>>;

struct Session {
    /// Of the gateway's writer.
    anchor: Option<Anchor>,
    connection: Connection,
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

    /// Copies the log into the database, as far as readers let it: how many frames are in the log.
    fn checkpoint(&mut self, kind: &str) -> Result<i64> {
        if let Some(anchor) = &mut self.anchor {
            anchor.lift();
        }
        let frames = self.frames(kind);
        if let Some(anchor) = &mut self.anchor {
            anchor.renew();
        }
        frames
    }

    fn frames(&self, kind: &str) -> Result<i64> {
        let sql = format!("PRAGMA wal_checkpoint({kind})");
        let frames = self.connection.query_row(&sql, [], |row| row.get(1));
        frames.map_err(failed)
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
        let frames = self.frames("NOOP")?;
        if frames >= WAL_FULL {
            self.checkpoint("RESTART")?;
        } else if frames >= WAL_BUSY || (frames >= WAL_TIDY && occasion == Occasion::Idle) {
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

/// Binds by name: `$3` is a name here, and SQLite numbers names by their first appearance.
fn bind(statement: &mut Statement<'_>, params: &[Param<'_>]) -> Result<()> {
    for index in 1..=statement.parameter_count() {
        let name = statement.parameter_name(index).unwrap_or_default();
        let number: Option<usize> = name.strip_prefix('$').and_then(|text| text.parse().ok());
        let param = number.and_then(|number| params.get(number.checked_sub(1)?));
        let Some(param) = param else {
            return Err(Error::Other(format!(
                "no value for {name} of the statement"
            )));
        };
        let value = ToSqlOutput::Borrowed(match param {
            Param::Null => ValueRef::Null,
            Param::Int(number) => ValueRef::Integer(*number),
            Param::Text(text) => ValueRef::Text(text.as_bytes()),
            Param::Bytes(bytes) => ValueRef::Blob(bytes),
        });
        statement.raw_bind_parameter(index, value).map_err(failed)?;
    }
    if statement.parameter_count() != params.len() {
        return Err(Error::Other(format!(
            "{} parameters for a statement with {}",
            params.len(),
            statement.parameter_count()
        )));
    }
    Ok(())
}

/// Sets every pragma and reads it back: a setting that did not take is a broken promise.
fn set_up(connection: &Connection, access: Access) -> Result<()> {
    if access == Access::Write {
        claim(connection)?;
        pragma(connection, "journal_mode", "wal")?;
        pragma(connection, "cache_size", WRITER_CACHE)?;
        // What a savepoint may have to put back is kept in memory: by default SQLite writes more than 64 KiB of it to
        // a file, which nearly every group of changes has.
        pragma(connection, "temp_store", "2")?;
    }
    // Without this promise SQLite plans a statement anew for every value that is bound to it.
    let planned_once = DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG;
    connection
        .set_db_config(planned_once, true)
        .map_err(opening)?;
    // NORMAL loses acknowledged writes at a power cut; only FULL syncs every commit.
    for (name, value) in [
        ("synchronous", "2"),
        ("foreign_keys", "1"),
        // What is purged must not be left in pages that are free.
        ("secure_delete", "1"),
        ("trusted_schema", "0"),
        ("cell_size_check", "1"),
        ("mmap_size", "0"),
        ("wal_autocheckpoint", "0"),
        ("busy_timeout", "5000"),
    ] {
        pragma(connection, name, value)?;
    }
    if access == Access::Read {
        pragma(connection, "query_only", "1")?;
    }
    let mode = read_back(connection, "journal_mode")?;
    if mode != "wal" {
        return Err(Error::Open(format!("journal_mode is {mode}, not wal")));
    }
    Ok(())
}

/// Marks a new database as ours and refuses one that is somebody else's.
fn claim(connection: &Connection) -> Result<()> {
    let id: i64 = connection
        .pragma_query_value(None, "application_id", |row| row.get(0))
        .map_err(opening)?;
    if id == APPLICATION_ID {
        return Ok(());
    }
    let tables: i64 = connection
        .query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))
        .map_err(opening)?;
    if id != 0 || tables != 0 {
        return Err(Error::Open(
            "the file is a database of another program".to_owned(),
        ));
    }
    connection
        .pragma_update(None, "application_id", APPLICATION_ID)
        .map_err(opening)
}

fn pragma(connection: &Connection, name: &str, value: &str) -> Result<()> {
    connection
        .execute_batch(&format!("PRAGMA {name} = {value}"))
        .map_err(opening)?;
    let found = read_back(connection, name)?;
    if found == value {
        return Ok(());
    }
    Err(Error::Open(format!("{name} is {found}, not {value}")))
}

fn read_back(connection: &Connection, name: &str) -> Result<String> {
    connection
        .pragma_query_value(None, name, |row| {
            Ok(match row.get_ref(0)? {
                ValueRef::Integer(number) => number.to_string(),
                ValueRef::Text(text) => String::from_utf8_lossy(text).into_owned(),
                ValueRef::Null | ValueRef::Real(_) | ValueRef::Blob(_) => String::new(),
            })
        })
        .map_err(opening)
}

/// Interrupts a statement of a read that has reached its bounds, and any statement when the store waits for nothing more.
/// A change that has reached its bounds ends between two statements ([`Driver::may_go_on`]): an interrupted one takes all
/// changes of its transaction with it.
fn watch(
    connection: &mut Connection,
    access: Access,
    bounds: &SharedBounds,
    halted: &Arc<AtomicBool>,
) -> Result<()> {
    let (bounds, halted) = (Arc::clone(bounds), Arc::clone(halted));
    let is_over = move || {
        halted.load(Ordering::Relaxed) || access == Access::Read && lock(&bounds).interrupt()
    };
    connection
        .progress_handler(STEPS_PER_LOOK, Some(is_over))
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
