//! Requests as the RFCs want them, for the profile `rfc`: complete bodies, encoded queries, and what is stored afterwards.

use muster::clock::Clock;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

pub use super::raw::Raw;
pub use super::{Client, Fixture, Reply, Setup, TOKEN, patch_body};

pub const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
pub const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";
pub const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

/// A gateway whose connection `config` has the profile `rfc`, with further settings.
pub fn strict(settings: &[(&'static str, &'static str)]) -> Fixture {
    Fixture::with(Setup {
        profile: "rfc",
        clock: Clock::system(),
        settings: settings.to_vec(),
    })
}

/// The body of a user: its name, and the members of `more`.
pub fn user(name: &str, more: Value) -> Value {
    with(json!({ "schemas": [USER], "userName": name }), more)
}

/// The body of a group.
pub fn group(name: &str, more: Value) -> Value {
    with(json!({ "schemas": [GROUP], "displayName": name }), more)
}

/// `body` with the members of `more` put in or over its own.
pub fn with(mut body: Value, more: Value) -> Value {
    let (Value::Object(members), Value::Object(more)) = (&mut body, more) else {
        panic!("two objects are wanted");
    };
    members.extend(more);
    body
}

/// `path` with a query of encoded values.
pub fn query(path: &str, pairs: &[(&str, &str)]) -> String {
    let pairs: Vec<String> = pairs
        .iter()
        .map(|(name, value)| format!("{name}={}", utf8_percent_encode(value, NON_ALPHANUMERIC)))
        .collect();
    format!("{path}?{}", pairs.join("&"))
}

/// Makes a resource and gives its URL below the SCIM root.
#[track_caller]
pub fn made(client: &Client, endpoint: &str, body: &Value) -> String {
    let id = client.post(endpoint, body).expect(201).id();
    format!("{endpoint}/{id}")
}

/// What is stored at `path`.
#[track_caller]
pub fn stored(client: &Client, path: &str) -> Value {
    client.get(path).expect(200).json()
}

/// The values of `name` in the resources of a list, in order; `null` where there is none.
#[track_caller]
pub fn column(reply: &Reply, name: &str) -> Vec<Value> {
    let body = reply.json();
    let Some(resources) = body["Resources"].as_array() else {
        panic!("no list: {body}");
    };
    resources.iter().map(|found| found[name].clone()).collect()
}
