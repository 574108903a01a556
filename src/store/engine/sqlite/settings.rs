//! The settings of a connection to SQLite: set, and read back, because one that did not take breaks a promise.

use super::{Connection, DbConfig, Mode, ValueRef, opening};
use crate::store::engine::Access;
use crate::store::{Error, Result};

/// "Must", so that `file` and we know our databases.
const APPLICATION_ID: i64 = 0x4d75_7374;

/// Pages kept by the connection that writes, in KiB, negative as SQLite wants it: the upper levels of all indexes of a
/// million users, and what a commit changes.
const WRITER_CACHE: &str = "-16384";

/// Sets every pragma and reads it back: a setting that did not take is a broken promise.
pub(super) fn set_up(connection: &Connection, access: Access, mode: Mode) -> Result<()> {
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
    let journal = read_back(connection, "journal_mode")?;
    // A file that cannot change has no log, whatever mode it is in.
    if journal != "wal" && mode != Mode::Immutable {
        return Err(Error::Open(format!("journal_mode is {journal}, not wal")));
    }
    Ok(())
}

/// Marks a new database as ours and refuses one that is somebody else's.
fn claim(connection: &Connection) -> Result<()> {
    if check_owner(connection)? == Owner::Ours {
        return Ok(());
    }
    connection
        .pragma_update(None, "application_id", APPLICATION_ID)
        .map_err(opening)
}

/// Whose database a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Owner {
    /// It bears our mark.
    Ours,
    /// It is empty.
    Unclaimed,
}

/// Reads whose database it is, and refuses that of another program.
pub(super) fn check_owner(connection: &Connection) -> Result<Owner> {
    let id: i64 = connection
        .pragma_query_value(None, "application_id", |row| row.get(0))
        .map_err(opening)?;
    if id == APPLICATION_ID {
        return Ok(Owner::Ours);
    }
    let tables: i64 = connection
        .query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))
        .map_err(opening)?;
    if id != 0 || tables != 0 {
        return Err(Error::Open(
            "the file is a database of another program".to_owned(),
        ));
    }
    Ok(Owner::Unclaimed)
}

pub(super) fn pragma(connection: &Connection, name: &str, value: &str) -> Result<()> {
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
