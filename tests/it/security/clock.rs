//! A clock that is wrong for a while: nobody is shut out by it, no job stops, and nothing holds for longer than it should.

use std::time::Duration;

use jiff::SignedDuration;
use muster::clock::{Clock, Hand};
use muster::service::{
    AccountChange, Actor, NewPersonalToken, PersonalScope, SignedIn, Visitor, Wanted,
};
use serde_json::json;

use crate::life::{id, made};
use crate::pages::PASSWORD;
use crate::sign_in::{directory, enter, identity, local, whoami, with_cookie, with_token};
use crate::support::{Fixture, Setup};

const HOUR: SignedDuration = SignedDuration::from_hours(1);
const DAY: SignedDuration = SignedDuration::from_hours(24);

fn fixture(settings: Vec<(&'static str, &'static str)>) -> (Fixture, Hand) {
    let (clock, hand) = Clock::manual("2026-05-01T00:00:00Z".parse().unwrap());
    let setup = Setup {
        clock,
        settings,
        ..Setup::default()
    };
    (Fixture::with(setup), hand)
}

/// Sets the time of day, and nothing else, by so much.
fn set(fixture: &Fixture, hand: &Hand, by: SignedDuration) {
    hand.set(fixture.gateway.clock().now() + by);
}

#[test]
fn a_clock_set_back_shuts_no_client_out() {
    let (fixture, hand) = fixture(vec![("limits.rate", "5/s")]);
    let client = fixture.client();
    while client.get("/Users?count=0").status == 200 {}
    set(&fixture, &hand, -HOUR);
    hand.advance(Duration::from_secs(2));
    let reply = client.get("/Users?count=0");
    assert_eq!((reply.status, reply.header("retry-after")), (200, None));
}

#[test]
fn a_clock_set_back_shuts_nobody_out_of_the_login_and_one_set_ahead_frees_no_guesser() {
    let (fixture, hand) = fixture(vec![("limits.failures", "20/min")]);
    local(&fixture, "ada@example.org");
    let log_in = |password| {
        let body = json!({ "username": "ada@example.org", "password": password });
        fixture.root().post("/auth/login", &body).status
    };
    while log_in("wrong wrong") == 401 {}
    set(&fixture, &hand, HOUR);
    assert_eq!(log_in(PASSWORD), 429);
    set(&fixture, &hand, -HOUR * 2);
    hand.advance(Duration::from_secs(60));
    assert_eq!(log_in(PASSWORD), 200);
}

#[test]
fn a_wrong_token_waits_as_long_as_it_is_told_whatever_is_done_to_the_clock() {
    let (fixture, hand) = fixture(vec![("limits.failures", "20/min")]);
    let wrong = fixture.client_with(Some("muster_0000000000000000_wrong"));
    while wrong.get("/Users").status == 401 {}
    set(&fixture, &hand, -HOUR);
    let reply = wrong.get("/Users");
    let wait: u64 = reply.header("retry-after").unwrap().parse().unwrap();
    assert!(reply.status == 429 && wait <= 60, "{wait}");
    hand.advance(Duration::from_secs(wait));
    wrong.get("/Users").refused(401, None);
}

#[test]
fn a_clock_that_was_once_ahead_stops_no_purge() {
    let (mut fixture, hand) = fixture(vec![("retention.purge", "true")]);
    let client = fixture.client();
    let [ada, eve] = ["ada", "eve"].map(|name| made(&client, name));
    // A server looks by itself as it starts.
    fixture.stop();
    let gateway = fixture.beside();
    let retain = || fixture.block_on(gateway.retain()).unwrap();
    let delete = |who: &str| {
        let who = id(who);
        let deleted = gateway.delete_user(Actor::Cli, &who);
        fixture.block_on(deleted).unwrap();
    };
    set(&fixture, &hand, DAY * 400);
    delete(&ada);
    retain().unwrap();
    set(&fixture, &hand, -DAY * 400);
    delete(&eve);
    assert_eq!(retain(), None, "it counts as done now");
    hand.advance(Duration::from_secs(3_601));
    assert_eq!(retain().unwrap().purged, 0);
    hand.advance(Duration::from_secs(91 * 86_400));
    assert_eq!(retain().unwrap().purged, 2);
    gateway.close();
}

