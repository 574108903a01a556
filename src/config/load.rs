//! Reads the settings of this process: the one place of `config` that touches environment and files.

use std::env;
use std::fs;
use std::io;
use std::io::ErrorKind;
use std::io::Read;
use std::path::Path;

use super::Fault;
use super::Faults;
use super::File;
use super::Origin;
use super::Readers;
use super::Settings;
use super::Sources;

/// The settings file that is read if it exists and no other is named.
const USUAL_FILE: &str = "muster.toml";
/// A settings file or secret is read into memory; the longest sensible one is a few KiB.
const MAX_FILE_BYTES: u64 = 1 << 20;
/// The bit of a file's mode that lets everybody read it.
#[cfg(unix)]
const WORLD_READABLE: u32 = 0o004;

/// Reads the settings from these flags, the environment, and the named file or `muster.toml`.
pub fn load(file: Option<&Path>, flags: Vec<(String, String)>) -> Result<Settings, Faults> {
    let mut faults = Vec::new();
    let file = read_file(file).unwrap_or_else(|fault| {
        faults.push(fault);
        None
    });
    let sources = Sources {
        flags,
        environment: environment(&mut faults),
        file,
        read_secret: &read_secret,
    };
    match Settings::load(sources) {
        Ok(settings) if faults.is_empty() => Ok(settings),
        Ok(_) => Err(Faults(faults)),
        Err(Faults(more)) => Err(Faults(faults.into_iter().chain(more).collect())),
    }
}

fn read_file(named: Option<&Path>) -> Result<Option<File>, Fault> {
    let path = named.unwrap_or(Path::new(USUAL_FILE));
    let name = path.display().to_string();
    let read = fs::File::open(path).and_then(|file| Ok((readers(&file)?, read_short(file)?)));
    match read {
        Ok((readers, text)) => Ok(Some(File {
            name,
            text,
            readers,
        })),
        Err(why) if why.kind() == ErrorKind::NotFound && named.is_none() => Ok(None),
        Err(why) => {
            let why = format!("the settings file cannot be read: {why}");
            Err(Fault {
                name: Some(name),
                origin: None,
                why,
            })
        }
    }
}

fn environment(faults: &mut Vec<Fault>) -> Vec<(String, String)> {
    let mut variables = Vec::new();
    for (name, value) in env::vars_os() {
        let Some(name) = name.to_str().filter(|name| name.starts_with("MUSTER_")) else {
            continue;
        };
        match value.into_string() {
            Ok(value) => variables.push((name.to_owned(), value)),
            Err(_) => faults.push(Fault {
                name: None,
                origin: Some(Origin::Environment(name.to_owned())),
                why: "is not UTF-8".into(),
            }),
        }
    }
    variables.sort();
    variables
}

/// Reads the file of a secret, unless everybody may read it.
pub(super) fn read_secret(path: &Path) -> Result<String, String> {
    let file = fs::File::open(path).map_err(|e| e.to_string())?;
    match readers(&file).map_err(|e| e.to_string())? {
        Readers::Owner => read_short(file).map_err(|e| e.to_string()),
        Readers::Everybody => Err(format!(
            "every user of this machine can read it: chmod o= {}",
            path.display()
        )),
    }
}

#[cfg(unix)]
fn readers(file: &fs::File) -> io::Result<Readers> {
    use std::os::unix::fs::PermissionsExt;
    let mode = file.metadata()?.permissions().mode();
    Ok(if mode & WORLD_READABLE == 0 {
        Readers::Owner
    } else {
        Readers::Everybody
    })
}

/// Elsewhere rights are no bits of a mode, and new files are private.
#[cfg(not(unix))]
fn readers(_: &fs::File) -> io::Result<Readers> {
    Ok(Readers::Owner)
}

/// Reads a file that a person wrote.
pub(super) fn read_short(file: fs::File) -> io::Result<String> {
    let mut text = String::new();
    let read = file.take(MAX_FILE_BYTES + 1).read_to_string(&mut text)?;
    if read as u64 > MAX_FILE_BYTES {
        return Err(io::Error::new(
            ErrorKind::FileTooLarge,
            "the file is longer than 1 MiB",
        ));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;
    use std::path::PathBuf;

    use super::*;

    fn file(directory: &tempfile::TempDir, mode: u32, bytes: &[u8]) -> PathBuf {
        let path = directory.path().join("file");
        fs::write(&path, bytes).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        path
    }

    #[test]
    fn a_secret_that_everybody_can_read_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        assert_eq!(
            read_secret(&file(&directory, 0o640, b"swordfish")),
            Ok("swordfish".into())
        );
        let path = file(&directory, 0o644, b"swordfish");
        let why = read_secret(&path)
            .unwrap_err()
            .replace(&path.display().to_string(), "FILE");
        insta::assert_snapshot!(why, @"every user of this machine can read it: chmod o= FILE");
    }

    #[test]
    fn a_named_settings_file_must_be_there() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("other.toml");
        let why = read_file(Some(&path)).map(|_| ()).unwrap_err().to_string();
        let why = why.replace(&path.display().to_string(), "other.toml");
        insta::assert_snapshot!(why, @"other.toml: the settings file cannot be read: No such file or directory (os error 2)");
        assert!(read_file(Some(&file(&directory, 0o644, b"\xff"))).is_err());
        assert!(read_file(Some(directory.path())).is_err());
        assert!(read_file(Some(&file(&directory, 0o644, &vec![b'#'; 2 << 20]))).is_err());
        let read = read_file(Some(&file(&directory, 0o600, b"[scim]")))
            .unwrap()
            .unwrap();
        assert_eq!(
            (read.text.as_str(), read.readers),
            ("[scim]", Readers::Owner)
        );
    }
}
