//! Bar 65: sessions begin with a new cookie, and end when they are idle, old, or ended.

use std::time::Duration;

use muster::config::Secret;
use muster::service::{Actor, Visitor};
use serde_json::json;

use super::{
    directory, enter, enter_from, identity, local, problem, stranger, whoami, with_cookie,
};
use crate::pages::{PASSWORD, person};
use crate::support::{Fixture, Reply, Setup};

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);

fn log_in(fixture: &Fixture, name: &str, password: &str, headers: &[(&str, &str)]) -> Reply {
    let mut all = vec![("Content-Type", "application/json")];
    all.extend(headers);
    let body = json!({ "username": name, "password": password }).to_string();
    stranger(fixture).send("POST", "/auth/login", &all, Some(body.as_bytes()))
}

fn cookies(reply: &Reply) -> Vec<String> {
    let lines = reply.headers.get_all("set-cookie").iter();
    lines
        .map(|line| line.to_str().unwrap().to_owned())
        .collect()
}

/// The value of the session cookie that an answer sets.
fn cookie(reply: &Reply) -> Secret {
    let line = cookies(reply)
        .into_iter()
        .find(|line| line.contains("muster_session="))
        .unwrap();
    let (_, rest) = line.split_once('=').unwrap();
    Secret::new(rest.split_once(';').unwrap().0)
}

#[test]
fn a_login_with_a_password_answers_a_token_the_user_and_a_cookie() {
    let fixture = Fixture::start();
    let id = person(&fixture, "ada@example.org", &["--given-name", "Ada"]);
    let reply = log_in(&fixture, "ADA@example.org", PASSWORD, &[]).expect(200);
    let body = reply.json();
    assert_eq!(
        (body["token_type"].as_str(), body["expires_in"].as_u64()),
        (Some("Bearer"), Some(300))
    );
    assert_eq!(body["user"]["id"], id.as_str());
    assert_eq!(
        body["user"],
        fixture.client().get(&format!("/Users/{id}")).json()
    );
    assert_eq!(reply.header("cache-control"), Some("no-store"));

    let session = with_cookie(&fixture, "GET", "/auth/session", &cookie(&reply))
        .expect(200)
        .json();
    assert_eq!(session["user"], body["user"]);
    assert_eq!(
        (&session["roles"], &session["groups"]),
        (&json!([]), &json!([]))
    );
    assert!(
        session["expires_at"].as_str().unwrap().ends_with('Z'),
        "{session}"
    );
}

#[test]
fn a_wrong_name_and_a_wrong_password_are_answered_alike() {
    let fixture = Fixture::start();
    person(&fixture, "ada@example.org", &[]);
    let [wrong, unknown] =
        [("ada@example.org", "wrong"), ("nobody", "wrong")].map(|(name, password)| {
            let reply = log_in(&fixture, name, password, &[]);
            assert_eq!(problem(&reply, 401), "invalid_credentials");
            let mut body = reply.json();
            assert_eq!(body["reference"].as_str().unwrap().len(), 9);
            body["reference"] = json!("redacted");
            let mut names: Vec<String> = reply.headers.keys().map(ToString::to_string).collect();
            names.sort();
            assert!(cookies(&reply).is_empty());
            (body, names)
        });
    assert_eq!(wrong, unknown);
}

#[test]
fn whoever_proves_who_they_are_and_is_shut_out_is_told_so() {
    let fixture = Fixture::start();
    person(&fixture, "ada@example.org", &[]);
    fixture
        .muster(&["user", "deactivate", "--email", "ada@example.org"])
        .done();
    let reply = log_in(&fixture, "ada@example.org", PASSWORD, &[]);
    assert_eq!(problem(&reply, 403), "account_deactivated");
    assert!(reply.json()["reference"].is_string());
    assert_eq!(
        problem(&log_in(&fixture, "ada@example.org", "wrong", &[]), 401),
        "invalid_credentials"
    );
    fixture
        .muster(&["user", "delete", "--email", "ada@example.org"])
        .done();
    assert_eq!(
        problem(&log_in(&fixture, "ada@example.org", PASSWORD, &[]), 403),
        "account_deactivated"
    );
}

#[test]
fn a_login_is_json_and_comes_from_no_other_site() {
    let fixture = Fixture::start();
    person(&fixture, "ada@example.org", &[]);
    let body = json!({ "username": "ada@example.org", "password": PASSWORD }).to_string();
    for content_type in [
        None,
        Some("text/plain"),
        Some("application/x-www-form-urlencoded"),
    ] {
        let headers: Vec<(&str, &str)> = content_type
            .map(|value| ("Content-Type", value))
            .into_iter()
            .collect();
        let reply = stranger(&fixture).send("POST", "/auth/login", &headers, Some(body.as_bytes()));
        assert_eq!(problem(&reply, 415), "invalid_request", "{content_type:?}");
    }
    let foreign = [("Origin", "https://evil.example")];
    assert_eq!(
        problem(
            &log_in(&fixture, "ada@example.org", PASSWORD, &foreign),
            403
        ),
        "foreign_origin"
    );
    for broken in [
        "",
        "{",
        "[]",
        "{\"username\":\"a\"}",
        "{\"username\":1,\"password\":\"x\"}",
        "{\"username\":\"a\",\"username\":\"b\",\"password\":\"x\"}",
    ] {
        let json = [("Content-Type", "application/json")];
        let reply = stranger(&fixture).send("POST", "/auth/login", &json, Some(broken.as_bytes()));
        assert_eq!(problem(&reply, 400), "invalid_request", "{broken}");
    }
}

