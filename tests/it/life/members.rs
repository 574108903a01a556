//! Members of groups and the groups of a user, sentence by sentence (CONTRACT section 4).

use serde_json::{Value, json};

use super::{delete, groups, made, members, restore, set_active};
use crate::support::{Client, Fixture, Reply, group};

fn group_of(client: &Client, name: &str, ids: &[&str]) -> String {
    let members: Vec<Value> = ids.iter().map(|id| json!({ "value": id })).collect();
    let made = client.post("/Groups", &group(name, &json!(members)));
    made.expect(201).id()
}

/// The resource, unless it is as it was when `seen` was read.
fn unless_known(client: &Client, path: &str, seen: &Reply) -> Reply {
    client.send("GET", path, &[("If-None-Match", &seen.etag())], None)
}

#[test]
fn a_group_has_a_new_version_when_a_member_is_deleted_or_restored() {
    let fixture = Fixture::start();
    let client = fixture.client();
    let [ada, eve] = ["ada", "eve"].map(|name| made(&client, name));
    let path = format!("/Groups/{}", group_of(&client, "Staff", &[&ada, &eve]));
    let other = format!("/Groups/{}", group_of(&client, "Other", &[&eve]));
    let before = client.get(&path);
    let untouched = client.get(&other);
    delete(&fixture, &ada);
    let hidden = unless_known(&client, &path, &before).expect(200);
    assert_eq!(hidden.json()["members"].as_array().unwrap().len(), 1);
    assert!(
        hidden.json()["meta"]["lastModified"].as_str()
            > before.json()["meta"]["lastModified"].as_str()
    );
    let stale = [("If-Match", &*before.etag())];
    let rename = crate::support::patch_body(
        &json!([{ "op": "replace", "path": "displayName", "value": "x" }]),
    );
    client
        .send_json("PATCH", &path, &stale, &rename)
        .refused(412, None);
    restore(&fixture, &ada).unwrap();
    let shown = unless_known(&client, &path, &hidden).expect(200);
    assert_eq!(shown.json()["members"].as_array().unwrap().len(), 2);
    unless_known(&client, &path, &shown).expect(304);
    unless_known(&client, &other, &untouched).expect(304);
    // Who is only shut stays, and the group stays as it is.
    set_active(&client, &ada, false).expect(200);
    unless_known(&client, &path, &shown).expect(304);
}

#[test]
fn the_groups_of_a_user_move_neither_its_version_nor_last_modified() {
    let fixture = Fixture::start();
    let client = fixture.client();
    let ada = made(&client, "ada");
    let path = format!("/Users/{ada}");
    let before = client.get(&path);
    let staff = group_of(&client, "Staff", &[&ada]);
    let at = format!("/Groups/{staff}");
    let rename = json!([{ "op": "replace", "path": "displayName", "value": "Crew" }]);
    let remove = json!([{ "op": "remove", "path": format!("members[value eq \"{ada}\"]") }]);
    let add = json!([{ "op": "add", "path": "members", "value": [{ "value": ada }] }]);
    let mut seen = vec![groups(&client, &ada)];
    for operations in [&rename, &remove, &add] {
        client.operations(&at, operations).expect(200);
        seen.push(groups(&client, &ada));
    }
    client.delete(&at).expect(204);
    seen.push(groups(&client, &ada));
    let expected: [&[&str]; 5] = [&["Staff"], &["Crew"], &[], &["Crew"], &[]];
    assert_eq!(seen, expected);
    let after = client.get(&path);
    assert_eq!(after.etag(), before.etag());
    assert_eq!(after.json()["meta"], before.json()["meta"]);
}

#[test]
fn a_group_in_a_group_is_stored_and_shown_and_gives_its_members_nothing() {
    let fixture = Fixture::start();
    let client = fixture.client();
    let ada = made(&client, "ada");
    let inner = group_of(&client, "Inner", &[&ada]);
    let outer = group_of(&client, "Outer", &[&inner]);
    assert_eq!(members(&client, &outer), [inner.as_str()]);
    let shown = client.get(&format!("/Groups/{outer}")).json();
    assert_eq!(shown["members"][0]["type"], "Group");
    assert_eq!(groups(&client, &ada), ["Inner"], "direct ones only");
    // A group that is deleted is hidden too, and never comes back.
    client.delete(&format!("/Groups/{inner}")).expect(204);
    assert_eq!(members(&client, &outer), [""; 0]);
}

#[test]
fn an_id_that_does_not_exist_is_kept_as_sent_and_gives_no_groups_entry() {
    let fixture = Fixture::start();
    let client = fixture.client();
    let sent = json!([{ "value": "No-Such-Id", "display": "Nobody", "type": "User" }]);
    let staff = client
        .post("/Groups", &group("Staff", &sent))
        .expect(201)
        .id();
    let shown = client.get(&format!("/Groups/{staff}")).json();
    assert_eq!(
        shown["members"], sent,
        "as sent, and without a $ref to nothing"
    );
    assert_eq!(client.get("/Users").json()["totalResults"], 0);
}
