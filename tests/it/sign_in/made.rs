//! Accounts that the first login makes.

use muster::service::Visitor;
use serde_json::json;

use super::{audit, code, directory, enter, entered, identity};

#[test]
fn a_first_login_makes_an_account_that_an_identity_provider_finds_by_its_address() {
    let (fixture, _) = directory(&[]);
    let signed_in = enter(&fixture, &identity("ada")).unwrap();
    let filter = "/Users?filter=userName%20eq%20%22ADA@example.org%22";
    let found = fixture.client().get(filter).expect(200).json();
    assert_eq!(found["totalResults"], 1);
    let user = &found["Resources"][0];
    assert_eq!(user["id"], signed_in.me.id.as_str());
    assert_eq!(user["userName"], "ada@example.org");
    assert_eq!(user["active"], true);
    assert_eq!(
        user["name"],
        json!({ "givenName": "ada", "familyName": "Example" })
    );
    assert_eq!(user["emails"][0]["value"], "ada@example.org");
    assert_eq!(
        user.get("externalId"),
        None,
        "that is the identity provider's to give"
    );
    assert_eq!(signed_in.me.name, "ada Example");
    assert_eq!(entered(&fixture, &identity("ada")), signed_in.me.id);
}

#[test]
fn nothing_is_made_when_that_is_off() {
    let (fixture, _) = directory(&[("login.jit", "false")]);
    assert_eq!(code(&fixture, &identity("ada")), "user.jit_off");
    assert_eq!(fixture.client().get("/Users").json()["totalResults"], 0);
}

#[test]
fn a_name_that_is_taken_makes_no_second_account() {
    let (fixture, _) = directory(&[("login.link", "external_id")]);
    fixture
        .muster(&["user", "create", "--email", "ada@example.org"])
        .done();
    assert_eq!(code(&fixture, &identity("ada")), "user.link_conflict");
}

#[test]
fn whom_no_source_names_for_ever_is_nobody() {
    let (fixture, _) = directory(&[]);
    let mut nobody = identity("ada");
    nobody.subject.clear();
    assert_eq!(code(&fixture, &nobody), "user.no_id");
    let mut nameless = identity("ada");
    nameless.user_name.clear();
    nameless.emails.clear();
    assert_eq!(code(&fixture, &nameless), "user.no_name");
}

#[test]
fn many_logins_at_once_make_one_account() {
    let (fixture, _) = directory(&[]);
    let who = identity("ada");
    let all = (0..16).map(|_| {
        fixture
            .gateway
            .sign_in(super::proof(&who), Visitor::default())
    });
    let ids: std::collections::BTreeSet<String> = fixture
        .block_on(futures_util::future::join_all(all))
        .into_iter()
        .map(|entered| entered.unwrap().me.id)
        .collect();
    assert_eq!(ids.len(), 1);
}

#[test]
fn names_are_overwritten_when_told_to_and_never_on_what_a_connection_owns() {
    for (update, expected) in [("false", "ada"), ("true", "Augusta")] {
        let (fixture, _) = directory(&[("login.update_details", update)]);
        let id = entered(&fixture, &identity("ada"));
        let mut later = identity("ada");
        later.given_name = Some("Augusta".to_owned());
        entered(&fixture, &later);
        let path = format!("/Users/{id}");
        let shown = fixture.client().get(&path).json();
        assert_eq!(shown["name"]["givenName"], expected);
        assert_eq!(shown["name"]["familyName"], "Example");
        // A write adopts the record: from then on its names are the connection's.
        let title = json!([{ "op": "replace", "path": "title", "value": "Dr" }]);
        fixture.client().operations(&path, &title).expect(200);
    }
}

#[test]
fn a_login_is_one_entry_in_the_audit_log() {
    let (fixture, _) = directory(&[]);
    let id = entered(&fixture, &identity("ada"));
    entered(&fixture, &identity("ada"));
    let listed = audit(&fixture);
    let actions: Vec<&str> = listed
        .iter()
        .filter(|entry| entry["resource"] == id.as_str())
        .map(|entry| entry["action"].as_str().unwrap())
        .collect();
    assert_eq!(actions.len(), 2, "{listed:?}");
    assert!(
        actions.contains(&"user.login_create") && actions.contains(&"user.login"),
        "{actions:?}"
    );
}
