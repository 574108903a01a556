//! To whom records belong: each sentence of the contract about it, and what other systems got wrong.

mod adoption;
mod capture;
mod doubles;
mod links;
mod transfer;
mod visible;

use muster::service::{Actor, NewPerson, Wanted};
use serde_json::{Value, json};

use crate::support::{Client, Fixture};

/// A connection of this name, and its client.
pub fn connect(fixture: &Fixture, name: &str) -> Client {
    let made = fixture.gateway.create_token(
        name,
        Wanted::default(),
        std::time::Duration::from_secs(3_600),
    );
    let token = fixture.block_on(made).unwrap();
    fixture.client_with(Some(&token))
}

/// A user made by the command line: belongs to nobody.
pub fn nobodys(fixture: &Fixture, email: &str) -> String {
    made_by_hand(fixture, email, false)
}

/// The same, who is an administrator.
pub fn nobodys_admin(fixture: &Fixture, email: &str) -> String {
    made_by_hand(fixture, email, true)
}

fn made_by_hand(fixture: &Fixture, email: &str, administrator: bool) -> String {
    let new = NewPerson {
        email: email.to_owned(),
        administrator,
        ..NewPerson::default()
    };
    let made = fixture.gateway.create_user(Actor::Cli, &new);
    fixture.block_on(made).unwrap().person.user.id
}

/// What waits, and what was decided.
pub fn inbox(fixture: &Fixture) -> Vec<Value> {
    let listed = fixture.muster(&["inbox", "list", "--json"]).json();
    listed.as_array().unwrap().clone()
}

/// The actions in the audit log about a resource, oldest first.
pub fn audited(fixture: &Fixture, id: &str) -> Vec<String> {
    let log = fixture
        .muster(&["audit", "list", "--user", id, "--json"])
        .done();
    let lines = log
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap());
    let actions = lines.map(|entry| entry["action"].as_str().unwrap().to_owned());
    // Whom the command line makes gets a link to set a password.
    actions.filter(|action| action != "password.link").collect()
}

/// One operation as a Bulk request: its status.
pub fn bulk(client: &Client, operation: &Value) -> (String, Value) {
    let body = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
        "Operations": [operation],
    });
    let done = client.post("/Bulk", &body).expect(200).json()["Operations"][0].clone();
    (done["status"].as_str().unwrap().to_owned(), done)
}

/// A user with one address.
pub fn mailed(name: &str, email: &str) -> Value {
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "userName": name,
        "emails": [{ "value": email, "primary": true }],
    })
}
