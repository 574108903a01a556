//! Roles at login: given and taken by what the source says, and by nothing else that a login brings.

use serde_json::json;

use super::{directory, enter, identity};
use crate::life::{made, person};
use crate::support::Fixture;

fn roles(fixture: &Fixture, name: &str, admin: Option<bool>, groups: &[&str]) -> Vec<String> {
    let mut who = identity(name);
    who.admin = admin;
    who.groups = groups.iter().map(|group| (*group).to_owned()).collect();
    enter(fixture, &who).unwrap().me.roles
}

#[test]
fn what_makes_an_administrator_at_login_holds_until_the_next_one() {
    let (fixture, _) = directory(&[]);
    fixture
        .muster(&["user", "create", "--email", "root@example.org", "--admin"])
        .done();
    assert_eq!(roles(&fixture, "ada", Some(true), &[]), ["admin"]);
    let shown = fixture
        .muster(&["user", "show", "--email", "ada@example.org", "--json"])
        .json();
    assert_eq!(shown["muster"]["administrator"], true);
    assert_eq!(shown["muster"]["roles"][0]["from"], "login");
    assert_eq!(shown["muster"]["roles"][0]["source"], "ldap");
    assert_eq!(roles(&fixture, "ada", Some(false), &[]), [""; 0]);
    assert_eq!(roles(&fixture, "ada", Some(true), &[]), ["admin"]);
    // No setting asks any more.
    assert_eq!(roles(&fixture, "ada", None, &[]), [""; 0]);
    let count = fixture.muster(&["count", "--json"]).json();
    assert_eq!(count["administrators"], 1);
}

#[test]
fn what_was_given_by_hand_no_login_takes() {
    let (fixture, _) = directory(&[]);
    fixture
        .muster(&["user", "create", "--email", "ada@example.org", "--admin"])
        .done();
    assert_eq!(roles(&fixture, "ada", Some(false), &[]), ["admin"]);
}

#[test]
fn the_last_administrator_stays_one() {
    let (fixture, _) = directory(&[]);
    assert_eq!(roles(&fixture, "ada", Some(true), &[]), ["admin"]);
    assert_eq!(
        roles(&fixture, "ada", Some(false), &[]),
        ["admin"],
        "the only one"
    );
    assert_eq!(roles(&fixture, "bea", Some(true), &[]), ["admin"]);
    assert_eq!(
        roles(&fixture, "ada", Some(false), &[]),
        [""; 0],
        "there is another"
    );
    assert_eq!(
        roles(&fixture, "bea", Some(false), &[]),
        ["admin"],
        "the only one"
    );
}

#[test]
fn a_login_made_administrator_is_one_for_scim_too() {
    let (fixture, _) = directory(&[]);
    assert_eq!(roles(&fixture, "ada", Some(true), &[]), ["admin"]);
    let id = fixture.client().get("/Users").json()["Resources"][0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let off = json!([{ "op": "replace", "path": "active", "value": false }]);
    fixture
        .client()
        .operations(&format!("/Users/{id}"), &off)
        .refused(403, None);
    assert!(person(&fixture, &id).administrator);
}

#[test]
fn groups_of_a_login_give_roles_of_the_map_until_the_next_login_and_make_no_group() {
    let map = r#"{ "Writers" = "author", "cn=ops,dc=example" = "operator", "Staff" = "reader" }"#;
    let (fixture, _) = directory(&[("roles.map", map), ("roles.admin_groups", "Admins")]);
    let client = fixture.client();
    assert_eq!(
        roles(
            &fixture,
            "ada",
            None,
            &["WRITERS", "CN=Ops,DC=Example", "Admins"]
        ),
        ["author", "operator"]
    );
    assert_eq!(client.get("/Groups").json()["totalResults"], 0);
    assert_eq!(roles(&fixture, "ada", None, &[]), [""; 0]);

    let id = client.get("/Users").json()["Resources"][0]["id"].clone();
    let group = json!({ "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"],
        "displayName": "staff", "members": [{ "value": id }] });
    client.post("/Groups", &group).expect(201);
    let me = enter(&fixture, &identity("ada")).unwrap().me;
    assert_eq!(
        (me.roles, me.groups),
        (vec!["reader".to_owned()], vec!["staff".to_owned()])
    );
}

#[test]
fn the_role_of_administrators_is_in_no_map() {
    use muster::config::{Settings, Sources};
    let sources = Sources {
        flags: vec![(
            "roles.map".to_owned(),
            r#"{ "Writers" = "Admin" }"#.to_owned(),
        )],
        environment: Vec::new(),
        file: None,
        read_secret: &|_| Err(String::new()),
    };
    let faults = Settings::load(sources).unwrap_err().to_string();
    assert!(
        faults.contains("roles.map") && faults.contains("roles.admin_groups"),
        "{faults}"
    );
}

#[test]
fn rights_do_not_come_back_with_a_recreated_account() {
    let (fixture, _) = directory(&[]);
    fixture
        .muster(&["user", "create", "--email", "root@example.org", "--admin"])
        .done();
    let client = fixture.client();
    let mut body = crate::support::user("ada@example.org");
    body["externalId"] = json!("id-ada");
    let id = client.post("/Users", &body).expect(201).id();
    assert_eq!(roles(&fixture, "ada", Some(true), &[]), ["admin"]);
    client.delete(&format!("/Users/{id}")).expect(204);
    assert_eq!(client.post("/Users", &body).expect(201).id(), id);
    assert!(!person(&fixture, &id).administrator);
    made(&client, "unrelated");
}
