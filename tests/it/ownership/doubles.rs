//! Possible doubles: noted, shut and opened together until it is decided who they are.

use serde_json::{Value, json};

use super::{audited, bulk, connect, inbox, mailed, nobodys, nobodys_admin};
use crate::life::{person, set_active};
use crate::support::{Client, Fixture, Reply, user};

/// A person of nobody's, and a record that okta makes with the same address.
struct Pair {
    fixture: Fixture,
    okta: Client,
    old: String,
    new: String,
}

impl Pair {
    fn new() -> Self {
        let fixture = Fixture::start();
        let okta = connect(&fixture, "okta");
        let old = nobodys(&fixture, "ada@example.org");
        let new = okta
            .post("/Users", &mailed("ada", "ADA@Example.org"))
            .expect(201)
            .id();
        Self {
            fixture,
            okta,
            old,
            new,
        }
    }

    fn state(&self, id: &str) -> &'static str {
        person(&self.fixture, id).user.state
    }

    fn entry(&self) -> Value {
        let entries = inbox(&self.fixture);
        assert_eq!(entries.len(), 1, "{entries:?}");
        entries[0].clone()
    }

    fn decide(&self, verb: &str) -> crate::support::Ran {
        let id = self.entry()["id"].as_str().unwrap().to_owned();
        self.fixture.muster(&["inbox", verb, &id])
    }

    fn path(&self) -> String {
        format!("/Users/{}", self.new)
    }
}

#[test]
fn a_create_whose_user_name_is_taken_is_409_and_changes_nothing() {
    let fixture = Fixture::start();
    let [okta, entra] = ["okta", "entra"].map(|name| connect(&fixture, name));
    let old = nobodys(&fixture, "ada@example.org");
    let theirs = entra.post("/Users", &user("grace")).expect(201).id();
    for (name, holder) in [("ADA@example.org", &old), ("Grace", &theirs)] {
        let before = (okta.get("/Users").json(), entra.get("/Users").json());
        let taken = okta.post("/Users", &mailed(name, "ada@example.org"));
        let detail = taken.refused(409, Some("uniqueness"));
        assert!(!detail.contains(&**holder), "{detail}");
        assert_eq!(
            (okta.get("/Users").json(), entra.get("/Users").json()),
            before
        );
        assert_eq!(inbox(&fixture), Vec::<Value>::new());
    }
    assert_eq!(person(&fixture, &old).owner, None);
}

#[test]
fn one_whose_e_mail_matches_a_record_of_nobodys_is_made_and_noted_in_the_inbox_as_a_possible_double()
 {
    let pair = Pair::new();
    let entry = pair.entry();
    assert_eq!(
        (
            &entry["kind"],
            &entry["state"],
            &entry["connection"],
            &entry["user"]["id"],
            &entry["other"]["id"]
        ),
        (
            &json!("double"),
            &json!("waiting"),
            &json!("okta"),
            &json!(pair.new),
            &json!(pair.old)
        )
    );
    assert_eq!(person(&pair.fixture, &pair.old).owner, None);
    // A record of another connection is no match: nothing is told about it.
    let other = connect(&pair.fixture, "entra");
    other
        .post("/Users", &mailed("grace", "grace@example.org"))
        .expect(201);
    pair.okta
        .post("/Users", &mailed("other grace", "grace@example.org"))
        .expect(201);
    pair.entry();
}

/// What a connection does.
type Act = Box<dyn Fn(&Pair) -> Reply>;

