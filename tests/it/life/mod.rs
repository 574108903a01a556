//! The life of an account as its clients and administrators see it, sentence by sentence.

mod active;
mod deleted;
mod members;
mod purge;
mod recreate;

use muster::service::{Actor, Person, Who};
use serde_json::{Value, json};

use crate::support::{Client, Fixture, user};

pub fn id(id: &str) -> Who {
    Who::Id(id.to_owned())
}

/// Makes a user; answers the id.
pub fn made(client: &Client, name: &str) -> String {
    client.post("/Users", &user(name)).expect(201).id()
}

/// What administrators see.
pub fn person(fixture: &Fixture, who: &str) -> Person {
    fixture
        .block_on(fixture.gateway.user_named(&id(who)))
        .unwrap()
}

/// The ids of the members that a group shows.
pub fn members(client: &Client, group: &str) -> Vec<String> {
    let group = client.get(&format!("/Groups/{group}")).expect(200).json();
    let members = group["members"].as_array().cloned().unwrap_or_default();
    let value = |member: &Value| member["value"].as_str().unwrap().to_owned();
    members.iter().map(value).collect()
}

/// The names of the groups that a user shows.
pub fn groups(client: &Client, user: &str) -> Vec<String> {
    let user = client.get(&format!("/Users/{user}")).expect(200).json();
    let groups = user["groups"].as_array().cloned().unwrap_or_default();
    let name = |group: &Value| group["display"].as_str().unwrap().to_owned();
    groups.iter().map(name).collect()
}

pub fn delete(fixture: &Fixture, who: &str) {
    let path = format!("/Users/{who}");
    fixture.client().delete(&path).expect(204);
}

pub fn restore(fixture: &Fixture, who: &str) -> Result<Person, String> {
    let restored = fixture.block_on(fixture.gateway.restore_user(Actor::Cli, &id(who)));
    restored.map_err(|fault| fault.to_string())
}

pub fn set_active(client: &Client, who: &str, value: bool) -> crate::support::Reply {
    client.operations(
        &format!("/Users/{who}"),
        &json!([{ "op": "replace", "path": "active", "value": value }]),
    )
}
