//! A worker of an engine whose changes run side by side: one thread, one connection, one change in a transaction.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::Duration;
use std::time::Instant;

use super::engine::{Access, Bounds, Driver, Engine};
use super::queue::{Queue, Taken};
use super::work::Verdict;
use super::writer::Job;
use super::{Error, Result, WRITE_LIMIT};

/// How often a change is run again when it met another. Each time the others have gone on, so one that has
/// met five is under a load that its caller should know of.
const RETRIES: u32 = 5;

/// The longest wait before the first of them, which doubles: 5 to 80 ms, 155 ms in all. A change takes about 5 ms.
const PAUSE: Duration = Duration::from_millis(5);

/// What a worker thread needs.
pub(super) struct Worker {
    engine: Arc<dyn Engine>,
    queue: Arc<Queue<Job>>,
    ready: Arc<AtomicBool>,
    driver: Option<Box<dyn Driver>>,
}

/// What became of one run.
enum Outcome {
    /// It is over.
    Done(Result<()>),
    /// It met another, or lost its connection before it was committed.
    Again,
}

impl Worker {
    /// A worker that answers what comes through `queue`; without a driver it connects when it has something to do.
    pub(super) fn new(
        engine: Arc<dyn Engine>,
        queue: Arc<Queue<Job>>,
        ready: Arc<AtomicBool>,
        driver: Option<Box<dyn Driver>>,
    ) -> Self {
        Self {
            engine,
            queue,
            ready,
            driver,
        }
    }

    /// Works until the queue is closed and empty.
    pub(super) fn run(mut self) {
        while let Taken::Job(mut job) = self.queue.take(None) {
            let fate = self.change(&mut job);
            job.answer(fate);
        }
    }

    /// Runs a change until it is committed or undone. An error means that it is not in the database, or that nobody knows.
    fn change(&mut self, job: &mut Job) -> Result<()> {
        for attempt in 0..=RETRIES {
            if attempt > 0 {
                thread::sleep(pause(attempt));
            }
            match self.attempt(job) {
                Outcome::Done(fate) => return fate,
                Outcome::Again => {}
            }
        }
        Err(Error::Unavailable(format!(
            "other changes, or lost connections, were in the way {} times",
            RETRIES + 1
        )))
    }

    fn attempt(&mut self, job: &mut Job) -> Outcome {
        let mut driver = match self.connected() {
            Ok(driver) => driver,
            Err(why) => return self.note(Outcome::Done(Err(unavailable(why)))),
        };
        driver.bound(Bounds::until(Instant::now() + WRITE_LIMIT));
        if let Err(why) = driver.begin(Access::Write) {
            // It has ended while nobody looked; another is made.
            let outcome = over(&*driver, Err(unavailable(why)));
            drop(driver);
            return self.note(outcome);
        }
        let outcome = run(&mut *driver, job);
        driver.rollback();
        // One that cannot even let a transaction go is not used again.
        if !driver.in_transaction() {
            self.driver = Some(driver);
        }
        self.note(outcome)
    }

    /// Remembers whether changes can be made.
    fn note(&self, outcome: Outcome) -> Outcome {
        match &outcome {
            Outcome::Done(Ok(())) => self.ready.store(true, Ordering::Release),
            // It is not known whether the server is there; the next change will tell.
            Outcome::Done(Err(_)) => self.ready.store(false, Ordering::Release),
            Outcome::Again => {}
        }
        outcome
    }

    fn connected(&mut self) -> Result<Box<dyn Driver>> {
        match self.driver.take() {
            Some(driver) => Ok(driver),
            None => self.engine.connect(Access::Write),
        }
    }
}

/// Runs a change once, in the transaction that was begun for it.
fn run(driver: &mut dyn Driver, job: &mut Job) -> Outcome {
    let verdict = job.run(driver);
    if driver.again() {
        return Outcome::Again;
    }
    match verdict {
        Verdict::Keep => match driver.commit() {
            Ok(()) => Outcome::Done(Ok(())),
            Err(why) => over(driver, Err(unavailable(why))),
        },
        Verdict::Undo | Verdict::Untouched => Outcome::Done(Ok(())),
    }
}

/// `fate`, unless the change is to be run again.
fn over(driver: &dyn Driver, fate: Result<()>) -> Outcome {
    if driver.again() {
        Outcome::Again
    } else {
        Outcome::Done(fate)
    }
}

/// A change that cannot be begun or committed is nobody's fault who asked for it.
fn unavailable(why: Error) -> Error {
    match why {
        Error::Unavailable(_) | Error::Full => why,
        other => Error::Unavailable(other.to_string()),
    }
}

/// How long to wait: some part of a time that doubles, so that those who met do not meet again.
fn pause(attempt: u32) -> Duration {
    let longest = PAUSE * 2_u32.saturating_pow(attempt.saturating_sub(1));
    // Any number will do.
    let part = RandomState::new().hash_one(attempt) % 1_000;
    longest * u32::try_from(part).unwrap_or(0) / 1_000
}