/// Every way in which a connection shuts somebody.
fn shut_in_every_way() -> Vec<(&'static str, Act)> {
    let patch = |operation: Value| -> Act {
        Box::new(move |pair| pair.okta.operations(&pair.path(), &json!([operation])))
    };
    vec![
        (
            "path",
            patch(json!({ "op": "replace", "path": "active", "value": false })),
        ),
        (
            "text",
            patch(json!({ "op": "Replace", "path": "active", "value": "False" })),
        ),
        (
            "no path",
            patch(json!({ "op": "replace", "value": { "active": false } })),
        ),
        (
            "add",
            patch(json!({ "op": "add", "path": "active", "value": false })),
        ),
        (
            "URN",
            patch(
                json!({ "op": "replace", "path": "urn:ietf:params:scim:schemas:core:2.0:User:active", "value": false }),
            ),
        ),
        (
            "PUT",
            Box::new(|pair| {
                let mut body = mailed("ada", "ada@example.org");
                body["active"] = false.into();
                pair.okta.put(&pair.path(), &body)
            }),
        ),
        ("DELETE", Box::new(|pair| pair.okta.delete(&pair.path()))),
        (
            "Bulk",
            Box::new(|pair| {
                let data = json!({ "Operations": [{ "op": "replace", "path": "active", "value": false }] });
                let (status, _) = bulk(
                    &pair.okta,
                    &json!({ "method": "PATCH", "path": pair.path(), "data": data }),
                );
                assert_eq!(status, "200");
                pair.okta.get(&pair.path())
            }),
        ),
    ]
}

#[test]
fn until_that_is_decided_deactivating_the_new_record_also_shuts_the_old_one() {
    for (what, shut) in shut_in_every_way() {
        let pair = Pair::new();
        assert!(shut(&pair).status < 300, "{what}");
        assert_eq!(pair.state(&pair.old), "deactivated", "{what}");
        assert_eq!(
            audited(&pair.fixture, &pair.old),
            ["user.create", "user.deactivate"],
            "{what}"
        );
        let seen = pair
            .okta
            .get(&format!("/Users/{}", pair.old))
            .expect(200)
            .json();
        assert_eq!(seen["active"], false, "{what}");
    }
}

#[test]
fn reactivating_lifts_it() {
    let pair = Pair::new();
    for _ in 0..2 {
        set_active(&pair.okta, &pair.new, false).expect(200);
        assert_eq!(pair.state(&pair.old), "deactivated");
        set_active(&pair.okta, &pair.new, true).expect(200);
        assert_eq!(pair.state(&pair.old), "active");
    }
    // So does a create that restores, and a restore by hand.
    let mut body = mailed("ada", "ada@example.org");
    body["externalId"] = "7".into();
    pair.okta.put(&pair.path(), &body).expect(200);
    pair.okta.delete(&pair.path()).expect(204);
    assert_eq!(pair.state(&pair.old), "deactivated");
    assert_eq!(pair.okta.post("/Users", &body).expect(201).id(), pair.new);
    assert_eq!(pair.state(&pair.old), "active");
    pair.okta.delete(&pair.path()).expect(204);
    pair.fixture
        .muster(&["user", "restore", "--id", &pair.new])
        .done();
    assert_eq!(pair.state(&pair.old), "active");
}

#[test]
fn only_what_was_shut_through_it_is_opened() {
    let pair = Pair::new();
    set_active(&pair.okta, &pair.new, false).expect(200);
    pair.fixture
        .muster(&["user", "deactivate", "--id", &pair.old])
        .done();
    set_active(&pair.okta, &pair.new, true).expect(200);
    assert_eq!(pair.state(&pair.old), "deactivated");
    // The lock of an administrator alone is left.
    pair.fixture
        .muster(&["user", "activate", "--id", &pair.old])
        .done();
    pair.fixture
        .muster(&["user", "deactivate", "--id", &pair.old])
        .done();
    set_active(&pair.okta, &pair.new, false).expect(200);
    set_active(&pair.okta, &pair.new, true).expect(200);
    assert_eq!(pair.state(&pair.old), "deactivated");
}

