//! A login from the button to the session, and what an attacker makes of each step.

use std::net::TcpListener;
use std::time::Duration;

use muster::clock::Clock;
use serde_json::json;

use super::battery::{self, World};
use super::document::Signed;
use super::signer::Key;
use super::site::{SSO, Site, begin, me, post};
use crate::support::Browser;

const ADA: &str = "ada@example.org";

#[test]
fn the_first_login_makes_an_account_and_the_second_finds_it() {
    let site = Site::start();
    let mut ada = Browser::new(&site.fixture);
    let page = ada.get("/login").expect(200).text();
    assert!(
        page.contains("/saml/login") && page.contains("Log in with SSO"),
        "{page}"
    );
    let asked = begin(&mut ada, "%2Fuser%2Fsettings%3Fa");
    assert!(
        asked.xml.contains("AssertionConsumerServiceURL") && asked.id.len() == 33,
        "{}",
        asked.xml
    );
    assert!(
        asked.relay_state.len() <= 80 && !asked.relay_state.contains("settings"),
        "{}",
        asked.relay_state
    );
    let reply = post(
        &mut ada,
        &site.response(ADA, Some(&asked.id)),
        Some(&asked.relay_state),
    );
    assert_eq!(
        (reply.status, reply.header("location")),
        (303, Some("/user/settings?a"))
    );
    let first = me(&mut ada);
    let made = site.fixture.client().get(&format!("/Users/{first}")).json();
    assert_eq!(
        (&made["userName"], &made["emails"][0]["value"]),
        (&json!(ADA), &json!(ADA))
    );

    let mut elsewhere = Browser::new(&site.fixture);
    site.log_in(&mut elsewhere, ADA).expect(303);
    assert_eq!((me(&mut elsewhere), site.users()), (first, 1));
}

#[test]
fn who_was_provisioned_before_logs_into_that_record() {
    let site = Site::start();
    let body = json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": ADA});
    let id = site.fixture.client().post("/Users", &body).expect(201).id();
    let mut ada = Browser::new(&site.fixture);
    site.log_in(&mut ada, ADA).expect(303);
    assert_eq!((me(&mut ada), site.users()), (id, 1));
}

#[test]
fn deactivation_ends_the_session_and_no_login_opens_it_again() {
    let site = Site::start();
    let (mut ada, scim) = (Browser::new(&site.fixture), site.fixture.client());
    site.log_in(&mut ada, ADA).expect(303);
    let id = me(&mut ada);
    let active = |active: bool| {
        let operations = json!([{"op": "replace", "path": "active", "value": active}]);
        scim.operations(&format!("/Users/{id}"), &operations)
            .expect(200);
    };
    active(false);
    ada.get("/auth/session").expect(401);
    let refused = site.log_in(&mut ada, ADA).expect(403);
    assert!(
        refused.text().contains("Your account is deactivated"),
        "{}",
        refused.text()
    );
    assert_eq!(site.failure(&refused).code, "user.deactivated");
    assert_eq!(site.users(), 1);
    ada.get("/auth/session").expect(401);
    active(true);
    site.log_in(&mut ada, ADA).expect(303);
    assert_eq!(me(&mut ada), id);
}

