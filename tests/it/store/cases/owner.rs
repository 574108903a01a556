//! To whom records belong: who sees them, what an adoption moves, and what is handed over.

use std::sync::Arc;

use serde_json::json;

use muster::store::{Error, NewQuestion, State, Topic, Viewer, question_id};

use crate::store::fixture::{Ask, Fixture, document, insert_for, names, viewer};

/// How many users of a and of b there are, by turns, beside one of nobody.
const EACH: usize = 1_500;

async fn fill(at: &Fixture) {
    let ids: Vec<String> = (0..2 * EACH).map(|_| at.id()).collect();
    let rt = Arc::clone(&at.user);
    at.write(move |tx| {
        for (number, id) in ids.iter().enumerate() {
            let body = json!({ "userName": format!("u{number:05}"), "displayName": "same" });
            let owner = if number % 2 == 0 { "a" } else { "b" };
            insert_for(tx, &rt, id, &document(&body), owner)?;
        }
        Ok(())
    })
    .await
    .unwrap();
    at.make_user("nobody's").await;
}

pub(crate) async fn a_connection_sees_its_own_and_those_of_nobody(at: &Fixture) {
    let mine = at
        .make_for("a", &at.user, json!({ "userName": "mine" }))
        .await;
    let theirs = at
        .make_for("b", &at.user, json!({ "userName": "theirs" }))
        .await;
    let free = at.make_user("free").await;
    for (who, expected) in [
        ("a", "mine free"),
        ("b", "theirs free"),
        ("c", "free"),
        ("", "mine theirs free"),
    ] {
        let ask = Ask {
            viewer: who,
            ..Ask::default()
        };
        let found = at.find(&at.user, &ask).await.unwrap();
        assert_eq!(names(&found, "userName").join(" "), expected, "{who}");
        let (rt, who_looks) = (Arc::clone(&at.user), viewer(who));
        let (mine, theirs, free) = (mine.id.clone(), theirs.id.clone(), free.id.clone());
        let got = at.read(move |tx| {
            let mut seen = Vec::new();
            for (id, name) in [(&mine, "mine"), (&theirs, "theirs"), (&free, "free")] {
                let found = tx.get(&who_looks, &rt, id)?;
                assert_eq!(tx.lookup(&who_looks, &rt, "userName", name)?, found);
                assert_eq!(
                    tx.first_missing(&who_looks, std::slice::from_ref(id))?
                        .is_none(),
                    found.is_some()
                );
                seen.extend(found.map(|_| name));
            }
            assert_eq!(tx.counts(&who_looks, "User")?, seen.len() as u64);
            Ok(seen.join(" "))
        });
        assert_eq!(got.await.unwrap(), expected, "{who}");
    }
}

pub(crate) async fn what_is_hidden_costs_no_documents_and_nothing_where_nothing_is(at: &Fixture) {
    fill(at).await;
    // An engine that does not tell its effort has nothing to compare here.
    let told = at.read(|tx| tx.counts(&Viewer::All, "User").map(|_| tx.effort()));
    if told.await.unwrap() == 0 {
        return;
    }
    let effort = |viewer: &'static str, start: u64| {
        let ask = Ask {
            viewer,
            start,
            count: 10,
            sort: "userName",
            ..Ask::default()
        };
        let (rt, ask) = (Arc::clone(&at.user), ask.owned(&at.user));
        at.read(move |tx| {
            let before = tx.effort();
            assert_eq!(tx.find(&ask.find(&rt))?.records.len(), 10);
            Ok(tx.effort() - before)
        })
    };
    let (all, mine) = (effort("", 1).await.unwrap(), effort("a", 1).await.unwrap());
    assert!(mine < all * 3, "{mine} {all}");
    // No index of attributes tells an owner: each row that is passed is one look-up more, and no document.
    let (all, mine) = (
        effort("", 701).await.unwrap(),
        effort("a", 701).await.unwrap(),
    );
    assert!(mine < all + 1_400 * 40, "{mine} {all}");
    // Once everything is a's, a sees what everybody sees, at that price.
    hand_over(at, "b", Some("a")).await;
    assert!(effort("a", 701).await.unwrap() < effort("", 701).await.unwrap() + 300);
}

