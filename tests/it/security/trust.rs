//! What is trusted too easily: an open session, a password of before, a terminal, a file that everybody can read.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;
use std::time::Duration;

use muster::clock::Clock;
use muster::config::Secret;
use muster::service::{Actor, Credential, Who};
use serde_json::{Value, json};

use crate::pages::{PASSWORD, logged_in, person};
use crate::roles::with;
use crate::saml::site::Site;
use crate::support::{Browser, Fixture, Reply, user};

const PAGE: &str = "/user/settings";

fn make_token(browser: &mut Browser, password: &str) -> Reply {
    let fields = [
        ("do", "token"),
        ("name", "x"),
        ("scope", "me"),
        ("days", "30"),
        ("token-password", password),
    ];
    browser.submit(PAGE, &fields)
}

fn token_in(page: &Reply) -> Credential {
    let text = page.text();
    let (_, rest) = text.split_once("muster_pat_").unwrap();
    let secret = rest.split_once('<').unwrap().0;
    Credential::Bearer(Secret::new(format!("muster_pat_{secret}")))
}

fn holds(fixture: &Fixture, token: &Credential) -> bool {
    let me = fixture.block_on(fixture.gateway.whoami(token));
    me.unwrap().is_some()
}

#[test]
fn a_token_is_made_with_the_password_and_not_with_an_open_session_alone() {
    let fixture = with(vec![("limits.failures", "20/min")]);
    person(&fixture, "ada@example.org", &[]);
    let mut browser = logged_in(&fixture, "ada@example.org");
    for password in ["", "wrong wrong"] {
        let page = make_token(&mut browser, password).expect(403).text();
        assert!(page.contains("present password") && !page.contains("muster_pat_"));
    }
    let token = token_in(&make_token(&mut browser, PASSWORD).expect(200));
    assert!(holds(&fixture, &token));
    while make_token(&mut browser, "wrong wrong").status == 403 {}
    assert_eq!(make_token(&mut browser, PASSWORD).status, 429);
}

#[test]
fn where_people_log_in_elsewhere_a_token_needs_a_login_of_the_last_five_minutes() {
    let (clock, hand) = Clock::manual(Clock::system().now());
    let site = Site::with(clock, &[]);
    let mut ada = Browser::new(&site.fixture);
    site.log_in(&mut ada, "ada@example.org").expect(303);
    hand.advance(Duration::from_secs(300));
    token_in(&make_token(&mut ada, "").expect(200));
    hand.advance(Duration::from_secs(1));
    let page = make_token(&mut ada, "").expect(403).text();
    assert!(page.contains("older than five minutes"), "{page}");
    site.log_in(&mut ada, "ada@example.org").expect(303);
    make_token(&mut ada, "").expect(200);
}

#[test]
fn a_password_that_is_reset_ends_tokens_whoever_resets_it() {
    type Reset = fn(&Fixture, &str);
    let resets: [(&str, Reset); 2] = [
        ("a link", |fixture, id| {
            let who = Who::Id(id.to_owned());
            let link = fixture.gateway.reset_link(Actor::Cli, &who);
            let link = fixture.block_on(link).unwrap().url;
            let (_, secret) = link.expose().split_once("/password/").unwrap();
            let path = format!("/password/{secret}");
            let set = [("new-password", "five green geese")];
            Browser::new(fixture).submit(&path, &set).expect(303);
        }),
        ("SCIM", |fixture, id| {
            let operations =
                json!([{ "op": "replace", "path": "password", "value": "five green geese" }]);
            let path = format!("/Users/{id}");
            fixture.client().operations(&path, &operations).expect(200);
        }),
    ];
    for (what, reset) in resets {
        let fixture = with(vec![("scim.scopes", "[\"read\", \"users\", \"password\"]")]);
        let id = person(&fixture, "ada@example.org", &[]);
        let mut browser = logged_in(&fixture, "ada@example.org");
        let token = token_in(&make_token(&mut browser, PASSWORD).expect(200));
        reset(&fixture, &id);
        assert!(!holds(&fixture, &token), "{what}");
        browser.get(PAGE).expect(303);
    }
}