#[test]
fn nothing_of_the_battery_logs_anybody_in() {
    let site = Site::start();
    let trap = TcpListener::bind("127.0.0.1:0").unwrap();
    trap.set_nonblocking(true).unwrap();
    let evil = Key::rsa();
    let mut wrong = Vec::new();
    for attack in battery::all() {
        let mut browser = Browser::new(&site.fixture);
        let asked = begin(&mut browser, "");
        let world = World {
            login: site.login(ADA, Some(&asked.id)),
            key: site.key.clone(),
            evil: evil.clone(),
            trap: format!("http://{}", trap.local_addr().unwrap()),
            file: site.metadata.display().to_string(),
            nonce: site.nonce(),
        };
        let reply = post(
            &mut browser,
            &(attack.field)(&world),
            Some(&asked.relay_state),
        );
        if reply.status != 403 || browser.cookies.contains_key("muster_session") {
            wrong.push(format!("{}: {}", attack.name, reply.status));
            continue;
        }
        let code = site.failure(&reply).code;
        if code != attack.code {
            wrong.push(format!(
                "{}: {code} instead of {}",
                attack.name, attack.code
            ));
        }
        assert!(
            !reply.text().contains("saml:"),
            "{}: {}",
            attack.name,
            reply.text()
        );
    }
    assert!(
        wrong.is_empty(),
        "{} wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    assert_eq!(site.users(), 0);
    assert!(trap.accept().is_err(), "something connected");
}

#[test]
fn a_response_counts_once() {
    let site = Site::start();
    let mut ada = Browser::new(&site.fixture);
    let asked = begin(&mut ada, "");
    let response = site.response(ADA, Some(&asked.id));
    post(&mut ada, &response, None).expect(303);
    let again = post(&mut ada, &response, None).expect(403);
    assert_eq!(site.failure(&again).code, "saml.replay");
    // Another assertion for the request that was answered.
    let other = post(&mut ada, &site.response(ADA, Some(&asked.id)), None).expect(403);
    assert_eq!(site.failure(&other).code, "saml.not_my_request");
    // The same assertion for another request: it says for which it is.
    let fresh = begin(&mut ada, "");
    let mut pieces = site.login(ADA, Some(&fresh.id)).pieces("x");
    pieces.assertion.id = "_a1".to_owned();
    let reused = post(
        &mut ada,
        &battery::field(&pieces.sign(Signed::Both, &site.key)),
        None,
    )
    .expect(403);
    assert_eq!(site.failure(&reused).code, "saml.replay");
}

#[test]
fn of_eight_who_bring_the_same_response_at_once_one_is_in() {
    let site = Site::start();
    let mut ada = Browser::new(&site.fixture);
    let asked = begin(&mut ada, "");
    let response = site.response(ADA, Some(&asked.id));
    let statuses: Vec<u16> = std::thread::scope(|scope| {
        let one = |_| {
            let mut tab = Browser::new(&site.fixture);
            tab.cookies.clone_from(&ada.cookies);
            let response = response.clone();
            scope.spawn(move || post(&mut tab, &response, None).status)
        };
        let all: Vec<_> = (0..8).map(one).collect();
        all.into_iter().map(|each| each.join().unwrap()).collect()
    });
    assert_eq!(
        statuses.iter().filter(|status| **status == 303).count(),
        1,
        "{statuses:?}"
    );
    assert_eq!(
        statuses.iter().filter(|status| **status == 403).count(),
        7,
        "{statuses:?}"
    );
    assert_eq!(site.users(), 1);
}

#[test]
fn a_response_of_another_browser_logs_nobody_in() {
    let site = Site::start();
    let (mut evil, mut victim) = (Browser::new(&site.fixture), Browser::new(&site.fixture));
    let asked = begin(&mut evil, "");
    let response = site.response("evil@example.org", Some(&asked.id));
    for has_a_request in [false, true] {
        if has_a_request {
            begin(&mut victim, "");
        }
        let refused = post(&mut victim, &response, Some(&asked.relay_state)).expect(403);
        assert_eq!(site.failure(&refused).code, "saml.not_my_request");
        assert!(!victim.cookies.contains_key("muster_session"));
    }
    assert_eq!(site.users(), 0);
    // The attacker's own browser may still use it: nothing was used up.
    post(&mut evil, &response, None).expect(303);
}

#[test]
fn two_tabs_of_one_browser_do_not_disturb_each_other() {
    let site = Site::start();
    let mut ada = Browser::new(&site.fixture);
    let (first, second) = (begin(&mut ada, ""), begin(&mut ada, ""));
    post(&mut ada, &site.response(ADA, Some(&second.id)), None).expect(303);
    post(&mut ada, &site.response(ADA, Some(&first.id)), None).expect(303);
}

#[test]
fn no_relay_state_leads_elsewhere() {
    let site = Site::start();
    for state in [
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
        "/user",
        "",
    ] {
        let mut ada = Browser::new(&site.fixture);
        let asked = begin(&mut ada, "");
        let reply = post(&mut ada, &site.response(ADA, Some(&asked.id)), Some(state)).expect(303);
        assert_eq!(reply.header("location"), Some("/user/settings"), "{state}");
    }
    for next in [
        "https%3A%2F%2Fevil.example",
        "%2F%2Fevil.example",
        "%2F%5Cevil.example",
        "javascript%3Aalert(1)",
    ] {
        let mut ada = Browser::new(&site.fixture);
        let asked = begin(&mut ada, next);
        let reply = post(
            &mut ada,
            &site.response(ADA, Some(&asked.id)),
            Some(&asked.relay_state),
        )
        .expect(303);
        assert_eq!(reply.header("location"), Some("/user/settings"), "{next}");
    }
}

#[test]
fn a_session_that_was_planted_ends_and_another_begins() {
    let site = Site::start();
    let mut ada = Browser::new(&site.fixture);
    ada.cookies
        .insert("muster_session".to_owned(), "planted".to_owned());
    ada.cookies
        .insert("muster_saml".to_owned(), "planted".to_owned());
    let asked = begin(&mut ada, "");
    assert_ne!(ada.cookies["muster_saml"], "planted");
    post(&mut ada, &site.response(ADA, Some(&asked.id)), None).expect(303);
    assert_ne!(ada.cookies["muster_session"], "planted");
}

#[test]
fn a_request_waits_ten_minutes_and_a_clock_an_hour_off_lets_nobody_in() {
    let (clock, hand) = Clock::manual(Clock::system().now());
    let site = Site::with(clock.clone(), &[]);
    let mut ada = Browser::new(&site.fixture);
    let asked = begin(&mut ada, "");
    hand.advance(Duration::from_secs(601));
    let late = post(&mut ada, &site.response(ADA, Some(&asked.id)), None).expect(403);
    assert_eq!(site.failure(&late).code, "saml.not_my_request");
    for (there, code) in [(-3600, "saml.expired"), (3600, "saml.not_yet_valid")] {
        let asked = begin(&mut ada, "");
        let mut login = site.login(ADA, Some(&asked.id));
        login.now += jiff::SignedDuration::from_secs(there);
        let response = battery::field(&login.pieces(&site.nonce()).sign(Signed::Both, &site.key));
        let refused = post(&mut ada, &response, None).expect(403);
        let failure = site.failure(&refused);
        assert_eq!(failure.code, code);
        assert!(
            failure
                .steps
                .to_string()
                .contains("one of the clocks is wrong"),
            "{}",
            failure.steps
        );
    }
}

#[test]
fn what_began_at_the_identity_provider_is_let_in_only_when_that_is_switched_on() {
    let site = Site::start();
    let mut ada = Browser::new(&site.fixture);
    let refused = post(&mut ada, &site.response(ADA, None), None).expect(403);
    assert_eq!(site.failure(&refused).code, "saml.unsolicited");

    let site = Site::with(Clock::system(), &[("saml.allow_unsolicited", "true")]);
    let mut ada = Browser::new(&site.fixture);
    let response = site.response(ADA, None);
    post(&mut ada, &response, None).expect(303);
    let again = post(&mut Browser::new(&site.fixture), &response, None).expect(403);
    assert_eq!(site.failure(&again).code, "saml.replay");
    // What answers a request is still bound to it.
    let foreign = post(
        &mut Browser::new(&site.fixture),
        &site.response(ADA, Some("_other")),
        None,
    )
    .expect(403);
    assert_eq!(site.failure(&foreign).code, "saml.not_my_request");
}

#[test]
fn an_administrator_is_who_carries_the_attribute_at_each_login() {
    let site = Site::with(
        Clock::system(),
        &[
            ("saml.admin_attribute", "role"),
            ("saml.admin_value", "admin"),
        ],
    );
    let mut ada = Browser::new(&site.fixture);
    let mut roles = |values: &[&str], name_id: &str| {
        let asked = begin(&mut ada, "");
        let mut login = site.login(name_id, Some(&asked.id));
        let values = values.iter().map(|value| (*value).to_owned()).collect();
        login.attributes.push(("role".to_owned(), values));
        let response = battery::field(
            &login
                .pieces(&site.nonce())
                .sign(Signed::Assertion, &site.key),
        );
        post(&mut ada, &response, None).expect(303);
        ada.get("/auth/session").expect(200).json()["roles"].clone()
    };
    assert_eq!(
        roles(&["user", "admin"], "boss@example.org"),
        json!(["admin"])
    );
    assert_eq!(roles(&["user", "admin"], ADA), json!(["admin"]));
    assert_eq!(roles(&["user", "administrator"], ADA), json!([]));
    // The last one stays, with a warning.
    assert_eq!(roles(&[], "boss@example.org"), json!(["admin"]));
}

#[test]
fn a_group_name_puts_nothing_into_a_header() {
    let site = Site::with(Clock::system(), &[]);
    let mut ada = Browser::new(&site.fixture);
    let asked = begin(&mut ada, "");
    let mut login = site.login(ADA, Some(&asked.id));
    let evil = [
        "a&#xD;\nRemote-User: root",
        "b,admin",
        "c%0d%0a",
        "d\u{2028}é",
    ]
    .map(str::to_owned);
    login.attributes = vec![("groups".to_owned(), evil.to_vec())];
    let response = battery::field(&login.pieces(&site.nonce()).sign(Signed::Both, &site.key));
    post(&mut ada, &response, None).expect(303);
    let check = ada.get("/auth/check").expect(200);
    assert_eq!(check.header("remote-user"), Some("ada@example.org"));
    let groups = check.header("remote-groups").unwrap_or_default();
    assert!(
        groups.bytes().all(|b| b.is_ascii_graphic()) && !groups.contains("root"),
        "{groups}"
    );
}

#[test]
fn a_button_leads_to_the_identity_provider_with_a_request_of_its_own() {
    let site = Site::start();
    let mut ada = Browser::new(&site.fixture);
    let (first, second) = (
        ada.get("/saml/login").expect(303),
        ada.get("/saml/login").expect(303),
    );
    let urls = [
        first.header("location").unwrap(),
        second.header("location").unwrap(),
    ];
    assert!(
        urls.iter()
            .all(|url| url.starts_with(&format!("{SSO}?SAMLRequest="))),
        "{urls:?}"
    );
    assert_ne!(urls[0], urls[1]);
    let metadata = ada.get("/saml/metadata").expect(200);
    assert_eq!(
        metadata.header("content-type"),
        Some("application/samlmetadata+xml")
    );
}

#[test]
fn over_https_the_request_is_bound_by_a_cookie_that_other_sites_may_send() {
    let site = Site::with(
        Clock::system(),
        &[("server.public_url", "https://id.example.org")],
    );
    let mut ada = Browser::new(&site.fixture);
    let reply = ada.get("/saml/login").expect(303);
    let cookie = reply
        .headers
        .get_all("set-cookie")
        .iter()
        .map(|line| line.to_str().unwrap());
    let cookie = cookie
        .filter(|line| line.contains("muster_saml"))
        .collect::<Vec<_>>()
        .join("\n");
    assert!(cookie.starts_with("__Host-muster_saml="), "{cookie}");
    for part in [
        "; Path=/",
        "; HttpOnly",
        "; SameSite=None",
        "; Secure",
        "; Max-Age=600",
    ] {
        assert!(cookie.contains(part), "{part}: {cookie}");
    }
}
