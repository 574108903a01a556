//! Reads the settings of this process: the one place of `config` that touches environment and files.

use std::env;
use std::fs;
use std::io::ErrorKind;
use std::io::Read;
use std::path::Path;

use super::Fault;
use super::Faults;
use super::File;
use super::Origin;
use super::Settings;
use super::Sources;

/// The settings file that is read if it exists and no other is named.
const USUAL_FILE: &str = "muster.toml";
/// A settings file or secret is read into memory; the longest sensible one is a few KiB.
const MAX_FILE_BYTES: u64 = 1 << 20;

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
    match read_short(path) {
        Ok(text) => Ok(Some(File { name, text })),
        Err(why) if why.kind() == ErrorKind::NotFound && named.is_none() => Ok(None),
        Err(why) => Err(Fault {
            name: Some(name),
            origin: None,
            why: format!("the settings file cannot be read: {why}"),
        }),
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
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        /// Others may read.
        const WORLD_READABLE: u32 = 0o004;
        let mode = fs::metadata(path)
            .map_err(|e| e.to_string())?
            .permissions()
            .mode();
        if mode & WORLD_READABLE != 0 {
            return Err(format!(
                "every user of this machine can read it: chmod o= {}",
                path.display()
            ));
        }
    }
    read_short(path).map_err(|e| e.to_string())
}

fn read_short(path: &Path) -> std::io::Result<String> {
    let mut text = String::new();
    let read = fs::File::open(path)?
        .take(MAX_FILE_BYTES + 1)
        .read_to_string(&mut text)?;
    if read as u64 > MAX_FILE_BYTES {
        return Err(std::io::Error::new(
            ErrorKind::FileTooLarge,
            "the file is longer than 1 MiB",
        ));
    }
    Ok(text)
}
