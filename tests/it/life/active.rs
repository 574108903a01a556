//! `active` and the lock of an administrator (CONTRACT section 4).

use muster::service::Actor;
use serde_json::{Value, json};

use super::{groups, id, made, members, person, set_active};
use crate::support::{Fixture, group, log, user};

#[test]
fn a_post_without_active_is_stored_and_shown_as_true() {
    let fixture = Fixture::start();
    let client = fixture.client();
    let reply = client.post("/Users", &user("ada")).expect(201);
    assert_eq!(reply.json()["active"], true);
    assert_eq!(person(&fixture, &reply.id()).user.state, "active");
}

#[test]
fn a_put_without_active_and_the_removal_of_active_never_change_the_state() {
    let fixture = Fixture::start();
    let client = fixture.client();
    for (name, active, state) in [("ada", true, "active"), ("eve", false, "deactivated")] {
        let who = made(&client, name);
        let path = format!("/Users/{who}");
        set_active(&client, &who, active).expect(200);
        assert_eq!(
            client.put(&path, &user(name)).expect(200).json()["active"],
            active
        );
        assert_eq!(person(&fixture, &who).user.state, state);
        let remove = json!([{ "op": "remove", "path": "active" }]);
        let after = client.operations(&path, &remove).expect(200).json();
        assert_eq!(
            after.get("active"),
            None,
            "shown no more until it is written"
        );
        assert_eq!(client.get(&path).json().get("active"), None);
        assert_eq!(person(&fixture, &who).user.state, state);
        client.put(&path, &user(name)).expect(200);
        assert_eq!(person(&fixture, &who).user.state, state);
        assert_eq!(
            set_active(&client, &who, true).expect(200).json()["active"],
            true
        );
        assert_eq!(person(&fixture, &who).user.state, "active");
    }
}

#[test]
fn a_deactivated_account_is_readable_and_listed_and_keeps_its_groups() {
    let fixture = Fixture::start();
    let client = fixture.client();
    let who = made(&client, "ada");
    let staff = client.post("/Groups", &group("Staff", &json!([{ "value": who }])));
    let staff = staff.expect(201).id();
    set_active(&client, &who, false).expect(200);
    let shown = client.get(&format!("/Users/{who}")).expect(200).json();
    assert_eq!(shown["active"], false);
    assert_eq!(client.get("/Users").json()["totalResults"], 1);
    assert_eq!(
        members(&client, &staff),
        [who.as_str()],
        "deactivated members stay"
    );
    assert_eq!(groups(&client, &who), ["Staff"]);
}

/// How many users a filter finds.
fn found(client: &crate::support::Client, filter: &str) -> Value {
    let filter = filter.replace(' ', "%20").replace('"', "%22");
    client
        .get(&format!("/Users?filter={filter}"))
        .expect(200)
        .json()["totalResults"]
        .clone()
}

#[test]
fn a_lock_shows_inactive_and_a_true_of_the_provider_is_remembered_and_opens_nothing() {
    let fixture = Fixture::start();
    let client = fixture.client();
    let who = made(&client, "ada");
    let path = format!("/Users/{who}");
    let before = client.get(&path).etag();
    fixture
        .block_on(fixture.gateway.deactivate_user(Actor::Cli, &id(&who)))
        .unwrap();
    let locked = client.get(&path).expect(200);
    assert_eq!(locked.json()["active"], false);
    assert_ne!(locked.etag(), before, "what is shown has changed");
    for (filter, count) in [
        ("active eq false", 1),
        ("active eq true", 0),
        ("active eq false and nickName ne \"x\"", 1),
        ("active eq true and nickName ne \"x\"", 0),
        ("not (active eq false)", 0),
    ] {
        assert_eq!(found(&client, filter), count, "{filter}");
    }
    // The provider's own word in every syntax.
    let mut put = user("ada");
    put["active"] = json!(true);
    let operations = [
        json!([{ "op": "replace", "path": "active", "value": true }]),
        json!([{ "op": "add", "value": { "active": true } }]),
        json!([{ "op": "Replace", "path": "active", "value": "True" }]),
    ];
    for operations in &operations {
        let reply = client.operations(&path, operations).expect(200);
        assert_eq!(reply.json()["active"], false);
        let logged = log::of_request(reply.header("x-request-id").unwrap());
        let told = |line: &Value| line.to_string().contains("locked the account");
        assert!(logged.iter().any(told), "{logged:?}");
    }
    assert_eq!(client.put(&path, &put).expect(200).json()["active"], false);
    assert_eq!(client.get(&path).json()["active"], false);
    let list = client.get("/Users").json();
    assert_eq!(list["Resources"][0]["active"], false);
    let some = client.get(&format!("{path}?attributes=active")).json();
    assert_eq!(some["active"], false);
    assert!(person(&fixture, &who).user.locked);
    fixture
        .block_on(fixture.gateway.activate_user(Actor::Cli, &id(&who)))
        .unwrap();
    assert_eq!(client.get(&path).json()["active"], true);
    assert_eq!(found(&client, "active eq true"), 1);
    assert_eq!(person(&fixture, &who).user.state, "active");
}

#[test]
fn a_lock_outlives_a_false_and_a_true_of_the_provider() {
    let fixture = Fixture::start();
    let client = fixture.client();
    let who = made(&client, "ada");
    set_active(&client, &who, false).expect(200);
    fixture
        .block_on(fixture.gateway.deactivate_user(Actor::Cli, &id(&who)))
        .unwrap();
    set_active(&client, &who, true).expect(200);
    assert_eq!(person(&fixture, &who).user.state, "deactivated");
    set_active(&client, &who, false).expect(200);
    fixture
        .block_on(fixture.gateway.activate_user(Actor::Cli, &id(&who)))
        .unwrap();
    let shown = client.get(&format!("/Users/{who}")).json();
    assert_eq!(
        (&shown["active"], person(&fixture, &who).user.state),
        (&json!(true), "active")
    );
}
