//! One resource: versions, states, counters, and what it costs to find it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::json;

use muster::store::{Error, Fault, State, Viewer};

use crate::store::fixture::{
    Ask, Fixture, at as moment, cause, document, insert, user_document, viewer,
};

pub(crate) async fn a_version_grows_by_one(at: &Fixture) {
    let made = at.make_user("ada").await;
    assert_eq!(
        (made.version, made.created, made.modified),
        (1, moment(1), moment(1))
    );
    let body = json!({ "userName": "ada", "displayName": "Ada", "externalId": "e\u{301}1" });
    let changed = at
        .update(&at.user, &made, body, State::Deactivated)
        .await
        .unwrap();
    assert_eq!(
        (changed.version, changed.created, changed.modified),
        (2, moment(1), moment(2))
    );
    assert_eq!(changed.external_id.as_deref(), Some("é1"));
    assert_eq!(at.get(&at.user, &made.id).await, Ok(Some(changed.clone())));
    let touched = at
        .store()
        .write(cause(3), move |tx| tx.touch(&changed))
        .await
        .unwrap();
    assert_eq!((touched.version, touched.modified), (3, moment(3)));
    assert_eq!(at.get(&at.user, &made.id).await, Ok(Some(touched)));
}

pub(crate) async fn a_stale_version_is_refused(at: &Fixture) {
    let made = at.make_user("ada").await;
    let body = || json!({ "userName": "eve" });
    assert!(
        at.update(&at.user, &made, body(), State::Active)
            .await
            .is_ok()
    );
    let again = at.update(&at.user, &made, body(), State::Active).await;
    assert_eq!(again, Err(Error::Stale));
    let (rt, old) = (Arc::clone(&at.user), made.clone());
    assert_eq!(
        at.write(move |tx| tx.delete(&rt, &old)).await,
        Err(Error::Stale)
    );
    assert_eq!(at.write(move |tx| tx.touch(&made)).await, Err(Error::Stale));
}

pub(crate) async fn a_deleted_resource_is_nowhere(at: &Fixture) {
    let body = json!({ "userName": "ada", "externalId": "e1", "emails": [{ "value": "a@x" }] });
    let ada = at.make(&at.user, body).await;
    at.make_user("bob").await;
    at.delete(&at.user, &ada).await;
    assert_eq!(at.get(&at.user, &ada.id).await, Ok(None));
    for filter in [
        "userName eq \"ada\"",
        "externalId eq \"e1\"",
        "emails.value eq \"a@x\"",
        "nickName pr or userName eq \"ada\"",
    ] {
        let found = at
            .find(
                &at.user,
                &Ask {
                    filter,
                    ..Ask::default()
                },
            )
            .await
            .unwrap();
        assert_eq!((found.total, found.records), (0, vec![]), "{filter}");
    }
    assert_eq!(at.find(&at.user, &Ask::default()).await.unwrap().total, 1);
    let again = at
        .update(&at.user, &ada, json!({ "userName": "x" }), State::Active)
        .await;
    assert_eq!(again, Err(Error::Stale));
}

pub(crate) async fn counters_follow_every_state(at: &Fixture) {
    assert_eq!(at.read(|tx| tx.is_empty()).await, Ok(true));
    let ada = at.make_user("ada").await;
    let bob = at.make_user("bob").await;
    let shut = at
        .update(
            &at.user,
            &ada,
            json!({ "userName": "ada" }),
            State::Deactivated,
        )
        .await;
    at.delete(&at.user, &bob).await;
    at.delete(&at.user, &shut.unwrap()).await;
    at.make_user("eve").await;
    let counts = at.read(|tx| {
        Ok([
            tx.counts(&Viewer::All, "User")?,
            tx.count_in("User", State::Active)?,
            tx.count_in("User", State::Deactivated)?,
            tx.count_in("User", State::Deleted)?,
        ])
    });
    assert_eq!(counts.await, Ok([1, 1, 0, 2]));
    assert_eq!(at.read(|tx| tx.is_empty()).await, Ok(false));
}

