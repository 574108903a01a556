//! Documents that come or change after there is data: index rows and unique keys follow at the next start.

use serde_json::{Value, json};
use tempfile::TempDir;

use super::{DEVICE, made};
use crate::support::{Fixture, Setup};

const DEVICES: &str = "/Devices?filter=";

/// A folder whose documents a test changes.
struct Documents(TempDir);

impl Documents {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// Writes the type Device with these attributes besides `name`.
    fn say(&self, attributes: &Value) {
        let mut all = vec![json!({ "name": "name", "required": true })];
        all.extend(attributes.as_array().unwrap().iter().cloned());
        let documents = json!([
            { "id": DEVICE, "attributes": all },
            { "name": "Device", "endpoint": "/Devices", "schema": DEVICE },
        ]);
        std::fs::write(self.0.path().join("device.json"), documents.to_string()).unwrap();
    }

    fn setup(&self) -> Setup {
        // The settings of a fixture live as long as the test binary.
        let folder: &'static str = self.0.path().display().to_string().leak();
        Setup {
            profile: "rfc",
            settings: vec![("scim.schema_dir", folder), ("scim.max_scan", "1")],
            ..Setup::default()
        }
    }
}

fn device(name: &str, model: &str) -> Value {
    json!({ "schemas": [DEVICE], "name": name, "model": model, "tags": ["t", name] })
}

#[track_caller]
fn total(fixture: &Fixture, filter: &str) -> Value {
    let reply = fixture.client().get(&format!("{DEVICES}{filter}"));
    reply.expect(200).json()["totalResults"].clone()
}

#[test]
fn an_index_that_is_asked_for_later_knows_what_is_there() {
    let documents = Documents::new();
    let tags = json!({ "name": "tags", "multiValued": true });
    documents.say(&json!([{ "name": "model" }, tags]));
    let mut fixture = Fixture::with(documents.setup());
    for name in ["a", "b", "c"] {
        made(&fixture.client(), "/Devices", &device(name, "X"));
    }
    let gone = made(&fixture.client(), "/Devices", &device("d", "X"));
    fixture.client().delete(&gone).expect(204);
    let by_model = "model%20eq%20%22x%22";
    fixture
        .client()
        .get(&format!("{DEVICES}{by_model}"))
        .refused(400, Some("tooMany"));

    let tags = json!({ "name": "tags", "multiValued": true, "x-muster-index": true });
    documents.say(&json!([{ "name": "model", "x-muster-index": true }, tags]));
    fixture.restart(documents.setup()).unwrap();
    assert_eq!(total(&fixture, by_model), 3);
    assert_eq!(total(&fixture, "tags%20eq%20%22B%22"), 1);

    // Another kind of key for the same attribute.
    documents.say(&json!([{ "name": "model", "x-muster-index": true, "caseExact": true }]));
    fixture.restart(documents.setup()).unwrap();
    assert_eq!(total(&fixture, by_model), 0);
    assert_eq!(total(&fixture, "model%20eq%20%22X%22"), 3);

    // And no index any more; the documents keep what was written.
    documents.say(&json!([{ "name": "model" }]));
    fixture.restart(documents.setup()).unwrap();
    fixture
        .client()
        .get(&format!("{DEVICES}{by_model}"))
        .refused(400, Some("tooMany"));
    let list = fixture.client().get("/Devices").expect(200).json();
    assert_eq!(list["Resources"][0]["model"], "X");
}

#[test]
fn a_value_that_becomes_unique_is_taken_from_then_on() {
    let documents = Documents::new();
    documents.say(&json!([{ "name": "model" }]));
    let mut fixture = Fixture::with(documents.setup());
    made(&fixture.client(), "/Devices", &device("a", "one"));
    made(&fixture.client(), "/Devices", &device("b", "two"));
    documents.say(&json!([{ "name": "model", "uniqueness": "server" }]));
    fixture.restart(documents.setup()).unwrap();
    let taken = fixture.client().post("/Devices", &device("c", "ONE"));
    taken.refused(409, Some("uniqueness"));
    assert_eq!(total(&fixture, "model%20eq%20%22One%22"), 1);
}

#[test]
fn two_of_what_is_to_be_unique_stop_the_start_and_are_named() {
    let documents = Documents::new();
    documents.say(&json!([{ "name": "model" }]));
    let mut fixture = Fixture::with(documents.setup());
    let paths = ["a", "b"].map(|name| made(&fixture.client(), "/Devices", &device(name, "same")));
    documents.say(&json!([{ "name": "model", "uniqueness": "server" }]));
    let why = fixture.restart(documents.setup()).unwrap_err().to_string();
    assert!(why.contains("model of Device"), "{why}");
    for path in &paths {
        let id = path.rsplit('/').next().unwrap();
        assert!(why.contains(id), "{why}");
    }
    // The refusal has changed nothing: as before, it starts and both can be read.
    documents.say(&json!([{ "name": "model" }]));
    fixture.restart(documents.setup()).unwrap();
    fixture.client().delete(&paths[0]).expect(204);
    documents.say(&json!([{ "name": "model", "uniqueness": "server" }]));
    fixture.restart(documents.setup()).unwrap();
    fixture.client().get(&paths[1]).expect(200);
}

#[test]
fn a_type_that_is_taken_away_keeps_its_data() {
    let documents = Documents::new();
    documents.say(&json!([{ "name": "model", "x-muster-index": true }]));
    let mut fixture = Fixture::with(documents.setup());
    let path = made(&fixture.client(), "/Devices", &device("a", "one"));
    fixture
        .restart(Setup {
            profile: "rfc",
            ..Setup::default()
        })
        .unwrap();
    fixture.client().get(&path).refused(404, None);
    fixture.restart(documents.setup()).unwrap();
    assert_eq!(
        fixture.client().get(&path).expect(200).json()["model"],
        "one"
    );
    assert_eq!(total(&fixture, "model%20eq%20%22one%22"), 1);
}

#[test]
fn unique_group_names_can_be_asked_for_later() {
    let setup = |unique| Setup {
        settings: vec![("scim.unique_group_names", unique)],
        ..Setup::default()
    };
    let mut fixture = Fixture::with(setup("false"));
    let group = json!({ "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": "Staff" });
    fixture.client().post("/Groups", &group).expect(201);
    fixture.restart(setup("true")).unwrap();
    fixture
        .client()
        .post("/Groups", &group)
        .refused(409, Some("uniqueness"));
    fixture.restart(setup("false")).unwrap();
    fixture.client().post("/Groups", &group).expect(201);
    let why = fixture.restart(setup("true")).unwrap_err().to_string();
    assert!(why.contains("displayName of Group"), "{why}");
}
