//! `muster user list|show`.

use std::fmt::Write as _;

use serde_json::Value;

use super::table::table;
use super::{Failure, Format, Person, UserCommand, output};
use crate::service::{Gateway, User, Who};

pub(super) async fn run(command: &UserCommand, gateway: &Gateway) -> Result<(), Failure> {
    match command {
        UserCommand::List { filter, format } => list(gateway, filter.as_deref(), *format).await,
        UserCommand::Show { person, format } => show(gateway, person, *format).await,
    }
}

/// Page by page, so that a million users need no more memory than some. With `--json`, a line each.
async fn list(gateway: &Gateway, filter: Option<&str>, format: Format) -> Result<(), Failure> {
    let mut start = 1;
    loop {
        let users = gateway.users(filter, start).await.map_err(Failure::new)?;
        if users.is_empty() && (start > 1 || format.json) {
            return Ok(());
        }
        output::print(&if format.json {
            lines(&users)
        } else {
            rows(&users)
        })?;
        if users.is_empty() {
            return Ok(());
        }
        start += users.len() as u64;
    }
}

fn rows(users: &[User]) -> String {
    let rows: Vec<Vec<String>> = users
        .iter()
        .map(|user| {
            let email = user.email.clone().unwrap_or_default();
            vec![
                user.id.clone(),
                user.state.to_owned(),
                user.user_name.clone(),
                email,
            ]
        })
        .collect();
    table(&["ID", "STATE", "USER NAME", "E-MAIL"], &rows)
}

fn lines(users: &[User]) -> String {
    let mut text = String::new();
    for user in users {
        text.push_str(&user.resource.to_string());
        text.push('\n');
    }
    text
}

async fn show(gateway: &Gateway, person: &Person, format: Format) -> Result<(), Failure> {
    let user = gateway
        .user_named(&who(person)?)
        .await
        .map_err(Failure::new)?;
    if format.json {
        return output::print(&format!("{}\n", user.resource));
    }
    let mut text = format!("state: {}\n", user.state);
    if let Value::Object(members) = &user.resource {
        for (name, value) in members {
            let shown = value
                .as_str()
                .map_or_else(|| format!("{value:#}"), str::to_owned);
            let _ = writeln!(text, "{name}: {shown}");
        }
    }
    output::print(&text)
}

fn who(person: &Person) -> Result<Who, Failure> {
    let Person { email, user, id } = person;
    let named = email.clone().map(Who::Email);
    let named = named
        .or_else(|| user.clone().map(Who::Name))
        .or_else(|| id.clone().map(Who::Id));
    named.ok_or_else(|| Failure::new("name a person with --email, --user or --id"))
}