pub(crate) async fn one_look_up_costs_the_same_in_any_store(at: &Fixture) {
    let ada = at.make_user("ada").await;
    let cost = || async {
        let (rt, id) = (Arc::clone(&at.user), ada.id.clone());
        at.read(move |tx| {
            let start = tx.effort();
            tx.get(&Viewer::All, &rt, &id)?;
            let middle = tx.effort();
            tx.lookup(&Viewer::All, &rt, "userName", "ada")?;
            Ok((middle - start, tx.effort() - middle))
        })
        .await
        .unwrap()
    };
    let among_few = cost().await;
    let (rt, ids) = (
        Arc::clone(&at.user),
        (0..2_000).map(|_| at.id()).collect::<Vec<_>>(),
    );
    at.write(move |tx| {
        for id in &ids {
            insert(tx, &rt, id, &user_document(id))?;
        }
        Ok(())
    })
    .await
    .unwrap();
    assert_eq!(cost().await, among_few);
}

pub(crate) async fn damage_is_noticed(at: &Fixture) {
    let body = json!({ "userName": "ada", "nickName": "the first" });
    let ada = at.make(&at.user, body).await;
    let bob = at.make_user("bob").await;
    at.close();
    at.engine.damage("the first", "the worst");
    at.reopen();
    let fault = Fault {
        table: "body",
        row: ada.id.clone(),
        why: "the hash does not fit".to_owned(),
    };
    let damaged = Error::Corrupt {
        table: "body",
        row: ada.id.clone(),
        why: "the hash does not fit".to_owned(),
    };
    assert_eq!(at.get(&at.user, &ada.id).await, Err(damaged.clone()));
    assert_eq!(at.find(&at.user, &Ask::default()).await, Err(damaged));
    assert_eq!(at.get(&at.user, &bob.id).await, Ok(Some(bob)));
    at.expect(vec![fault]);
}

pub(crate) async fn what_a_viewer_does_not_see_is_not_read(at: &Fixture) {
    let body = json!({ "userName": "theirs", "nickName": "the first" });
    let theirs = at.make_for("b", &at.user, body).await;
    at.close();
    at.engine.damage("the first", "the worst");
    at.reopen();
    let look = |name: &str| {
        let (rt, who, id) = (Arc::clone(&at.user), viewer(name), theirs.id.clone());
        at.read(move |tx| {
            let by_id = tx.get(&who, &rt, &id)?;
            Ok((by_id, tx.lookup(&who, &rt, "userName", "theirs")?))
        })
    };
    // Whether its document is sound, large or damaged is nothing that another connection can tell.
    assert_eq!(look("a").await, Ok((None, None)));
    assert!(matches!(look("b").await, Err(Error::Corrupt { .. })));
    at.expect(vec![Fault {
        table: "body",
        row: theirs.id.clone(),
        why: "the hash does not fit".to_owned(),
    }]);
}

/// Index rows are compared in one pass: with one look at each other row for each, this takes minutes.
pub(crate) async fn a_change_of_many_values_is_one_pass(at: &Fixture) {
    const VALUES: usize = 30_000;
    let body = |title: &str| {
        let emails: Vec<_> = (0..VALUES)
            .map(|number| json!({ "value": format!("{number}@example.com") }))
            .collect();
        json!({ "userName": "ada", "title": title, "emails": emails })
    };
    let (rt, id) = (Arc::clone(&at.user), at.id());
    let first = document(&body("first"));
    let made = at
        .store()
        .write(cause(1), move |tx| insert(tx, &rt, &id, &first))
        .await
        .unwrap();
    let begun = Instant::now();
    let changed = at.update(&at.user, &made, body("second"), State::Active);
    assert_eq!(changed.await.unwrap().version, 2);
    let took = begun.elapsed();
    assert!(took < Duration::from_secs(15), "{took:?}");
}
