//! Bar 36, the part of passwords and personal tokens: what somebody holds ends with their account, at once.

use muster::config::Secret;
use muster::service::{Credential, PersonalScope};
use serde_json::json;

use crate::pages::{PASSWORD, logged_in, person};
use crate::support::{Browser, Fixture};

/// A way to end an account.
type End = fn(&Fixture, &str);

fn token(browser: &mut Browser) -> Credential {
    Credential::Bearer(Secret::new(token_for(browser, "me")))
}

/// The text of a new personal token with this scope.
fn token_for(browser: &mut Browser, scope: &str) -> String {
    let fields = [
        ("do", "token"),
        ("name", "x"),
        ("scope", scope),
        ("days", "30"),
        ("token-password", PASSWORD),
    ];
    let page = browser.submit("/user/settings", &fields).expect(200).text();
    let (_, rest) = page.split_once("muster_pat_").unwrap();
    let secret = rest.split_once('<').unwrap().0;
    format!("muster_pat_{secret}")
}

fn holds(fixture: &Fixture, credential: &Credential) -> bool {
    let me = fixture
        .block_on(fixture.gateway.whoami(credential))
        .unwrap();
    if let Some(me) = &me {
        assert!(me.may(PersonalScope::Me) && !me.may(PersonalScope::Check));
    }
    me.is_some()
}

#[test]
fn tokens_and_sessions_end_with_the_account_and_do_not_come_back() {
    let ends: [(&str, End); 6] = [
        ("PATCH active", |fixture, id| {
            let operations = json!([{ "op": "replace", "path": "active", "value": false }]);
            fixture
                .client()
                .operations(&format!("/Users/{id}"), &operations)
                .expect(200);
        }),
        ("PATCH without path", |fixture, id| {
            let operations = json!([{ "op": "replace", "value": { "active": "False" } }]);
            fixture
                .client()
                .operations(&format!("/Users/{id}"), &operations)
                .expect(200);
        }),
        ("PUT", |fixture, id| {
            let mut body = fixture.client().get(&format!("/Users/{id}")).json();
            body["active"] = json!(false);
            fixture
                .client()
                .put(&format!("/Users/{id}"), &body)
                .expect(200);
        }),
        ("DELETE", |fixture, id| {
            drop(fixture.client().delete(&format!("/Users/{id}")).expect(204));
        }),
        ("Bulk", |fixture, id| {
            let body = json!({
                "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
                "Operations": [{ "method": "DELETE", "path": format!("/Users/{id}") }],
            });
            fixture.client().post("/Bulk", &body).expect(200);
        }),
        ("the command line", |fixture, id| {
            drop(fixture.muster(&["user", "deactivate", "--id", id]).done());
        }),
    ];
    for (what, end) in ends {
        let fixture = Fixture::start();
        let id = person(&fixture, "ada@example.org", &[]);
        let mut browser = logged_in(&fixture, "ada@example.org");
        let token = token(&mut browser);
        assert!(holds(&fixture, &token), "{what}");
        end(&fixture, &id);
        assert!(!holds(&fixture, &token), "{what}");
        browser.get("/user/settings").expect(303);
        for command in ["restore", "activate"] {
            drop(fixture.muster(&["user", command, "--id", &id]));
        }
        assert!(!holds(&fixture, &token), "{what}, and back");
        browser.get("/user/settings").expect(303);
        // The password stays for their return.
        logged_in(&fixture, "ada@example.org");
    }
}

#[test]
fn a_purge_leaves_nothing_of_a_password() {
    let fixture = Fixture::start();
    let id = person(&fixture, "ada@example.org", &[]);
    logged_in(&fixture, "ada@example.org");
    fixture
        .muster(&["user", "delete", "--skip-email", "--id", &id])
        .done();
    fixture
        .muster(&["user", "purge", "--yes", "--id", &id])
        .done();
    Browser::new(&fixture)
        .log_in("ada@example.org", PASSWORD)
        .expect(401);
}

#[test]
fn a_reset_puts_everybody_out_who_was_in() {
    let fixture = Fixture::start();
    person(&fixture, "ada@example.org", &[]);
    let mut browser = logged_in(&fixture, "ada@example.org");
    let token = token(&mut browser);
    let link = fixture.muster(&["user", "create", "--email", "ada@example.org", "--json"]);
    let link: serde_json::Value = serde_json::from_str(&link.out).unwrap();
    let link = link["muster"]["link"].as_str().unwrap().to_owned();
    let path = format!("/password/{}", link.split_once("/password/").unwrap().1);
    Browser::new(&fixture)
        .submit(&path, &[("new-password", "five green geese")])
        .expect(303);
    assert!(!holds(&fixture, &token));
    browser.get("/user/settings").expect(303);
}

#[test]
fn a_token_that_is_not_for_applications_tells_them_nothing() {
    let fixture = Fixture::start();
    person(&fixture, "ada@example.org", &[]);
    let mut browser = logged_in(&fixture, "ada@example.org");
    let app = fixture.muster(&["token", "create", "app", "--scope", "introspect"]);
    let app = format!("Bearer {}", app.done().trim());
    let client = fixture.root().authorized(Some(&app));
    for (scope, holds) in [("check", true), ("me", false)] {
        let body = format!("token={}", token_for(&mut browser, scope));
        let form = [("Content-Type", "application/x-www-form-urlencoded")];
        let reply = client.send("POST", "/auth/introspect", &form, Some(body.as_bytes()));
        let said = reply.expect(200).json();
        assert_eq!(said["active"], holds, "{scope}: {said}");
        assert_eq!(said.get("sub").is_some(), holds, "{scope}: {said}");
    }
}
