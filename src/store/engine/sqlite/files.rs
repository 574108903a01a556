//! The files of an open database, and the check that their paths still lead to the files that SQLite has open.
//!
//! Writes to a file that was deleted or replaced are lost when the process ends, and SQLite does not notice. The check
//! uses `stat` alone: closing any descriptor of such a file would release the locks that SQLite holds on it (POSIX).

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use crate::store::{Error, Result};

/// The database file with its write-ahead log and the index of that log.
pub(super) struct DatabaseFiles {
    database: PathBuf,
    log: PathBuf,
    index: PathBuf,
    /// Open connections of this process; locked while one is being opened.
    connections: Mutex<usize>,
    /// The database file that was opened first. A connection to any other is refused.
    first: OnceLock<Option<FileId>>,
    /// What the open connections use. The log and its index stay the same files as long as one connection is open;
    /// when the last one closes, SQLite deletes them.
    opened: Mutex<Option<Identity>>,
    replaced: AtomicBool,
}

/// The state of the files, compared with those that were opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FileState {
    /// Every path leads to the file that is open.
    Unchanged,
    /// The log has no name any more; nothing took its place.
    LogDeleted,
    /// A path leads to another file, or the database file has no name any more.
    Replaced,
}

/// Device and inode, which two paths share only if they lead to the same file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct FileId {
    device: u64,
    inode: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Identity {
    database: Option<FileId>,
    log: Option<FileId>,
    index: Option<FileId>,
}

impl FileId {
    /// The file at `path`, following links; `None` also where the system does not tell.
    fn at(path: &Path) -> Option<Self> {
        let found = fs::metadata(path).ok()?;
        Some(Self {
            device: found.dev(),
            inode: found.ino(),
        })
    }
}

impl DatabaseFiles {
    /// The files of the database at `path`. SQLite keeps the log beside the file that a link leads to.
    pub(super) fn new(path: &Path) -> Self {
        let resolved = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let beside = |end: &str| {
            let mut name = resolved.clone().into_os_string();
            name.push(end);
            PathBuf::from(name)
        };
        Self {
            database: path.to_owned(),
            log: beside("-wal"),
            index: beside("-shm"),
            connections: Mutex::default(),
            first: OnceLock::new(),
            opened: Mutex::default(),
            replaced: AtomicBool::new(false),
        }
    }

    /// The path that is opened.
    pub(super) fn database(&self) -> &Path {
        &self.database
    }

    /// Bytes of the write-ahead log.
    pub(super) fn log_bytes(&self) -> Option<u64> {
        fs::metadata(&self.log).ok().map(|log| log.len())
    }

    /// Opens a connection with `open`, which must read something, so that SQLite has opened all files afterwards.
    /// Every success is to be followed by one [`DatabaseFiles::close`].
    ///
    /// # Errors
    /// Those of `open`, and those of [`DatabaseFiles::check`].
    pub(super) fn open<T>(&self, open: impl FnOnce() -> Result<T>) -> Result<T> {
        let mut connections = lock(&self.connections);
        self.check()?;
        let before = FileId::at(&self.database);
        let connection = open()?;
        let now = self.present();
        let first = *self.first.get_or_init(|| now.database);
        lock(&self.opened).get_or_insert(now);
        if before != first {
            return Err(replaced(&self.database));
        }
        self.check()?;
        *connections += 1;
        Ok(connection)
    }

    /// Notes that a connection is about to close.
    pub(super) fn close(&self) {
        let mut connections = lock(&self.connections);
        *connections = connections.saturating_sub(1);
        if *connections == 0 {
            *lock(&self.opened) = None;
        }
    }

    /// Checks that every path still leads to the file that is open. Says so in the log when it begins and ends to fail.
    ///
    /// # Errors
    /// [`Error::Unavailable`] that names the path.
    pub(super) fn check(&self) -> Result<()> {
        let Some((opened, now)) = self.compared() else {
            return Ok(());
        };
        let pairs = [
            (&self.database, opened.database == now.database),
            (&self.log, opened.log == now.log),
            (&self.index, opened.index == now.index),
        ];
        let Some((path, _)) = pairs.into_iter().find(|(_, same)| !same) else {
            if self.replaced.swap(false, Ordering::AcqRel) {
                tracing::warn!(path = %self.database.display(), "the files of the database are back");
            }
            return Ok(());
        };
        if !self.replaced.swap(true, Ordering::AcqRel) {
            tracing::error!(
                path = %path.display(),
                "a file of the database was deleted or replaced while it was in use: changes are refused; \
                 stop the gateway, put the file back or restore a backup, and start it again"
            );
        }
        Err(replaced(path))
    }

    /// The state of the files now.
    pub(super) fn state(&self) -> FileState {
        match self.compared() {
            None => FileState::Unchanged,
            Some((opened, now)) if opened == now => FileState::Unchanged,
            Some((opened, now)) if opened.database == now.database && now.log.is_none() => {
                FileState::LogDeleted
            }
            Some(_) => FileState::Replaced,
        }
    }

    fn compared(&self) -> Option<(Identity, Identity)> {
        let opened = *lock(&self.opened);
        opened.map(|opened| (opened, self.present()))
    }

    fn present(&self) -> Identity {
        Identity {
            database: FileId::at(&self.database),
            log: FileId::at(&self.log),
            index: FileId::at(&self.index),
        }
    }
}

fn replaced(path: &Path) -> Error {
    Error::Unavailable(format!(
        "{} was deleted or replaced while it was in use",
        path.display()
    ))
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
