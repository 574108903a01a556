//! A store on a server: what is lost on the way, and who meets whom.

use std::sync::Arc;
use std::sync::Barrier;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;

use muster::store::{Error, Options, Place, Role, ServerUrl, Store, Viewer};

use super::fixture::{Fixture, at, cause, insert, user_document};
use super::fixture::{Postgres, run_on};
use crate::support::postgres::Database;

/// What was not committed is done again, on a new connection, and nobody notices.
#[test]
fn a_connection_that_is_lost_in_a_change_is_replaced() {
    let engine = Postgres::new();
    let database = Arc::clone(&engine.database);
    run_on(Box::new(engine), async |fixture: &Fixture| {
        let (rt, id, runs) = (Arc::clone(&fixture.user), fixture.id(), AtomicU32::new(0));
        let cut = Arc::clone(&database);
        let done = fixture.write(move |tx| {
            if runs.fetch_add(1, Ordering::SeqCst) == 0 {
                cut.cut();
            }
            insert(tx, &rt, &id, &user_document("ada"))?;
            Ok(runs.load(Ordering::SeqCst))
        });
        assert_eq!(done.await, Ok(2));
        database.cut();
        // Idle connections too, of readers as of writers.
        assert_eq!(
            fixture.read(|tx| tx.counts(&Viewer::All, "User")).await,
            Ok(1)
        );
        for number in 0..40 {
            fixture.make_user(&format!("user{number}")).await;
        }
        assert!(fixture.store().ready());
    });
}

/// Nobody knows whether the server did what it was last told: that is not acknowledged, nor done twice.
#[test]
fn a_connection_that_is_lost_at_the_commit_leaves_the_change_unacknowledged() {
    let engine = Postgres::new();
    let database = Arc::clone(&engine.database);
    run_on(Box::new(engine), async |fixture: &Fixture| {
        let (rt, id, runs) = (
            Arc::clone(&fixture.user),
            fixture.id(),
            Arc::new(AtomicU32::new(0)),
        );
        let (cut, counted) = (Arc::clone(&database), Arc::clone(&runs));
        let done = fixture.write(move |tx| {
            runs.fetch_add(1, Ordering::SeqCst);
            let made = insert(tx, &rt, &id, &user_document("ada"));
            cut.cut();
            made.map(drop)
        });
        assert!(matches!(done.await, Err(Error::Unavailable(_))));
        assert_eq!(counted.load(Ordering::SeqCst), 1);
        assert!(!fixture.store().ready());
        fixture.make_user("ada").await;
        assert!(fixture.store().ready());
    });
}

/// Two changes that wait for each other's group: one of them is run again, and both are done.
#[test]
fn changes_that_meet_are_both_done() {
    run_on(Box::new(Postgres::new()), async |fixture: &Fixture| {
        let groups = [
            fixture.make_group("one").await,
            fixture.make_group("two").await,
        ];
        let (barrier, runs) = (Arc::new(Barrier::new(2)), Arc::new(AtomicU32::new(0)));
        let mut both = tokio::task::JoinSet::new();
        for (first, second) in [(0, 1), (1, 0)] {
            let ids = [groups[first].id.clone(), groups[second].id.clone()];
            let (store, rt) = (fixture.store(), Arc::clone(&fixture.group));
            let (barrier, runs) = (Arc::clone(&barrier), Arc::clone(&runs));
            both.spawn(async move {
                let waited = AtomicU32::new(0);
                let change = store.write(cause(3), move |tx| {
                    runs.fetch_add(1, Ordering::SeqCst);
                    let one = tx.get(&Viewer::All, &rt, &ids[0])?.unwrap();
                    if waited.fetch_add(1, Ordering::SeqCst) == 0 {
                        barrier.wait();
                    }
                    let two = tx.get(&Viewer::All, &rt, &ids[1])?.unwrap();
                    tx.touch(&one)?;
                    tx.touch(&two).map(drop)
                });
                change.await
            });
        }
        assert_eq!(both.join_all().await, [Ok::<_, Error>(()), Ok(())]);
        // One of them at least gave way; whether the other did too is a matter of time.
        assert!(runs.load(Ordering::SeqCst) >= 3);
        for group in &groups {
            let now = fixture
                .get(&fixture.group, &group.id)
                .await
                .unwrap()
                .unwrap();
            assert_eq!(now.version, group.version + 2);
        }
    });
}

/// A member that is deleted while it is added is either hidden or nobody: the verification at the end knows.
#[test]
fn members_come_while_they_go() {
    run_on(Box::new(Postgres::new()), async |fixture: &Fixture| {
        let group = fixture.make_group("staff").await;
        for number in 0..20 {
            let user = fixture.make_user(&format!("user{number}")).await;
            let (store, id, kind) = (
                fixture.store(),
                group.id.clone(),
                Arc::clone(&fixture.group),
            );
            let member = super::fixture::members(&[&user.id]);
            let adding = tokio::spawn(async move {
                store
                    .write(cause(4), move |tx| {
                        let group = tx.get(&Viewer::All, &kind, &id)?.unwrap();
                        tx.add_members(&group, &member)
                    })
                    .await
            });
            let (store, rt, id) = (fixture.store(), Arc::clone(&fixture.user), user.id.clone());
            let deleting = tokio::spawn(async move {
                store
                    .write(cause(4), move |tx| {
                        let user = tx.get(&Viewer::All, &rt, &id)?.unwrap();
                        tx.delete(&rt, &user).map(drop)
                    })
                    .await
            });
            assert_eq!(adding.await.unwrap(), Ok(1));
            assert_eq!(deleting.await.unwrap(), Ok(()));
        }
    });
}

/// Gateways that start at once make the tables once.
#[test]
fn an_empty_database_is_made_by_one_of_many() {
    let database = Database::new();
    let url = database.url();
    let open = || {
        let opened = Store::open(&Options {
            place: Place::Server(ServerUrl::new(url.clone())),
            readers: Some(1),
            role: Role::Serve,
            at: at(0),
        });
        opened.map(|store| store.migrated().before)
    };
    let mut before = thread::scope(|scope| {
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(open)).collect();
        let opened = threads.into_iter().map(|thread| thread.join().unwrap());
        opened.collect::<Result<Vec<_>, _>>().unwrap()
    });
    before.sort_unstable();
    assert_eq!(before[0], 0);
    assert!(before[1..].iter().all(|before| *before > 0), "{before:?}");
    assert_eq!(database.run("SELECT count(*) FROM named_lock;"), ["1"]);
}
