//! Connections as administrators see them: listed, and what each may do.

use jiff::Timestamp;

use super::audit::{self, Changes, Entry};
use super::token::no_connection;
use super::{Gateway, Result};
use crate::config::Scope;
use crate::store::{Actor, Connection, Tx};

/// A connection as it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectionInfo {
    /// Its name.
    pub name: String,
    /// The profile by which its requests are read.
    pub profile: String,
    /// What it may do.
    pub scopes: Vec<String>,
    /// When it was made.
    pub created: Timestamp,
    /// How many records belong to it, deleted ones too.
    pub records: u64,
}

/// One change of the scopes of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScopeChange {
    /// It may do this from now on.
    Add(Scope),
    /// It may not do this any more.
    Remove(Scope),
}

impl Gateway {
    /// All connections, by name; that of `scim.token` is in the settings and not among them.
    ///
    /// # Errors
    /// What the store answers when it cannot read.
    pub async fn connections(&self) -> Result<Vec<ConnectionInfo>> {
        self.store()
            .read(|tx| {
                let all = tx.connections()?.into_iter();
                all.map(|one| shown(tx, one)).collect()
            })
            .await
    }

    /// Changes what a connection may do; felt by its next request. Answers how it is afterwards.
    ///
    /// # Errors
    /// 404 when there is no such connection.
    pub async fn change_scopes(
        &self,
        actor: Actor,
        name: &str,
        changes: &[ScopeChange],
    ) -> Result<ConnectionInfo> {
        let (gateway, cause) = (self.clone(), self.cause(actor, ""));
        let (name, changes) = (name.to_owned(), changes.to_vec());
        self.store()
            .write(cause, move |tx| {
                let Some(mut connection) = tx.connection(&name)? else {
                    return Err(no_connection(&name));
                };
                let before = connection.scopes.clone();
                for change in &changes {
                    apply(&mut connection.scopes, *change);
                }
                if connection.scopes != before {
                    tx.set_scopes(&name, &connection.scopes)?;
                    let told = Changes::default().set(
                        "scopes",
                        before.join(" "),
                        connection.scopes.join(" "),
                    );
                    let entry = Entry {
                        action: "connection.scope",
                        kind: "Connection",
                        resource: &name,
                        owner: Some(&name),
                        changes: &told,
                    };
                    audit::record(tx, gateway.keys(), &entry)?;
                }
                shown(tx, connection)
            })
            .await
    }
}

fn apply(scopes: &mut Vec<String>, change: ScopeChange) {
    let (ScopeChange::Add(scope) | ScopeChange::Remove(scope)) = change;
    let name = scope.to_string();
    scopes.retain(|present| *present != name);
    if let ScopeChange::Add(_) = change {
        scopes.push(name);
    }
}

fn shown(tx: &mut Tx<'_>, connection: Connection) -> Result<ConnectionInfo> {
    let Connection {
        name,
        profile,
        scopes,
        created,
    } = connection;
    let profile = profile.unwrap_or_else(|| super::token::DEFAULT_PROFILE.to_owned());
    Ok(ConnectionInfo {
        records: tx.owned(&name)?,
        name,
        profile,
        scopes,
        created,
    })
}