pub(crate) async fn doubles_are_looked_for_by_their_addresses_alone(at: &Fixture) {
    let with = |name: &str| json!({ "userName": name, "emails": [{ "value": format!("{name}@example.com") }] });
    let effort = async || {
        let record = at.make_for("a", &at.user, with(&at.id())).await;
        let address = at.user.attribute("emails.value").unwrap();
        at.read(move |tx| {
            let before = tx.effort();
            assert_eq!(
                tx.nobodys_like(&record, &address, 20)?,
                Vec::<String>::new()
            );
            Ok(tx.effort() - before)
        })
        .await
        .unwrap()
    };
    let alone = effort().await;
    let ids: Vec<String> = (0..EACH).map(|_| at.id()).collect();
    let (rt, bodies) = (Arc::clone(&at.user), ids.iter().map(|id| with(id)));
    let bodies: Vec<_> = bodies.map(|body| document(&body)).collect();
    at.write(move |tx| {
        for (id, body) in ids.iter().zip(&bodies) {
            insert_for(tx, &rt, id, body, "a")?;
        }
        Ok(())
    })
    .await
    .unwrap();
    let among_many = effort().await;
    assert!(among_many <= alone + 20, "{among_many} {alone}");
}

async fn hand_over(at: &Fixture, from: &'static str, to: Option<&'static str>) -> u64 {
    let (mut number, mut after) = (0, String::new());
    loop {
        let behind = after.clone();
        let handed = at
            .write(move |tx| tx.hand_over(from, to, &behind, 1_000))
            .await
            .unwrap();
        let Some(handed) = handed else {
            return number;
        };
        number += handed.number;
        after = handed.last;
    }
}

pub(crate) async fn what_is_handed_over_is_counted_where_it_is(at: &Fixture) {
    fill(at).await;
    let deleted = at
        .make_for("a", &at.user, json!({ "userName": "gone" }))
        .await;
    at.delete(&at.user, &deleted).await;
    let counts = || {
        at.read(|tx| {
            let of = |tx: &mut muster::store::Tx<'_>, name: &str| tx.counts(&viewer(name), "User");
            Ok((
                of(tx, "a")?,
                of(tx, "b")?,
                tx.owned("a")?,
                tx.counts(&Viewer::All, "User")?,
            ))
        })
    };
    assert_eq!(counts().await, Ok((1_501, 1_501, 1_501, 3_001)));
    assert_eq!(hand_over(at, "a", None).await, 1_501);
    assert_eq!(counts().await, Ok((1_501, 3_001, 0, 3_001)));
    assert_eq!(hand_over(at, "a", None).await, 0);
    assert_eq!(hand_over(at, "b", Some("a")).await, 1_500);
    assert_eq!(counts().await, Ok((3_001, 1_501, 1_500, 3_001)));
    let last = at.get(&at.user, &deleted.id).await.unwrap();
    assert_eq!(last, None);
}

pub(crate) async fn an_adoption_moves_no_version_and_leaves_behind_what_is_not_seen(at: &Fixture) {
    let [mine, theirs, free] = [
        at.make_for("a", &at.user, json!({ "userName": "mine" }))
            .await,
        at.make_for("b", &at.user, json!({ "userName": "theirs" }))
            .await,
        at.make_user("free").await,
    ];
    let open = at.make_group("open").await;
    let other = at
        .make_for("b", &at.group, json!({ "displayName": "other" }))
        .await;
    at.add(&open, &[&mine.id, &theirs.id, &free.id]).await;
    at.add(&other, &[&free.id, &mine.id]).await;
    let groups = |id: &str| {
        let id = id.to_owned();
        at.read(move |tx| Ok(tx.groups_of(&Viewer::All, &id)?.len()))
    };
    assert_eq!(
        (groups(&mine.id).await, groups(&free.id).await),
        (Ok(1), Ok(2))
    );
    for (record, ended) in [(&open, 1), (&free, 1)] {
        let old = record.clone();
        let (new, lost) = at.write(move |tx| tx.adopt(&old, "a")).await.unwrap();
        assert_eq!(
            (new.owner.as_deref(), new.version, lost),
            (Some("a"), record.version, ended)
        );
        let again = new.clone();
        assert_eq!(
            at.write(move |tx| tx.adopt(&again, "b")).await,
            Err(Error::Stale)
        );
    }
    assert_eq!(at.members(&open).await, [mine.id.clone(), free.id.clone()]);
    assert_eq!(at.members(&other).await, [mine.id.clone(), free.id.clone()]);
    assert_eq!(
        (
            groups(&mine.id).await,
            groups(&theirs.id).await,
            groups(&free.id).await
        ),
        (Ok(1), Ok(0), Ok(1))
    );
}

