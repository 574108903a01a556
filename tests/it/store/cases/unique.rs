//! One value, one holder: the constraint decides, also in a race.

use std::sync::Arc;

use serde_json::json;
use tokio::task::JoinSet;

use muster::store::{Error, State, Viewer};

use crate::store::fixture::{Fixture, cause, insert, user_document};

pub(crate) async fn one_of_sixteen_gets_the_name(at: &Fixture) {
    for round in 0..8 {
        let mut race = JoinSet::new();
        for racer in 0..16 {
            let (store, rt, id) = (at.store(), Arc::clone(&at.user), at.id());
            let name = if racer % 2 == 0 {
                format!("ÄDA.{round}")
            } else {
                format!("a\u{308}da.{round}")
            };
            race.spawn(async move {
                store
                    .write(cause(1), move |tx| {
                        insert(tx, &rt, &id, &user_document(&name))
                    })
                    .await
            });
        }
        let answers = race.join_all().await;
        let winners: Vec<_> = answers.iter().flatten().collect();
        assert_eq!(winners.len(), 1);
        for answer in &answers {
            let Err(error) = answer else { continue };
            let taken = Error::Taken {
                path: "userName".to_owned(),
                value: format!("äda.{round}"),
                holder: winners[0].id.clone(),
            };
            assert_eq!(*error, taken);
        }
    }
    assert_eq!(at.read(|tx| tx.counts(&Viewer::All, "User")).await, Ok(8));
}

pub(crate) async fn a_name_is_free_after_deletion(at: &Fixture) {
    let first = at.make_user("ada").await;
    at.delete(&at.user, &first).await;
    let second = at.make_user("Ada").await;
    let rt = Arc::clone(&at.user);
    let found = at
        .read(move |tx| tx.lookup(&Viewer::All, &rt, "userName", "ada"))
        .await;
    assert_eq!(found, Ok(Some(second)));
}

pub(crate) async fn a_name_that_is_given_up_is_free(at: &Fixture) {
    let ada = at.make_user("ada").await;
    let bob = at.make_user("bob").await;
    let taken = at
        .update(&at.user, &bob, json!({ "userName": "ADA" }), State::Active)
        .await;
    assert!(matches!(taken, Err(Error::Taken { holder, .. }) if holder == ada.id));
    let renamed = at
        .update(&at.user, &ada, json!({ "userName": "eve" }), State::Active)
        .await;
    assert!(renamed.is_ok());
    let free = at
        .update(&at.user, &bob, json!({ "userName": "ADA" }), State::Active)
        .await;
    assert!(free.is_ok());
}

pub(crate) async fn long_names_differ_behind_the_index_key(at: &Fixture) {
    let long = "n".repeat(600);
    let one = at.make_user(&format!("{long}1")).await;
    let other = at.make_user(&format!("{long}2")).await;
    for (name, holder) in [(format!("{long}1"), one), (format!("{long}2"), other)] {
        let rt = Arc::clone(&at.user);
        let found = at
            .read(move |tx| tx.lookup(&Viewer::All, &rt, "userName", &name))
            .await;
        assert_eq!(found.unwrap().map(|record| record.id), Some(holder.id));
    }
}

pub(crate) async fn the_same_name_in_another_kind_is_no_conflict(at: &Fixture) {
    at.make_user("ada").await;
    at.make_group("ada").await;
    at.make_group("ada").await;
    assert_eq!(at.read(|tx| tx.counts(&Viewer::All, "Group")).await, Ok(2));
}
