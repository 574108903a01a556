//! The life of an account: locked, deleted, found, restored, purged, held.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;

use muster::store::{Error, State};

use crate::store::fixture::{Ask, Fixture, at as moment, cause, document, user_document};

/// How many users a filter finds.
async fn found(at: &Fixture, filter: &str) -> u64 {
    let ask = Ask {
        filter,
        ..Ask::default()
    };
    at.find(&at.user, &ask).await.unwrap().total
}

pub(crate) async fn a_lock_is_what_filters_see(at: &Fixture) {
    let body = json!({ "userName": "ada", "active": true });
    let ada = at.make(&at.user, body).await;
    let rt = Arc::clone(&at.user);
    let locked = at.write(move |tx| tx.lock(&rt, &ada)).await.unwrap();
    assert_eq!(
        (locked.state, locked.locked, locked.version),
        (State::Deactivated, true, 2)
    );
    assert_eq!(locked.document().unwrap().active(), Some(true));
    assert_eq!(locked.shown().unwrap().active(), Some(false));
    for (filter, count) in [
        ("active eq true", 0),
        ("active eq false", 1),
        ("active eq false and nickName ne \"x\"", 1),
    ] {
        assert_eq!(found(at, filter).await, count, "{filter}");
    }
    let body = json!({ "userName": "ada", "active": true, "title": "x" });
    let state = State::Deactivated;
    let changed = at.update(&at.user, &locked, body, state).await.unwrap();
    assert!(changed.locked);
    assert_eq!(found(at, "active eq false").await, 1);
    let rt = Arc::clone(&at.user);
    let open = at
        .write(move |tx| tx.unlock(&rt, &changed, &changed.document()?))
        .await
        .unwrap();
    assert_eq!((open.state, open.locked), (State::Active, false));
    assert_eq!(found(at, "active eq true").await, 1);
}

pub(crate) async fn a_restore_gives_back_what_was_there(at: &Fixture) {
    let ada = at.make_user("ada").await;
    let [staff, others] = [at.make_group("staff").await, at.make_group("others").await];
    at.add(&staff, &[&ada.id]).await;
    at.add(&others, &[&ada.id]).await;
    let gone = at.delete(&at.user, &ada).await;
    assert_eq!(gone.deleted, Some(moment(1)));
    let (rt, id) = (Arc::clone(&at.user), ada.id.clone());
    let seen = at.read(move |tx| tx.deleted(&rt, &id)).await.unwrap();
    assert_eq!(seen, Some(gone.clone()));
    let (id, groups) = (ada.id.clone(), vec![others.id.clone()]);
    let forgotten = at.write(move |tx| tx.forget_member(&id, &groups)).await;
    assert_eq!(forgotten, Ok(()));
    let rt = Arc::clone(&at.user);
    let back = at
        .store()
        .write(cause(5), move |tx| {
            tx.restore(&rt, &gone, &user_document("ADA"), State::Active)
        })
        .await
        .unwrap();
    assert_eq!(
        (back.id, back.created, back.modified),
        (ada.id.clone(), moment(1), moment(5))
    );
    assert_eq!((back.deleted, back.version), (None, 3));
    assert_eq!(at.members(&staff).await, std::slice::from_ref(&ada.id));
    assert_eq!(at.members(&others).await, [""; 0]);
    assert_eq!(found(at, "userName eq \"ada\"").await, 1);
}

pub(crate) async fn a_name_that_was_taken_meanwhile_stops_a_restore(at: &Fixture) {
    let ada = at.make_user("ada").await;
    let gone = at.delete(&at.user, &ada).await;
    let holder = at.make_user("ada").await;
    let rt = Arc::clone(&at.user);
    let restored = at
        .write(move |tx| tx.restore(&rt, &gone, &user_document("ada"), State::Active))
        .await;
    let taken = Error::Taken {
        path: "userName".to_owned(),
        value: "ada".to_owned(),
        holder: holder.id,
    };
    assert_eq!(restored, Err(taken));
}

