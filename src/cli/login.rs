//! `muster login try`: what a login would come to, step by step.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::output::shown;
use super::{Failure, LoginCommand, output};
use crate::service::{Gateway, TriedName};

pub(super) async fn run(command: &LoginCommand, gateway: &Gateway) -> Result<(), Failure> {
    let LoginCommand::Try { user, format } = command;
    let name = gateway.try_name(user).await.map_err(Failure::new)?;
    output::print(&if format.json {
        format!("{:#}\n", json(&name))
    } else {
        text(&name)
    })?;
    match &name.tried.refusal {
        None => Ok(()),
        Some(refusal) => {
            let why = format!("a login would be refused: {refusal}");
            Err(Failure::new(shown(&why)))
        }
    }
}

/// The steps, who that is, and the record and roles they would become.
fn text(name: &TriedName) -> String {
    let mut out = String::new();
    for step in name.tried.trail.steps() {
        let (result, detail) = (step.result.to_string(), shown(&step.detail));
        // Writing into a String cannot fail.
        let _ = writeln!(out, "{result:<8} {}: {detail}", step.name);
    }
    let Some(who) = &name.identity else {
        return out;
    };
    let admin = match who.admin {
        Some(true) => "yes",
        Some(false) => "no",
        None => "not asked",
    };
    let lines = [
        ("id", vec![who.subject.clone()]),
        ("user name", vec![who.user_name.clone()]),
        ("e-mail", who.emails.clone()),
        ("given name", who.given_name.iter().cloned().collect()),
        ("family name", who.family_name.iter().cloned().collect()),
        ("group", who.groups.clone()),
        ("administrator", vec![admin.to_owned()]),
        ("record", vec![record(name)]),
        ("role", name.tried.roles.clone()),
    ];
    out.push('\n');
    for (what, values) in lines {
        for value in values {
            let _ = writeln!(out, "{what:<13} {}", shown(&value));
        }
    }
    out
}

fn record(name: &TriedName) -> String {
    match (&name.tried.refusal, &name.tried.resource) {
        (Some(_), _) => "none: the login would be refused".to_owned(),
        (None, Some(id)) => id.clone(),
        (None, None) => "a new one".to_owned(),
    }
}

fn json(name: &TriedName) -> Value {
    let TriedName { identity, tried } = name;
    let steps: Vec<Value> = tried
        .trail
        .steps()
        .iter()
        .map(|step| json!({ "step": step.name, "result": step.result.to_string(), "detail": step.detail }))
        .collect();
    let identity = identity.as_ref().map(|who| {
        json!({
            "source": who.source, "id": who.subject, "userName": who.user_name, "emails": who.emails,
            "givenName": who.given_name, "familyName": who.family_name, "groups": who.groups, "admin": who.admin,
        })
    });
    let refusal = tried
        .refusal
        .as_ref()
        .map(|refusal| json!({ "code": refusal.code, "detail": refusal.detail }));
    json!({
        "steps": steps, "identity": identity, "refused": refusal, "record": tried.resource,
        "new": tried.refusal.is_none() && tried.resource.is_none(), "roles": tried.roles,
    })
}
