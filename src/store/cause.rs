//! Why something changes: who asked, in which request, and when.

use std::fmt;

use jiff::Timestamp;

/// Who makes a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    /// A SCIM client, by the name of its connection.
    Connection(String),
    /// Somebody who logs in, by the source that vouches for them.
    Login(String),
    /// Somebody who is logged in, by the SCIM id.
    Person(String),
    /// Somebody at the command line.
    Cli,
    /// The gateway itself.
    System,
}

impl Actor {
    /// How the actor is written where it is kept: `cli`, `system`, `connection NAME`, `login SOURCE`, `person ID`.
    pub fn label(&self) -> String {
        match self {
            Self::Connection(name) => format!("connection {name}"),
            Self::Login(source) => format!("login {source}"),
            Self::Person(id) => format!("person {id}"),
            Self::Cli => "cli".to_owned(),
            Self::System => "system".to_owned(),
        }
    }
}

/// The cause of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause {
    /// Drawn for this one transaction: the ids of the rows that tell of it begin with it.
    pub id: String,
    /// Who.
    pub actor: Actor,
    /// The id of the request, as the log and the caller know it.
    pub request: String,
    /// The time of the change: `created` and `lastModified` of what it touches.
    pub at: Timestamp,
}

impl fmt::Display for Actor {
    /// As the audit log names it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connection(name) => write!(f, "connection:{name}"),
            Self::Login(source) => write!(f, "login:{source}"),
            Self::Person(id) => write!(f, "person:{id}"),
            Self::Cli => f.write_str("cli"),
            Self::System => f.write_str("system"),
        }
    }
}
