//! From a directory to an account and back: first login, provisioning, roles, the end of an account.

use serde_json::json;

use super::SERVICE;
use super::slapd::{SERVICE_PASSWORD, Slapd};
use crate::sign_in::{problem, stranger, with_cookie};
use crate::support::{Client, Fixture, Reply, Setup};

use muster::clock::Clock;
use muster::config::Secret;

/// A gateway whose people are in this directory.
pub fn gateway(url: &str, further: &[(&'static str, &'static str)]) -> Fixture {
    gateway_at(url, further, Clock::system())
}

fn gateway_at(url: &str, further: &[(&'static str, &'static str)], clock: Clock) -> Fixture {
    // As every setting of a fixture, for as long as the tests run.
    let url: &'static str = String::leak(url.to_owned());
    let mut settings = vec![
        ("login.method", "ldap"),
        ("ldap.url", url),
        ("ldap.search_base", "ou=people,dc=example,dc=org"),
        ("ldap.bind_dn", SERVICE),
        ("ldap.bind_password", SERVICE_PASSWORD),
    ];
    settings.extend(further);
    Fixture::with(Setup {
        clock,
        settings,
        ..Setup::default()
    })
}

pub fn log_in(fixture: &Fixture, name: &str, password: &str) -> Reply {
    let body = json!({ "username": name, "password": password }).to_string();
    let headers = [("Content-Type", "application/json")];
    stranger(fixture).send("POST", "/auth/login", &headers, Some(body.as_bytes()))
}

/// The session cookie of an answer.
#[track_caller]
fn cookie(reply: &Reply) -> Secret {
    let mut lines = reply.headers.get_all("set-cookie").iter();
    let session = lines
        .find_map(|line| line.to_str().unwrap().strip_prefix("muster_session="))
        .expect("a session cookie");
    Secret::new(session.split(';').next().unwrap())
}

fn users(client: &Client) -> u64 {
    client.get("/Users").json()["totalResults"]
        .as_u64()
        .unwrap()
}

fn user_id(reply: Reply) -> String {
    reply.expect(200).json()["user"]["id"]
        .as_str()
        .unwrap()
        .to_owned()
}

#[test]
fn an_account_is_made_found_shut_and_opened_again() {
    let slapd = Slapd::start();
    let fixture = gateway(&slapd.url(), &[]);
    let scim = fixture.client();

    // 1. The first login makes the account; 2. the second finds it.
    let first = log_in(&fixture, "anna", "annas-password").expect(200);
    let made = first.json();
    let id = made["user"]["id"].as_str().unwrap().to_owned();
    assert_eq!(made["user"]["userName"], "anna@example.org");
    assert_eq!(made["user"]["name"]["familyName"], "Berg");
    assert_eq!(made["user"]["emails"][0]["value"], "anna@example.org");
    assert_eq!(user_id(log_in(&fixture, "ANNA", "annas-password")), id);
    assert_eq!(users(&scim), 1);

    // 5. Deactivation by SCIM kills the open session before the next request.
    let session = cookie(&log_in(&fixture, "anna", "annas-password"));
    with_cookie(&fixture, "GET", "/auth/check", &session).expect(200);
    let off = json!([{ "op": "replace", "path": "active", "value": false }]);
    scim.operations(&format!("/Users/{id}"), &off).expect(200);
    assert_eq!(
        with_cookie(&fixture, "GET", "/auth/check", &session).status,
        401
    );

    // 6. A login afterwards is refused and makes nothing, whatever the directory says.
    let refused = log_in(&fixture, "anna", "annas-password");
    assert_eq!(problem(&refused, 403), "account_deactivated");
    assert!(refused.headers.get("set-cookie").is_none());
    assert_eq!(users(&scim), 1);
    // Without the password nobody learns that.
    assert_eq!(
        problem(&log_in(&fixture, "anna", "wrong"), 401),
        "invalid_credentials"
    );

    // Deleted: the same.
    scim.delete(&format!("/Users/{id}")).expect(204);
    assert_eq!(
        problem(&log_in(&fixture, "anna", "annas-password"), 403),
        "account_deactivated"
    );
    assert_eq!(users(&scim), 0);

    // 7. A restore lets the person in again, with the same id.
    fixture.muster(&["user", "restore", "--id", &id]).done();
    let on = json!([{ "op": "replace", "path": "active", "value": true }]);
    scim.operations(&format!("/Users/{id}"), &on).expect(200);
    assert_eq!(user_id(log_in(&fixture, "anna", "annas-password")), id);
    assert_eq!(users(&scim), 1);
}

