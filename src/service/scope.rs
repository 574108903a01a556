//! What a connection may do, and the refusal that names the command which would allow more.

use std::fmt;
use std::sync::Arc;

use super::Caller;
use super::token::CONFIG_CONNECTION;
use crate::config::Scope;
use crate::scim::schema::ResourceType;
use crate::scim::{Error, ErrorKind, Result};
use crate::store::Viewer;

/// The scopes of one connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scopes {
    connection: Arc<str>,
    granted: Arc<[Scope]>,
}

impl Caller {
    /// What it sees: its own records, and those of nobody.
    pub(super) fn viewer(&self) -> Viewer {
        Viewer::Connection(Arc::clone(&self.connection))
    }
}

impl Scopes {
    /// What `connection` was granted; names that stand for no scope grant nothing.
    pub(super) fn new<'s>(connection: &str, names: impl Iterator<Item = &'s str>) -> Self {
        Self {
            connection: connection.into(),
            granted: names.filter_map(|name| name.parse().ok()).collect(),
        }
    }

    pub(super) fn has(&self, scope: Scope) -> bool {
        self.granted.contains(&scope)
    }

    /// # Errors
    /// 403 without the scope; `what` says what would have been done, such as "change groups".
    pub(super) fn require(&self, scope: Scope, what: &str) -> Result<()> {
        if self.has(scope) {
            return Ok(());
        }
        let Self { connection, .. } = self;
        let how = if **connection == *CONFIG_CONNECTION {
            format!(
                "add {scope} to the setting scim.scopes (muster connection scope NAME +{scope} does it for \
                 every connection but this one)"
            )
        } else {
            format!("`muster connection scope {connection} +{scope}` allows it")
        };
        Err(Error::new(
            ErrorKind::Forbidden,
            format!("The connection \"{connection}\" may not {what}: {how}."),
        ))
    }

    /// # Errors
    /// 403 without the scope to read.
    pub(super) fn may_read(&self) -> Result<()> {
        self.require(Scope::Read, "read")
    }

    /// # Errors
    /// 403 without the scope to change resources of this type.
    pub(super) fn may_change(&self, rt: &ResourceType) -> Result<()> {
        let scope = if rt.is_group() {
            Scope::Groups
        } else {
            Scope::Users
        };
        self.require(
            scope,
            &format!("change {}", rt.endpoint.trim_start_matches('/')),
        )
    }
}

impl fmt::Display for Scopes {
    /// Apart by spaces (RFC 6749 §3.3).
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.granted.iter().map(|scope| scope.as_str()).collect();
        f.write_str(&names.join(" "))
    }
}
