//! Why something changes: who asked, in which request, and when.

use jiff::Timestamp;

/// Who makes a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    /// A SCIM client, by the name of its connection.
    Connection(String),
    /// Somebody at the command line.
    Cli,
    /// The gateway itself.
    System,
}

impl Actor {
    /// How the actor is written where it is kept: `cli`, `system`, `connection NAME`.
    pub fn label(&self) -> String {
        match self {
            Self::Connection(name) => format!("connection {name}"),
            Self::Cli => "cli".to_owned(),
            Self::System => "system".to_owned(),
        }
    }
}

/// The cause of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause {
    /// Who.
    pub actor: Actor,
    /// The id of the request, as the log and the caller know it.
    pub request: String,
    /// The time of the change: `created` and `lastModified` of what it touches.
    pub at: Timestamp,
}