/// Answers of every kind: SCIM and not, good and refused, with a body and without.
fn answers(fixture: &Fixture) -> Vec<(String, Reply)> {
    let (client, root) = (fixture.client(), fixture.root());
    let made = client.post("/Users", &user("ada")).expect(201);
    let path = format!("/Users/{}", made.id());
    let mut all = vec![("POST".to_owned(), made)];
    for path in [
        "/Users",
        &path,
        "/Users/none",
        "/Users?filter=(",
        "/Schemas",
    ] {
        all.push((format!("GET {path}"), client.get(path)));
    }
    all.push(("DELETE".to_owned(), client.delete(&path)));
    all.push((
        "anonymous".to_owned(),
        fixture.client_with(None).get("/Users"),
    ));
    for path in [
        "/healthz",
        "/readyz",
        "/openapi.json",
        "/.well-known/jwks.json",
        "/auth/session",
        "/auth/check",
        "/nothing",
        "/metrics",
        "/",
    ] {
        let reply = root.authorized(None).get(path);
        all.push((format!("GET {path}"), reply));
    }
    for path in [
        "/auth/login",
        "/oauth/token",
        "/auth/introspect",
        "/scim/v2/Users",
    ] {
        let reply = root.authorized(None).post(path, &json!({}));
        all.push((format!("POST {path}"), reply));
    }
    all
}

#[test]
fn every_answer_says_that_it_is_what_it_says_and_over_https_that_https_is_used() {
    for (url, is_https) in [
        ("https://id.example.org", true),
        ("http://id.example.org", false),
    ] {
        let fixture = with(vec![("server.public_url", url)]);
        for (what, reply) in answers(&fixture) {
            let what = format!("{what}: {}", reply.status);
            assert_eq!(
                reply.header("x-content-type-options"),
                Some("nosniff"),
                "{what}"
            );
            let strict = reply.header("strict-transport-security");
            assert_eq!(strict, is_https.then_some("max-age=31536000"), "{what}");
        }
    }
}

#[test]
fn a_terminal_obeys_nothing_that_was_stored() {
    let fixture = Fixture::start();
    let mut body = user("ada\u{9b}31m\u{202e}gro");
    body["displayName"] = json!("A\u{85}d\u{2066}a\u{200f}");
    body["name"] = json!({ "formatted": "Ada \u{9b}2J\u{61c}" });
    body["emails"] = json!([{ "value": "a\u{9b}b@example.org", "display": "\u{202d}x" }]);
    let id = fixture.client().post("/Users", &body).expect(201).id();
    let obeyed = |c: char| {
        let turns = "\u{61c}\u{200e}\u{200f}\u{202a}\u{202d}\u{202e}\u{2066}\u{2069}";
        (c.is_control() && c != '\n') || turns.contains(c)
    };
    for command in [
        vec!["user", "show", "--id", &id],
        vec!["user", "show", "--id", &id, "--json"],
        vec!["user", "list"],
        vec!["user", "list", "--json"],
        vec!["audit", "list", "--json"],
        vec!["user", "deactivate", "--id", &id],
        vec!["user", "activate", "--id", &id, "--json"],
    ] {
        let printed = fixture.muster(&command).done();
        assert!(!printed.contains(obeyed), "{command:?}: {printed:?}");
    }
    let shown = fixture.muster(&["user", "show", "--id", &id]).done();
    for escaped in [
        r"ada\u009b31m\u202egro",
        r"A\u0085d\u2066a\u200f",
        r"Ada \u009b2J\u061c",
    ] {
        assert!(shown.contains(escaped), "{escaped}: {shown}");
    }
    let shown: Value = fixture
        .muster(&["user", "show", "--id", &id, "--json"])
        .json();
    assert_eq!(shown["userName"], body["userName"], "JSON is what it was");
    let refused = fixture.muster(&["user", "show", "--user", "\u{9b}2J\u{202e}"]);
    let refused = refused.failed();
    assert!(!refused.contains(obeyed), "{refused:?}");
}

#[test]
fn a_settings_file_with_secrets_is_refused_while_everybody_can_read_it() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("muster.toml");
    fs::write(
        &file,
        "[metrics]\ntoken = \"a-token-that-only-tests-know\"\n",
    )
    .unwrap();
    let run = |mode| {
        fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
        let output = Command::new(env!("CARGO_BIN_EXE_muster"))
            .args(["config", "show", "--config"])
            .arg(&file)
            .current_dir(directory.path())
            .output()
            .unwrap();
        (
            output.status.code().unwrap(),
            String::from_utf8(output.stderr).unwrap(),
        )
    };
    let (status, why) = run(0o644);
    assert_eq!(status, 2, "{why}");
    let fix = format!("chmod o= {}", file.display());
    assert!(why.contains("metrics.token") && why.contains(&fix), "{why}");
    assert!(!why.contains("only-tests-know"), "{why}");
    assert_eq!(run(0o640), (0, String::new()));
}
