//! A reader: one thread, one read-only connection, one snapshot for each closure.

use std::sync::Arc;

use super::Result;
use super::engine::{Access, Bounds, Driver, Engine};
use super::queue::{Queue, Taken};
use super::writer::Job;

/// What a reader thread needs.
pub(super) struct Reader {
    engine: Arc<dyn Engine>,
    queue: Arc<Queue<Job>>,
    reads: Reads,
    driver: Option<Box<dyn Driver>>,
}

/// What comes through the queue of a reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reads {
    /// Reads by keys and indexes.
    Usual,
    /// Reads that may go through many documents.
    Scans,
}

impl Reader {
    /// A reader that answers what comes through `queue`. It connects for the first of it: many a gateway never needs all
    /// of its readers.
    pub(super) fn new(engine: Arc<dyn Engine>, queue: Arc<Queue<Job>>, reads: Reads) -> Self {
        Self {
            engine,
            queue,
            reads,
            driver: None,
        }
    }

    /// Works until the queue is closed and empty.
    pub(super) fn run(mut self) {
        while let Taken::Job(mut job) = self.queue.take(None) {
            if self.reads == Reads::Scans {
                self.engine.wait_for_scan();
            }
            let fate = match self.read(&mut job) {
                Ok(Read::Lost) => self.read(&mut job).map(drop),
                fate => fate.map(drop),
            };
            job.answer(fate);
        }
    }

    fn read(&mut self, job: &mut Job) -> Result<Read> {
        let mut driver = match self.driver.take() {
            Some(driver) => driver,
            None => self.engine.connect(Access::Read)?,
        };
        driver.bound(Bounds::while_wanted(job.abandoned()));
        if let Err(why) = driver.begin(Access::Read) {
            return if driver.again() {
                Ok(Read::Lost)
            } else {
                Err(why)
            };
        }
        job.run(&mut *driver);
        // What was read is what was read, however the snapshot is let go; a connection that still has
        // one is not used again.
        driver.rollback();
        let read = if driver.again() {
            Read::Lost
        } else {
            Read::Done
        };
        if !driver.in_transaction() {
            self.driver = Some(driver);
        }
        Ok(read)
    }
}

/// What became of a read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Read {
    Done,
    /// The connection was lost, perhaps long before.
    Lost,
}
