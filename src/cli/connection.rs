//! `muster connection list|scope|federate|release|move`.

use std::ffi::OsString;
use std::str::FromStr;

use serde_json::{Value, json};

use super::table::table;
use super::{ConnectionCommand, Failure, Format, output};
use crate::config::Scope;
use crate::service::{Actor, ConnectionInfo, FederationInfo, Gateway, ScopeChange};

/// Stands for the `-` of `-SCOPE` behind [`spelled`].
const MINUS: &str = "minus:";

/// `-users` would be read as a bundle of short options: where what follows a `-` is the name of a scope, it
/// is spelled so that it is none. No option is called like a scope.
pub(super) fn spelled(argument: OsString) -> OsString {
    let name = argument.to_str().and_then(|text| text.strip_prefix('-'));
    match name.filter(|name| name.parse::<Scope>().is_ok()) {
        Some(name) => format!("{MINUS}{name}").into(),
        None => argument,
    }
}

/// `+SCOPE` or `-SCOPE`, as it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SignedScope(ScopeChange);

impl FromStr for SignedScope {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let scope = |name: &str| name.parse::<Scope>();
        if let Some(name) = text.strip_prefix('+') {
            return scope(name).map(|scope| Self(ScopeChange::Add(scope)));
        }
        if let Some(name) = text.strip_prefix(MINUS) {
            return scope(name).map(|scope| Self(ScopeChange::Remove(scope)));
        }
        Err(format!(
            "\"{text}\" says neither + nor -: write +{text} to allow it, or -{text} to forbid it"
        ))
    }
}

pub(super) async fn run(command: &ConnectionCommand, gateway: &Gateway) -> Result<(), Failure> {
    match command {
        ConnectionCommand::List { format } => {
            let all = gateway.connections().await.map_err(Failure::new)?;
            print(&all, *format)
        }
        ConnectionCommand::Scope { name, changes } => {
            let changes: Vec<ScopeChange> = changes.iter().map(|signed| signed.0).collect();
            let now = gateway
                .change_scopes(Actor::Cli, name, &changes)
                .await
                .map_err(Failure::new)?;
            output::print(&rows(&[now]))
        }
        ConnectionCommand::Release { name } => {
            let released = gateway.release_records(Actor::Cli, name).await;
            let number = released.map_err(Failure::new)?;
            output::print(&format!("{number} records belong to nobody now\n"))
        }
        ConnectionCommand::Move { name, to } => {
            let moved = gateway.move_records(Actor::Cli, name, to).await;
            let number = moved.map_err(Failure::new)?;
            output::print(&format!("{number} records belong to {to} now\n"))
        }
        ConnectionCommand::Federate { name, .. } => {
            let accepted = accepted(command);
            let done = gateway.federate(Actor::Cli, name, accepted).await;
            done.map_err(Failure::new)
        }
    }
}

/// The assertions that are to be accepted; `None` with `--remove`.
fn accepted(command: &ConnectionCommand) -> Option<FederationInfo> {
    let ConnectionCommand::Federate {
        issuer,
        subject,
        audience,
        keys,
        tenant,
        name: _,
        remove: _,
    } = command
    else {
        return None;
    };
    Some(FederationInfo {
        issuer: issuer.clone()?,
        subject: subject.clone()?,
        audience: audience.clone()?,
        keys: keys.clone()?,
        tenant: tenant.clone(),
    })
}

fn print(connections: &[ConnectionInfo], format: Format) -> Result<(), Failure> {
    output::print(&if format.json {
        json(connections)
    } else {
        rows(connections)
    })
}

fn rows(connections: &[ConnectionInfo]) -> String {
    let rows: Vec<Vec<String>> = connections
        .iter()
        .map(|one| {
            let created = format!("{:.0}", one.created);
            vec![
                one.name.clone(),
                one.profile.clone(),
                created,
                one.records.to_string(),
                one.scopes.join(" "),
            ]
        })
        .collect();
    table(
        &["CONNECTION", "PROFILE", "CREATED", "RECORDS", "SCOPES"],
        &rows,
    )
}

fn json(connections: &[ConnectionInfo]) -> String {
    let records: Vec<Value> = connections
        .iter()
        .map(|one| {
            json!({
                "name": one.name,
                "profile": one.profile,
                "scopes": one.scopes,
                "created": one.created.to_string(),
                "records": one.records,
            })
        })
        .collect();
    format!("{:#}\n", Value::Array(records))
}
