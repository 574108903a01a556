//! The form of a fixture; `tests/fixtures/README.md` explains every member.

use std::collections::BTreeMap;

use muster::scim::profile::Profile;
use serde::Deserialize;
use serde_json::Value;

/// One thing that a client does.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    pub name: String,
    pub section: String,
    profile: Option<String>,
    #[serde(default)]
    pub setup: Vec<Request>,
    pub request: Request,
    pub expect: Expect,
}

/// A request, in the set-up or under test.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// The name under which the id of the answer is kept.
    #[serde(rename = "as")]
    pub name: Option<String>,
    pub method: String,
    pub path: String,
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    pub body: Option<Value>,
}

/// What is expected of the request under test and of the store afterwards.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expect {
    pub status: u16,
    pub answer: Option<Value>,
    #[serde(default)]
    pub answer_absent: Vec<String>,
    pub found: Option<Vec<String>>,
    pub read: Option<String>,
    pub read_status: Option<u16>,
    pub stored: Option<Value>,
    #[serde(default)]
    pub absent: Vec<String>,
    #[serde(default)]
    pub also: Vec<Read>,
}

/// A further look at what is stored.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Read {
    #[serde(rename = "read")]
    pub path: String,
    #[serde(rename = "read_status")]
    pub status: Option<u16>,
    pub stored: Option<Value>,
    #[serde(default)]
    pub absent: Vec<String>,
}

impl Case {
    /// The profiles to replay it in: its own, or those that are `usual`.
    pub fn profiles(&self, usual: &[&'static str]) -> Vec<&'static str> {
        match &self.profile {
            Some(own) => vec![Profile::by_name(own).unwrap().name()],
            None => usual.to_vec(),
        }
    }
}
