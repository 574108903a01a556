//! Where people log in elsewhere, no local password works, for anybody, and none can be set.

use serde_json::json;

use muster::service::{Actor, Who};

use super::{PASSWORD, person};
use crate::roles::with;
use crate::support::{Browser, Fixture, Setup, user};

/// The settings of a directory that nobody asks in these tests.
const LDAP: [(&str, &str); 3] = [
    ("login.method", "ldap"),
    ("ldap.url", "ldap://127.0.0.1:1"),
    (
        "ldap.user_dn",
        "uid={{username}},ou=people,dc=example,dc=org",
    ),
];

#[test]
fn a_password_that_was_set_before_lets_nobody_in_and_its_links_are_dead() {
    let local = Fixture::start();
    let id = person(&local, "ada@example.org", &["--admin"]);
    let who = Who::Id(id);
    let link = local
        .block_on(local.gateway.reset_link(Actor::Cli, &who))
        .unwrap();
    let path = format!(
        "/password/{}",
        link.url.expose().split_once("/password/").unwrap().1
    );
    let fixture = local.anew(Setup {
        settings: LDAP.to_vec(),
        ..Setup::default()
    });
    let mut browser = Browser::new(&fixture);
    browser.get(&path).expect(404);
    browser.get("/login");
    browser
        .post(&path, &[("new-password", "five green geese")])
        .expect(404);
    let reply = browser.log_in("ada@example.org", PASSWORD);
    assert_ne!(reply.status, 303, "{}", reply.text());
    assert!(!browser.cookies.contains_key("muster_session"));
    let link = fixture
        .block_on(fixture.gateway.reset_link(Actor::Cli, &who))
        .unwrap();
    assert!(link.url.expose().ends_with("/login") && link.expires.is_none());
}

#[test]
fn whoever_is_made_is_told_to_log_in_there() {
    let fixture = with(LDAP.to_vec());
    let told = fixture
        .muster(&["user", "create", "--email", "ada@example.org", "--admin"])
        .done();
    assert!(
        told.contains("log in at: http://127.0.0.1:8080/login\n"),
        "{told}"
    );
    assert!(!told.contains("/password/"), "{told}");
}

#[test]
fn the_launchpad_makes_the_administrator_without_a_password() {
    let fixture = with(LDAP.to_vec());
    let url = fixture.block_on(fixture.gateway.open_launchpad()).unwrap();
    let code = url.expose().split_once("code=").unwrap().1;
    let mut browser = Browser::new(&fixture);
    let page = browser
        .get(&format!("/launchpad?code={code}"))
        .expect(200)
        .text();
    assert!(
        !page.contains("new-password") && page.contains("You set no password here"),
        "{page}"
    );
    let fields = [
        ("code", code),
        ("email", "ada@example.org"),
        ("new-password", PASSWORD),
    ];
    browser.post("/launchpad", &fields).expect(303);
    let shown = fixture
        .muster(&["user", "show", "--email", "ada@example.org", "--json"])
        .json();
    assert_eq!(shown["muster"]["administrator"], true);
    assert_ne!(browser.log_in("ada@example.org", PASSWORD).status, 303);
}

#[test]
fn a_password_over_scim_is_dropped_whatever_the_scope() {
    let mut settings = LDAP.to_vec();
    settings.push(("scim.scopes", "[\"read\", \"users\", \"password\"]"));
    let fixture = with(settings);
    let client = fixture.client();
    let mut body = user("ada");
    body["password"] = json!("short");
    client.post("/Users", &body).expect(201);
    let config = client.get("/ServiceProviderConfig").json();
    assert_eq!(config["changePassword"]["supported"], false);
    assert_ne!(Browser::new(&fixture).log_in("ada", "short").status, 303);
}
