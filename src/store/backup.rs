//! A copy of the whole database while it is in use: nobody sees it under its name before it is whole and checked.

use std::fs;
use std::fs::{File, OpenOptions};
use std::io;
use std::io::ErrorKind;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use super::engine::Engine;
use super::tx::Tx;
use super::{Error, Result};
use crate::scim::schema::Registry;

/// Copies the database of `engine` to the file `to`, which must not exist, for the owner's eyes only.
pub(super) fn backup(engine: &dyn Engine, registry: &Registry, to: &Path) -> Result<()> {
    let fault =
        |what: &str, why: &io::Error| Error::Other(format!("{what} {}: {why}", to.display()));
    if to.try_exists().map_err(|why| fault("cannot reach", &why))? {
        return Err(exists(to));
    }
    let draft = Draft::make(to).map_err(|why| fault("cannot write beside", &why))?;
    let mut copy = engine.copy(&draft.0)?;
    let faults = Tx::new(&mut *copy, None).verify(registry)?;
    if let Some(first) = faults.first() {
        let (table, row, why) = (first.table, &first.row, &first.why);
        return Err(Error::Other(format!(
            "the copy has {} faults, such as {table} {row}: {why}; see `muster db check`",
            faults.len()
        )));
    }
    drop(copy);
    // A link refuses a name that has come into being meanwhile, which a renaming would overwrite.
    fs::hard_link(&draft.0, to).map_err(|why| match why.kind() {
        ErrorKind::AlreadyExists => exists(to),
        _ => fault("cannot make", &why),
    })?;
    drop(draft);
    File::open(folder(to))
        .and_then(|folder| folder.sync_all())
        .map_err(|why| fault("cannot sync the folder of", &why))
}

/// A file beside the one that is to be made; it goes when this is dropped.
struct Draft(PathBuf);

impl Draft {
    fn make(to: &Path) -> io::Result<Self> {
        let mut name = to.as_os_str().to_owned();
        name.push(format!(".{}.partial", std::process::id()));
        let path = PathBuf::from(name);
        OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&path)?;
        Ok(Self(path))
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        // One that cannot be removed is found by its name.
        drop(fs::remove_file(&self.0));
    }
}

fn folder(file: &Path) -> &Path {
    match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        Some(_) | None => Path::new("."),
    }
}

fn exists(to: &Path) -> Error {
    Error::Other(format!(
        "{} exists: name a file that does not",
        to.display()
    ))
}
