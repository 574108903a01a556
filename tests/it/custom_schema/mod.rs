//! Schemas and resource types from `scim.schema_dir`: what RFC 7643 §2.2 and §7 say holds for them as well.

mod characteristics;
mod documents;
mod find;
mod mounted;
mod openapi;
mod patch;
mod rebuild;
mod unique;

use serde_json::{Value, json};

use crate::support::{Client, Fixture, Setup};

/// The folder of the documents that these tests mount.
const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/schemas");

const CORE: &str = "urn:ietf:params:scim:schemas:test:2.0:TestResource";
const EXTENSION: &str = "urn:ietf:params:scim:schemas:extension:test:2.0:TestResource";
const DEVICE: &str = "urn:example:params:scim:schemas:2.0:Device";
const BADGE: &str = "urn:example:params:scim:schemas:extension:2.0:Badge";

/// A gateway with the documents of [`FOLDER`], in profile `rfc`.
fn start() -> Fixture {
    start_with(&[])
}

fn start_with(settings: &[(&'static str, &'static str)]) -> Fixture {
    let mut all = vec![("scim.schema_dir", FOLDER)];
    all.extend(settings);
    Fixture::with(Setup {
        profile: "rfc",
        settings: all,
        ..Setup::default()
    })
}

/// A test resource that has what is required, and `more`.
fn resource(identifier: &str, more: &Value) -> Value {
    let mut body = json!({
        "schemas": [CORE, EXTENSION],
        "identifier": identifier,
        EXTENSION: { "extRequired": "yes" },
    });
    merge(&mut body, more);
    body
}

fn device(serial: &str, more: &Value) -> Value {
    let mut body = json!({ "schemas": [DEVICE], "serial-number": serial });
    merge(&mut body, more);
    body
}

fn merge(body: &mut Value, more: &Value) {
    for (name, value) in more.as_object().unwrap() {
        body[name] = value.clone();
    }
}

/// Makes a resource and answers its path.
#[track_caller]
fn made(client: &Client, endpoint: &str, body: &Value) -> String {
    let id = client.post(endpoint, body).expect(201).id();
    format!("{endpoint}/{id}")
}
