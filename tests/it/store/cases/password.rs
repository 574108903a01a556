//! Passwords, the links that set them, personal tokens, and what ends with an account.

use std::sync::Arc;

use futures_util::future::join_all;
use serde_json::json;

use muster::store::{Error, Fault, Link, PersonalToken, Purpose, Record, State, Tx};

use crate::store::fixture::{Fixture, at as moment};

fn link(of: &Record, hash: u8) -> Link {
    Link {
        hash: vec![hash; 32],
        resource: of.id.clone(),
        purpose: Purpose::Reset,
        expires: moment(100),
    }
}

fn token(of: &Record, id: &str) -> PersonalToken {
    PersonalToken {
        id: id.to_owned(),
        resource: of.id.clone(),
        hash: vec![7; 32],
        name: "backup".to_owned(),
        scopes: vec!["me".to_owned(), "check".to_owned()],
        created: moment(1),
        expires: moment(100),
        used: None,
    }
}

async fn holds(at: &Fixture, of: &Record) -> (bool, bool) {
    let of = of.id.clone();
    at.read(move |tx| {
        let has_link = tx.link(&[1; 32])?.is_some();
        Ok((has_link, tx.count_personal_tokens(&of)? > 0))
    })
    .await
    .unwrap()
}

pub(crate) async fn one_of_sixteen_uses_a_link(at: &Fixture) {
    let ada = at.make_user("ada").await;
    let new = link(&ada, 1);
    at.write(move |tx| tx.insert_link(&new)).await.unwrap();
    let all = (0..16).map(|_| at.write(|tx| tx.use_link(&[1; 32])));
    let used = join_all(all)
        .await
        .into_iter()
        .filter(|used| *used == Ok(true));
    assert_eq!(used.count(), 1);
    assert_eq!(at.read(|tx| tx.link(&[1; 32])).await, Ok(None));
}

pub(crate) async fn a_password_is_set_and_hashed_anew(at: &Fixture) {
    let ada = at.make_user("ada").await;
    let (id, new) = (ada.id.clone(), link(&ada, 1));
    let set = at.write(move |tx| {
        tx.insert_link(&new)?;
        tx.set_password(&id, "one")?;
        let anew = [
            tx.rehash_password(&id, "one", "two")?,
            tx.rehash_password(&id, "one", "three")?,
        ];
        Ok((anew, tx.password(&id)?.map(|password| password.phc)))
    });
    assert_eq!(set.await, Ok(([true, false], Some("two".to_owned()))));
    assert_eq!(
        holds(at, &ada).await,
        (false, false),
        "a password ends the links"
    );
}