/// 3. Whoever was provisioned before logs into that record.
#[test]
fn a_provisioned_person_logs_into_their_record() {
    let slapd = Slapd::start();
    let fixture = gateway(&slapd.url(), &[]);
    let scim = fixture.client();
    let body = json!({ "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "userName": "Anna@Example.org", "name": { "familyName": "Provisioned" } });
    let id = scim.post("/Users", &body).expect(201).id();
    assert_eq!(user_id(log_in(&fixture, "anna", "annas-password")), id);
    // What the connection wrote stays, and the link holds when every name changes.
    let shown = scim.get(&format!("/Users/{id}")).json();
    assert_eq!(shown["name"]["familyName"], "Provisioned");
    let renamed = json!([{ "op": "replace", "path": "userName", "value": "a.voss" }]);
    scim.operations(&format!("/Users/{id}"), &renamed)
        .expect(200);
    slapd.modify(
        "dn: uid=anna,ou=people,dc=example,dc=org\nchangetype: modify\nreplace: mail\nmail: a.voss@example.org\n",
    );
    assert_eq!(user_id(log_in(&fixture, "anna", "annas-password")), id);
    assert_eq!(users(&scim), 1);
}

/// 4. The attribute or the group makes an administrator, and their absence at the next login no longer does.
#[test]
fn the_role_of_an_administrator_comes_and_goes_with_the_directory() {
    let slapd = Slapd::start();
    let settings = [
        ("ldap.admin_group", "admins"),
        (
            "roles.map",
            r#"{ "cn=Writers, ou=Groups, dc=example, dc=org" = "author", "admins" = "boss" }"#,
        ),
    ];
    let fixture = gateway(&slapd.url(), &settings);
    fixture.muster(&[
        "user",
        "create",
        "--email",
        "root@example.org",
        "--admin",
        "--skip-email",
    ]);
    let roles = |name: &str, password: &str| {
        let session = cookie(&log_in(&fixture, name, password));
        let reply = with_cookie(&fixture, "GET", "/auth/session", &session).expect(200);
        reply.json()["roles"].to_string()
    };
    assert_eq!(
        roles("anna", "annas-password"),
        r#"["admin","author","boss"]"#
    );
    assert_eq!(roles("carol", "carols-password"), r#"["author"]"#);
    slapd.modify(
        "dn: cn=admins,ou=groups,dc=example,dc=org\nchangetype: modify\nadd: member\n\
         member: uid=ben,ou=people,dc=example,dc=org\n-\ndelete: member\nmember: uid=anna,ou=people,dc=example,dc=org\n",
    );
    assert_eq!(roles("anna", "annas-password"), r#"["author"]"#);
}

#[test]
fn what_is_wrong_is_one_sentence_to_the_person() {
    let slapd = Slapd::start();
    let fixture = gateway(&slapd.url(), &[]);
    let long = "a".repeat(10_000);
    let mut told: Vec<String> = Vec::new();
    for (name, password) in [
        ("anna", "wrong"),
        ("nobody", "annas-password"),
        ("anna", ""),
        ("", "annas-password"),
        ("   ", "annas-password"),
        ("anna\0", "annas-password"),
        ("anna", "annas-password\0"),
        ("*", "annas-password"),
        ("anna)(uid=*", "annas-password"),
        (&long, "annas-password"),
        ("anna", &long),
    ] {
        let reply = log_in(&fixture, name, password);
        assert_eq!(problem(&reply, 401), "invalid_credentials", "{name:?}");
        let mut body = reply.json();
        body["reference"] = json!("");
        told.push(body.to_string());
    }
    told.dedup();
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(users(&fixture.client()), 0);
}

#[test]
fn a_clock_that_is_an_hour_off_shuts_nobody_out() {
    let slapd = Slapd::start();
    for offset in [-3600, 3600] {
        let now = Clock::system().now() + jiff::SignedDuration::from_secs(offset);
        let (clock, _hand) = Clock::manual(now);
        let ca: &'static str = String::leak(slapd.ca_file());
        let fixture = gateway_at(&slapd.tls_url(), &[("ldap.ca_file", ca)], clock);
        let session = cookie(&log_in(&fixture, "anna", "annas-password"));
        with_cookie(&fixture, "GET", "/auth/check", &session).expect(200);
    }
}

#[test]
fn a_login_can_be_tried_without_a_password() {
    let slapd = Slapd::start();
    let fixture = gateway(&slapd.url(), &[("ldap.admin_group", "admins")]);
    let tried = fixture.muster(&["login", "try", "--user", "anna"]).done();
    for line in [
        "ok       ldap.search: (uid=anna) below \"ou=people,dc=example,dc=org\" finds uid=anna,ou=people,dc=example,dc=org",
        "note     ldap.attributes: e-mail (mail): anna@example.org",
        "user name     anna@example.org",
        "e-mail        anna@example.org",
        "given name    Anna",
        "group         cn=writers,ou=groups,dc=example,dc=org",
        "administrator yes",
        "record        a new one",
        "role          admin",
    ] {
        assert!(tried.lines().any(|found| found == line), "{line}\n{tried}");
    }
    assert_eq!(users(&fixture.client()), 0, "nothing was written");
    let id = user_id(log_in(&fixture, "anna", "annas-password"));
    let json = fixture
        .muster(&["login", "try", "--user", "anna", "--json"])
        .json();
    assert_eq!((&json["record"], &json["new"]), (&json!(id), &json!(false)));
    assert_eq!(json["identity"]["groups"].as_array().unwrap().len(), 2);

    fixture.muster(&["user", "deactivate", "--id", &id]).done();
    let refused = fixture.muster(&["login", "try", "--user", "anna"]);
    assert_eq!(refused.status, 1);
    assert!(refused.err.contains("user.deactivated"), "{}", refused.err);
    let nobody = fixture.muster(&["login", "try", "--user", "guest"]);
    assert_eq!(nobody.status, 1);
    assert!(
        nobody.out.contains("ldap.search_base is wrong"),
        "{}",
        nobody.out
    );
}

#[test]
fn what_a_directory_is_asked_is_checked_with_the_other_settings() {
    let slapd = Slapd::start();
    let fixture = gateway(&slapd.url(), &[]);
    let checked = fixture.muster(&["check"]);
    let line = format!(
        "ok       ldap.url: {}: bound as {SERVICE}, ou=people,dc=example,dc=org is there",
        slapd.url()
    );
    assert!(
        checked.out.lines().any(|found| found == line),
        "{line}\n{}",
        checked.out
    );
}
