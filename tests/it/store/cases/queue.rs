//! Who waits for the store: clients in turn, nobody for what is not wanted any more, and the end of it.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::time::{Duration, Instant};

use muster::store::Error;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::task::JoinSet;

use super::commit::Gate;
use crate::store::fixture::{Fixture, cause, insert, user_document};

/// Longer than a store takes to close when nothing ends by itself, and less than the 10 s of a stop.
const CLOSES_WITHIN: Duration = Duration::from_secs(8);

async fn gates(at: &Fixture) -> Vec<Gate> {
    let mut gates = Vec::new();
    for _ in 0..at.engine.side_by_side() {
        gates.push(Gate::close(at.store()).await);
    }
    gates
}

/// Asks for something and goes away at once.
async fn ask_and_leave<T>(asked: impl Future<Output = T>) {
    let mut asked = pin!(asked);
    let first = poll_fn(|context| Poll::Ready(asked.as_mut().poll(context).is_pending()));
    assert!(first.await, "it was answered at once");
}

pub(crate) async fn clients_are_served_in_turn(at: &Fixture) {
    const BUSY: usize = 40;
    let gates = gates(at).await;
    let order = Arc::new(Mutex::new(Vec::new()));
    let mut waiting = JoinSet::new();
    for client in std::iter::repeat_n("busy", BUSY).chain(["other"]) {
        let (store, order) = (at.store(), Arc::clone(&order));
        waiting.spawn(async move {
            let name = client.into();
            let client_store = store.for_client(&name);
            let done = client_store.write(cause(1), Duration::ZERO, move |_| {
                order.lock().unwrap().push(client);
                Ok::<_, Error>(())
            });
            done.await.unwrap();
        });
        // Tasks begin in order where there is one thread, and each is in the queue before the next.
        tokio::task::yield_now().await;
    }
    for gate in gates {
        gate.open().await;
    }
    waiting.join_all().await;
    let order = order.lock().unwrap();
    let place = order.iter().position(|client| *client == "other").unwrap();
    let first_round = 2 * at.engine.side_by_side() + 1;
    assert!(place < first_round, "{place} of {}", order.len());
}

pub(crate) async fn what_nobody_waits_for_is_not_begun(at: &Fixture) {
    let gates = gates(at).await;
    let (dropped, kept) = (at.id(), at.id());
    for (id, is_kept) in [(dropped.clone(), false), (kept.clone(), true)] {
        let (store, rt) = (at.store(), Arc::clone(&at.user));
        let name = id.clone();
        let write = move |tx: &mut muster::store::Tx<'_>| {
            insert(tx, &rt, &id, &user_document(&name)).map(drop)
        };
        if is_kept {
            ask_and_leave(store.write(cause(1), write)).await;
        } else {
            let client = store.for_client(&"client".into());
            ask_and_leave(client.write(cause(1), Duration::ZERO, write)).await;
        }
    }
    for gate in gates {
        gate.open().await;
    }
    // Whatever waited is done when all workers have done something after it.
    for gate in self::gates(at).await {
        gate.open().await;
    }
    assert_eq!(at.get(&at.user, &dropped).await, Ok(None));
    assert!(at.get(&at.user, &kept).await.unwrap().is_some());
}

/// A closure that goes on for as long as it may, after it has said that it runs.
fn endless(
    running: UnboundedSender<()>,
) -> impl Fn(&mut muster::store::Tx<'_>) -> Result<(), Error> {
    move |tx| {
        let _ = running.send(());
        loop {
            tx.is_empty()?;
        }
    }
}

pub(crate) async fn a_read_that_nobody_waits_for_ends(at: &Fixture) {
    // As many as there can be threads for such reads.
    for _ in 0..64 {
        let (running, mut runs) = unbounded_channel();
        let store = at.store();
        let mut scan = pin!(store.scan(endless(running)));
        tokio::select! {
            done = &mut scan => panic!("it ended: {done:?}"),
            _ = runs.recv() => {}
        }
    }
    let store = at.store();
    assert_eq!(store.scan(|tx| tx.is_empty()).await, Ok(true));
}

pub(crate) async fn a_store_closes_whatever_runs(at: &Fixture) {
    let (running, mut runs) = unbounded_channel();
    let (store, rt, id) = (at.store(), Arc::clone(&at.user), at.id());
    let made = id.clone();
    let endless_read = endless(running.clone());
    let endless_change = endless(running);
    let mut asked = JoinSet::new();
    asked.spawn(async move { store.read(endless_read).await });
    let store = at.store();
    asked.spawn(async move {
        let change = move |tx: &mut muster::store::Tx<'_>| {
            insert(tx, &rt, &made, &user_document("ada"))?;
            endless_change(tx)
        };
        store.write(cause(1), change).await
    });
    runs.recv().await.unwrap();
    runs.recv().await.unwrap();
    let begun = Instant::now();
    at.store().close();
    let took = begun.elapsed();
    assert!(took < CLOSES_WITHIN, "{took:?}");
    while let Some(ended) = asked.join_next().await {
        assert!(matches!(ended.unwrap(), Err(Error::Unavailable(_))));
    }
    at.reopen();
    assert_eq!(at.get(&at.user, &id).await, Ok(None));
}
