//! Logins that wait for a decision, and where they lead when two records are one person.

use serde_json::{Value, json};

use super::{connect, inbox, mailed};
use crate::life::set_active;
use crate::sign_in::{code, directory, entered, identity};
use crate::support::{Fixture, user};

#[test]
fn a_login_that_matches_what_it_may_not_take_waits_in_the_inbox_and_is_let_through_once_allowed() {
    let (fixture, _) = directory(&[]);
    let client = fixture.client();
    let owned = client
        .post("/Users", &mailed("owned", "ada@example.org"))
        .expect(201)
        .id();
    for _ in 0..2 {
        assert_eq!(code(&fixture, &identity("ada")), "user.link_conflict");
    }
    let waits = inbox(&fixture);
    assert_eq!(waits.len(), 1, "{waits:?}");
    let entry = &waits[0];
    assert_eq!(
        (
            &entry["kind"],
            &entry["user"]["id"],
            &entry["data"]["subject"]
        ),
        (&json!("link"), &json!(owned), &json!("id-ada"))
    );
    let question = entry["id"].as_str().unwrap();
    let shown = fixture.muster(&["inbox", "list"]).done();
    assert!(shown.contains("id-ada"), "{shown}");
    fixture.muster(&["inbox", "allow", question]).done();
    fixture.muster(&["inbox", "refuse", question]).done();
    assert_eq!(code(&fixture, &identity("ada")), "user.link_conflict");
    fixture.muster(&["inbox", "allow", question]).done();
    assert_eq!(entered(&fixture, &identity("ada")), owned);
    assert_eq!(inbox(&fixture), Vec::<Value>::new());
    assert_eq!(entered(&fixture, &identity("ada")), owned);
}

#[test]
fn of_several_records_each_is_a_question() {
    let (fixture, _) = directory(&[("login.link", "email")]);
    let client = fixture.client();
    let [_, second] = ["one", "two"].map(|name| {
        client
            .post("/Users", &mailed(name, "bea@example.org"))
            .expect(201)
            .id()
    });
    assert_eq!(code(&fixture, &identity("bea")), "user.link_conflict");
    let waits = inbox(&fixture);
    assert_eq!(waits.len(), 2, "{waits:?}");
    let right = waits
        .iter()
        .find(|entry| entry["user"]["id"] == *second)
        .unwrap();
    fixture
        .muster(&["inbox", "allow", right["id"].as_str().unwrap()])
        .done();
    assert_eq!(entered(&fixture, &identity("bea")), second);
}

/// Somebody who logged in first, and whom a connection makes afterwards under another name.
fn twice(fixture: &Fixture) -> (String, String) {
    let old = entered(fixture, &identity("ada"));
    let okta = connect(fixture, "okta");
    let new = okta
        .post("/Users", &mailed("ada", "ada@example.org"))
        .expect(201)
        .id();
    (old, new)
}

#[test]
fn a_leaver_whom_a_login_made_gets_in_no_more_before_anybody_decided() {
    let (fixture, _) = directory(&[]);
    let (old, new) = twice(&fixture);
    assert_eq!(entered(&fixture, &identity("ada")), old);
    let okta = connect(&fixture, "okta");
    set_active(&okta, &new, false).expect(200);
    assert_eq!(code(&fixture, &identity("ada")), "user.deactivated");
    set_active(&okta, &new, true).expect(200);
    assert_eq!(entered(&fixture, &identity("ada")), old);
    okta.delete(&format!("/Users/{new}")).expect(204);
    assert_eq!(code(&fixture, &identity("ada")), "user.deactivated");
}

#[test]
fn once_they_are_one_person_the_login_leads_to_the_record_of_the_connection() {
    let (fixture, _) = directory(&[]);
    let (_, new) = twice(&fixture);
    let question = inbox(&fixture)[0]["id"].as_str().unwrap().to_owned();
    fixture.muster(&["inbox", "allow", &question]).done();
    assert_eq!(entered(&fixture, &identity("ada")), new);
}

#[test]
fn a_login_made_account_belongs_to_nobody_until_the_connection_finds_it_by_its_name_and_writes() {
    let (fixture, _) = directory(&[]);
    let id = entered(&fixture, &identity("ada"));
    let okta = connect(&fixture, "okta");
    okta.post("/Users", &user("ada@example.org"))
        .refused(409, Some("uniqueness"));
    let found = okta
        .get("/Users?filter=userName%20eq%20%22ada@example.org%22")
        .expect(200)
        .json();
    assert_eq!(found["Resources"][0]["id"], *id);
    okta.put(
        &format!("/Users/{id}"),
        &mailed("ada@example.org", "ada@example.org"),
    )
    .expect(200);
    assert_eq!(entered(&fixture, &identity("ada")), id);
    delete_as(&fixture, &id);
    assert_eq!(code(&fixture, &identity("ada")), "user.deleted");
}

fn delete_as(fixture: &Fixture, id: &str) {
    let okta = connect(fixture, "okta");
    okta.delete(&format!("/Users/{id}")).expect(204);
}