#[test]
fn a_browser_that_says_it_comes_from_elsewhere_is_believed() {
    let fixture = Fixture::start();
    person(&fixture, "ada@example.org", &[]);
    let foreign = [("Sec-Fetch-Site", "cross-site")];
    let reply = log_in(&fixture, "ada@example.org", PASSWORD, &foreign);
    assert_eq!(problem(&reply, 403), "foreign_origin");
    let ours = [("Sec-Fetch-Site", "same-origin")];
    log_in(&fixture, "ada@example.org", PASSWORD, &ours).expect(200);
}

#[test]
fn a_name_that_can_be_nobodys_is_as_wrong_as_any_other() {
    let fixture = Fixture::start();
    let long = "a".repeat(10_000);
    for name in ["a\0b", "\0", &long, "a\"b\\", "\u{fffd}", " "] {
        let reply = log_in(&fixture, name, PASSWORD, &[]);
        let code = problem(&reply, 401);
        assert_eq!(code, "invalid_credentials", "{}", name.len());
    }
}

#[test]
fn every_refusal_has_a_code_and_a_reference() {
    let fixture = crate::roles::with(vec![("limits.failures", "2/min")]);
    let wrong = || log_in(&fixture, "nobody", "wrong", &[]);
    let foreign = [("Origin", "https://evil.example")];
    let client = stranger(&fixture);
    for (reply, status, code) in [
        (client.get("/auth/session"), 401, "not_logged_in"),
        (client.get("/auth/login"), 405, "method_not_allowed"),
        (client.get("/auth/nothing"), 404, "not_found"),
        (log_in(&fixture, "", "", &foreign), 403, "foreign_origin"),
        (wrong(), 401, "invalid_credentials"),
        (wrong(), 429, "too_many_requests"),
    ] {
        assert_eq!(problem(&reply, status), code);
        let reference = reply.json()["reference"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        assert!(reference.len() >= 9, "{code}: {reference:?}");
        if code != "invalid_credentials" {
            assert_eq!(reply.header("x-request-id"), Some(&*reference), "{code}");
        }
    }
    assert!(wrong().header("retry-after").is_some());
}

#[test]
fn a_session_that_is_not_used_ends_and_one_that_is_used_goes_on() {
    let (fixture, hand) = directory(&[]);
    let used = enter(&fixture, &identity("ada")).unwrap().session;
    let idle = enter(&fixture, &identity("ada")).unwrap().session;
    for _ in 0..3 {
        hand.advance(11 * HOUR);
        assert!(whoami(&fixture, &used).is_some());
        seen_now(&fixture, &used);
    }
    assert!(whoami(&fixture, &idle).is_none());
    assert_eq!(
        problem(&with_cookie(&fixture, "GET", "/auth/session", &idle), 401),
        "not_logged_in"
    );
    hand.advance(12 * HOUR);
    assert!(whoami(&fixture, &used).is_none());
}

/// Writes the last uses, which otherwise happens once a minute.
fn seen_now(fixture: &Fixture, cookie: &Secret) {
    fixture.block_on(fixture.gateway.flush_provisioning());
    let seen = whoami(fixture, cookie).unwrap().session.unwrap().seen;
    assert_eq!(seen, fixture.gateway.clock().now());
}

#[test]
fn no_session_lives_longer_than_its_lifetime_however_much_it_is_used() {
    let (fixture, hand) = directory(&[]);
    let session = enter(&fixture, &identity("ada")).unwrap().session;
    for _ in 0..16 {
        hand.advance(10 * HOUR);
        assert!(whoami(&fixture, &session).is_some());
        seen_now(&fixture, &session);
    }
    hand.advance(8 * HOUR);
    assert!(whoami(&fixture, &session).is_none(), "seven days are over");
}

#[test]
fn a_login_begins_another_session_and_ends_the_one_the_browser_had() {
    let (fixture, _) = directory(&[]);
    let planted = enter(&fixture, &identity("mallory")).unwrap().session;
    let from = Visitor {
        session: Some(planted.clone()),
        ..Visitor::default()
    };
    let new = enter_from(&fixture, &identity("ada"), from).unwrap();
    assert_ne!(new.session.expose(), planted.expose());
    assert!(whoami(&fixture, &planted).is_none());
    assert_eq!(whoami(&fixture, &new.session).unwrap().id, new.me.id);

    // A value that was never given out becomes nobody's session.
    let made_up = Secret::new("A".repeat(43));
    let from = Visitor {
        session: Some(made_up.clone()),
        ..Visitor::default()
    };
    let new = enter_from(&fixture, &identity("ada"), from).unwrap();
    assert_ne!(new.session.expose(), made_up.expose());
    assert!(whoami(&fixture, &made_up).is_none());
}

#[test]
fn people_see_their_sessions_and_end_them_one_by_one() {
    let (fixture, _) = directory(&[]);
    let from = Visitor {
        address: Some([192, 0, 2, 7].into()),
        agent: Some("Lynx".to_owned()),
        ..Visitor::default()
    };
    let first = enter_from(&fixture, &identity("ada"), from).unwrap();
    let second = enter(&fixture, &identity("ada")).unwrap();
    let other = enter(&fixture, &identity("bea")).unwrap();
    let listed = fixture
        .block_on(fixture.gateway.sessions_of(&first.me.id))
        .unwrap();
    assert_eq!(listed.len(), 2);
    assert_eq!(
        (listed[1].address.as_deref(), listed[1].agent.as_deref()),
        (Some("192.0.2.7"), Some("Lynx"))
    );
    let end = |whose: &str, session: &str| {
        let actor = Actor::Person(whose.to_owned());
        fixture
            .block_on(fixture.gateway.end_session_of(actor, whose, session))
            .unwrap()
    };
    assert!(!end(&other.me.id, &listed[0].id), "somebody else's");
    assert!(end(&second.me.id, &listed[0].id));
    assert!(whoami(&fixture, &second.session).is_none());
    assert!(whoami(&fixture, &first.session).is_some());
    let ended = fixture
        .block_on(fixture.gateway.end_session(&first.session, ""))
        .unwrap();
    assert!(ended.is_some() && whoami(&fixture, &first.session).is_none());
}

#[test]
fn the_cookie_promises_what_the_public_url_allows() {
    for (url, domain, name, more) in [
        ("http://127.0.0.1", None, "muster_session", ""),
        (
            "https://id.example.org",
            None,
            "__Host-muster_session",
            "; Secure",
        ),
        (
            "https://id.example.org",
            Some("example.org"),
            "__Secure-muster_session",
            "; Secure; Domain=example.org",
        ),
    ] {
        let mut settings = vec![("server.public_url", url)];
        settings.extend(domain.map(|domain| ("login.cookie_domain", domain)));
        let fixture = Fixture::with(Setup {
            settings,
            ..Setup::default()
        });
        local(&fixture, "ada@example.org");
        let reply = log_in(&fixture, "ada@example.org", PASSWORD, &[]).expect(200);
        let line = cookies(&reply)
            .into_iter()
            .find(|line| line.contains("muster_session"))
            .unwrap();
        let (pair, attributes) = line.split_once("; ").unwrap();
        assert_eq!(pair.split_once('=').unwrap().0, name);
        assert_eq!(
            attributes,
            format!("Path=/; HttpOnly; SameSite=Lax{more}; Max-Age=604800")
        );
        assert!(pair.len() - name.len() > 43, "at least 256 bits");
    }
}

#[test]
fn a_cookie_domain_is_one_that_the_gateway_is_in() {
    use muster::config::{Settings, Sources};
    for (url, domain, good) in [
        ("https://id.example.org", "example.org", true),
        ("https://example.org", "example.org", true),
        ("https://id.example.org", "ample.org", false),
        ("https://id.example.org", "org", false),
        ("https://id.example.org", "evil.org", false),
        ("https://10.0.0.1", "0.0.1", false),
        ("https://id.example.org", "example.org; Path=/x", false),
    ] {
        let flag = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        let sources = Sources {
            flags: vec![
                flag("server.public_url", url),
                flag("login.cookie_domain", domain),
            ],
            environment: Vec::new(),
            file: None,
            read_secret: &|_| Err(String::new()),
        };
        assert_eq!(Settings::load(sources).is_ok(), good, "{url} {domain}");
    }
}

#[test]
fn sessions_that_ended_are_forgotten_and_nobody_has_too_many() {
    let (fixture, hand) = directory(&[]);
    for _ in 0..105 {
        hand.advance(Duration::from_secs(1));
        enter(&fixture, &identity("ada")).unwrap();
    }
    let id = enter(&fixture, &identity("ada")).unwrap().me.id;
    assert_eq!(
        fixture
            .block_on(fixture.gateway.sessions_of(&id))
            .unwrap()
            .len(),
        100
    );
    assert_eq!(
        fixture
            .block_on(fixture.gateway.drop_ended_sessions())
            .unwrap(),
        0
    );
    hand.advance(12 * HOUR + MINUTE);
    assert_eq!(
        fixture
            .block_on(fixture.gateway.drop_ended_sessions())
            .unwrap(),
        100
    );
}