pub(crate) async fn members_of_others_are_not_shown_in_a_group_of_nobodys(at: &Fixture) {
    let [mine, theirs] = ["a", "b"].map(|owner| (owner, format!("of {owner}")));
    let mine = at
        .make_for(mine.0, &at.user, json!({ "userName": mine.1 }))
        .await;
    let theirs = at
        .make_for(theirs.0, &at.user, json!({ "userName": theirs.1 }))
        .await;
    let group = at.make_group("open").await;
    at.add(&group, &[&mine.id, &theirs.id, "sent"]).await;
    for (who, expected) in [
        ("a", vec![&*mine.id, "sent"]),
        ("b", vec![&*theirs.id, "sent"]),
        ("", vec![&*mine.id, &*theirs.id, "sent"]),
    ] {
        let (looks, of) = (viewer(who), group.clone());
        let found = at
            .read(move |tx| tx.members(&looks, &of, None, 10))
            .await
            .unwrap();
        assert_eq!(
            found.iter().map(|row| &*row.value).collect::<Vec<_>>(),
            expected,
            "{who}"
        );
    }
}

pub(crate) async fn a_question_is_asked_once_and_goes_with_its_record(at: &Fixture) {
    let ada = at.make_user("ada").await;
    let id = question_id(Topic::Adoption, &["a", &ada.id]);
    assert_ne!(
        id,
        question_id(Topic::Adoption, &["", &format!("a{}", ada.id)])
    );
    assert_ne!(id, question_id(Topic::Link, &["a", &ada.id]));
    let ask = || {
        let (id, resource) = (id.clone(), ada.id.clone());
        at.write(move |tx| {
            tx.ask(&NewQuestion {
                id: &id,
                topic: Topic::Adoption,
                connection: Some("a"),
                resource: &resource,
                other: None,
                data: None,
            })
        })
    };
    assert_eq!((ask().await, ask().await), (Ok(true), Ok(false)));
    let of = id.clone();
    at.write(move |tx| tx.decide(&of, muster::store::Decision::Refused))
        .await
        .unwrap();
    assert_eq!(ask().await, Ok(false));
    let of = id.clone();
    let found = at.read(move |tx| tx.question(&of)).await.unwrap().unwrap();
    assert_eq!(found.decided.unwrap().decision.name(), "refused");
    let pages = at.read(|tx| {
        let first = tx.questions(None, 10)?;
        let last = first
            .last()
            .map(|last| (last.asked, last.id.clone()))
            .unwrap();
        Ok((
            first.len(),
            tx.questions(Some((last.0, &last.1)), 10)?.len(),
        ))
    });
    assert_eq!(pages.await, Ok((1, 0)));
    let gone = at.delete(&at.user, &ada).await;
    assert_eq!(gone.state, State::Deleted);
    at.write(move |tx| tx.purge(&gone)).await.unwrap();
    assert_eq!(at.read(|tx| Ok(tx.questions(None, 10)?.len())).await, Ok(0));
}

pub(crate) async fn handing_over_costs_what_is_handed_over(at: &Fixture) {
    let effort = async |from: &'static str| {
        for number in 0..5 {
            let body = json!({ "userName": format!("{from}{number}") });
            at.make_for(from, &at.user, body).await;
        }
        at.write(move |tx| {
            let before = tx.effort();
            let handed = tx.hand_over(from, Some("target"), "", 1_000)?;
            assert_eq!(handed.map(|handed| handed.number), Some(5));
            assert_eq!(tx.hand_over(from, Some("target"), "", 1_000)?, None);
            Ok(tx.effort() - before)
        })
        .await
        .unwrap()
    };
    let alone = effort("first").await;
    fill(at).await;
    let among_many = effort("second").await;
    assert!(
        among_many <= alone + 50,
        "{among_many} steps, {alone} alone"
    );
}
