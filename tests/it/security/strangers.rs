//! What strangers make the gateway keep: nothing for a login that they only begin, and little for one that is refused.

use std::collections::BTreeSet;
use std::time::Instant;

use muster::clock::Clock;
use muster::service::{AuditFilter, REFUSALS_PAUSE, SignInError};
use serde_json::json;

use crate::saml::site::{Asked, Site, begin, me, post};
use crate::sign_in::{directory, enter, entered, identity};
use crate::support::{Browser, Fixture};

const ADA: &str = "ada@example.org";

/// How many bytes the store has on disk.
fn size(fixture: &Fixture) -> u64 {
    let file = fixture.database();
    let log = format!("{}-wal", file.display());
    let length = |path: &std::path::Path| std::fs::metadata(path).map_or(0, |file| file.len());
    length(&file) + length(log.as_ref())
}

/// Answers a request in this browser; returns the page that it ends at.
#[track_caller]
fn answer(site: &Site, browser: &mut Browser, asked: &Asked) -> String {
    let response = site.response(ADA, Some(&asked.id));
    let reply = post(browser, &response, None).expect(303);
    reply.header("location").unwrap().to_owned()
}

#[test]
fn a_login_that_is_only_begun_is_stored_nowhere() {
    let site = Site::start();
    begin(&mut Browser::new(&site.fixture), "");
    let before = size(&site.fixture);
    for _ in 0..300 {
        begin(&mut Browser::new(&site.fixture), "%2Fuser%2Fsettings");
    }
    // A commit for each would add some 8 KiB a request; the gateway itself commits now and then.
    let grown = size(&site.fixture) - before;
    assert!(grown < 300 * 1024, "{grown}");
}

#[test]
fn two_tabs_end_at_their_pages_in_either_order() {
    for order in [[0, 1], [1, 0]] {
        let site = Site::start();
        let mut ada = Browser::new(&site.fixture);
        let asked = ["%2Fa%3Fx%3D1", "%2Fb"].map(|next| begin(&mut ada, next));
        for tab in order {
            let page = answer(&site, &mut ada, &asked[tab]);
            assert_eq!(page, ["/a?x=1", "/b"][tab]);
        }
        me(&mut ada);
    }
}

#[test]
fn a_browser_has_five_requests_and_a_longer_page_leads_home() {
    let site = Site::start();
    let mut ada = Browser::new(&site.fixture);
    let long = format!("%2F{}", "a".repeat(511));
    let asked: Vec<Asked> = (0..6).map(|_| begin(&mut ada, &long)).collect();
    let response = site.response(ADA, Some(&asked[0].id));
    let refused = post(&mut ada, &response, None).expect(403);
    assert_eq!(site.failure(&refused).code, "saml.not_my_request");
    for one in &asked[1..] {
        assert_eq!(answer(&site, &mut ada, one).len(), 512);
    }
    let asked = begin(&mut ada, &format!("{long}a"));
    assert_eq!(answer(&site, &mut ada, &asked), "/user/settings");
}

#[test]
fn a_cookie_that_was_copied_answers_no_request_again() {
    let site = Site::start();
    let (mut ada, mut thief) = (Browser::new(&site.fixture), Browser::new(&site.fixture));
    let asked = begin(&mut ada, "");
    let response = site.response(ADA, Some(&asked.id));
    thief.cookies.clone_from(&ada.cookies);
    post(&mut ada, &response, None).expect(303);
    let again = post(&mut thief, &response, None).expect(403);
    assert_eq!(site.failure(&again).code, "saml.replay");
    let other = site.response("eve@example.org", Some(&asked.id));
    let other = post(&mut thief, &other, None).expect(403);
    assert_eq!(site.failure(&other).code, "saml.not_my_request");
    assert_eq!(site.users(), 1);
}

#[test]
fn of_eight_assertions_for_one_request_one_is_let_in() {
    let site = Site::start();
    let mut ada = Browser::new(&site.fixture);
    let asked = begin(&mut ada, "");
    let responses: Vec<String> = (0..8)
        .map(|number| site.response(&format!("u{number}@example.org"), Some(&asked.id)))
        .collect();
    let mut statuses: Vec<u16> = std::thread::scope(|scope| {
        let mut all = Vec::new();
        for response in &responses {
            let mut tab = Browser::new(&site.fixture);
            tab.cookies.clone_from(&ada.cookies);
            all.push(scope.spawn(move || post(&mut tab, response, None).status));
        }
        all.into_iter().map(|each| each.join().unwrap()).collect()
    });
    statuses.sort_unstable();
    assert_eq!(statuses, [303, 403, 403, 403, 403, 403, 403, 403]);
    assert_eq!(site.users(), 1);
}

