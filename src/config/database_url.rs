//! Where the database is.

use std::fmt;
use std::path::Path;
use std::path::PathBuf;
use std::str::FromStr;

use super::ServerUrl;

/// The right of users that are neither the owner nor in the group to read a file.
const READ_BY_OTHERS: u32 = 0o004;

/// Their right to reach what is in a folder.
const ENTER_BY_OTHERS: u32 = 0o001;

/// Where the database is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DatabaseUrl {
    /// A SQLite database in this file.
    Sqlite(PathBuf),
    /// A database on a PostgreSQL server.
    Postgres(ServerUrl),
}

impl DatabaseUrl {
    /// The directory that holds the database, if a file is it; files made at first start are put beside it.
    pub fn directory(&self) -> Option<&Path> {
        match self {
            Self::Sqlite(path) => Some(match path.parent() {
                Some(parent) if !parent.as_os_str().is_empty() => parent,
                Some(_) | None => Path::new("."),
            }),
            Self::Postgres(_) => None,
        }
    }
}

impl DatabaseUrl {
    /// A warning, if the database is a file that every user of this machine can read.
    #[cfg(unix)]
    pub fn readers_warning(&self) -> Option<String> {
        use std::os::unix::fs::PermissionsExt;
        let Self::Sqlite(path) = self else {
            return None;
        };
        let grants = |path: &Path, right: u32| {
            let found = std::fs::metadata(path).ok()?;
            (found.permissions().mode() & right != 0).then_some(())
        };
        grants(path, READ_BY_OTHERS)?;
        grants(self.directory()?, ENTER_BY_OTHERS)?;
        let path = path.display();
        Some(format!(
            "{path} holds every record, and every user of this machine can read it: chmod o= {path}*"
        ))
    }
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "sqlite:{}", path.display()),
            Self::Postgres(url) => url.fmt(f),
        }
    }
}

impl FromStr for DatabaseUrl {
    type Err = String;

    /// The text is not repeated in errors: it might hold a password.
    fn from_str(text: &str) -> Result<Self, String> {
        if text.starts_with("postgres:") || text.starts_with("postgresql:") {
            return text.parse().map(Self::Postgres);
        }
        let Some(path) = text.strip_prefix("sqlite:") else {
            return Err("must be sqlite: and a file, such as sqlite:data/muster.db, or postgres: and a server, such as postgres://user:password@host/database".into());
        };
        let path = path.strip_prefix("//").unwrap_or(path);
        if path.is_empty() || path.ends_with('/') {
            return Err("must name a file after sqlite:, such as sqlite:data/muster.db".into());
        }
        if path.starts_with(':') || path.contains(['?', '#', '\0']) {
            return Err("must be a plain file after sqlite:, without parameters; a database in memory is not served".into());
        }
        Ok(Self::Sqlite(path.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_found_in_every_way_of_writing() {
        for (said, path, directory) in [
            ("sqlite:data/muster.db", "data/muster.db", "data"),
            ("sqlite:muster.db", "muster.db", "."),
            (
                "sqlite:/var/lib/muster/db",
                "/var/lib/muster/db",
                "/var/lib/muster",
            ),
            (
                "sqlite:///var/lib/muster/db",
                "/var/lib/muster/db",
                "/var/lib/muster",
            ),
            ("sqlite://data/muster.db", "data/muster.db", "data"),
        ] {
            let url: DatabaseUrl = said.parse().unwrap();
            assert_eq!(url, DatabaseUrl::Sqlite(path.into()));
            assert_eq!(url.directory(), Some(Path::new(directory)));
        }
    }

    #[test]
    fn anything_else_is_refused_without_repeating_it() {
        for said in [
            "",
            "data/muster.db",
            "sqlite:",
            "sqlite::memory:",
            "sqlite:a?mode=ro",
            "sqlite:data/",
            "postgres://u:swordfish@h",
            "mysql://u:swordfish@h/d",
        ] {
            let why = said.parse::<DatabaseUrl>().unwrap_err();
            assert!(!why.contains("swordfish"), "{said}");
        }
    }
}
