//! `muster inbox list|allow|refuse`.

use serde_json::{Value, json};

use super::table::table;
use super::{Failure, Format, InboxCommand, output};
use crate::service::{Actor, Gateway, InboxEntry, InboxPerson};

pub(super) async fn run(command: &InboxCommand, gateway: &Gateway) -> Result<(), Failure> {
    let (entry, format) = match command {
        InboxCommand::List { format } => return list(gateway, *format).await,
        InboxCommand::Allow { id, format } => (gateway.allow(Actor::Cli, id).await, *format),
        InboxCommand::Refuse { id, format } => (gateway.refuse(Actor::Cli, id).await, *format),
    };
    print(&[entry.map_err(Failure::new)?], format)
}

async fn list(gateway: &Gateway, format: Format) -> Result<(), Failure> {
    let (mut entries, mut after) = (Vec::new(), None);
    loop {
        let page = gateway.inbox(after).await.map_err(Failure::new)?;
        entries.extend(page.entries);
        after = page.next;
        if after.is_none() {
            return print(&entries, format);
        }
    }
}

fn print(entries: &[InboxEntry], format: Format) -> Result<(), Failure> {
    output::print(&if format.json {
        let records: Vec<Value> = entries.iter().map(json).collect();
        format!("{:#}\n", Value::Array(records))
    } else {
        let rows: Vec<Vec<String>> = entries.iter().map(row).collect();
        table(&["ID", "STATE", "SINCE", "QUESTION"], &rows)
    })
}

fn row(entry: &InboxEntry) -> Vec<String> {
    let state = match &entry.decided {
        Some((by, at)) => format!("{} by {by}, {at:.0}", entry.state),
        None => entry.state.to_owned(),
    };
    vec![
        entry.id.clone(),
        state,
        format!("{:.0}", entry.asked),
        question(entry),
    ]
}

/// What is asked, as a sentence.
fn question(entry: &InboxEntry) -> String {
    let (who, connection) = (
        named(&entry.person),
        entry.connection.as_deref().unwrap_or_default(),
    );
    match (entry.topic, &entry.other) {
        ("adoption", _) => {
            format!("{connection} wants to take over the administrator {who}")
        }
        ("double", Some(other)) => format!(
            "{who} of {connection} has an e-mail address of {}, who belongs to nobody: one person?",
            named(other)
        ),
        (topic, _) => {
            let data = entry.data.as_ref().map(Value::to_string);
            format!("{topic} to {who}: {}", data.unwrap_or_default())
        }
    }
}

fn named(person: &InboxPerson) -> String {
    match &person.user_name {
        Some(name) => format!("{name} ({})", person.id),
        None => format!("{} (deleted)", person.id),
    }
}

fn json(entry: &InboxEntry) -> Value {
    let person = |person: &InboxPerson| json!({ "id": person.id, "userName": person.user_name });
    json!({
        "id": entry.id,
        "kind": entry.topic,
        "state": entry.state,
        "connection": entry.connection,
        "user": person(&entry.person),
        "other": entry.other.as_ref().map(person),
        "data": entry.data,
        "asked": entry.asked.to_string(),
        "decidedBy": entry.decided.as_ref().map(|(by, _)| by),
        "decided": entry.decided.as_ref().map(|(_, at)| at.to_string()),
    })
}