#[test]
fn nobody_is_shut_whose_primary_address_differs_or_who_is_one_of_several_or_an_administrator() {
    let fixture = Fixture::start();
    let okta = connect(&fixture, "okta");
    let second = |name: &str, first: &str, second: &str| {
        let mut body = mailed(name, first);
        body["emails"] = json!([{ "value": first, "primary": true }, { "value": second }]);
        body
    };
    let ada = nobodys(&fixture, "ada@example.org");
    let root = nobodys_admin(&fixture, "root@example.org");
    let twin = nobodys(&fixture, "twin@example.org");
    let other = fixture
        .muster(&["user", "create", "--email", "other@example.org", "--json"])
        .json();
    let other = other["id"].as_str().unwrap().to_owned();
    // A second record of nobody's with the address of the twin.
    let helper = connect(&fixture, "helper");
    helper
        .put(
            &format!("/Users/{other}"),
            &second("other@example.org", "twin@example.org", "x@example.org"),
        )
        .expect(200);
    fixture.muster(&["connection", "release", "helper"]).done();
    for body in [
        second("new ada", "elsewhere@example.org", "ada@example.org"),
        mailed("new root", "root@example.org"),
        mailed("new twin", "twin@example.org"),
    ] {
        let new = okta.post("/Users", &body).expect(201).id();
        set_active(&okta, &new, false).expect(200);
    }
    assert_eq!(inbox(&fixture).len(), 4);
    for id in [ada, root, twin, other] {
        assert_eq!(person(&fixture, &id).user.state, "active");
    }
}

#[test]
fn refused_they_are_two_people_and_what_was_shut_is_opened() {
    let pair = Pair::new();
    set_active(&pair.okta, &pair.new, false).expect(200);
    pair.decide("refuse").done();
    assert_eq!(
        (pair.state(&pair.old), pair.state(&pair.new)),
        ("active", "deactivated")
    );
    set_active(&pair.okta, &pair.new, true).expect(200);
    set_active(&pair.okta, &pair.new, false).expect(200);
    assert_eq!(pair.state(&pair.old), "active");
    assert_eq!(pair.entry()["state"], "refused");
    assert!(audited(&pair.fixture, &pair.new).contains(&"inbox.refuse".to_owned()));
}

#[test]
fn allowed_they_are_one_person_and_the_record_of_nobodys_goes() {
    let pair = Pair::new();
    pair.decide("allow").done();
    assert_eq!(
        (pair.state(&pair.old), pair.state(&pair.new)),
        ("deleted", "active")
    );
    assert_eq!(
        audited(&pair.fixture, &pair.old),
        ["user.create", "user.delete"]
    );
    // To say no afterwards, the record has to be back.
    let why = pair.decide("refuse").failed();
    assert!(why.contains("muster user restore --id"), "{why}");
    pair.fixture
        .muster(&["user", "restore", "--id", &pair.old])
        .done();
    pair.decide("refuse").done();
    assert_eq!(pair.state(&pair.old), "active");
}

#[test]
fn an_administrator_is_not_given_up_by_a_decision_about_doubles() {
    let fixture = Fixture::start();
    let okta = connect(&fixture, "okta");
    let root = nobodys_admin(&fixture, "root@example.org");
    okta.post("/Users", &mailed("root", "root@example.org"))
        .expect(201);
    let entry = inbox(&fixture)[0]["id"].as_str().unwrap().to_owned();
    let why = fixture.muster(&["inbox", "allow", &entry]).failed();
    assert!(why.contains("set-admin"), "{why}");
    assert!(person(&fixture, &root).administrator);
    assert_eq!(inbox(&fixture)[0]["state"], "waiting");
}

#[test]
fn a_purge_takes_its_questions_along_and_an_adoption_answers_them() {
    let pair = Pair::new();
    pair.okta.delete(&pair.path()).expect(204);
    pair.fixture
        .muster(&["user", "purge", "--yes", "--id", &pair.new])
        .done();
    assert_eq!(inbox(&pair.fixture), Vec::<Value>::new());
    let again = pair
        .okta
        .post("/Users", &mailed("ada", "ada@example.org"))
        .expect(201)
        .id();
    pair.entry();
    set_active(&pair.okta, &pair.old, true).expect(200);
    assert_eq!(inbox(&pair.fixture), Vec::<Value>::new());
    assert_eq!(
        person(&pair.fixture, &pair.old).owner.as_deref(),
        Some("okta")
    );
    set_active(&pair.okta, &again, false).expect(200);
    assert_eq!(pair.state(&pair.old), "active");
}
