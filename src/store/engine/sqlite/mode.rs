//! How a command opens a database file that it may be unable to write.

use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};

use super::files::DatabaseFiles;
use super::{Connection, MAIN_DB, OpenFlags, opening, read_something};
use crate::store::engine::Access;
use crate::store::instance::InstanceLock;
use crate::store::{Error, Result};

/// What need not be escaped in the path of a `file:` URI.
const PLAIN: AsciiSet = NON_ALPHANUMERIC
    .remove(b'/')
    .remove(b'.')
    .remove(b'-')
    .remove(b'_');

/// What the system lets this process do with a database file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// Read and write it.
    ReadWrite,
    /// Read it, together with its log, which may be in use.
    ReadOnly,
    /// Read it without a log and without locks: nobody changes it.
    Immutable,
}

impl Mode {
    /// Finds the mode for the file at `path`.
    ///
    /// # Errors
    /// [`Error::Open`] when the file can be read neither with its log nor without.
    pub(super) fn find(path: &Path) -> Result<Self> {
        // Nothing is read, so no log is made; SQLite opens a file that it cannot write to be read.
        let connection = Self::ReadWrite.connect(path, Access::Write)?;
        if !connection.is_readonly(MAIN_DB).map_err(opening)? {
            return Ok(Self::ReadWrite);
        }
        drop(connection);
        let with_log = Self::ReadOnly
            .connect(path, Access::Read)
            .and_then(|connection| read_something(&connection));
        let Err(why) = with_log else {
            return Ok(Self::ReadOnly);
        };
        let log = DatabaseFiles::new(path).log_bytes().unwrap_or(0);
        if log == 0 && !InstanceLock::is_held(path) {
            return Ok(Self::Immutable);
        }
        Err(Error::Open(format!(
            "{} cannot be written, and cannot be read because its log is in use: {why}; \
             copy it with its -wal file to a folder that can be written",
            path.display()
        )))
    }

    /// Opens a connection.
    pub(super) fn connect(self, path: &Path, access: Access) -> Result<Connection> {
        let mode = match access {
            Access::Read => OpenFlags::SQLITE_OPEN_READ_ONLY,
            Access::Write => OpenFlags::SQLITE_OPEN_READ_WRITE,
        };
        let flags = mode | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let opened = match self {
            Self::ReadWrite | Self::ReadOnly => Connection::open_with_flags(path, flags),
            Self::Immutable => {
                let escaped = percent_encode(path.as_os_str().as_bytes(), &PLAIN);
                let uri = format!("file:{escaped}?immutable=1");
                Connection::open_with_flags(uri, flags | OpenFlags::SQLITE_OPEN_URI)
            }
        };
        opened.map_err(opening)
    }
}
