//! What a transaction promises: alone, whole, visible, kept.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::mpsc;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::task::JoinSet;

use muster::store::{Error, Role, Store, Viewer};

use crate::store::fixture::{Fixture, cause, insert, user_document};

/// Keeps the writer busy until the gate is opened, so that what comes next waits together.
pub(super) struct Gate {
    open: mpsc::Sender<()>,
    held: tokio::task::JoinHandle<Result<(), Error>>,
}

impl Gate {
    pub(super) async fn close(store: Store) -> Self {
        let (open, opened) = mpsc::channel();
        let (entered, inside) = oneshot::channel();
        let (opened, entered) = (Mutex::new(opened), Mutex::new(Some(entered)));
        let held = tokio::spawn(async move {
            store
                .write(cause(1), move |_| {
                    // It runs again when a change that is committed with it fails.
                    if let Some(entered) = entered.lock().unwrap().take() {
                        entered.send(()).unwrap();
                        opened.lock().unwrap().recv().unwrap();
                    }
                    Ok(())
                })
                .await
        });
        inside.await.unwrap();
        Self { open, held }
    }

    pub(super) async fn open(self) {
        self.open.send(()).unwrap();
        self.held.await.unwrap().unwrap();
    }
}

pub(crate) async fn a_failing_change_fails_alone(at: &Fixture) {
    let gate = Gate::close(at.store()).await;
    let mut group = JoinSet::new();
    for number in 0..9 {
        let (store, rt, id) = (at.store(), Arc::clone(&at.user), at.id());
        group.spawn(async move {
            let done = store.write(cause(1), move |tx| {
                insert(tx, &rt, &id, &user_document(&format!("user{number}")))?;
                match number % 3 {
                    1 => Err(Error::Stale),
                    2 => panic!("a defect of one request"),
                    _ => Ok(()),
                }
            });
            (number, done.await)
        });
    }
    tokio::task::yield_now().await;
    gate.open().await;
    for (number, done) in group.join_all().await {
        match number % 3 {
            1 => assert_eq!(done, Err(Error::Stale)),
            2 => assert!(matches!(done, Err(Error::Other(_)))),
            _ => assert_eq!(done, Ok(())),
        }
    }
    assert_eq!(at.read(|tx| tx.counts(&Viewer::All, "User")).await, Ok(3));
}

pub(crate) async fn what_is_answered_can_be_read(at: &Fixture) {
    for number in 0..50 {
        let made = at.make_user(&format!("user{number}")).await;
        assert_eq!(at.get(&at.user, &made.id).await, Ok(Some(made)));
    }
}

pub(crate) async fn a_scope_undoes_its_own_part(at: &Fixture) {
    at.make_user("taken").await;
    let (rt, ids) = (Arc::clone(&at.user), [at.id(), at.id(), at.id()]);
    let done = at
        .write(move |tx| {
            insert(tx, &rt, &ids[0], &user_document("before"))?;
            let failed = tx.scope(|tx| {
                insert(tx, &rt, &ids[1], &user_document("inside"))?;
                insert(tx, &rt, &ids[1], &user_document("Taken"))
            });
            assert!(failed.is_err());
            insert(tx, &rt, &ids[2], &user_document("inside"))?;
            tx.scope(|tx| insert(tx, &rt, &ids[1], &user_document("after")))
        })
        .await;
    assert!(done.is_ok(), "{done:?}");
    assert_eq!(at.read(|tx| tx.counts(&Viewer::All, "User")).await, Ok(4));
}

pub(crate) async fn a_failure_that_is_swallowed_undoes_the_change(at: &Fixture) {
    at.make_user("taken").await;
    let (rt, ids) = (Arc::clone(&at.user), [at.id(), at.id()]);
    let done = at
        .write(move |tx| {
            insert(tx, &rt, &ids[0], &user_document("free"))?;
            drop(insert(tx, &rt, &ids[1], &user_document("taken")));
            Ok(())
        })
        .await;
    assert!(matches!(done, Err(Error::Taken { .. })));
    assert_eq!(at.read(|tx| tx.counts(&Viewer::All, "User")).await, Ok(1));
}

