//! Deleted accounts: gone for SCIM, remembered by their groups, given back whole (CONTRACT sections 4 and 5).

use muster::service::Actor;
use serde_json::json;

use super::{delete, groups, id, made, members, person, restore, set_active};
use crate::support::{Client, Fixture, group, user};

fn group_of(client: &Client, name: &str, ids: &[&str]) -> String {
    let members: Vec<_> = ids.iter().map(|id| json!({ "value": id })).collect();
    client
        .post("/Groups", &group(name, &json!(members)))
        .expect(201)
        .id()
}

#[test]
fn a_deleted_account_is_404_in_no_list_and_its_name_is_free() {
    let fixture = Fixture::start();
    let client = fixture.client();
    let who = made(&client, "ada");
    delete(&fixture, &who);
    let path = format!("/Users/{who}");
    client.get(&path).refused(404, None);
    client.put(&path, &user("ada")).refused(404, None);
    client.delete(&path).refused(404, None);
    set_active(&client, &who, true).refused(404, None);
    assert_eq!(client.get("/Users").json()["totalResults"], 0);
    let other = made(&client, "ada");
    assert_ne!(other, who, "a returning name never opens a former account");
}

#[test]
fn a_deleted_member_is_hidden_and_comes_back_with_a_restore() {
    let fixture = Fixture::start();
    let client = fixture.client();
    let [ada, eve] = ["ada", "eve"].map(|name| made(&client, name));
    let staff = group_of(&client, "Staff", &[&ada, &eve]);
    fixture
        .block_on(fixture.gateway.make_administrator(Actor::Cli, &id(&ada)))
        .unwrap();
    fixture
        .block_on(fixture.gateway.make_administrator(Actor::Cli, &id(&eve)))
        .unwrap();
    let created = client.get(&format!("/Users/{ada}")).json()["meta"]["created"].clone();
    delete(&fixture, &ada);
    assert_eq!(members(&client, &staff), [eve.as_str()]);
    assert!(!person(&fixture, &ada).administrator);
    let back = restore(&fixture, &ada).unwrap();
    assert_eq!(
        (back.user.id.as_str(), back.user.state),
        (ada.as_str(), "active")
    );
    assert!(back.administrator, "its roles too");
    assert_eq!(groups(&client, &ada), ["Staff"]);
    assert_eq!(members(&client, &staff), [ada.as_str(), eve.as_str()]);
    let shown = client.get(&format!("/Users/{ada}")).expect(200).json();
    assert_eq!(shown["meta"]["created"], created);
    let found = client.get("/Users?filter=userName%20eq%20%22ada%22").json();
    assert_eq!(found["totalResults"], 1);
}

#[test]
fn what_was_taken_while_somebody_was_deleted_never_comes_back() {
    type Take = fn(&Client, &str, &str);
    let takes: [(&str, Take); 7] = [
        ("remove by filter", |client, group, ada| {
            let path = format!("members[value eq \"{ada}\"]");
            let remove = json!([{ "op": "remove", "path": path }]);
            // Nothing that is shown matches: some profiles call that noTarget, and take it all the same.
            let status = client.operations(group, &remove).status;
            assert_eq!(status, 200);
        }),
        ("remove with value", |client, group, ada| {
            let remove =
                json!([{ "op": "remove", "path": "members", "value": [{ "value": ada }] }]);
            client.operations(group, &remove).expect(200);
        }),
        ("remove all", |client, group, _| {
            let remove = json!([{ "op": "remove", "path": "members" }]);
            client.operations(group, &remove).expect(200);
        }),
        ("replace", |client, group, _| {
            let replace = json!([{ "op": "replace", "path": "members", "value": [] }]);
            client.operations(group, &replace).expect(200);
        }),
        ("replace without path", |client, group, _| {
            let replace = json!([{ "op": "replace", "value": { "members": [] } }]);
            client.operations(group, &replace).expect(200);
        }),
        ("PUT", |client, path, _| {
            client.put(path, &group("Staff", &json!([]))).expect(200);
        }),
        ("end of the group", |client, group, _| {
            client.delete(group).expect(204);
        }),
    ];
    for (what, take) in takes {
        let fixture = Fixture::start();
        let client = fixture.client();
        let ada = made(&client, "ada");
        let staff = group_of(&client, "Staff", &[&ada]);
        delete(&fixture, &ada);
        take(&client, &format!("/Groups/{staff}"), &ada);
        restore(&fixture, &ada).unwrap();
        assert_eq!(groups(&client, &ada), [""; 0], "{what}");
    }
}

#[test]
fn a_put_that_names_a_deleted_member_keeps_it() {
    let fixture = Fixture::start();
    let client = fixture.client();
    let ada = made(&client, "ada");
    let staff = group_of(&client, "Staff", &[&ada]);
    delete(&fixture, &ada);
    let put = group("Staff", &json!([{ "value": ada }]));
    client.put(&format!("/Groups/{staff}"), &put).expect(200);
    assert_eq!(members(&client, &staff), [""; 0]);
    restore(&fixture, &ada).unwrap();
    assert_eq!(groups(&client, &ada), ["Staff"]);
}

#[test]
fn an_id_that_is_unknown_when_it_is_added_resolves_to_nobody_for_good() {
    let fixture = Fixture::start();
    let client = fixture.client();
    let ada = made(&client, "ada");
    delete(&fixture, &ada);
    let staff = group_of(&client, "Staff", &[&ada, "nobody"]);
    assert_eq!(
        members(&client, &staff),
        [ada.as_str(), "nobody"],
        "kept as sent"
    );
    restore(&fixture, &ada).unwrap();
    assert_eq!(groups(&client, &ada), [""; 0]);
}

#[test]
fn a_restore_whose_name_was_taken_names_the_holder_and_changes_nothing() {
    let fixture = Fixture::start();
    let client = fixture.client();
    let ada = made(&client, "ada");
    delete(&fixture, &ada);
    let holder = made(&client, "ADA");
    let before = client.get("/Users").json();
    let why = restore(&fixture, &ada).unwrap_err();
    assert!(why.contains(&holder) && why.contains("userName"), "{why}");
    assert_eq!(client.get("/Users").json(), before);
    assert_eq!(person(&fixture, &ada).user.state, "deleted");
    client.delete(&format!("/Users/{holder}")).expect(204);
    restore(&fixture, &ada).unwrap();
}

#[test]
fn a_restored_account_is_active_unless_an_administrator_locked_it() {
    let fixture = Fixture::start();
    let client = fixture.client();
    let [ada, eve] = ["ada", "eve"].map(|name| made(&client, name));
    set_active(&client, &ada, false).expect(200);
    fixture
        .block_on(fixture.gateway.deactivate_user(Actor::Cli, &id(&eve)))
        .unwrap();
    for (who, state) in [(&ada, "active"), (&eve, "deactivated")] {
        delete(&fixture, who);
        assert_eq!(restore(&fixture, who).unwrap().user.state, state);
        let shown = client.get(&format!("/Users/{who}")).json();
        assert_eq!(shown["active"], state == "active");
    }
}
