//! Flags, environment, file and defaults laid over each other.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

use super::Fault;
use super::file;
use super::spelling::PREFIX;
use super::spelling::is_service_link;
use super::spelling::nearest;
use super::spelling::variable;
use super::value::Raw;

/// Everything settings are read from. Nothing else is looked at, so tests need no process.
pub struct Sources<'a> {
    /// Keys and values from the command line.
    pub flags: Vec<(String, String)>,
    /// Names and values of the environment; only those that start with `MUSTER_` count.
    pub environment: Vec<(String, String)>,
    /// The settings file.
    pub file: Option<File>,
    /// Reads the file that a secret stands in.
    pub read_secret: &'a dyn Fn(&Path) -> Result<String, String>,
}

/// The settings file.
pub struct File {
    /// Its name as the user knows it.
    pub name: String,
    /// What stands in it.
    pub text: String,
    /// Who can read it.
    pub readers: Readers,
}

/// Who can read a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Readers {
    /// Its owner, perhaps a group.
    Owner,
    /// Every user of the machine.
    Everybody,
}

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// `default.toml`, or worked out from other settings.
    Default,
    /// A line of the settings file.
    File {
        /// Its name as the user knows it.
        name: Arc<str>,
        /// Counted from 1.
        line: usize,
    },
    /// This variable.
    Environment(String),
    /// The command line.
    Flag,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File { name, line } => write!(f, "{name}:{line}"),
            Self::Environment(name) => write!(f, "env {name}"),
            Self::Flag => f.write_str("--set"),
        }
    }
}

/// A setting that exists.
#[derive(Debug, Clone, Copy)]
pub(super) struct Key {
    /// `section.key`.
    pub(super) name: &'static str,
    pub(super) secret: bool,
    /// Whether it may stand in a file of its own.
    pub(super) in_file: bool,
}

/// A value as it was said in one place, before anybody knows whether there is such a setting.
#[derive(Debug)]
pub(super) struct Said {
    pub(super) path: String,
    pub(super) raw: Raw,
    pub(super) origin: Origin,
}

/// The value that is in force, and where it was said.
#[derive(Debug)]
pub(super) struct Given {
    pub(super) raw: Raw,
    pub(super) origin: Origin,
    /// Whether `raw` is the name of a file that holds the value.
    in_file: bool,
}

pub(super) struct Layers {
    keys: Vec<Key>,
    given: BTreeMap<&'static str, Given>,
    defaults: BTreeMap<&'static str, Raw>,
    file_readers: Readers,
    pub(super) faults: Vec<Fault>,
}

const DEFAULTS: &str = include_str!("default.toml");

impl Layers {
    pub(super) fn new(keys: Vec<Key>, sources: Sources<'_>) -> Self {
        let mut layers = Self {
            keys,
            given: BTreeMap::new(),
            defaults: BTreeMap::new(),
            file_readers: sources
                .file
                .as_ref()
                .map_or(Readers::Owner, |file| file.readers),
            faults: Vec::new(),
        };
        layers.add_defaults();
        if let Some(file) = sources.file {
            layers.add_file(file);
        }
        layers.add_environment(sources.environment);
        layers.add_flags(sources.flags);
        layers.open_secrets(sources.read_secret);
        layers.refuse_exposed_secrets();
        layers
    }

    /// What was said, or nothing if only the default holds.
    pub(super) fn given(&self, key: &str) -> Option<&Given> {
        self.given.get(key)
    }

    pub(super) fn default(&self, key: &str) -> Option<&Raw> {
        self.defaults.get(key)
    }

    /// Sets a default that depends on other settings.
    pub(super) fn derive(&mut self, key: &'static str, raw: Raw) {
        self.defaults.insert(key, raw);
    }

    /// The fault of a secret `key` that stands in a settings file which every user of the machine can read, as for a file of
    /// its own; `None` for every other.
    pub(super) fn exposed(&self, key: &str) -> Option<Fault> {
        let given = self.given(key).filter(|given| !given.in_file)?;
        let Origin::File { name, .. } = &given.origin else {
            return None;
        };
        let why = format!(
            "is a secret, and every user of this machine can read this file: chmod o= {name}, or use {key}_file"
        );
        let exposed = self.file_readers == Readers::Everybody;
        exposed.then(|| Fault::at(key, given.origin.clone(), why))
    }

    fn refuse_exposed_secrets(&mut self) {
        let secrets = self.keys.iter().filter(|key| key.secret);
        let exposed: Vec<Fault> = secrets.filter_map(|key| self.exposed(key.name)).collect();
        self.faults.extend(exposed);
    }

