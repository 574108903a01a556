//! The server secret: taken from the settings, or made once and kept beside the database.

use std::fmt::Write as _;
use std::fs;
use std::fs::OpenOptions;
use std::io;
use std::io::ErrorKind;
use std::io::Write as _;
use std::path::Path;
use std::path::PathBuf;

use super::DatabaseUrl;
use super::Secret;
use super::Settings;
use super::load;

/// Why there is no server secret.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// There is data made with a secret that is no longer there.
    #[error(
        "{} is missing, but {} was made with it: put it back from a backup, or set server.secret; with a new secret every token must be made anew",
        secret.display(), database.display()
    )]
    Lost {
        /// Where the secret was kept.
        secret: PathBuf,
        /// The data.
        database: PathBuf,
    },
    /// The file is there and cannot be used.
    #[error("{}: {why}", path.display())]
    Unusable {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// The file cannot be made.
    #[error("{} cannot be made: {why}", path.display())]
    Write {
        /// The file or directory.
        path: PathBuf,
        /// What the system said.
        why: io::Error,
    },
}

/// Beside the database.
const FILE_NAME: &str = "secret";

/// The secret of the settings; else the one in the file `secret` beside the database, which is
/// made of `random` bytes if there is neither it nor a database. Call this before the store is
/// opened. Directories are made for the owner alone, and so is the file.
pub fn server_secret(settings: &Settings, random: [u8; 32]) -> Result<Secret, SecretError> {
    if let Some(secret) = &settings.server.secret {
        return Ok(secret.clone());
    }
    let DatabaseUrl::Sqlite(database) = &settings.database.url;
    let directory = settings.database.url.directory();
    let path = directory.join(FILE_NAME);
    if path.exists() {
        return read(path);
    }
    if fs::metadata(database).is_ok_and(|data| data.len() > 0) {
        return Err(SecretError::Lost {
            secret: path,
            database: database.clone(),
        });
    }
    make_directory(directory).map_err(|why| SecretError::Write {
        path: directory.to_owned(),
        why,
    })?;
    match write(&path, random) {
        // Another process was faster, and its secret counts.
        Err(why) if why.kind() == ErrorKind::AlreadyExists => {}
        Err(why) => return Err(SecretError::Write { path, why }),
        Ok(()) => {}
    }
    read(path)
}

fn read(path: PathBuf) -> Result<Secret, SecretError> {
    let why = match load::read_secret(&path) {
        Ok(text) if text.trim_end().len() >= 32 => return Ok(Secret::new(text.trim_end())),
        Ok(_) => "holds fewer than 32 characters: put it back from a backup".to_owned(),
        Err(why) => why,
    };
    Err(SecretError::Unusable { path, why })
}

/// Writes the whole file under another name and then links it, so that nobody ever reads half of
/// it and nobody's secret is overwritten.
fn write(path: &Path, random: [u8; 32]) -> io::Result<()> {
    let hex = random.iter().fold(String::new(), |mut text, byte| {
        // Writing into a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    });
    let draft = path.with_extension(format!("{}.new", std::process::id()));
    let linked = write_new(&draft, &hex).and_then(|()| fs::hard_link(&draft, path));
    fs::remove_file(&draft)?;
    linked?;
    // The name must be on disk before the first token that depends on it is.
    #[cfg(unix)]
    fs::File::open(path.parent().unwrap_or(Path::new(".")))?.sync_all()?;
    Ok(())
}

fn write_new(path: &Path, text: &str) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    writeln!(file, "{text}")?;
    file.sync_all()
}

fn make_directory(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}