pub(crate) async fn the_deleted_are_found_by_what_they_were(at: &Fixture) {
    let body = |n: u32| json!({ "userName": "Ada", "externalId": "e1", "emails": [{ "value": format!("A{n}@x") }] });
    let mut ids = Vec::new();
    for n in 0..3 {
        let made = at.make(&at.user, body(n)).await;
        at.delete(&at.user, &made).await;
        ids.push(made.id);
    }
    let rt = Arc::clone(&at.user);
    let (by_name, by_mail, pages) = at
        .read(move |tx| {
            let attr = |name| rt.attribute(name).unwrap();
            let ids = |records: Vec<muster::store::Record>| {
                records
                    .into_iter()
                    .map(|record| record.id)
                    .collect::<Vec<_>>()
            };
            let by_name = ids(tx.former(&rt, &attr("userName"), "ADA")?);
            let by_mail = ids(tx.former(&rt, &attr("emails.value"), "a1@X")?);
            let first = tx.deleted_after(&rt, None, moment(9), 2)?;
            let last = first.last().unwrap();
            let after = Some((last.deleted.unwrap(), last.id.as_str()));
            let rest = tx.deleted_after(&rt, after, moment(9), 2)?;
            assert!(tx.deleted_after(&rt, None, moment(0), 2)?.is_empty());
            assert_eq!(
                tx.former_of_owner(&rt, "entra", "e1", &attr("userName"), "ada")?,
                None
            );
            Ok((by_name, by_mail, [ids(first), ids(rest)].concat()))
        })
        .await
        .unwrap();
    assert_eq!(
        by_name.iter().rev().collect::<Vec<_>>(),
        ids.iter().collect::<Vec<_>>()
    );
    assert_eq!(by_mail, [ids[1].clone()]);
    assert_eq!(pages, ids);
}

pub(crate) async fn a_purge_leaves_no_row(at: &Fixture) {
    let ada = at.make_user("ada").await;
    let staff = at.make_group("staff").await;
    at.add(&staff, &[&ada.id]).await;
    let (id, live) = (ada.id.clone(), ada.clone());
    at.write(move |tx| {
        tx.grant(&id, "admin")?;
        tx.seen(&id)?;
        tx.hold(&id, "case 7").map(drop)
    })
    .await
    .unwrap();
    assert_eq!(at.write(move |tx| tx.purge(&live)).await, Err(Error::Stale));
    let gone = at.delete(&at.user, &ada).await;
    at.write(move |tx| tx.purge(&gone)).await.unwrap();
    let id = ada.id.clone();
    let left = at.read(move |tx| {
        Ok((
            tx.is_known(&id)?,
            tx.held(&id)?,
            tx.granted(&id, "admin")?,
            tx.member_standings(&staff.id)?,
            tx.count_in("User", State::Deleted)?,
            tx.seen_since("User", moment(0))?,
        ))
    });
    assert_eq!(left.await, Ok((false, None, None, vec![], 0, 0)));
}

pub(crate) async fn a_hold_keeps_its_first_reason(at: &Fixture) {
    let ada = at.make_user("ada").await;
    let id = ada.id.clone();
    let held = at
        .write(move |tx| {
            let first = [tx.hold(&id, "case 7")?, tx.hold(&id, "case 8")?];
            let hold = tx.held(&id)?.unwrap();
            Ok((
                first,
                hold.reason,
                hold.since,
                [tx.unhold(&id)?, tx.unhold(&id)?],
            ))
        })
        .await;
    let expected = ([true, false], "case 7".to_owned(), moment(1), [true, false]);
    assert_eq!(held, Ok(expected));
}

