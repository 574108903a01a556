//! Where a database is.

use std::fmt;
use std::path::PathBuf;

/// Where a database is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// In this SQLite file; it and its folder are made when missing, for the owner's eyes only.
    File(PathBuf),
    /// On a PostgreSQL server.
    Server(ServerUrl),
}

/// The `postgres:` URL of a database, with the password that it may hold: neither is ever printed.
#[derive(Clone, PartialEq, Eq)]
pub struct ServerUrl(String);

impl ServerUrl {
    /// Of a text, which is read when the store is opened.
    pub fn new(url: impl Into<String>) -> Self {
        Self(url.into())
    }

    pub(super) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for ServerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ServerUrl(hidden)")
    }
}
