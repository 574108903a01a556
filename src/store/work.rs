//! A closure on its way through a worker: it runs, is kept or undone, and is answered after the commit.

use std::panic::AssertUnwindSafe;
use std::panic::catch_unwind;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;

use tokio::sync::oneshot;

use super::cause::Cause;
use super::engine::Driver;
use super::queue::Pending;
use super::tx::Tx;
use super::{Error, Result};

/// Something to do in a transaction.
pub(super) trait Work: Send {
    /// Runs on `driver`; the answer waits. Says whether its changes are to be kept.
    fn run(&mut self, driver: &mut dyn Driver) -> Verdict;

    /// Answers the caller: what [`Work::run`] found, or `fate` where the transaction came to nothing.
    fn answer(self: Box<Self>, fate: Result<()>);

    /// The sign of the caller that it has gone.
    fn abandoned(&self) -> &Arc<AtomicBool>;
}

impl Pending for Box<dyn Work> {
    fn is_abandoned(&self) -> bool {
        self.abandoned().load(Ordering::Relaxed)
    }

    fn refuse(self, why: Error) {
        self.answer(Err(why));
    }
}

/// The caller of a task: when it is dropped before it is answered, nobody waits any more.
pub(super) struct Caller<T, E> {
    answer: oneshot::Receiver<std::result::Result<T, E>>,
    abandoned: Arc<AtomicBool>,
}

impl<T, E: From<Error>> Caller<T, E> {
    /// Waits for the answer.
    pub(super) async fn answer(mut self) -> std::result::Result<T, E> {
        let answer = (&mut self.answer).await;
        answer.unwrap_or_else(|_| {
            let why = "the store is closed".to_owned();
            Err(Error::Unavailable(why).into())
        })
    }
}

impl<T, E> Drop for Caller<T, E> {
    fn drop(&mut self) {
        self.abandoned.store(true, Ordering::Relaxed);
    }
}

/// What becomes of the changes of one closure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// They are committed with the others.
    Keep,
    /// They are rolled back, alone.
    Undo,
    /// It failed before it had changed anything.
    Untouched,
}

/// A closure and who waits for its answer.
pub(super) struct Task<F, T, E> {
    cause: Option<Cause>,
    closure: F,
    found: Option<std::result::Result<T, E>>,
    caller: oneshot::Sender<std::result::Result<T, E>>,
    abandoned: Arc<AtomicBool>,
}

impl<F, T, E> Task<F, T, E> {
    /// A task and its caller. Without a cause it may only read.
    pub(super) fn new(cause: Option<Cause>, closure: F) -> (Self, Caller<T, E>) {
        let (caller, answer) = oneshot::channel();
        let abandoned = Arc::new(AtomicBool::new(false));
        let task = Self {
            cause,
            closure,
            found: None,
            caller,
            abandoned: Arc::clone(&abandoned),
        };
        (task, Caller { answer, abandoned })
    }
}

impl<F, T, E> Work for Task<F, T, E>
where
    F: Fn(&mut Tx<'_>) -> std::result::Result<T, E> + Send,
    T: Send,
    E: From<Error> + Send,
{
    fn run(&mut self, driver: &mut dyn Driver) -> Verdict {
        let (found, touched) = attempt(driver, self.cause.as_ref(), &self.closure);
        let verdict = match (&found, touched) {
            (Ok(_), _) => Verdict::Keep,
            (Err(_), true) => Verdict::Undo,
            (Err(_), false) => Verdict::Untouched,
        };
        self.found = Some(found);
        verdict
    }

    fn answer(self: Box<Self>, fate: Result<()>) {
        let answer = match (fate, self.found) {
            (Err(why), _) => Err(why.into()),
            (Ok(()), Some(found)) => found,
            (Ok(()), None) => Err(Error::Other("the transaction did not run".to_owned()).into()),
        };
        // A caller that no longer waits wants no answer.
        drop(self.caller.send(answer));
    }

    fn abandoned(&self) -> &Arc<AtomicBool> {
        &self.abandoned
    }
}

/// Runs a closure once in the transaction that is open; answers also whether it tried to change anything.
pub(super) fn attempt<T, E: From<Error>>(
    driver: &mut dyn Driver,
    cause: Option<&Cause>,
    closure: &impl Fn(&mut Tx<'_>) -> std::result::Result<T, E>,
) -> (std::result::Result<T, E>, bool) {
    let mut tx = Tx::new(driver, cause);
    // A panic is a defect of one request; it must not take the worker of all others with it.
    let found = catch_unwind(AssertUnwindSafe(|| closure(&mut tx)))
        .unwrap_or_else(|_| Err(Error::Other("a transaction panicked".to_owned()).into()));
    let found = match tx.broken() {
        Some(why) if found.is_ok() => Err(why.into()),
        Some(_) | None => found,
    };
    (found, tx.is_touched())
}