/// A way to end an account.
type End =
    fn(&mut Tx<'_>, &Arc<muster::scim::schema::ResourceType>, &Record) -> Result<Record, Error>;

pub(crate) async fn what_is_held_ends_with_the_account(at: &Fixture) {
    let ends: [End; 3] = [
        |tx, rt, record| tx.lock(rt, record),
        |tx, rt, record| tx.delete(rt, record),
        |tx, rt, record| tx.update(rt, record, &record.document()?, State::Deactivated),
    ];
    for (number, end) in ends.into_iter().enumerate() {
        let ada = at.make_user(&format!("ada{number}")).await;
        let (rt, record) = (Arc::clone(&at.user), ada.clone());
        let (link, token) = (link(&ada, 1), token(&ada, &format!("token{number}")));
        let ended = at.write(move |tx| {
            tx.set_password(&record.id, "phc")?;
            tx.insert_link(&link)?;
            tx.insert_personal_token(&token)?;
            end(tx, &rt, &record)
        });
        let ended = ended.await.unwrap();
        assert_eq!(holds(at, &ada).await, (false, false), "{number}");
        let id = ended.id.clone();
        let kept = at.read(move |tx| tx.password(&id)).await.unwrap();
        assert!(kept.is_some(), "the password stays for their return");
    }
}

pub(crate) async fn a_link_ends_with_the_address_and_nothing_else_does(at: &Fixture) {
    let body = |title: &str, address: &str| json!({ "userName": "ada", "title": title, "emails": [{ "value": address }] });
    let ada = at.make(&at.user, body("Dr", "a@example.org")).await;
    let (new, held) = (link(&ada, 1), token(&ada, "token"));
    let made = at.write(move |tx| {
        tx.insert_link(&new)?;
        tx.insert_personal_token(&held)
    });
    made.await.unwrap();
    let ada = at
        .update(&at.user, &ada, body("Prof", "a@example.org"), State::Active)
        .await
        .unwrap();
    assert_eq!(holds(at, &ada).await, (true, true));
    let ada = at
        .update(&at.user, &ada, body("Prof", "b@example.org"), State::Active)
        .await
        .unwrap();
    assert_eq!(holds(at, &ada).await, (false, true));
}

pub(crate) async fn tokens_are_listed_and_ended_by_their_owner(at: &Fixture) {
    let [ada, eve] = [at.make_user("ada").await, at.make_user("eve").await];
    let (one, two) = (token(&ada, "one"), token(&ada, "two"));
    let (ours, theirs) = (ada.id.clone(), eve.id.clone());
    let (first, second) = (one.clone(), two.clone());
    let done = at.write(move |tx| {
        tx.insert_personal_token(&first)?;
        tx.insert_personal_token(&second)?;
        tx.touch_personal_token("one", moment(9))?;
        Ok((
            tx.end_personal_token(&theirs, "two")?,
            tx.end_personal_token(&ours, "two")?,
        ))
    });
    assert_eq!(done.await, Ok((false, true)));
    let used = PersonalToken {
        used: Some(moment(9)),
        ..one
    };
    let id = ada.id.clone();
    assert_eq!(
        at.read(move |tx| tx.personal_tokens(&id, 9)).await,
        Ok(vec![used.clone()])
    );
    assert_eq!(at.read(|tx| tx.personal_token("one")).await, Ok(Some(used)));
    assert_eq!(at.read(|tx| tx.personal_token("two")).await, Ok(None));
}

pub(crate) async fn the_launchpad_ends_with_the_first_administrator(at: &Fixture) {
    let ada = at.make_user("ada").await;
    let id = ada.id.clone();
    let codes = at.write(move |tx| {
        tx.set_launchpad_code(&[1; 32], moment(50))?;
        let before = tx.launchpad_code()?;
        tx.grant(&id, "admin")?;
        Ok((before, tx.launchpad_code()?, tx.end_launchpad()?))
    });
    assert_eq!(
        codes.await,
        Ok((Some((vec![1; 32], moment(50))), None, false))
    );
}

pub(crate) async fn what_somebody_says_of_themself_is_known_as_that(at: &Fixture) {
    let ada = at.make_user("ada").await;
    let id = ada.id.clone();
    let known = at.write(move |tx| {
        tx.add_own_address(&id, "Ada@Example.org")?;
        tx.add_own_address(&id, "ada@example.org")?;
        tx.await_login(&id)?;
        tx.await_login(&id)?;
        let known = (
            tx.is_own_address(&id, "ADA@example.org")?,
            tx.is_own_address(&id, "eve@example.org")?,
            tx.is_awaited(&id)?,
        );
        tx.end_awaiting(&id)?;
        Ok((known, tx.is_awaited(&id)?))
    });
    assert_eq!(known.await, Ok(((true, false, true), false)));
}

pub(crate) async fn a_token_of_somebody_who_is_shut_is_a_fault(at: &Fixture) {
    let ada = at.make_user("ada").await;
    let (rt, held) = (Arc::clone(&at.user), token(&ada, "late"));
    let record = ada.clone();
    at.write(move |tx| {
        tx.lock(&rt, &record)?;
        tx.insert_personal_token(&held)
    })
    .await
    .unwrap();
    at.expect(vec![Fault {
        table: "personal_token",
        row: "late".to_owned(),
        why: "not of an active account".to_owned(),
    }]);
}
