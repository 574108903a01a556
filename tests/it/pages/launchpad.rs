//! The first administrator: once, within a day, with the code of the first start.

use std::time::Duration;

use muster::clock::Clock;

use super::{PASSWORD, logged_in, person};
use crate::roles::is_admin;
use crate::support::{Browser, Fixture, Setup};

/// Opens the launchpad of a fixture, as the first start does; answers its path.
fn open(fixture: &Fixture) -> String {
    let url = fixture.block_on(fixture.gateway.open_launchpad()).unwrap();
    let base = format!("http://{}", fixture.address);
    url.expose().strip_prefix(&base).unwrap().to_owned()
}

fn code(path: &str) -> &str {
    path.split_once("code=").unwrap().1
}

fn answers(code: &str) -> [(&str, &str); 5] {
    [
        ("code", code),
        ("email", "ada@example.org"),
        ("given-name", "Ada"),
        ("family-name", "Lovelace"),
        ("new-password", PASSWORD),
    ]
}

#[test]
fn the_code_makes_the_first_administrator_and_then_the_page_is_gone() {
    let fixture = Fixture::start();
    let path = open(&fixture);
    let mut browser = Browser::new(&fixture);
    let page = browser.get(&path).expect(200).text();
    assert!(
        page.contains("The first administrator") && page.contains(code(&path)),
        "{page}"
    );
    let reply = browser.post(&path, &answers(code(&path)));
    let page = browser.follow(&reply).expect(200).text();
    assert!(page.contains("You are the first administrator"), "{page}");
    let found = fixture
        .muster(&["user", "show", "--email", "ada@example.org", "--json"])
        .json();
    assert!(is_admin(&fixture, found["id"].as_str().unwrap()));
    logged_in(&fixture, "ada@example.org");
    for gone in [path.as_str(), "/launchpad"] {
        browser.get(gone).expect(404);
    }
    browser.get("/login");
    browser
        .post("/launchpad", &answers(code(&path)))
        .expect(404);
}

#[test]
fn a_wrong_code_a_weak_password_and_no_address_make_nobody() {
    let fixture = Fixture::start();
    let path = open(&fixture);
    let mut browser = Browser::new(&fixture);
    let asks = browser.get("/launchpad").expect(200).text();
    assert!(
        asks.contains("name=\"code\"") && !asks.contains(code(&path)),
        "{asks}"
    );
    browser.post("/launchpad", &answers("wrong")).expect(403);
    let mut weak = answers(code(&path));
    weak[4].1 = "password1";
    let page = browser.post("/launchpad", &weak).expect(400).text();
    assert!(page.contains("among the first ones"), "{page}");
    weak[4].1 = "ada lovelace";
    browser.post("/launchpad", &weak).expect(400);
    weak[1].1 = "ada";
    browser.post("/launchpad", &weak).expect(400);
    assert_eq!(fixture.client().get("/Users").json()["totalResults"], 0);
    browser.get(&path).expect(200);
}

#[test]
fn there_is_no_launchpad_without_a_first_start_after_a_day_or_beside_an_administrator() {
    let (clock, hand) = Clock::manual("2026-03-01T12:00:00Z".parse().unwrap());
    let fixture = Fixture::with(Setup {
        clock,
        ..Setup::default()
    });
    let mut browser = Browser::new(&fixture);
    browser.get("/launchpad").expect(404);
    let path = open(&fixture);
    hand.advance(Duration::from_secs(86_399));
    browser.get(&path).expect(200);
    hand.advance(Duration::from_secs(1));
    browser.get(&path).expect(404);

    let fixture = Fixture::start();
    let path = open(&fixture);
    let ada = person(&fixture, "ada@example.org", &["--admin"]);
    let mut browser = Browser::new(&fixture);
    browser.get(&path).expect(404);
    // For good: not only while there is one.
    fixture
        .muster(&["user", "set-admin", "--revoke", "--id", &ada])
        .done();
    browser.get(&path).expect(404);
}

#[test]
fn of_many_who_come_with_the_code_at_once_one_becomes_the_administrator() {
    let fixture = Fixture::start();
    let path = open(&fixture);
    let mut browsers: Vec<Browser> = (0..8).map(|_| Browser::new(&fixture)).collect();
    for browser in &mut browsers {
        browser.get(&path).expect(200);
    }
    let done = std::thread::scope(|scope| {
        let runs: Vec<_> = browsers
            .iter_mut()
            .enumerate()
            .map(|(number, browser)| {
                let path = &path;
                scope.spawn(move || {
                    let email = format!("user{number}@example.org");
                    let mut fields = answers(code(path));
                    fields[1].1 = &email;
                    browser.post(path, &fields).status
                })
            })
            .collect();
        runs.into_iter()
            .map(|run| run.join().unwrap())
            .collect::<Vec<u16>>()
    });
    assert_eq!(
        done.iter().filter(|status| **status == 303).count(),
        1,
        "{done:?}"
    );
    assert_eq!(fixture.client().get("/Users").json()["totalResults"], 1);
}

#[test]
fn of_many_codes_that_are_tried_only_a_few_are_compared() {
    let fixture = crate::roles::with(vec![("limits.failures", "20/min")]);
    let path = open(&fixture);
    let mut browser = Browser::new(&fixture);
    browser.get(&path).expect(200);
    let statuses: Vec<u16> = (0..25)
        .map(|_| browser.post(&path, &answers("wrong")).status)
        .collect();
    assert!(
        statuses.starts_with(&[403]) && statuses.ends_with(&[429]),
        "{statuses:?}"
    );
    browser.post(&path, &answers(code(&path))).expect(429);
    assert_eq!(fixture.client().get("/Users").json()["totalResults"], 0);
}
