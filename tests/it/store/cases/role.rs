//! Roles: by hand, by group, by a name that is pinned.

use std::sync::Arc;

use serde_json::json;

use muster::store::{Holders, LoginState, State};

use crate::store::fixture::{Fixture, at as moment, document, insert_for};

pub(crate) async fn only_active_direct_members_and_grants_hold_a_role(at: &Fixture) {
    let [ada, eve, bob] = [
        at.make_user("ada").await,
        at.make_user("eve").await,
        at.make_user("bob").await,
    ];
    let [inner, admins] = [at.make_group("inner").await, at.make_group("admins").await];
    at.add(&inner, &[&ada.id]).await;
    at.add(&admins, &[&inner.id, &eve.id, "nobody"]).await;
    let (groups, bob_id) = (vec![admins.id.clone()], bob.id.clone());
    at.write(move |tx| tx.grant(&bob_id, "admin"))
        .await
        .unwrap();
    let holders = |except: Option<String>| {
        let groups = groups.clone();
        at.read(move |tx| {
            let of = Holders {
                by_login: false,
                role: "admin",
                kind: "User",
                groups: &groups,
            };
            Ok((tx.count_holders(of)?, tx.any_holder(of, except.as_deref())?))
        })
    };
    assert_eq!(holders(None).await, Ok((2, true)));
    let body = json!({ "userName": "eve" });
    let shut = State::Deactivated;
    at.update(&at.user, &eve, body, shut).await.unwrap();
    assert_eq!(holders(None).await, Ok((1, true)));
    assert_eq!(holders(Some(bob.id.clone())).await, Ok((1, false)));
    at.delete(&at.user, &bob).await;
    assert_eq!(holders(None).await, Ok((0, false)));
    let granted = at.read(move |tx| tx.granted(&bob.id, "admin")).await;
    let grant = granted.unwrap().unwrap();
    assert_eq!(
        (grant.by.as_str(), grant.since),
        ("system", moment(1)),
        "kept while deleted"
    );
}

pub(crate) async fn a_name_is_pinned_once(at: &Fixture) {
    let [one, other] = [at.make_group("one").await, at.make_group("other").await];
    let pinned = at.write(move |tx| {
        let first = tx.pin("admins", "Admins", &one.id)?;
        let second = tx.pin("admins", "ADMINS", &other.id)?;
        let pin = tx.pinned("admins")?.unwrap();
        let of = [tx.pins_of(&one.id)?.len(), tx.pins_of(&other.id)?.len()];
        assert_eq!(tx.pins()?, std::slice::from_ref(&pin));
        Ok((
            first,
            second,
            pin.group == one.id,
            pin.said,
            of,
            tx.unpin("admins")?,
            tx.unpin("admins")?,
        ))
    });
    let expected = (true, false, true, "Admins".to_owned(), [1, 0], true, false);
    assert_eq!(pinned.await, Ok(expected));
}

/// Whether somebody is an administrator is asked by every change of an administrators' group.
pub(crate) async fn finding_a_holder_costs_the_same_in_any_store(at: &Fixture) {
    let effort = async || {
        at.read(|tx| {
            let of = Holders {
                role: "admin",
                kind: "User",
                groups: &[],
                by_login: true,
            };
            let before = tx.effort();
            assert!(!tx.any_holder(of, None)?);
            assert_eq!(tx.count_holders(of)?, 0);
            Ok(tx.effort() - before)
        })
        .await
        .unwrap()
    };
    let fill = async |count: usize| {
        let ids: Vec<String> = (0..count).map(|_| at.id()).collect();
        let rt = Arc::clone(&at.user);
        at.write(move |tx| {
            for id in &ids {
                insert_for(tx, &rt, id, &document(&json!({ "userName": id })), "")?;
                tx.set_login_state(&LoginState {
                    resource: id.clone(),
                    source: "ldap".to_owned(),
                    brought: "[]".to_owned(),
                    admin: None,
                })?;
            }
            Ok(())
        })
        .await
        .unwrap();
    };
    fill(10).await;
    let few = effort().await;
    fill(1_000).await;
    let many = effort().await;
    assert!(many <= few + 20, "{many} steps, {few} among few users");
}
