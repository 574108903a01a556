//! The last active administrator cannot be deactivated, deleted or stripped by SCIM.

use std::sync::Barrier;
use std::thread;

use muster::service::{Actor, Who};
use serde_json::{Value, json};

use super::{is_admin, made_group, make_admin, values, with};
use crate::life::{made, set_active};
use crate::support::{Fixture, Reply, group, patch_body, user};

fn bulk(operation: Value) -> Value {
    json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
        "Operations": [operation],
    })
}

#[test]
fn the_last_one_by_hand_cannot_be_shut_or_deleted_in_any_syntax() {
    let fixture = Fixture::start();
    let client = fixture.client();
    let [ada, eve] = ["ada", "eve"].map(|name| made(&client, name));
    let path = format!("/Users/{ada}");
    make_admin(&fixture, &ada);
    let off = json!([{ "op": "replace", "path": "active", "value": false }]);
    let mut put = user("ada");
    put["active"] = json!(false);
    for reply in [
        set_active(&client, &ada, false),
        client.operations(
            &path,
            &json!([{ "op": "Add", "value": { "active": "False" } }]),
        ),
        client.put(&path, &put),
        client.delete(&path),
    ] {
        let detail = reply.refused(403, None);
        assert!(
            detail.contains("administrator") && detail.contains("set-admin"),
            "{detail}"
        );
    }
    for operation in [
        json!({ "method": "PATCH", "path": path, "data": patch_body(&off) }),
        json!({ "method": "DELETE", "path": path }),
        json!({ "method": "PUT", "path": path, "data": put }),
    ] {
        let done = client.post("/Bulk", &bulk(operation)).expect(200).json();
        assert_eq!(done["Operations"][0]["status"], "403", "{done}");
    }
    assert!(is_admin(&fixture, &ada));
    make_admin(&fixture, &eve);
    set_active(&client, &ada, false).expect(200);
    client.delete(&format!("/Users/{eve}")).refused(403, None);
    client.delete(&path).expect(204);
}

#[test]
fn the_last_one_by_group_cannot_be_stripped_in_any_syntax() {
    let fixture = with(vec![("roles.admin_groups", "ext-1")]);
    let client = fixture.client();
    let [ada, eve] = ["ada", "eve"].map(|name| made(&client, name));
    let mut body = group("Admins", &values(&[&ada]));
    body["externalId"] = json!("ext-1");
    let path = format!("/Groups/{}", client.post("/Groups", &body).expect(201).id());
    let remove_all = json!([{ "op": "remove", "path": "members" }]);
    let patches = [
        remove_all.clone(),
        json!([{ "op": "remove", "path": format!("members[value eq \"{ada}\"]") }]),
        json!([{ "op": "replace", "path": "members", "value": [] }]),
        json!([{ "op": "replace", "path": "externalId", "value": "ext-2" }]),
        json!([{ "op": "remove", "path": "externalId" }]),
    ];
    for operations in &patches {
        client.operations(&path, operations).refused(403, None);
    }
    let mut renamed = body.clone();
    renamed["externalId"] = json!("ext-2");
    client.put(&path, &renamed).refused(403, None);
    client
        .put(&path, &group("Admins", &values(&[&ada])))
        .refused(403, None);
    body["members"] = json!([]);
    client.put(&path, &body).refused(403, None);
    client.delete(&path).refused(403, None);
    set_active(&client, &ada, false).refused(403, None);
    client.delete(&format!("/Users/{ada}")).refused(403, None);
    let operation = json!({ "method": "PATCH", "path": path, "data": patch_body(&remove_all) });
    let done = client.post("/Bulk", &bulk(operation)).expect(200).json();
    assert_eq!(done["Operations"][0]["status"], "403", "{done}");
    assert!(is_admin(&fixture, &ada));
    // One leaves and one comes in one request: one is left.
    let swap = json!([
        { "op": "remove", "path": format!("members[value eq \"{ada}\"]") },
        { "op": "add", "path": "members", "value": [{ "value": eve }] },
    ]);
    client.operations(&path, &swap).expect(200);
    make_admin(&fixture, &ada);
    client.delete(&path).expect(204);
}

#[test]
fn with_no_administrator_at_all_the_rule_blocks_nothing() {
    let fixture = with(vec![("roles.admin_groups", "Admins")]);
    let client = fixture.client();
    let ada = made(&client, "ada");
    let admins = made_group(&client, "Admins", &[]);
    client
        .put(&format!("/Groups/{admins}"), &group("Admins", &json!([])))
        .expect(200);
    set_active(&client, &ada, false).expect(200);
    client.delete(&format!("/Users/{ada}")).expect(204);
    client.delete(&format!("/Groups/{admins}")).expect(204);
}

#[test]
fn the_command_line_can_take_the_last_one() {
    let fixture = Fixture::start();
    let client = fixture.client();
    let gateway = &fixture.gateway;
    for (name, n) in [("ada", 0), ("eve", 1), ("bob", 2)] {
        let id = made(&client, name);
        make_admin(&fixture, &id);
        let who = Who::Id(id.clone());
        let done = match n {
            0 => fixture.block_on(gateway.deactivate_user(Actor::Cli, &who)),
            1 => fixture.block_on(gateway.delete_user(Actor::Cli, &who)),
            _ => fixture.block_on(gateway.unmake_administrator(Actor::Cli, &who)),
        };
        done.unwrap();
        assert!(!is_admin(&fixture, &id));
    }
}

/// Runs both at once; answers their statuses.
fn together(one: impl FnOnce() -> Reply + Send, other: impl FnOnce() -> Reply + Send) -> [u16; 2] {
    let barrier = Barrier::new(2);
    thread::scope(|scope| {
        let first = scope.spawn(|| {
            barrier.wait();
            one().status
        });
        barrier.wait();
        let other = other().status;
        [first.join().unwrap(), other]
    })
}

#[test]
fn two_administrators_who_disable_each_other_never_leave_none_in_sixty_rounds() {
    let fixture = with(vec![("roles.admin_groups", "ext-1")]);
    let client = fixture.client();
    for round in 0..60 {
        let pair = [0, 1].map(|n| made(&client, &format!("u{round}.{n}")));
        let mut body = group(&format!("g{round}"), &values(&[&pair[0], &pair[1]]));
        if round % 3 == 2 {
            body["externalId"] = json!("ext-1");
        } else {
            for who in &pair {
                make_admin(&fixture, who);
            }
        }
        let admins = client.post("/Groups", &body).expect(201).id();
        let [one, other] = pair.each_ref();
        let shut = |who: &str| set_active(&client, who, false);
        let delete = |who: &str| client.delete(&format!("/Users/{who}"));
        let strip = |who: &str| {
            let remove =
                json!([{ "op": "remove", "path": format!("members[value eq \"{who}\"]") }]);
            client.operations(&format!("/Groups/{admins}"), &remove)
        };
        let statuses = match round % 3 {
            0 => together(|| shut(one), || shut(other)),
            1 => together(|| shut(one), || delete(other)),
            _ => together(|| strip(one), || shut(other)),
        };
        let left = pair.iter().filter(|who| is_admin(&fixture, who)).count();
        assert_eq!(left, 1, "round {round}: {statuses:?}");
        let refused = statuses.iter().filter(|status| **status == 403).count();
        assert_eq!(refused, 1, "round {round}: {statuses:?}");
        // The next round starts with nobody.
        for who in pair {
            drop(fixture.block_on(fixture.gateway.delete_user(Actor::Cli, &Who::Id(who))));
        }
        client.delete(&format!("/Groups/{admins}")).expect(204);
    }
}
