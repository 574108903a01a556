//! `roles.admin_groups`: groups by id, externalId or name, and names that stay with one group.

use serde_json::json;

use super::{is_admin, made_group, make_admin, values, with};
use crate::life::{delete, made, set_active};
use crate::support::{Fixture, Setup, group};

fn restart(fixture: Fixture, entry: &'static str) -> Fixture {
    let fixture = fixture.anew(Setup {
        settings: vec![("roles.admin_groups", entry)],
        ..Setup::default()
    });
    // Names are pinned by the server as it starts, beside us.
    for _ in 0..200 {
        let roles = fixture.block_on(fixture.gateway.roles()).unwrap();
        if roles.groups.iter().all(|group| !group.matches.is_empty()) {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    fixture
}

#[test]
fn members_of_a_group_named_by_id_external_id_or_name_are_administrators() {
    let fixture = with(vec![("roles.admin_groups", "[\"ext-1\", \"Chefs\"]")]);
    let client = fixture.client();
    let [ada, eve, bob, kim] = ["ada", "eve", "bob", "kim"].map(|name| made(&client, name));
    let mut external = group("Any", &values(&[&ada]));
    external["externalId"] = json!("ext-1");
    client.post("/Groups", &external).expect(201);
    made_group(&client, "CHEFS", &[&eve]);
    let other = made_group(&client, "Other", &[&bob]);
    make_admin(&fixture, &kim);
    for who in [&ada, &eve, &kim] {
        assert!(is_admin(&fixture, who));
    }
    assert!(!is_admin(&fixture, &bob));
    let entry: &'static str = Box::leak(other.into_boxed_str());
    let fixture = restart(fixture, entry);
    assert!(is_admin(&fixture, &bob));
    assert!(!is_admin(&fixture, &eve));
}

#[test]
fn only_active_people_who_are_direct_members_are_administrators() {
    let fixture = with(vec![("roles.admin_groups", "Admins")]);
    let client = fixture.client();
    let [ada, eve, bob] = ["ada", "eve", "bob"].map(|name| made(&client, name));
    let inner = made_group(&client, "Inner", &[&ada]);
    made_group(&client, "Admins", &[&inner, &eve, &bob]);
    assert!(
        !is_admin(&fixture, &ada),
        "a group in a group gives its members nothing"
    );
    assert!(is_admin(&fixture, &eve));
    set_active(&client, &eve, false).expect(200);
    assert!(
        !is_admin(&fixture, &eve),
        "deactivated people are never administrators"
    );
    set_active(&client, &eve, true).expect(200);
    assert!(is_admin(&fixture, &eve));
    delete(&fixture, &eve);
    assert!(!is_admin(&fixture, &eve));
    let counts = fixture.block_on(fixture.gateway.counts()).unwrap();
    assert_eq!(
        (counts.administrators, counts.total, counts.deleted),
        (1, 2, 1)
    );
}

#[test]
fn a_name_stays_with_the_first_group_it_matches() {
    let fixture = with(vec![
        ("roles.admin_groups", "Admins"),
        ("scim.unique_group_names", "false"),
    ]);
    let client = fixture.client();
    let [ada, eve] = ["ada", "eve"].map(|name| made(&client, name));
    let first = made_group(&client, "Admins", &[&ada]);
    made_group(&client, "Admins", &[&eve]);
    assert!(is_admin(&fixture, &ada) && !is_admin(&fixture, &eve));
    let rename = json!([{ "op": "replace", "path": "displayName", "value": "Chefs" }]);
    client
        .operations(&format!("/Groups/{first}"), &rename)
        .expect(200);
    assert!(
        is_admin(&fixture, &ada) && !is_admin(&fixture, &eve),
        "proof against renaming"
    );
    make_admin(&fixture, &ada);
    client.delete(&format!("/Groups/{first}")).expect(204);
    made_group(&client, "admins", &[&eve]);
    assert!(
        !is_admin(&fixture, &eve),
        "nor does the end of the group free the name"
    );
    let listed = fixture.muster(&["roles", "list"]).done();
    assert!(listed.contains("was deleted"), "{listed}");
    fixture.muster(&["roles", "unpin", "ADMINS"]).done();
    assert!(is_admin(&fixture, &eve), "but unpin does");
    let why = fixture.muster(&["roles", "unpin", "Chefs"]).failed();
    assert!(why.contains("pinned to no group"), "{why}");
}

#[test]
fn a_group_is_found_at_start_and_when_it_is_renamed() {
    let fixture = Fixture::start();
    let client = fixture.client();
    let [ada, eve] = ["ada", "eve"].map(|name| made(&client, name));
    made_group(&client, "Admins", &[&ada]);
    assert!(!is_admin(&fixture, &ada));
    let fixture = restart(fixture, "Admins");
    assert!(is_admin(&fixture, &ada), "found at start");
    let fixture = fixture.anew(Setup {
        settings: vec![("roles.admin_groups", "[\"Admins\", \"Chefs\"]")],
        ..Setup::default()
    });
    let client = fixture.client();
    let late = made_group(&client, "Late", &[&eve]);
    assert!(!is_admin(&fixture, &eve));
    let rename = json!([{ "op": "replace", "value": { "displayName": "chefs" } }]);
    client
        .operations(&format!("/Groups/{late}"), &rename)
        .expect(200);
    assert!(is_admin(&fixture, &eve), "found when it is renamed");
}

#[test]
fn somebody_who_was_no_user_when_added_is_no_administrator() {
    let fixture = with(vec![("roles.admin_groups", "Admins")]);
    let client = fixture.client();
    let ada = made(&client, "ada");
    delete(&fixture, &ada);
    made_group(&client, "Admins", &[&ada]);
    crate::life::restore(&fixture, &ada).unwrap();
    assert!(
        !is_admin(&fixture, &ada),
        "an id that resolved to nobody does so for good"
    );
}
