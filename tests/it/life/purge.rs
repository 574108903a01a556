//! The end of what was kept: retention, legal holds, purge (CONTRACT sections 1 and 5).

use std::fs;
use std::time::Duration;

use muster::clock::{Clock, Hand};
use muster::service::{Actor, Who};
use serde_json::json;

use super::{delete, groups, id, made, members, person, restore};
use crate::support::{Fixture, Setup, group};

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
fn a_deleted_user_can_be_restored_whole_until_retention_ends() {
    let (fixture, hand) = fixture(vec![("retention.purge", "true")]);
    let client = fixture.client();
    let [ada, eve] = ["ada", "eve"].map(|name| made(&client, name));
    let members = json!([{ "value": ada }, { "value": eve }]);
    client
        .post("/Groups", &group("Staff", &members))
        .expect(201);
    delete(&fixture, &ada);
    delete(&fixture, &eve);
    hand.advance(DAY * 30);
    fixture.block_on(fixture.gateway.retain()).unwrap();
    assert_eq!(restore(&fixture, &ada).unwrap().user.id, ada);
    assert_eq!(groups(&client, &ada), ["Staff"]);
    hand.advance(DAY * 61);
    let report = fixture.block_on(fixture.gateway.retain()).unwrap().unwrap();
    assert_eq!((report.purged, report.held), (1, 0));
    assert!(
        restore(&fixture, &eve)
            .unwrap_err()
            .contains("no such user")
    );
}

#[test]
fn nobody_is_purged_unless_retention_is_on_and_a_hold_keeps_from_it() {
    let (off, hand) = fixture(vec![]);
    let ada = made(&off.client(), "ada");
    delete(&off, &ada);
    hand.advance(DAY * 1000);
    assert_eq!(off.block_on(off.gateway.retain()).unwrap(), None);
    let why = off
        .block_on(off.gateway.begin_purge(Actor::Cli))
        .unwrap_err();
    assert!(
        why.to_string().contains("retention.purge is false"),
        "{why}"
    );
    restore(&off, &ada).unwrap();

    let (on, hand) = fixture(vec![("retention.purge", "true"), ("retention.days", "7")]);
    let client = on.client();
    let ids: Vec<String> = (0..120).map(|n| made(&client, &format!("u{n}"))).collect();
    for who in &ids {
        delete(&on, who);
    }
    let hold = |who: &str| on.block_on(on.gateway.hold_user(Actor::Cli, &id(who), "case 7"));
    assert_eq!(hold(&ids[3]).unwrap().hold.unwrap().reason, "case 7");
    assert!(hold(&ids[3]).is_err(), "held already");
    hand.advance(DAY * 8);
    let preview = on.block_on(on.gateway.preview_purge(None)).unwrap();
    let kept = preview
        .leavers
        .iter()
        .filter(|leaver| leaver.held.is_some());
    assert_eq!((preview.leavers.len(), kept.count()), (50, 1));
    let report = on.block_on(on.gateway.retain()).unwrap().unwrap();
    assert_eq!((report.purged, report.held), (119, 1));
    assert_eq!(
        on.block_on(on.gateway.retain()).unwrap(),
        None,
        "not due yet"
    );
    let purge = || on.block_on(on.gateway.purge_user(Actor::Cli, &id(&ids[3])));
    assert!(purge().unwrap_err().to_string().contains("case 7"));
    on.block_on(on.gateway.unhold_user(Actor::Cli, &id(&ids[3])))
        .unwrap();
    purge().unwrap();
}

#[test]
fn one_process_at_a_time_has_the_retention_job() {
    let (mut fixture, hand) = fixture(vec![("retention.purge", "true")]);
    // A server looks by itself as it starts.
    fixture.stop();
    let gateway = fixture.beside();
    let begin = || fixture.block_on(gateway.begin_purge(Actor::Cli));
    let retain = || fixture.block_on(gateway.retain()).unwrap();
    hand.advance(DAY);
    let holder = begin().unwrap();
    assert!(begin().is_err());
    assert_eq!(retain(), None, "another process has it");
    hand.advance(DAY);
    let next = begin().unwrap();
    let page = fixture.block_on(gateway.purge_page(Actor::Cli, &holder, None));
    assert!(page.is_err(), "the first one was too slow");
    fixture
        .block_on(gateway.end_purge(Actor::Cli, &next))
        .unwrap();
    assert_eq!(retain(), None, "another process has just done it");
    let last = begin().unwrap();
    fixture
        .block_on(gateway.end_purge(Actor::Cli, &last))
        .unwrap();
    hand.advance(DAY);
    assert!(retain().is_some());
    gateway.close();
}

#[test]
fn a_purge_leaves_nothing_personal() {
    let mut fixture = Fixture::start();
    let client = fixture.client();
    let mut body = crate::support::user("canary-name@example.org");
    body["externalId"] = json!("canary-external");
    body["displayName"] = json!("Canary Person");
    body["emails"] = json!([{ "value": "canary-mail@example.org" }]);
    let ada = client.post("/Users", &body).expect(201).id();
    body["displayName"] = json!("Canary Renamed");
    client.put(&format!("/Users/{ada}"), &body).expect(200);
    let staff = json!([{ "value": ada, "display": "Canary Member" }]);
    let staff = client
        .post("/Groups", &group("Staff", &staff))
        .expect(201)
        .id();
    fixture
        .block_on(fixture.gateway.make_administrator(Actor::Cli, &id(&ada)))
        .unwrap();
    // What was refused quotes what was sent; some of it is written, some waits.
    let path = format!("/Users/{ada}");
    client
        .post("/Users", &body)
        .refused(409, Some("uniqueness"));
    let refused = |text: &str| {
        let wrong = json!([{ "op": "replace", "path": "active", "value": text }]);
        let detail = client
            .operations(&path, &wrong)
            .refused(400, Some("invalidValue"));
        assert!(detail.contains(text), "{detail}");
    };
    refused("canary-refused");
    fixture.block_on(fixture.gateway.flush_provisioning());
    refused("canary-waiting");
    fixture
        .block_on(fixture.gateway.delete_user(Actor::Cli, &id(&ada)))
        .unwrap();
    let who = Who::Email("CANARY-MAIL@example.org".to_owned());
    let found = fixture.block_on(fixture.gateway.user_named(&who)).unwrap();
    assert_eq!(
        found.user.id, ada,
        "deleted people are found by their former addresses"
    );
    assert_eq!(
        fixture
            .block_on(fixture.gateway.purge_user(Actor::Cli, &who))
            .unwrap(),
        ada
    );
    assert_eq!(members(&client, &staff), [""; 0]);
    client.get(&path).refused(404, None);
    assert!(fixture.block_on(fixture.gateway.user_named(&who)).is_err());
    fixture.stop();
    let folder = fixture.database().parent().unwrap().to_owned();
    for file in fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        let bytes = fs::read(&path).unwrap();
        let text = String::from_utf8_lossy(&bytes).to_lowercase();
        assert!(!text.contains("canary"), "{}", path.display());
    }
}

#[test]
fn only_who_is_deleted_can_be_purged() {
    let fixture = Fixture::start();
    let ada = made(&fixture.client(), "ada");
    let why = fixture.block_on(fixture.gateway.purge_user(Actor::Cli, &id(&ada)));
    assert!(why.unwrap_err().to_string().contains("not deleted"));
    assert_eq!(person(&fixture, &ada).user.state, "active");
}
