//! The server secret: taken from the settings, or made once and kept beside the database.

use std::fmt::Write as _;
use std::fs;
use std::fs::OpenOptions;
use std::io;
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
    /// A database on a server is used from many machines, so none of them makes it.
    #[error("server.secret is not set")]
    Needed,
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
/// 32 bytes of two hexadecimal digits each are 64; a secret put there by hand has at least 32 characters.
const MIN_CHARS: usize = 32;

/// The secret of the settings; else the one in the file `secret` beside the database, which is
/// made of `random` bytes if there is neither it nor a database. Call this before the store is
/// opened. Directories are made for the owner alone, and so is the file.
pub fn server_secret(settings: &Settings, random: [u8; 32]) -> Result<Secret, SecretError> {
    if let Some(secret) = find_server_secret(settings)? {
        return Ok(secret);
    }
    let directory = settings.database.url.directory();
    let directory = directory.ok_or(SecretError::Needed)?;
    let path = directory.join(FILE_NAME);
    make_directory(directory).map_err(|why| SecretError::Write {
        path: directory.to_owned(),
        why,
    })?;
    write(&path, random).map_err(|why| SecretError::Write {
        path: path.clone(),
        why,
    })?;
    read(path)
}

/// The file that holds the secret; `None` when it is given in the settings.
pub fn secret_file(settings: &Settings) -> Option<PathBuf> {
    let given = settings.server.secret.is_some();
    let directory = settings.database.url.directory().filter(|_| !given)?;
    Some(directory.join(FILE_NAME))
}

/// The same, but makes nothing: none if the secret is still to be made.
pub fn find_server_secret(settings: &Settings) -> Result<Option<Secret>, SecretError> {
    if let Some(secret) = &settings.server.secret {
        return Ok(Some(secret.clone()));
    }
    let (DatabaseUrl::Sqlite(database), Some(path)) =
        (&settings.database.url, secret_file(settings))
    else {
        return Err(SecretError::Needed);
    };
    if path.exists() {
        return read(path).map(Some);
    }
    if fs::metadata(database).is_ok_and(|data| data.len() > 0) {
        return Err(SecretError::Lost {
            secret: path,
            database: database.clone(),
        });
    }
    Ok(None)
}

fn read(path: PathBuf) -> Result<Secret, SecretError> {
    let why = match load::read_secret(&path) {
        Ok(text) if text.trim_end().len() >= MIN_CHARS => return Ok(Secret::new(text.trim_end())),
        Ok(_) => "is not whole: put it back from a backup".to_owned(),
        Err(why) => why,
    };
    Err(SecretError::Unusable { path, why })
}

/// Writes the whole file under another name before it gets its own, so that nobody ever reads
/// half of it. Who holds the lock and finds no secret is the only one to make it.
fn write(path: &Path, random: [u8; 32]) -> io::Result<()> {
    let draft = path.with_extension("new");
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&draft)?;
    file.lock()?;
    if path.exists() {
        return Ok(());
    }
    file.set_len(0)?;
    writeln!(file, "{}", hex(random))?;
    file.sync_all()?;
    fs::rename(&draft, path)?;
    // The name must be on disk before the first token that depends on it is.
    #[cfg(unix)]
    fs::File::open(path.parent().unwrap_or(Path::new(".")))?.sync_all()?;
    Ok(())
}

fn hex(bytes: [u8; 32]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing into a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn make_directory(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;
    use std::thread;

    use super::*;
    use crate::config::Sources;

    fn settings(directory: &Path) -> Settings {
        let url = format!("sqlite:{}/data/muster.db", directory.display());
        let read_secret = &|_: &Path| Err(String::new());
        let flags = vec![("database.url".to_owned(), url)];
        Settings::load(Sources {
            flags,
            environment: vec![],
            file: None,
            read_secret,
        })
        .unwrap()
    }

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn the_secret_is_made_once_and_for_the_owner_alone() {
        let directory = tempfile::tempdir().unwrap();
        let settings = settings(directory.path());
        let first = server_secret(&settings, [7; 32]).unwrap();
        assert_eq!(first.expose(), "07".repeat(32));
        assert_eq!(
            server_secret(&settings, [8; 32]).unwrap().expose(),
            first.expose()
        );
        let data = directory.path().join("data");
        assert_eq!((mode(&data), mode(&data.join("secret"))), (0o700, 0o600));
        assert_eq!(fs::read_dir(&data).unwrap().count(), 1);
    }

    #[test]
    fn many_first_starts_at_once_agree() {
        let directory = tempfile::tempdir().unwrap();
        let settings = settings(directory.path());
        let secrets: Vec<String> = thread::scope(|scope| {
            let start = |n: u8| {
                server_secret(&settings, [n; 32])
                    .unwrap()
                    .expose()
                    .to_owned()
            };
            let threads: Vec<_> = (0..8).map(|n| scope.spawn(move || start(n))).collect();
            threads
                .into_iter()
                .map(|thread| thread.join().unwrap())
                .collect()
        });
        assert!(secrets.iter().all(|secret| Some(secret) == secrets.first()));
    }

    #[test]
    fn a_lost_secret_is_not_replaced_silently() {
        let directory = tempfile::tempdir().unwrap();
        let settings = settings(directory.path());
        server_secret(&settings, [7; 32]).unwrap();
        let data = directory.path().join("data");
        fs::write(data.join("muster.db"), "rows").unwrap();
        fs::remove_file(data.join("secret")).unwrap();
        let why = server_secret(&settings, [8; 32]).unwrap_err().to_string();
        let why = why.replace(&data.display().to_string(), "data");
        insta::assert_snapshot!(why, @"data/secret is missing, but data/muster.db was made with it: put it back from a backup, or set server.secret; with a new secret every token must be made anew");
    }

    #[test]
    fn a_secret_that_others_can_read_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        let settings = settings(directory.path());
        server_secret(&settings, [7; 32]).unwrap();
        let path = directory.path().join("data/secret");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        let why = server_secret(&settings, [8; 32]).unwrap_err().to_string();
        assert!(why.contains("chmod o="), "{why}");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        fs::write(&path, "short").unwrap();
        let why = server_secret(&settings, [8; 32]).unwrap_err().to_string();
        assert!(why.contains("not whole"), "{why}");
    }
}
