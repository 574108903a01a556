//! Somebody who is logged in, as pages and applications see them.

use jiff::Timestamp;
use serde_json::Value;

use crate::config::Secret;

/// What somebody shows to say who they are.
#[derive(Debug, Clone)]
pub enum Credential {
    /// The session cookie.
    Cookie(Secret),
    /// A bearer token: a JWT of ours or a personal access token.
    Bearer(Secret),
}

/// Somebody whose credential holds: an active account.
#[derive(Debug, Clone, PartialEq)]
pub struct Me {
    /// The SCIM id.
    pub id: String,
    /// `userName`
    pub user_name: String,
    /// The primary address.
    pub email: Option<String>,
    /// How the person is called: displayName, or the formatted name, or given and family name, or the user name.
    pub name: String,
    /// The whole user, as SCIM answers it.
    pub user: Value,
    /// `admin`, and those of `roles.map`; sorted.
    pub roles: Vec<String>,
    /// The displayNames of the groups they are a direct member of; sorted.
    pub groups: Vec<String>,
    /// The session; `None` with a personal access token.
    pub session: Option<SessionInfo>,
    /// When the credential ends at the latest.
    pub expires: Timestamp,
}

/// A session, as its owner sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionInfo {
    /// Its id (`sid`), which opens nothing.
    pub id: String,
    /// When it began.
    pub created: Timestamp,
    /// When it was last used, to the minute.
    pub seen: Timestamp,
    /// When it ends at the latest.
    pub expires: Timestamp,
    /// `local`, `saml` or `ldap`.
    pub method: String,
    /// The address it began from.
    pub address: Option<String>,
    /// The browser it began in.
    pub agent: Option<String>,
}

impl Me {
    /// Whether they are an administrator.
    pub fn is_administrator(&self) -> bool {
        self.roles.iter().any(|role| role == "admin")
    }
}
