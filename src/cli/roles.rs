//! `muster roles list|unpin`.

use serde_json::{Value, json};

use super::table::table;
use super::{Failure, Format, RolesCommand, output};
use crate::service::{Actor, Gateway, GrantInfo, GrantedBy, How, RoleGroup, Roles};

pub(super) async fn run(command: &RolesCommand, gateway: &Gateway) -> Result<(), Failure> {
    match command {
        RolesCommand::List { format } => list(gateway, *format).await,
        RolesCommand::Unpin { name } => {
            gateway
                .unpin(Actor::Cli, name)
                .await
                .map_err(Failure::new)?;
            output::print("unpinned\n")
        }
    }
}

async fn list(gateway: &Gateway, format: Format) -> Result<(), Failure> {
    let roles = gateway.roles().await.map_err(Failure::new)?;
    output::print(&if format.json {
        json(&roles)
    } else {
        text(&roles)
    })
}

fn text(roles: &Roles) -> String {
    let mut rows = Vec::new();
    for group in &roles.groups {
        rows.extend(group_rows(group));
    }
    rows.extend(roles.map.iter().map(map_row));
    rows.extend(roles.grants.iter().map(grant_row));
    table(&["ROLE", "FROM", "ID", "NAME", "HOW"], &rows)
}

fn group_rows(group: &RoleGroup) -> Vec<Vec<String>> {
    let row = |id: &str, name: &str, how: String| {
        vec![
            group.role.to_owned(),
            format!("roles.admin_groups \"{}\"", group.said),
            id.to_owned(),
            name.to_owned(),
            how,
        ]
    };
    let mut rows: Vec<Vec<String>> = group
        .matches
        .iter()
        .map(|found| {
            let how = match &found.how {
                How::Id | How::ExternalId { .. } => format!("by {}", found.how.name()),
                How::Name { since, .. } => format!("by name, pinned since {since:.0}"),
            };
            let name = found.display.as_deref().unwrap_or_default();
            row(&found.id, name, format!("{how}, {} people", found.people))
        })
        .collect();
    if let Some(id) = &group.lost {
        let how =
            "pinned to a group that was deleted: `muster roles unpin` lets it match a new one";
        rows.push(row(id, "", how.to_owned()));
    } else if rows.is_empty() {
        rows.push(row("", "", "no such group yet".to_owned()));
    }
    rows
}

fn map_row((group, role): &(String, String)) -> Vec<String> {
    let from = format!("roles.map \"{group}\"");
    let how = "SCIM groups by id, externalId or name, and groups that a login brings";
    vec![
        role.clone(),
        from,
        String::new(),
        String::new(),
        how.to_owned(),
    ]
}

fn grant_row(grant: &GrantInfo) -> Vec<String> {
    let idle = if grant.state == "active" {
        String::new()
    } else {
        format!(", {}: gives nothing", grant.state)
    };
    vec![
        grant.role.to_owned(),
        match grant.from {
            GrantedBy::Hand => "by hand".to_owned(),
            GrantedBy::Login => "their login".to_owned(),
        },
        grant.id.clone(),
        grant.user_name.clone(),
        format!("{:.0} by {}{idle}", grant.since, grant.by),
    ]
}

fn json(roles: &Roles) -> String {
    let mut records = Vec::new();
    for group in &roles.groups {
        let matches: Vec<Value> = group
            .matches
            .iter()
            .map(|found| {
                let since = match &found.how {
                    How::Name { since, .. } => Some(since.to_string()),
                    How::Id | How::ExternalId { .. } => None,
                };
                json!({
                    "id": found.id, "display": found.display, "named": found.how.name(),
                    "pinned": since, "people": found.people,
                })
            })
            .collect();
        records.push(json!({
            "role": group.role, "from": "group", "entry": group.said,
            "groups": matches, "pinnedToDeleted": group.lost,
        }));
    }
    for (group, role) in &roles.map {
        records.push(json!({ "role": role, "from": "map", "entry": group }));
    }
    for grant in &roles.grants {
        let from = match grant.from {
            GrantedBy::Hand => "manual",
            GrantedBy::Login => "login",
        };
        records.push(json!({
            "role": grant.role, "from": from, "user": grant.id, "userName": grant.user_name,
            "state": grant.state, "by": grant.by, "since": grant.since.to_string(),
        }));
    }
    format!("{:#}\n", Value::Array(records))
}
