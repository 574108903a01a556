//! The lock of the gateway that serves a database file, so that a second one refuses to start on it.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use super::{Error, Result};

/// Attempts to take the lock. A command on a read-only file system holds it for a moment, to learn if a gateway runs.
const ATTEMPTS: u32 = 5;

/// The pause between two attempts: four of them are 0.2 s, by which a refusal comes later.
const PAUSE: Duration = Duration::from_millis(50);

/// Bytes of the lock file that are read: a process id has at most 7 digits.
const LONGEST_HOLDER: u64 = 16;

/// The lock on `<database>.lock`, which the system releases when the process ends, however it ends. The file stays.
pub(super) struct InstanceLock {
    /// The lock lasts as long as it is open.
    _file: File,
}

impl InstanceLock {
    /// Takes the lock of the database file at `path`; makes its folder (0700) if that is missing.
    ///
    /// # Errors
    /// [`Error::Open`], which names the process that has the lock.
    pub(super) fn take(path: &Path) -> Result<Self> {
        make_folder(path)?;
        let name = lock_path(path);
        let fault = |why: io::Error| Error::Open(format!("{}: {why}", name.display()));
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(&name)
            .map_err(fault)?;
        if !try_often(&file).map_err(fault)? {
            let holder = holder(&mut file).map_err(fault)?;
            return Err(Error::Open(format!(
                "another gateway{holder} serves {}: stop it first, two cannot share a SQLite database",
                resolve(path).display()
            )));
        }
        file.set_len(0)
            .and_then(|()| write!(file, "{}", std::process::id()))
            .map_err(fault)?;
        Ok(Self { _file: file })
    }
}

impl InstanceLock {
    /// Returns true if a gateway serves the database file at `path`, or if that cannot be told.
    pub(super) fn is_held(path: &Path) -> bool {
        match File::open(lock_path(path)) {
            // It is free again as soon as the file is closed.
            Ok(file) => file.try_lock_shared().is_err(),
            Err(why) => why.kind() != ErrorKind::NotFound,
        }
    }
}

fn try_often(file: &File) -> io::Result<bool> {
    for attempt in 0..ATTEMPTS {
        if attempt > 0 {
            thread::sleep(PAUSE);
        }
        match file.try_lock() {
            Ok(()) => return Ok(true),
            Err(TryLockError::WouldBlock) => {}
            Err(TryLockError::Error(why)) => return Err(why),
        }
    }
    Ok(false)
}

/// ` (process 4711)`, or nothing where the holder has not written its id yet.
fn holder(file: &mut File) -> io::Result<String> {
    let mut text = String::new();
    file.take(LONGEST_HOLDER).read_to_string(&mut text)?;
    let id: Option<u32> = text.trim().parse().ok();
    Ok(id.map(|id| format!(" (process {id})")).unwrap_or_default())
}

/// Creates the folder of a file (0700) if it is missing.
pub(super) fn make_folder(path: &Path) -> Result<()> {
    let Some(folder) = path.parent().filter(|name| !name.as_os_str().is_empty()) else {
        return Ok(());
    };
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .map_err(|why| Error::Open(format!("{}: {why}", path.display())))
}

/// The lock stands beside the file that a link leads to, as the log of SQLite does.
fn lock_path(path: &Path) -> PathBuf {
    let mut name = resolve(path).into_os_string();
    name.push(".lock");
    PathBuf::from(name)
}

/// The absolute path without links; of a file that is to be made, as far as its folder tells.
fn resolve(path: &Path) -> PathBuf {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        Some(_) | None => Path::new("."),
    };
    let made = || Some(fs::canonicalize(folder).ok()?.join(path.file_name()?));
    let present = fs::canonicalize(path).ok();
    present.or_else(made).unwrap_or_else(|| path.to_owned())
}
