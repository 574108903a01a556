//! How users are printed: in lists, and one with all that is known about them.

use std::fmt::Write as _;

use serde_json::Value;

use super::output::shown;
use super::table::table;
use super::{Failure, Format, output};
use crate::service::{Made, Person, User};

/// One person.
pub(super) fn person(person: &Person, format: Format) -> Result<(), Failure> {
    output::print(&if format.json {
        format!("{}\n", person.to_json())
    } else {
        text(person)
    })
}

/// What became of a person, in a line or as JSON.
pub(super) fn outcome(person: &Person, format: Format) -> Result<(), Failure> {
    output::print(&if format.json {
        format!("{}\n", person.to_json())
    } else {
        summary(person)
    })
}

/// Somebody who was made, and where they set their password or log in.
pub(super) fn made(made: &Made, format: Format) -> Result<(), Failure> {
    let mut text = if format.json {
        let mut whole = made.person.to_json();
        if let (Some(Value::Object(own)), Some(link)) = (whole.get_mut("muster"), &made.link) {
            own.insert("link".to_owned(), link.url.expose().into());
            let expires = link.expires.map(|at| at.to_string());
            own.insert("linkExpires".to_owned(), expires.into());
        }
        format!("{whole}\n")
    } else {
        summary(&made.person)
    };
    if let (Some(link), false) = (&made.link, format.json) {
        let _ = match link.expires {
            Some(at) => writeln!(
                text,
                "set password at: {}\n  once, until {at:.0}",
                link.url.expose()
            ),
            None => writeln!(text, "log in at: {}", link.url.expose()),
        };
    }
    output::print(&text)
}

fn summary(person: &Person) -> String {
    let user = &person.user;
    format!(
        "id: {}\nuserName: {}\nstate: {}\nadministrator: {}\n",
        user.id,
        shown(&user.user_name),
        state(user),
        if person.administrator { "yes" } else { "no" },
    )
}

fn text(person: &Person) -> String {
    let user = &person.user;
    let mut text = format!("state: {}\n", state(user));
    let mut line = |name: &str, value: &str| {
        let _ = writeln!(text, "{name}: {}", shown(value));
    };
    line("owner", person.owner.as_deref().unwrap_or("nobody"));
    if let Some(hold) = &person.hold {
        let held = format!("since {:.0} by {}: {}", hold.since, hold.by, hold.reason);
        line("legal hold", &held);
    }
    let idle = if person.administrator {
        "yes"
    } else {
        "no, as the account is not active"
    };
    match person.reasons.as_slice() {
        [] => line("administrator", "no"),
        reasons => line(
            "administrator",
            &std::iter::once(idle.to_owned())
                .chain(reasons.iter().map(ToString::to_string))
                .collect::<Vec<_>>()
                .join("; "),
        ),
    }
    if let Value::Object(members) = &user.resource {
        for (name, value) in members {
            let value = value
                .as_str()
                .map_or_else(|| format!("{value:#}"), |value| shown(value).into_owned());
            let _ = writeln!(text, "{}: {value}", shown(name));
        }
    }
    text
}

fn state(user: &User) -> String {
    let locked = if user.locked {
        ", locked by an administrator"
    } else {
        ""
    };
    match user.deleted {
        Some(at) => format!("{} since {at:.0}{locked}", user.state),
        None => format!("{}{locked}", user.state),
    }
}

/// A page of users as a table.
pub(super) fn rows(users: &[User]) -> String {
    let rows: Vec<Vec<String>> = users
        .iter()
        .map(|user| {
            let email = user.email.clone().unwrap_or_default();
            vec![user.id.clone(), state(user), user.user_name.clone(), email]
        })
        .collect();
    table(&["ID", "STATE", "USER NAME", "E-MAIL"], &rows)
}

/// A page of users for machines, a line each.
pub(super) fn lines(users: &[User]) -> String {
    let mut text = String::new();
    for user in users {
        text.push_str(&user.to_json().to_string());
        text.push('\n');
    }
    text
}