struct Held {
    signed_in: SignedIn,
    jwt: String,
    personal: String,
    scim: String,
}

fn everything(fixture: &Fixture) -> Held {
    let signed_in = enter(fixture, &identity("ada")).unwrap();
    let jwt = fixture
        .block_on(fixture.gateway.jwt(&signed_in.me))
        .unwrap();
    let new = NewPersonalToken {
        name: "script".to_owned(),
        scopes: vec![PersonalScope::Me],
        days: 365,
    };
    let change = AccountChange::MakeToken {
        token: new,
        password: muster::config::Secret::new(""),
    };
    let visitor = Visitor::default();
    let personal = fixture
        .gateway
        .change_account(&signed_in.me, &change, &visitor);
    let personal = fixture.block_on(personal).unwrap().unwrap();
    let life = Duration::from_secs(86_400);
    let scim = fixture
        .gateway
        .create_token("okta", Wanted::default(), life);
    Held {
        scim: fixture.block_on(scim).unwrap(),
        jwt: jwt.token,
        personal: personal.expose().to_owned(),
        signed_in,
    }
}

/// Whether the session, the JWT, the personal token and the SCIM token hold.
fn hold(fixture: &Fixture, held: &Held) -> [bool; 4] {
    let me = |token: &str| with_token(fixture, "GET", "/scim/v2/Me", token).status == 200;
    let scim = fixture.client_with(Some(&held.scim)).get("/Users?count=0");
    [
        whoami(fixture, &held.signed_in.session).is_some(),
        me(&held.jwt),
        me(&held.personal),
        scim.status == 200,
    ]
}

#[test]
fn what_began_while_the_clock_was_ahead_is_refused_but_for_scim_tokens() {
    let (fixture, hand) = directory(&[]);
    set(&fixture, &hand, DAY * 400);
    let held = everything(&fixture);
    assert_eq!(hold(&fixture, &held), [true; 4]);
    set(&fixture, &hand, -DAY * 400);
    assert_eq!(hold(&fixture, &held), [false, false, false, true]);
}

#[test]
fn replicas_whose_clocks_differ_by_a_minute_believe_each_other() {
    let (fixture, hand) = directory(&[]);
    set(&fixture, &hand, SignedDuration::from_secs(60));
    let held = everything(&fixture);
    set(&fixture, &hand, SignedDuration::from_secs(-60));
    assert_eq!(hold(&fixture, &held), [true; 4]);
}

#[test]
fn a_session_that_was_used_while_the_clock_was_ahead_still_ends_when_it_is_idle() {
    let (fixture, hand) = directory(&[]);
    let SignedIn { session, me, .. } = enter(&fixture, &identity("ada")).unwrap();
    set(&fixture, &hand, HOUR * 11);
    with_cookie(&fixture, "GET", "/auth/session", &session).expect(200);
    write_last_use(&fixture, &me.id);
    set(&fixture, &hand, -HOUR * 11);
    fixture
        .block_on(fixture.gateway.drop_ended_sessions())
        .unwrap();
    hand.advance(Duration::from_secs(12 * 3_600 + 60));
    assert!(whoami(&fixture, &session).is_none());
}

/// Writes the last uses, which otherwise happens once a minute.
fn write_last_use(fixture: &Fixture, person: &str) {
    fixture.block_on(fixture.gateway.flush_provisioning());
    let now = fixture.gateway.clock().now();
    let sessions = fixture.block_on(fixture.gateway.sessions_of(person));
    assert!(sessions.unwrap().iter().any(|session| session.seen == now));
}

#[test]
fn cursors_of_the_future_hold_no_longer_than_others() {
    let (fixture, hand) = fixture(vec![]);
    for name in ["ada", "eve"] {
        made(&fixture.client(), name);
    }
    set(&fixture, &hand, DAY * 400);
    let first = fixture.client().get("/Users?count=1&cursor=").json();
    let page = format!("/Users?cursor={}", first["nextCursor"].as_str().unwrap());
    fixture.client().get(&page).expect(200);
    set(&fixture, &hand, -DAY * 400);
    fixture
        .client()
        .get(&page)
        .refused(400, Some("expiredCursor"));
}