#[test]
fn a_cookie_of_our_own_making_alone_names_requests() {
    let (clock, hand) = Clock::manual(Clock::system().now());
    let site = Site::with(clock.clone(), &[]);
    let refused = |browser: &mut Browser, asked: &Asked| {
        let response = site.response(ADA, Some(&asked.id));
        let refused = post(browser, &response, None).expect(403);
        assert_eq!(site.failure(&refused).code, "saml.not_my_request");
    };
    let mut ada = Browser::new(&site.fixture);
    let asked = begin(&mut ada, "");
    let cookie = ada.cookies["muster_saml"].clone();
    for at in [0, 20, cookie.len() - 2] {
        let mut changed = cookie.clone().into_bytes();
        changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(changed).unwrap();
        ada.cookies.insert("muster_saml".to_owned(), changed);
        refused(&mut ada, &asked);
    }
    // One that was made while the clock was ahead.
    hand.set(clock.now() + jiff::SignedDuration::from_hours(1));
    let ahead = begin(&mut ada, "");
    hand.set(clock.now() - jiff::SignedDuration::from_hours(1));
    refused(&mut ada, &ahead);
    ada.cookies.insert("muster_saml".to_owned(), cookie);
    answer(&site, &mut ada, &asked);
}

#[test]
fn many_refused_logins_are_written_together() {
    let site = Site::start();
    let mut eve = Browser::new(&site.fixture);
    let started = Instant::now();
    for _ in 0..400 {
        post(&mut eve, "bm90aGluZw==", None).expect(403);
    }
    let pauses = started.elapsed().as_millis() / REFUSALS_PAUSE.as_millis();
    let last = post(&mut eve, "bm90aGluZw==", None).expect(403);
    assert_eq!(site.failure(&last).code, "saml.malformed");
    let failed = site.fixture.gateway.failed_logins(None);
    let failed = site.fixture.block_on(failed).unwrap();
    let references: BTreeSet<&str> = failed.iter().map(|one| &*one.reference).collect();
    assert_eq!(references.len(), 401, "none is lost");
    // What one transaction writes has ids with one beginning.
    let store = rusqlite::Connection::open(site.fixture.database()).unwrap();
    let sql = "SELECT count(DISTINCT substr(id, 1, 36)) FROM failed_login";
    let commits: i64 = store.query_row(sql, [], |row| row.get(0)).unwrap();
    // One for each pause, one before the first, and one for the look-up here.
    let commits = u128::try_from(commits).unwrap();
    assert!(commits <= pauses + 3, "{commits} in {pauses}");
}

#[test]
fn a_leaver_who_tries_again_and_again_fills_no_audit_log() {
    let (mut fixture, _hand) = directory(&[]);
    let ada = entered(&fixture, &identity("ada"));
    let operations = json!([{ "op": "replace", "path": "active", "value": false }]);
    let path = format!("/Users/{ada}");
    fixture.client().operations(&path, &operations).expect(200);
    for _ in 0..50 {
        let refused = enter(&fixture, &identity("ada"));
        assert!(
            matches!(refused, Err(SignInError::Denied(_))),
            "{refused:?}"
        );
        fixture.block_on(fixture.gateway.flush_refusals()).unwrap();
    }
    fixture.stop();
    let beside = fixture.beside();
    let filter = AuditFilter {
        resource: Some(ada),
        since: None,
    };
    let entries = fixture.block_on(beside.audit(&filter, None)).unwrap();
    let refused = entries
        .iter()
        .filter(|entry| entry.action == "user.login_refused");
    let times = refused.map(|entry| {
        let changes = entry.changes.as_ref().unwrap().as_array().unwrap();
        let times = changes.iter().find(|change| change["path"] == "times");
        times.map_or(1, |change| change["after"].as_u64().unwrap())
    });
    let times: Vec<u64> = times.collect();
    assert_eq!(times, [1, 49], "the first at once, the others together");
    beside.close();
}
