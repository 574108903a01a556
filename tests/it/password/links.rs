//! Bar 35: a link sets a password once, for a while, and dies with what it was made for.

use std::time::Duration;

use muster::clock::Clock;
use muster::service::{Actor, Who};
use serde_json::json;

use crate::pages::PASSWORD;
use crate::support::{Browser, Fixture, Setup, user};

const ADA: &str = "ada@example.org";

/// A user of the connection `config`, with a link to set a password; answers id and path.
fn linked(fixture: &Fixture) -> (String, String) {
    let mut body = user("ada");
    body["emails"] = json!([{ "value": ADA, "primary": true }]);
    let id = fixture.client().post("/Users", &body).expect(201).id();
    let path = reset(fixture, &id);
    (id, path)
}

fn reset(fixture: &Fixture, id: &str) -> String {
    let who = Who::Id(id.to_owned());
    let link = fixture
        .block_on(fixture.gateway.reset_link(Actor::Cli, &who))
        .unwrap();
    let (_, path) = link
        .url
        .expose()
        .split_once(&fixture.address.to_string())
        .unwrap();
    path.to_owned()
}

fn set(fixture: &Fixture, path: &str) -> u16 {
    let mut browser = Browser::new(fixture);
    // A link that does not hold has no form: its page is the login's.
    if browser.get(path).status != 200 {
        browser.get("/login");
    }
    browser.post(path, &[("new-password", PASSWORD)]).status
}

#[test]
fn a_link_has_128_random_bits_and_works_once() {
    let fixture = Fixture::start();
    let (_, path) = linked(&fixture);
    assert_eq!(path.strip_prefix("/password/").unwrap().len(), 22, "{path}");
    let mut browser = Browser::new(&fixture);
    let page = browser.get(&path).expect(200).text();
    assert!(
        page.contains("value=\"ada\"") && page.contains("Choose a new password"),
        "{page}"
    );
    // Looking at it, and a password that may not be set, use nothing up.
    browser
        .post(&path, &[("new-password", "short")])
        .expect(400);
    assert_eq!(set(&fixture, &path), 303);
    assert_eq!(set(&fixture, &path), 404);
    browser.get(&path).expect(404);
    Browser::new(&fixture).log_in("ada", PASSWORD).expect(303);
}

#[test]
fn of_many_who_use_a_link_at_once_one_sets_the_password() {
    let fixture = Fixture::start();
    let (_, path) = linked(&fixture);
    let mut browsers: Vec<Browser> = (0..16).map(|_| Browser::new(&fixture)).collect();
    for browser in &mut browsers {
        browser.get(&path).expect(200);
    }
    let statuses = std::thread::scope(|scope| {
        let runs: Vec<_> = browsers
            .iter_mut()
            .map(|browser| {
                scope.spawn(|| browser.post(&path, &[("new-password", PASSWORD)]).status)
            })
            .collect();
        runs.into_iter()
            .map(|run| run.join().unwrap())
            .collect::<Vec<_>>()
    });
    assert_eq!(
        statuses.iter().filter(|status| **status == 303).count(),
        1,
        "{statuses:?}"
    );
    assert!(
        statuses.iter().all(|status| [303, 404].contains(status)),
        "{statuses:?}"
    );
}

#[test]
fn a_reset_lasts_half_an_hour_and_an_invitation_a_week() {
    let (clock, hand) = Clock::manual("2026-03-01T12:00:00Z".parse().unwrap());
    let fixture = Fixture::with(Setup {
        clock,
        ..Setup::default()
    });
    let (id, _) = linked(&fixture);
    let path = reset(&fixture, &id);
    hand.advance(Duration::from_secs(30 * 60 - 1));
    Browser::new(&fixture).get(&path).expect(200);
    hand.advance(Duration::from_secs(1));
    assert_eq!(set(&fixture, &path), 404);

    let new = muster::service::NewPerson {
        email: "eve@example.org".to_owned(),
        ..Default::default()
    };
    let made = fixture
        .block_on(fixture.gateway.create_user(Actor::Cli, &new))
        .unwrap();
    let url = made.link.unwrap().url.expose().to_owned();
    let path = url
        .split_once(&fixture.address.to_string())
        .unwrap()
        .1
        .to_owned();
    hand.advance(Duration::from_secs(7 * 86_400 - 1));
    Browser::new(&fixture).get(&path).expect(200);
    hand.advance(Duration::from_secs(1));
    assert_eq!(set(&fixture, &path), 404);
}