pub(crate) async fn a_read_sees_one_moment(at: &Fixture) {
    at.make_user("one").await;
    let (go_on, wait) = mpsc::channel();
    let (counted, first) = oneshot::channel();
    let (wait, counted) = (Mutex::new(wait), Mutex::new(Some(counted)));
    let store = at.store();
    let reading = tokio::spawn(async move {
        store
            .read(move |tx| {
                let before = tx.counts(&Viewer::All, "User")?;
                counted.lock().unwrap().take().unwrap().send(()).unwrap();
                wait.lock().unwrap().recv().unwrap();
                Ok::<_, Error>((before, tx.counts(&Viewer::All, "User")?))
            })
            .await
    });
    first.await.unwrap();
    at.make_user("two").await;
    assert_eq!(at.read(|tx| tx.counts(&Viewer::All, "User")).await, Ok(2));
    go_on.send(()).unwrap();
    assert_eq!(reading.await.unwrap(), Ok((1, 1)));
}

pub(crate) async fn a_read_cannot_write(at: &Fixture) {
    let (rt, id) = (Arc::clone(&at.user), at.id());
    let done = at
        .read(move |tx| insert(tx, &rt, &id, &user_document("ada")))
        .await;
    assert!(matches!(done, Err(Error::Other(_))));
}

pub(crate) async fn too_many_changes_are_refused(at: &Fixture) {
    let mut gates = Vec::new();
    for _ in 0..at.engine.side_by_side() {
        gates.push(Gate::close(at.store()).await);
    }
    let mut waiting = JoinSet::new();
    for _ in 0..=muster::store::QUEUE {
        let store = at.store();
        waiting.spawn(async move {
            let client = store.for_client(&"busy".into());
            let done = client.write(cause(1), Duration::ZERO, |_| Ok::<_, Error>(()));
            done.await
        });
    }
    assert_eq!(
        waiting.join_next().await.unwrap().unwrap(),
        Err(Error::Full)
    );
    for gate in gates {
        gate.open().await;
    }
    let answers = waiting.join_all().await;
    assert_eq!(answers.len(), muster::store::QUEUE);
    assert!(answers.iter().all(Result::is_ok));
}

pub(crate) async fn a_restart_keeps_everything(at: &Fixture) {
    let ada = at.make_user("ada").await;
    let group = at.make_group("staff").await;
    at.add(&group, &[&ada.id, "nobody"]).await;
    at.reopen();
    assert_eq!(at.get(&at.user, &ada.id).await, Ok(Some(ada.clone())));
    assert_eq!(at.members(&group).await, [ada.id, "nobody".to_owned()]);
    assert!(at.store().ready());
}

pub(crate) async fn a_closed_store_says_so(at: &Fixture) {
    let store = at.store();
    store.close();
    assert!(!store.ready());
    assert!(matches!(store.ping().await, Err(Error::Unavailable(_))));
    let done = store.write(cause(1), |_| Ok::<_, Error>(())).await;
    assert!(matches!(done, Err(Error::Unavailable(_))));
    at.reopen();
    assert_eq!(at.store().ping().await, Ok(()));
}

pub(crate) async fn two_processes_write_in_turns(at: &Fixture) {
    let beside = at.engine.open(Role::Command).unwrap();
    let mut writers = JoinSet::new();
    for number in 0..40 {
        let store = if number % 2 == 0 {
            beside.clone()
        } else {
            at.store()
        };
        let (rt, id) = (Arc::clone(&at.user), at.id());
        writers.spawn(async move {
            let document = user_document(&format!("user{number}"));
            store
                .write(cause(1), move |tx| insert(tx, &rt, &id, &document))
                .await
        });
    }
    assert!(writers.join_all().await.iter().all(Result::is_ok));
    assert_eq!(at.read(|tx| tx.counts(&Viewer::All, "User")).await, Ok(40));
}
