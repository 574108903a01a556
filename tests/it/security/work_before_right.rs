//! A connection with the scope `password` learns nothing of passwords that are not those of its own users: the
//! right to the record is checked before any work on it.

use muster::config::Scope;
use muster::service::{Actor, Wanted};
use serde_json::{Value, json};

use crate::life::id;
use crate::ownership::{connect, nobodys, nobodys_admin};
use crate::support::{Browser, Client, Fixture, patch_body, user};

const PASSWORD: &str = "five green geese";
const WRONG: &str = "nine black boars";

/// A connection with the scope `password`.
fn guesser(fixture: &Fixture) -> Client {
    let wanted = Wanted {
        scopes: Some(&[Scope::Read, Scope::Users, Scope::Password]),
        ..Wanted::default()
    };
    let lifetime = std::time::Duration::from_secs(3_600);
    let made = fixture.gateway.create_token("guesser", wanted, lifetime);
    let token = fixture.block_on(made).unwrap();
    fixture.client_with(Some(&token))
}

/// A guess that is also the user's name. A password made of the name is refused with 400, but one that is set
/// already is not set again: the answer would tell a right guess from a wrong one, as the duration would.
fn guess(password: &str) -> Value {
    let mut body = user(password);
    body["password"] = json!(password);
    body
}

fn set_password(fixture: &Fixture, who: &str) {
    let who = id(who);
    let link = fixture.gateway.reset_link(Actor::Cli, &who);
    let url = fixture.block_on(link).unwrap().url.expose().to_owned();
    let (_, secret) = url.split_once("/password/").unwrap();
    let path = format!("/password/{secret}");
    let set = Browser::new(fixture).submit(&path, &[("new-password", PASSWORD)]);
    assert!(set.status < 400, "{}", set.text());
}

fn can_log_in(fixture: &Fixture, email: &str) -> bool {
    Browser::new(fixture).log_in(email, PASSWORD).status == 303
}

/// The statuses of a PUT and of a Bulk PUT with this guess.
fn tried(client: &Client, id: &str, password: &str) -> [u16; 2] {
    let path = format!("/Users/{id}");
    let alone = client.put(&path, &guess(password)).status;
    let body = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
        "Operations": [{ "method": "PUT", "path": path, "data": guess(password) }],
    });
    let done = client.post("/Bulk", &body).expect(200).json();
    let status = done["Operations"][0]["status"].as_str().unwrap().parse();
    [alone, status.unwrap()]
}

#[test]
fn a_guess_at_a_password_of_another_connection_is_answered_like_any_other() {
    let fixture = Fixture::start();
    let owner = connect(&fixture, "owner");
    let mut body = user("grace@example.org");
    body["emails"] = json!([{ "value": "grace@example.org" }]);
    let theirs = owner.post("/Users", &body).expect(201).id();
    set_password(&fixture, &theirs);
    let client = guesser(&fixture);
    for password in [PASSWORD, WRONG] {
        assert_eq!(tried(&client, &theirs, password), [404, 404], "{password}");
    }
    assert_eq!(tried(&client, "nobody", PASSWORD), [404, 404]);
    assert!(can_log_in(&fixture, "grace@example.org"));
}

#[test]
fn a_guess_at_the_password_of_an_administrator_who_is_not_its_own_is_refused_unread() {
    let fixture = Fixture::start();
    let root = nobodys_admin(&fixture, "root@example.org");
    set_password(&fixture, &root);
    let client = guesser(&fixture);
    for password in [PASSWORD, WRONG] {
        assert_eq!(tried(&client, &root, password), [403, 403], "{password}");
    }
    assert!(can_log_in(&fixture, "root@example.org"));
}

#[test]
fn a_guess_at_the_password_of_an_unowned_user_tells_nothing_while_it_changes_nothing() {
    let fixture = Fixture::start();
    let ada = nobodys(&fixture, "ada@example.org");
    set_password(&fixture, &ada);
    let client = guesser(&fixture);
    for password in [PASSWORD, WRONG] {
        assert_eq!(tried(&client, &ada, password), [400, 400], "{password}");
        let old = [("If-Match", "W/\"999\"")];
        let path = format!("/Users/{ada}");
        let stale = client.send_json("PUT", &path, &old, &guess(password));
        stale.refused(412, None);
    }
    assert!(can_log_in(&fixture, "ada@example.org"));
}

/// What a connection may do works as ever, also with a user whom the same request creates.
#[test]
fn the_password_of_its_own_user_is_set_also_where_the_request_creates_the_user() {
    let fixture = Fixture::start();
    let client = guesser(&fixture);
    let password = json!([{ "op": "replace", "path": "password", "value": PASSWORD }]);
    let body = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
        "Operations": [
            { "method": "POST", "path": "/Users", "bulkId": "u", "data": user("eve@example.org") },
            { "method": "PATCH", "path": "/Users/bulkId:u", "data": patch_body(&password) },
        ],
    });
    let done = client.post("/Bulk", &body).expect(200).json();
    assert_eq!(done["Operations"][1]["status"], "200", "{done}");
    assert!(can_log_in(&fixture, "eve@example.org"));
    let ada = nobodys(&fixture, "ada@example.org");
    let path = format!("/Users/{ada}");
    client.operations(&path, &password).expect(200);
    assert!(can_log_in(&fixture, "ada@example.org"));
    let version = client.get(&path).etag();
    client.operations(&path, &password).expect(200);
    assert_eq!(
        client.get(&path).etag(),
        version,
        "the present one is no change"
    );
}
