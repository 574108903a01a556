//! What is deleted does not stay for ever: groups and other resources follow the retention of users, and
//! review items go with the records that they are about.

use std::time::Duration;

use muster::clock::{Clock, Hand};
use muster::service::Actor;
use serde_json::Value;

use crate::life::{delete, id, made, restore, set_active};
use crate::ownership::{connect, inbox, mailed, nobodys, nobodys_admin};
use crate::roles::{is_admin, made_group, make_admin};
use crate::support::{Fixture, Setup};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

fn fixture(settings: Vec<(&'static str, &'static str)>) -> (Fixture, Hand) {
    let (clock, hand) = Clock::manual("2026-05-01T00:00:00Z".parse().unwrap());
    let setup = Setup {
        clock,
        settings,
        ..Setup::default()
    };
    (Fixture::with(setup), hand)
}

#[test]
fn deleted_groups_are_purged_with_the_users() {
    let (fixture, hand) = fixture(vec![("retention.purge", "true"), ("retention.days", "7")]);
    let client = fixture.client();
    let ada = made(&client, "ada");
    let staff = made_group(&client, "Staff", &[&ada]);
    client.delete(&format!("/Groups/{staff}")).expect(204);
    delete(&fixture, &ada);
    let retain = || fixture.block_on(fixture.gateway.retain()).unwrap().unwrap();
    hand.advance(DAY * 6);
    assert_eq!(retain().purged, 0);
    hand.advance(DAY * 2);
    let preview = fixture.muster(&["purge", "--dry-run"]).done();
    assert!(preview.contains("Group Staff"), "{preview}");
    assert_eq!(retain().purged, 2);
    let audited = fixture.muster(&["audit", "list", "--user", &staff]).done();
    assert!(audited.contains("group.purge"), "{audited}");
    assert!(
        !audited.contains("Staff"),
        "values are forgotten: {audited}"
    );
}

#[test]
fn without_purge_documents_of_groups_go_after_90_days_and_users_stay_restorable() {
    let (fixture, hand) = fixture(vec![]);
    let client = fixture.client();
    let ada = made(&client, "ada");
    for number in 0..60 {
        let group = made_group(&client, &format!("g{number}"), &[]);
        client.delete(&format!("/Groups/{group}")).expect(204);
    }
    delete(&fixture, &ada);
    let retain = || fixture.block_on(fixture.gateway.retain()).unwrap();
    hand.advance(DAY * 89);
    assert_eq!(retain(), None);
    hand.advance(DAY * 2);
    let report = retain().unwrap();
    assert_eq!((report.purged, report.dropped), (0, 60));
    hand.advance(DAY);
    assert_eq!(retain(), None, "once");
    restore(&fixture, &ada).unwrap();
}

/// A name in the settings stays with the first group that had it, also when that group is gone for good.
#[test]
fn the_purge_of_an_administrators_group_frees_no_name() {
    let settings = vec![
        ("retention.purge", "true"),
        ("retention.days", "0"),
        ("roles.admin_groups", "Admins"),
    ];
    let (fixture, hand) = fixture(settings);
    let client = fixture.client();
    let [root, ada] = ["root", "ada"].map(|name| made(&client, name));
    make_admin(&fixture, &root);
    let first = made_group(&client, "Admins", &[&ada]);
    client.delete(&format!("/Groups/{first}")).expect(204);
    for _ in 0..2 {
        hand.advance(DAY);
        fixture.block_on(fixture.gateway.retain()).unwrap();
    }
    made_group(&client, "Admins", &[&ada]);
    assert!(!is_admin(&fixture, &ada));
    let listed = fixture.muster(&["roles", "list"]).done();
    assert!(listed.contains("was deleted"), "{listed}");
    fixture.muster(&["roles", "unpin", "Admins"]).done();
    assert!(is_admin(&fixture, &ada));
    hand.advance(DAY);
    fixture.block_on(fixture.gateway.retain()).unwrap();
}

#[test]
fn review_items_of_deleted_records_are_listed_no_more() {
    let (fixture, hand) = fixture(vec![]);
    let okta = connect(&fixture, "okta");
    let root = nobodys_admin(&fixture, "root@example.org");
    set_active(&okta, &root, false).refused(403, None);
    // Items are listed in the order in which they were asked; those of one moment are in none.
    hand.advance(DAY / 86_400);
    let old = nobodys(&fixture, "ada@example.org");
    let new = mailed("ada", "ada@example.org");
    let new = okta.post("/Users", &new).expect(201).id();
    let kinds = || -> Vec<Value> {
        let listed = inbox(&fixture);
        let kinds = listed.iter().map(|entry| entry["kind"].clone());
        kinds.collect()
    };
    assert_eq!(kinds(), ["adoption", "double"]);
    let by_command = |who: &str| {
        let deleted = fixture.block_on(fixture.gateway.delete_user(Actor::Cli, &id(who)));
        deleted.unwrap();
    };
    by_command(&root);
    assert_eq!(kinds(), ["double"]);
    by_command(&old);
    assert_eq!(kinds(), [""; 0]);
    // Who comes back is asked about again.
    restore(&fixture, &old).unwrap();
    assert_eq!(kinds(), ["double"]);
    // The deletion of the new record deactivates the old one, which the decision lifts: that is still asked.
    okta.delete(&format!("/Users/{new}")).expect(204);
    let listed = inbox(&fixture);
    assert_eq!(listed.len(), 1, "{listed:?}");
    hand.advance(DAY * 91);
    fixture.block_on(fixture.gateway.retain()).unwrap();
    let entry = listed[0]["id"].as_str().unwrap();
    fixture.muster(&["inbox", "refuse", entry]).done();
    assert_eq!(crate::life::person(&fixture, &old).user.state, "active");
    assert_eq!(kinds(), [""; 0]);
    restore(&fixture, &root).unwrap();
    assert_eq!(kinds(), [""; 0], "too old to be asked about again");
}
