//! Administrators: who is one, which connection may change that, and that one is left.

mod admin_groups;
mod last;
mod scopes;

use muster::service::{Actor, Who};
use serde_json::{Value, json};

use crate::support::{Client, Fixture, Setup, group};

pub fn with(settings: Vec<(&'static str, &'static str)>) -> Fixture {
    Fixture::with(Setup {
        settings,
        ..Setup::default()
    })
}

pub fn is_admin(fixture: &Fixture, who: &str) -> bool {
    let who = Who::Id(who.to_owned());
    fixture
        .block_on(fixture.gateway.user_named(&who))
        .unwrap()
        .administrator
}

pub fn make_admin(fixture: &Fixture, who: &str) {
    let who = Who::Id(who.to_owned());
    fixture
        .block_on(fixture.gateway.make_administrator(Actor::Cli, &who))
        .unwrap();
}

pub fn made_group(client: &Client, name: &str, ids: &[&str]) -> String {
    client
        .post("/Groups", &group(name, &values(ids)))
        .expect(201)
        .id()
}

/// `members` with these ids.
pub fn values(ids: &[&str]) -> Value {
    ids.iter().map(|id| json!({ "value": id })).collect()
}
