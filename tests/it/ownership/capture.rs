//! Whatever a client calls somebody, nobody else's account is reached by it: `externalId`, `userName` and `id` are names,
//! never keys to what is there (CVE-2025-41115).

use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

use super::{bulk, connect, mailed, nobodys, nobodys_admin};
use crate::life::person;
use crate::support::{Client, Fixture, Reply};

/// How many requests are tried; `MUSTER_CASES=10000` is the long run.
const CASES: u32 = 400;

/// Accounts that okta must not reach, and okta itself.
struct Victims {
    fixture: Fixture,
    okta: Client,
    /// Of entra, of nobody, an administrator of nobody's.
    ids: Vec<String>,
    /// What they are called, in every way.
    names: Vec<String>,
    before: Vec<Value>,
}

impl Victims {
    fn new() -> Self {
        let fixture = Fixture::start();
        let [okta, entra] = ["okta", "entra"].map(|name| connect(&fixture, name));
        let mut body = mailed("grace", "grace@entra.org");
        body["externalId"] = "entra-1".into();
        let theirs = entra.post("/Users", &body).expect(201).id();
        let ids = vec![
            theirs,
            nobodys(&fixture, "ada@example.org"),
            nobodys_admin(&fixture, "root@example.org"),
        ];
        let names = [
            "1",
            "0",
            "-1",
            "2",
            "00",
            "null",
            "true",
            "admin",
            "root",
            "grace",
            "GRACE",
            "grace\u{301}",
            "grace ",
            "entra-1",
            "ENTRA-1",
            "ada@example.org",
            "Ada@Example.ORG",
            "root@example.org",
            "ROOT@EXAMPLE.ORG",
            "grace@entra.org",
            "entra",
            "*",
            "%",
            "_",
            "' OR 1=1 --",
            "../Users",
            "",
            " ",
            "\u{0}",
            "\u{202e}ada",
            "ａda@example.org",
        ];
        let names = names
            .into_iter()
            .map(str::to_owned)
            .chain(ids.iter().flat_map(|id| [id.clone(), id.to_uppercase()]));
        let names = names.collect();
        let mut victims = Self {
            fixture,
            okta,
            ids,
            names,
            before: Vec::new(),
        };
        victims.before = victims.seen();
        victims
    }

    /// Everything that is known of them, with versions, owner and rights.
    fn seen(&self) -> Vec<Value> {
        self.ids
            .iter()
            .map(|id| person(&self.fixture, id).to_json())
            .collect()
    }

    #[track_caller]
    fn untouched(&self, what: &Value) {
        assert_eq!(self.seen(), self.before, "{what}");
    }

    /// A create made a new account or none.
    #[track_caller]
    fn judge(&self, what: &Value, reply: &Reply) -> Option<String> {
        if reply.status != 201 {
            assert!(
                [400, 409].contains(&reply.status),
                "{what}: {}",
                reply.text()
            );
            return None;
        }
        let id = reply.id();
        assert!(!self.ids.contains(&id), "{what}");
        let made = person(&self.fixture, &id);
        assert_eq!(made.owner.as_deref(), Some("okta"), "{what}");
        assert!(!made.administrator, "{what}");
        Some(id)
    }
}

fn body(name: &str, external_id: &str, id: &str) -> Value {
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "userName": name, "externalId": external_id, "id": id,
    })
}

#[test]
fn an_external_id_that_looks_like_a_key_opens_no_account() {
    let victims = Victims::new();
    for (number, name) in victims.names.iter().enumerate() {
        let new = body(&format!("new{number}"), name, name);
        if let Some(id) = victims.judge(&new, &victims.okta.post("/Users", &new)) {
            assert_ne!(&id, name);
        }
        let named = body(name, &format!("x{number}"), &victims.ids[0]);
        victims.judge(&named, &victims.okta.post("/Users", &named));
        victims.untouched(&new);
    }
}

#[test]
fn an_id_in_a_body_or_behind_a_path_changes_no_other_account() {
    let victims = Victims::new();
    let okta = &victims.okta;
    let own = okta
        .post("/Users", &mailed("own", "own@example.org"))
        .expect(201)
        .id();
    for target in [&victims.ids[0], &victims.ids[2]] {
        for (path, id) in [(&own, target), (target, &own), (target, target)] {
            let new = body("own", "e", id);
            let path = format!("/Users/{path}");
            okta.put(&path, &new);
            for attribute in ["id", "externalId"] {
                okta.operations(
                    &path,
                    &json!([{ "op": "replace", "path": attribute, "value": id }]),
                );
                okta.operations(&path, &json!([{ "op": "add", "value": { attribute: id } }]));
            }
            bulk(okta, &json!({ "method": "PUT", "path": path, "data": new }));
            victims.untouched(&new);
        }
        okta.operations(
            &format!("/Users/{own}"),
            &json!([{ "op": "replace", "path": "userName", "value": "GRACE" }]),
        )
        .refused(409, Some("uniqueness"));
        victims.untouched(&json!("rename"));
    }
}

#[test]
fn no_name_that_a_client_makes_up_captures_another_account() {
    let cases = std::env::var("MUSTER_CASES").map_or(CASES, |cases| cases.parse().unwrap());
    let victims = Victims::new();
    let okta = &victims.okta;
    let own = okta
        .post("/Users", &mailed("own", "own@example.org"))
        .expect(201)
        .id();
    let name = prop_oneof![
        select(victims.names.clone()),
        "\\PC{0,12}",
        "[0-9-]{1,4}",
        "[a-zA-Z@._ ]{1,20}"
    ]
    .boxed();
    let strategy = ((name.clone(), name.clone(), name), 0..4_u8);
    let mut runner = TestRunner::deterministic();
    for number in 0..cases {
        let ((user_name, external_id, id), way) = strategy.new_tree(&mut runner).unwrap().current();
        let new = body(&user_name, &external_id, &id);
        match way {
            0 | 1 => {
                victims.judge(&new, &okta.post("/Users", &new));
            }
            2 => {
                let done = okta.put(&format!("/Users/{own}"), &new);
                assert!(
                    [200, 400, 409].contains(&done.status),
                    "{new}: {}",
                    done.text()
                );
            }
            _ => {
                let operations = json!([{ "op": "replace", "value": { "userName": user_name, "externalId": external_id } }]);
                let done = okta.operations(&format!("/Users/{own}"), &operations);
                assert!(
                    [200, 400, 409].contains(&done.status),
                    "{new}: {}",
                    done.text()
                );
            }
        }
        if number % 50 == 0 {
            victims.untouched(&new);
        }
    }
    victims.untouched(&json!("the end"));
    let entra_sees_its_own = person(&victims.fixture, &victims.ids[0]).owner;
    assert_eq!(entra_sees_its_own.as_deref(), Some("entra"));
}