    fn add_defaults(&mut self) {
        match file::read(DEFAULTS, &|_| Origin::Default) {
            Ok(all) => {
                for said in all {
                    if let Some(key) = self.key(&said.path) {
                        self.defaults.insert(key.name, said.raw);
                    }
                }
            }
            Err(faults) => self.faults.extend(faults),
        }
    }

    fn add_file(&mut self, File { name, text, .. }: File) {
        let name: Arc<str> = name.into();
        match file::read(&text, &|line| Origin::File {
            name: Arc::clone(&name),
            line,
        }) {
            Ok(all) => self.add(all),
            Err(faults) => self.faults.extend(faults),
        }
    }

    fn add_environment(&mut self, environment: Vec<(String, String)>) {
        let mut all = Vec::new();
        for (name, value) in environment {
            // An empty variable is how compose files and unit files say "not set".
            if !name.starts_with(PREFIX) || value.is_empty() || is_service_link(&name, &value) {
                continue;
            }
            let known = self.known();
            let path = known.iter().find(|path| variable(path) == name).cloned();
            let Some(path) = path else {
                let names: Vec<String> = known.iter().map(|path| variable(path)).collect();
                let why = format!("unknown setting; the nearest is {}", nearest(&name, &names));
                let origin = Some(Origin::Environment(name));
                self.faults.push(Fault {
                    name: None,
                    origin,
                    why,
                });
                continue;
            };
            all.push(Said {
                path,
                raw: Raw::Text(value),
                origin: Origin::Environment(name),
            });
        }
        self.add(all);
    }

    fn add_flags(&mut self, flags: Vec<(String, String)>) {
        let (secret, open): (Vec<_>, Vec<_>) = flags
            .into_iter()
            .partition(|(path, _)| self.key(path).is_some_and(|key| key.secret));
        for (path, _) in secret {
            let why = format!(
                "everybody on this machine can read a command line: use {}, or {path}_file",
                variable(&path)
            );
            self.faults.push(Fault::at(&path, Origin::Flag, why));
        }
        let said = |(path, value)| Said {
            path,
            raw: Raw::Text(value),
            origin: Origin::Flag,
        };
        self.add(open.into_iter().map(said).collect());
    }

    /// Lays what was said in one place over what was said before.
    fn add(&mut self, all: Vec<Said>) {
        let mut layer = BTreeMap::new();
        for Said { path, raw, origin } in all {
            let direct = self.key(&path);
            let Some(key) = direct.or_else(|| self.secret_in_file(&path)) else {
                let why = format!(
                    "unknown setting {path}; the nearest is {}",
                    nearest(&path, &self.known())
                );
                self.faults.push(Fault {
                    name: None,
                    origin: Some(origin),
                    why,
                });
                continue;
            };
            let given = Given {
                raw,
                origin,
                in_file: direct.is_none(),
            };
            if let Some(other) = layer.insert(key.name, given) {
                self.faults.push(Fault::at(
                    &path,
                    other.origin,
                    format!("{} is given twice: leave one out", key.name),
                ));
            }
        }
        self.given.extend(layer);
    }

    /// Replaces the names of files by what stands in them.
    fn open_secrets(&mut self, read: &dyn Fn(&Path) -> Result<String, String>) {
        for (key, given) in self.given.iter_mut().filter(|(_, given)| given.in_file) {
            let text = match &given.raw {
                Raw::Text(path) => read(Path::new(path)).map_err(|why| format!("{path}: {why}")),
                _ => Err("must be the name of a file".to_owned()),
            };
            match text {
                Ok(text) => given.raw = Raw::Text(text.trim_end_matches(['\r', '\n']).to_owned()),
                Err(why) => {
                    self.faults
                        .push(Fault::at(&format!("{key}_file"), given.origin.clone(), why));
                    given.raw = Raw::Unreadable;
                }
            }
        }
    }

    fn key(&self, path: &str) -> Option<Key> {
        self.keys.iter().find(|key| key.name == path).copied()
    }

    fn secret_in_file(&self, path: &str) -> Option<Key> {
        self.key(path.strip_suffix("_file")?)
            .filter(|key| key.in_file)
    }

    /// Every path that may be said.
    fn known(&self) -> Vec<String> {
        let in_files = self
            .keys
            .iter()
            .filter(|key| key.in_file)
            .map(|key| format!("{}_file", key.name));
        self.keys
            .iter()
            .map(|key| key.name.to_owned())
            .chain(in_files)
            .collect()
    }
}