pub(crate) async fn one_at_a_time_has_a_job(at: &Fixture) {
    let store = at.store();
    let claim = |second, who: &'static str| {
        store.write(cause(second), move |tx| {
            tx.claim_job("sweep", who, Duration::from_secs(10))
        })
    };
    assert_eq!(claim(0, "one").await, Ok(true));
    assert_eq!(claim(5, "two").await, Ok(false));
    assert_eq!(claim(5, "one").await, Ok(true), "prolonged");
    assert_eq!(claim(14, "two").await, Ok(false));
    assert_eq!(claim(15, "two").await, Ok(true), "ran out");
    let end = |who| store.write(cause(16), move |tx| tx.end_job("sweep", who));
    assert_eq!(end("one").await, Ok(()));
    let ended = || at.read(|tx| tx.job_ended("sweep"));
    assert_eq!(ended().await, Ok(None), "somebody else has it by now");
    assert_eq!(claim(16, "one").await, Ok(false));
    assert_eq!(end("two").await, Ok(()));
    assert_eq!(ended().await, Ok(Some(moment(16))));
    assert_eq!(claim(17, "one").await, Ok(true));
}

pub(crate) async fn nobody_waits_for_who_is_gone_or_for_a_clock_that_was_wrong(at: &Fixture) {
    let store = at.store();
    let take = |second: i64, holder: &'static str| {
        let length = Duration::from_secs(10);
        store.write(cause(second), move |tx| tx.claim_job("job", holder, length))
    };
    assert!(take(100, "one").await.unwrap());
    assert!(!take(101, "two").await.unwrap());
    assert!(take(105, "one").await.unwrap());
    assert!(!take(111, "two").await.unwrap());
    assert!(take(115, "two").await.unwrap());
    assert!(!take(116, "one").await.unwrap());
    // The clock is set back by an hour.
    assert!(take(-3_484, "one").await.unwrap());
    at.write(|tx| tx.leave_jobs("one")).await.unwrap();
    assert!(take(-3_483, "two").await.unwrap());
}

pub(crate) async fn a_deleted_one_is_not_changed(at: &Fixture) {
    let ada = at.make_user("ada").await;
    let gone = at.delete(&at.user, &ada).await;
    let again = at
        .update(&at.user, &gone, json!({ "userName": "ada" }), State::Active)
        .await;
    assert_eq!(again, Err(Error::Stale));
    let rt = Arc::clone(&at.user);
    let body = document(&json!({ "userName": "ada" }));
    let opened = at.write(move |tx| tx.unlock(&rt, &gone, &body)).await;
    assert_eq!(opened, Err(Error::Stale));
}

pub(crate) async fn a_dropped_document_leaves_an_id_and_nothing_else(at: &Fixture) {
    let body = json!({ "displayName": "staff", "externalId": "s" });
    let staff = at.make(&at.group, body).await;
    let pinned = at.make_group("admins").await;
    let (live, name) = (staff.clone(), pinned.id.clone());
    at.write(move |tx| tx.pin("admins", "Admins", &name).map(drop))
        .await
        .unwrap();
    let early = at.write(move |tx| tx.drop_document(&live)).await;
    assert_eq!(early, Err(Error::Stale), "of a live one it stays");
    for group in [&staff, &pinned] {
        let gone = at.delete(&at.group, group).await;
        at.write(move |tx| tx.drop_document(&gone)).await.unwrap();
    }
    let (rt, id) = (Arc::clone(&at.group), staff.id.clone());
    let left = at.read(move |tx| {
        Ok((
            tx.is_known(&id)?,
            tx.deleted_after(&rt, None, moment(1_000), 10)?.len(),
            tx.count_in("Group", State::Deleted)?,
        ))
    });
    assert_eq!(left.await, Ok((true, 0, 2)));
    at.verify().await;
    // A purge removes the id too, but that of a group that a name is pinned to.
    let purge = || at.write(|tx| tx.purge_dropped("Group", 10));
    assert_eq!((purge().await, purge().await), (Ok(1), Ok(0)));
    let (gone, kept) = (staff.id.clone(), pinned.id.clone());
    let known = at.read(move |tx| Ok((tx.is_known(&gone)?, tx.is_known(&kept)?)));
    assert_eq!(known.await, Ok((false, true)));
    at.write(|tx| tx.unpin("admins")).await.unwrap();
    assert_eq!(purge().await, Ok(1));
    let none = at.read(|tx| tx.count_in("Group", State::Deleted)).await;
    assert_eq!(none, Ok(0));
}
