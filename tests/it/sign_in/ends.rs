//! Bar 36 and 37: whatever shuts an account ends its sessions and tokens at once, and no login opens it again.

use muster::service::{Actor, Visitor};
use serde_json::json;

use super::{directory, enter, enter_from, identity, whoami, with_token};
use crate::life::id;
use crate::support::Fixture;

/// A way to shut an account.
type Shut = fn(&Fixture, &str);

fn patch(fixture: &Fixture, id: &str, operations: &serde_json::Value) {
    fixture
        .client()
        .operations(&format!("/Users/{id}"), operations)
        .expect(200);
}

const WAYS: [(&str, &str, Shut); 8] = [
    ("PATCH active", "user.deactivated", |fixture, id| {
        patch(
            fixture,
            id,
            &json!([{ "op": "replace", "path": "active", "value": false }]),
        );
    }),
    ("PATCH without path", "user.deactivated", |fixture, id| {
        patch(
            fixture,
            id,
            &json!([{ "op": "Replace", "value": { "active": "False" } }]),
        );
    }),
    ("PATCH add", "user.deactivated", |fixture, id| {
        patch(
            fixture,
            id,
            &json!([{ "op": "add", "path": "active", "value": false }]),
        );
    }),
    ("PUT", "user.deactivated", |fixture, id| {
        let path = format!("/Users/{id}");
        let mut body = fixture.client().get(&path).json();
        body["active"] = json!(false);
        fixture.client().put(&path, &body).expect(200);
    }),
    ("Bulk", "user.deactivated", |fixture, id| {
        let data = json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
            "Operations": [{ "op": "replace", "path": "active", "value": false }] });
        let body = json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
            "Operations": [{ "method": "PATCH", "path": format!("/Users/{id}"), "data": data }] });
        fixture.client().post("/Bulk", &body).expect(200);
    }),
    ("DELETE", "user.deleted", |fixture, id| {
        fixture.client().delete(&format!("/Users/{id}")).expect(204);
    }),
    ("deactivate", "user.deactivated", |fixture, who| {
        fixture
            .block_on(fixture.gateway.deactivate_user(Actor::Cli, &id(who)))
            .unwrap();
    }),
    ("delete", "user.deleted", |fixture, who| {
        fixture.muster(&["user", "delete", "--id", who]).done();
    }),
];

#[test]
fn whatever_shuts_an_account_ends_all_it_holds_and_no_login_opens_it() {
    for (way, code, shut) in WAYS {
        let (fixture, _) = directory(&[]);
        let one = enter(&fixture, &identity("ada")).unwrap();
        let two = enter(&fixture, &identity("ada")).unwrap();
        let jwt = fixture
            .block_on(fixture.gateway.jwt(&one.me))
            .unwrap()
            .token;
        with_token(&fixture, "GET", "/auth/check", &jwt).expect(200);
        shut(&fixture, &one.me.id);
        for session in [&one.session, &two.session] {
            assert!(whoami(&fixture, session).is_none(), "{way}");
        }
        with_token(&fixture, "GET", "/auth/check", &jwt).expect(401);
        with_token(&fixture, "GET", "/scim/v2/Me", &jwt).expect(401);
        assert_eq!(super::code(&fixture, &identity("ada")), code, "{way}");

        // What ended does not come back with the account.
        let who = id(&one.me.id);
        if code == "user.deleted" {
            fixture
                .block_on(fixture.gateway.restore_user(Actor::Cli, &who))
                .unwrap();
        } else {
            fixture
                .block_on(fixture.gateway.activate_user(Actor::Cli, &who))
                .unwrap();
        }
        assert!(whoami(&fixture, &one.session).is_none(), "{way}");
        assert_eq!(
            enter(&fixture, &identity("ada")).unwrap().me.id,
            one.me.id,
            "{way}"
        );
    }
}

#[test]
fn a_login_that_is_under_way_does_not_win() {
    let (fixture, _) = directory(&[]);
    let id_of = enter(&fixture, &identity("ada")).unwrap().me.id;
    for _ in 0..20 {
        let who = id(&id_of);
        let (entered, shut) = fixture.block_on(async {
            futures_util::future::join(
                fixture
                    .gateway
                    .sign_in(super::proof(&identity("ada")), Visitor::default()),
                fixture.gateway.deactivate_user(Actor::Cli, &who),
            )
            .await
        });
        shut.unwrap();
        if let Ok(signed_in) = entered {
            assert!(whoami(&fixture, &signed_in.session).is_none());
        }
        fixture
            .block_on(fixture.gateway.activate_user(Actor::Cli, &who))
            .unwrap();
    }
}

#[test]
fn another_replica_feels_it_at_its_next_request() {
    let (fixture, _) = directory(&[]);
    let signed_in = enter_from(&fixture, &identity("ada"), Visitor::default()).unwrap();
    let beside = fixture.beside();
    let credential = muster::service::Credential::Cookie(signed_in.session.clone());
    assert!(
        fixture
            .block_on(beside.whoami(&credential))
            .unwrap()
            .is_some()
    );
    fixture
        .client()
        .delete(&format!("/Users/{}", signed_in.me.id))
        .expect(204);
    assert!(
        fixture
            .block_on(beside.whoami(&credential))
            .unwrap()
            .is_none()
    );
    beside.close();
}

#[test]
fn a_purge_leaves_nothing_of_a_login() {
    let (fixture, _) = directory(&[]);
    let gone = enter(&fixture, &identity("ada")).unwrap().me.id;
    fixture.muster(&["user", "delete", "--id", &gone]).done();
    assert_eq!(super::code(&fixture, &identity("ada")), "user.deleted");
    fixture
        .muster(&["user", "purge", "--id", &gone, "--yes"])
        .done();
    assert_eq!(
        fixture
            .block_on(fixture.gateway.failed_logins(None))
            .unwrap()
            .len(),
        0
    );
    let new = enter(&fixture, &identity("ada")).unwrap().me.id;
    assert_ne!(new, gone);
}
