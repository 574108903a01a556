//! How a first login finds its record, and how it finds it ever after.

use muster::service::Actor;
use serde_json::{Value, json};

use super::{code, directory, enter, entered, identity};
use crate::life::{delete, id, set_active};
use crate::support::{Fixture, user};

fn made(fixture: &Fixture, body: &Value) -> String {
    fixture.client().post("/Users", body).expect(201).id()
}

fn body(name: &str, more: &Value) -> Value {
    let mut body = user(name);
    for (key, value) in more.as_object().unwrap() {
        body[key] = value.clone();
    }
    body
}

#[test]
fn a_record_is_found_by_the_immutable_id_then_by_name_and_only_then_by_address() {
    let (fixture, _) = directory(&[]);
    let by_id = made(&fixture, &body("other", &json!({ "externalId": "ID-ADA" })));
    let by_name = made(&fixture, &body("BEA@example.org", &json!({})));
    let rival = made(
        &fixture,
        &body(
            "bea2",
            &json!({ "emails": [{ "value": "bea@example.org" }] }),
        ),
    );
    assert_eq!(entered(&fixture, &identity("ada")), by_id);
    assert_eq!(entered(&fixture, &identity("bea")), by_name);
    assert_ne!(by_name, rival);

    // From now on the id alone counts: whatever else the directory says.
    let mut renamed = identity("ada");
    renamed.user_name = "bea@example.org".to_owned();
    renamed.emails = vec!["bea@example.org".to_owned()];
    assert_eq!(entered(&fixture, &renamed), by_id);
}

#[test]
fn two_records_of_one_address_are_nobodys_to_choose() {
    let (fixture, _) = directory(&[("login.link", "email")]);
    let shared = json!({ "emails": [{ "value": "bea@example.org" }] });
    made(&fixture, &body("three", &shared));
    made(&fixture, &body("four", &shared));
    assert_eq!(code(&fixture, &identity("bea")), "user.link_conflict");
}

#[test]
fn what_a_connection_owns_is_linked_by_name_but_not_by_address_alone() {
    let (fixture, _) = directory(&[]);
    let owned = json!({ "emails": [{ "value": "ada@example.org", "primary": true }] });
    made(&fixture, &body("owned", &owned));
    assert_eq!(code(&fixture, &identity("ada")), "user.link_conflict");
    let count = fixture.client().get("/Users").expect(200).json()["totalResults"].clone();
    assert_eq!(count, 1, "and no second account is made");
}

#[test]
fn nobodys_record_is_linked_by_address() {
    let (fixture, _) = directory(&[]);
    let made = fixture
        .muster(&["user", "create", "--email", "ada@example.org", "--json"])
        .json();
    assert_eq!(json!(entered(&fixture, &identity("ada"))), made["id"]);
}

#[test]
fn an_administrators_record_is_linked_only_when_it_was_made_for_that() {
    let (fixture, _) = directory(&[]);
    let meant = fixture
        .muster(&[
            "user",
            "create",
            "--email",
            "ada@example.org",
            "--admin",
            "--json",
        ])
        .json();
    let signed_in = enter(&fixture, &identity("ada")).unwrap();
    assert_eq!(
        (json!(signed_in.me.id), signed_in.me.roles),
        (meant["id"].clone(), vec!["admin".to_owned()])
    );

    fixture
        .muster(&["user", "create", "--email", "bea@example.org", "--json"])
        .done();
    entered(&fixture, &identity("bea"));
    fixture
        .muster(&["user", "set-admin", "--email", "bea@example.org"])
        .done();
    let mut other = identity("bea");
    other.source = "saml:https://elsewhere.example".to_owned();
    assert_eq!(code(&fixture, &other), "user.link_conflict");
}

#[test]
fn an_identity_does_not_take_over_what_another_of_its_source_has() {
    let (fixture, _) = directory(&[]);
    let ada = entered(&fixture, &identity("ada"));
    let mut double = identity("ada");
    double.subject = "id-another".to_owned();
    assert_eq!(code(&fixture, &double), "user.link_conflict");
    assert_eq!(entered(&fixture, &identity("ada")), ada);
}

#[test]
fn an_external_id_captures_nothing_but_the_identity_of_that_id() {
    let (fixture, _) = directory(&[]);
    let admin = fixture
        .muster(&[
            "user",
            "create",
            "--email",
            "root@example.org",
            "--admin",
            "--json",
        ])
        .json();
    let admin = admin["id"].as_str().unwrap().to_owned();
    for (place, external) in ["1", "0", "-1", &admin, "root@example.org", "ldap", ""]
        .into_iter()
        .enumerate()
    {
        made(
            &fixture,
            &body(&format!("u{place}"), &json!({ "externalId": external })),
        );
    }
    let mut ids = Vec::new();
    for subject in ["1", "0", "-1", admin.as_str(), "root@example.org", "x"] {
        let name = format!("n{}", ids.len());
        let mut who = identity(&name);
        who.subject = subject.to_owned();
        ids.push(entered(&fixture, &who));
    }
    assert!(!ids.contains(&admin));
}

#[test]
fn the_deactivated_and_the_deleted_are_found_and_refused_also_at_their_first_login() {
    let (fixture, _) = directory(&[]);
    let ada = made(&fixture, &body("ada@example.org", &json!({})));
    set_active(&fixture.client(), &ada, false).expect(200);
    assert_eq!(code(&fixture, &identity("ada")), "user.deactivated");
    let bea = made(
        &fixture,
        &body("bea@example.org", &json!({ "externalId": "id-bea" })),
    );
    delete(&fixture, &bea);
    assert_eq!(code(&fixture, &identity("bea")), "user.deleted");
}

#[test]
fn the_link_moves_only_to_what_a_connection_has_made_since() {
    let (fixture, hand) = directory(&[]);
    let old = entered(&fixture, &identity("ada"));
    let old_one = id(&old);
    hand.advance(std::time::Duration::from_secs(60));
    let shut = fixture.gateway.delete_user(Actor::Cli, &old_one);
    fixture.block_on(shut).unwrap();
    assert_eq!(code(&fixture, &identity("ada")), "user.deleted");
    // A record of nobody's is no reason.
    hand.advance(std::time::Duration::from_secs(60));
    fixture
        .muster(&["user", "create", "--email", "other@example.org"])
        .done();
    assert_eq!(code(&fixture, &identity("ada")), "user.deleted");
    // One that a connection made is.
    hand.advance(std::time::Duration::from_secs(60));
    let new = made(&fixture, &body("ada@example.org", &json!({})));
    assert_eq!(entered(&fixture, &identity("ada")), new);
    assert_eq!(entered(&fixture, &identity("ada")), new);
    let restored = fixture.gateway.restore_user(Actor::Cli, &old_one);
    assert!(
        fixture.block_on(restored).is_err(),
        "its name is taken, and the old one stays shut"
    );
}

#[test]
fn a_double_from_before_is_no_successor() {
    let (fixture, hand) = directory(&[("login.link", "external_id")]);
    let old = entered(&fixture, &identity("ada"));
    let old_one = id(&old);
    let double = made(
        &fixture,
        &body("double", &json!({ "externalId": "id-ada" })),
    );
    hand.advance(std::time::Duration::from_secs(60));
    let shut = fixture.gateway.deactivate_user(Actor::Cli, &old_one);
    fixture.block_on(shut).unwrap();
    assert_eq!(
        code(&fixture, &identity("ada")),
        "user.deactivated",
        "{double} was there before"
    );
}
