//! The writer: one thread, one connection, many changes in one commit.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;

use super::engine::{Access, Driver, Engine, Moment};
use super::queue::Queue;
use super::work::{Verdict, Work};
use super::{Error, Result};

/// Changes in one commit. A sync costs as much as some hundred small changes, so more would
/// gain little, and what one failing commit takes with it stays small.
const GROUP: usize = 256;

/// A change that waits for the writer.
pub(super) type Job = Box<dyn Work>;

/// What the writer thread needs.
pub(super) struct Writer {
    engine: Arc<dyn Engine>,
    queue: Arc<Queue<Job>>,
    ready: Arc<AtomicBool>,
    driver: Option<Box<dyn Driver>>,
}

impl Writer {
    /// A writer that owns `driver` and answers what comes through `queue`.
    pub(super) fn new(
        engine: Arc<dyn Engine>,
        queue: Arc<Queue<Job>>,
        ready: Arc<AtomicBool>,
        driver: Box<dyn Driver>,
    ) -> Self {
        Self {
            engine,
            queue,
            ready,
            driver: Some(driver),
        }
    }

    /// Works until the queue is closed and empty.
    pub(super) fn run(mut self) {
        while let Some(mut jobs) = self.queue.take(GROUP) {
            let fate = self.commit(&mut jobs);
            if fate.is_err() {
                self.lose();
            }
            for job in jobs {
                job.answer(fate.clone());
            }
            let moment = if self.queue.is_empty() {
                Moment::Idle
            } else {
                Moment::Busy
            };
            self.tidy(moment);
        }
        self.tidy(Moment::Close);
    }

    /// Runs the jobs in one transaction. An error means that nothing of them is in the database, or that
    /// nobody knows: then nothing may be acknowledged.
    fn commit(&mut self, jobs: &mut [Job]) -> Result<()> {
        let driver = self.connected()?;
        driver.begin(Access::Write)?;
        for job in jobs {
            driver.savepoint()?;
            match job.run(driver) {
                Verdict::Keep => driver.release()?,
                Verdict::Undo if driver.in_transaction() => driver.undo()?,
                // A full disk or an I/O error has ended the transaction, with all that was in it.
                Verdict::Undo => return Err(lost("the transaction was ended by the database")),
            }
        }
        driver.commit()?;
        self.ready.store(true, Ordering::Release);
        Ok(())
    }

    fn connected(&mut self) -> Result<&mut dyn Driver> {
        let driver = match self.driver.take() {
            Some(driver) => driver,
            None => self
                .engine
                .connect(Access::Write)
                .map_err(|why| lost(&why.to_string()))?,
        };
        Ok(&mut **self.driver.insert(driver))
    }

    /// Gives up a connection whose commit failed: a sync that failed once may claim success the
    /// second time although the data is gone.
    fn lose(&mut self) {
        if let Some(mut driver) = self.driver.take() {
            driver.rollback();
        }
        self.ready.store(false, Ordering::Release);
        if let Ok(driver) = self.engine.connect(Access::Write) {
            self.driver = Some(driver);
            self.ready.store(true, Ordering::Release);
        }
    }

    fn tidy(&mut self, moment: Moment) {
        let tidied = match &mut self.driver {
            Some(driver) => driver.tidy(moment),
            None => Ok(()),
        };
        if tidied.is_err() {
            self.lose();
        }
    }
}

fn lost(why: &str) -> Error {
    Error::Unavailable(why.to_owned())
}