/// Something that is done to an account.
type Change = fn(&Fixture, &str);

#[test]
fn a_link_dies_with_what_it_was_made_for() {
    let changes: [(&str, Change); 9] = [
        ("another link", |fixture, id| drop(reset(fixture, id))),
        ("a password set with another link", |fixture, id| {
            assert_eq!(set(fixture, &reset(fixture, id)), 303);
        }),
        ("another address", |fixture, id| {
            let operations = json!([{ "op": "replace", "path": "emails", "value": [{ "value": "x@example.org" }] }]);
            fixture
                .client()
                .operations(&format!("/Users/{id}"), &operations)
                .expect(200);
        }),
        ("another name", |fixture, id| {
            let operations = json!([{ "op": "replace", "path": "userName", "value": "lovelace" }]);
            fixture
                .client()
                .operations(&format!("/Users/{id}"), &operations)
                .expect(200);
        }),
        ("active = false", |fixture, id| {
            let operations = json!([{ "op": "replace", "path": "active", "value": false }]);
            fixture
                .client()
                .operations(&format!("/Users/{id}"), &operations)
                .expect(200);
        }),
        ("active = false, and true again", |fixture, id| {
            for active in [false, true] {
                let operations = json!([{ "op": "replace", "path": "active", "value": active }]);
                fixture
                    .client()
                    .operations(&format!("/Users/{id}"), &operations)
                    .expect(200);
            }
        }),
        ("a lock", |fixture, id| {
            drop(fixture.muster(&["user", "deactivate", "--id", id]).done());
        }),
        ("a lock that was lifted", |fixture, id| {
            for command in ["deactivate", "activate"] {
                fixture.muster(&["user", command, "--id", id]).done();
            }
        }),
        ("a deletion that was undone", |fixture, id| {
            fixture.client().delete(&format!("/Users/{id}")).expect(204);
            fixture.muster(&["user", "restore", "--id", id]).done();
        }),
    ];
    for (what, change) in changes {
        let fixture = Fixture::start();
        let (id, path) = linked(&fixture);
        change(&fixture, &id);
        Browser::new(&fixture).get(&path).expect(404);
        assert_eq!(set(&fixture, &path), 404, "{what}");
    }
}

#[test]
fn a_link_outlives_what_does_not_concern_it() {
    let fixture = Fixture::start();
    let (id, path) = linked(&fixture);
    let operations = json!([{ "op": "replace", "path": "title", "value": "Dr" }]);
    fixture
        .client()
        .operations(&format!("/Users/{id}"), &operations)
        .expect(200);
    assert_eq!(set(&fixture, &path), 303);
}

#[test]
fn nobody_who_is_shut_has_a_link_and_with_sso_nobody_has() {
    let fixture = Fixture::start();
    let (id, _) = linked(&fixture);
    fixture.muster(&["user", "deactivate", "--id", &id]).done();
    let who = Who::Id(id);
    let refused = fixture
        .block_on(fixture.gateway.reset_link(Actor::Cli, &who))
        .unwrap_err();
    assert!(
        refused.to_string().contains("muster user activate"),
        "{refused}"
    );
    let again = fixture.muster(&["user", "create", "--email", ADA]);
    assert!(
        again.status == 0 && !again.out.contains("/password/"),
        "{again:?}"
    );
}
