//! Lists over HTTP, judged by their answers: RFC 7644 §3.4.2 beyond one type and one page, §3.4.3, §3.9, §3.14.

mod s3_14_reads;
mod s3_4_2_1_root;
mod s3_4_2_3_sorting;
mod s3_4_3_search;
mod s3_9_projection;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use crate::support::{Client, Fixture};

pub const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
pub const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";
const SEARCH: &str = "urn:ietf:params:scim:api:messages:2.0:SearchRequest";

/// Makes a user with these further attributes; gives its id.
pub fn make_user(client: &Client, name: &str, more: Value) -> String {
    let mut body = more;
    let mut schemas = vec![USER.to_owned()];
    let urns = body.as_object().unwrap().keys();
    schemas.extend(urns.filter(|key| key.starts_with("urn:")).cloned());
    body["schemas"] = json!(schemas);
    body["userName"] = name.into();
    client.post("/Users", &body).expect(201).id()
}

/// Makes a group; gives its id.
pub fn make_group(client: &Client, name: &str, members: &[&str]) -> String {
    let members: Vec<Value> = members.iter().map(|id| json!({ "value": id })).collect();
    let body = json!({ "schemas": [GROUP], "displayName": name, "members": members });
    client.post("/Groups", &body).expect(201).id()
}

/// `path?name=value&…`, percent-encoded.
pub fn url(path: &str, parameters: &[(&str, &str)]) -> String {
    let mut text = path.to_owned();
    for (ordinal, (name, value)) in parameters.iter().enumerate() {
        text.push(if ordinal == 0 { '?' } else { '&' });
        text.push_str(name);
        text.push('=');
        text.extend(utf8_percent_encode(value, NON_ALPHANUMERIC));
    }
    text
}

/// The list that a GET is answered with.
#[track_caller]
pub fn list(client: &Client, path: &str, parameters: &[(&str, &str)]) -> Value {
    client.get(&url(path, parameters)).expect(200).json()
}

/// The message of a search with these members.
fn search_body(members: &Value) -> Value {
    let mut body = members.clone();
    body["schemas"] = json!([SEARCH]);
    body
}

/// What each resource of a list is called.
pub fn names(list: &Value) -> Vec<String> {
    let resources = list["Resources"].as_array().unwrap();
    let name = |one: &Value| {
        let name = one.get("userName").or_else(|| one.get("displayName"));
        name.unwrap_or(&one["id"]).as_str().unwrap().to_owned()
    };
    resources.iter().map(name).collect()
}

/// Three users and two groups, made in this order: ada, Staff, bob, admins, Cem.
struct Town {
    fixture: Fixture,
    client: Client,
}

impl Town {
    fn new() -> Self {
        Self::with(&[])
    }

    fn with(settings: &[(&'static str, &'static str)]) -> Self {
        let fixture = Fixture::with(crate::support::Setup {
            profile: "rfc",
            settings: settings.to_vec(),
            ..crate::support::Setup::default()
        });
        let client = fixture.client();
        let ada = make_user(
            &client,
            "ada",
            json!({ "displayName": "Zoe", "active": true }),
        );
        make_group(&client, "Staff", &[&ada]);
        make_user(&client, "bob", json!({ "active": false }));
        make_group(&client, "admins", &[]);
        make_user(
            &client,
            "Cem",
            json!({ "displayName": "mia", "title": "Dr" }),
        );
        Self { fixture, client }
    }

    /// The names of what a query over all types finds.
    #[track_caller]
    fn all(&self, parameters: &[(&str, &str)]) -> Vec<String> {
        names(&list(&self.client, "/", parameters))
    }
}
