//! The writer: one thread, one connection, many changes in one commit.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::engine::{Access, Driver, Engine, Occasion};
use super::queue::Queue;
use super::work::{Verdict, Work};
use super::{Error, Result};

/// Changes in one commit. A sync costs as much as some hundred small changes, so more would
/// gain little, and what one failing commit takes with it stays small.
const GROUP: usize = 256;

/// How long nothing may come until that counts as rest, in which there is time to tidy. Between two groups of clients
/// that wait for their answers lies less than a millisecond.
const REST: Duration = Duration::from_millis(20);

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
        let mut patience = None;
        while let Some(jobs) = self.queue.take_within(GROUP, patience) {
            patience = if jobs.is_empty() {
                self.tidy(Occasion::Idle);
                None
            } else {
                self.answer(jobs);
                self.tidy(Occasion::Busy);
                Some(REST)
            };
        }
        self.tidy(Occasion::Close);
    }

    /// Commits the jobs together, then answers them all.
    fn answer(&mut self, mut jobs: Vec<Job>) {
        let fate = self.commit(&mut jobs);
        if fate.is_err() {
            self.lose();
        }
        for job in jobs {
            job.answer(fate.clone());
        }
    }

    /// Runs the jobs in one transaction. An error means that nothing of them is in the database, or that
    /// nobody knows: then nothing may be acknowledged.
    fn commit(&mut self, jobs: &mut [Job]) -> Result<()> {
        let driver = self.connected()?;
        driver.begin(Access::Write)?;
        if !together(driver, jobs)? {
            driver.rollback();
            driver.begin(Access::Write)?;
            apart(driver, jobs)?;
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

    fn tidy(&mut self, occasion: Occasion) {
        let tidied = match &mut self.driver {
            Some(driver) => driver.tidy(occasion),
            None => Ok(()),
        };
        if tidied.is_err() {
            self.lose();
        }
    }
}

/// Runs the jobs without savepoints, which cost a copy of every page that is changed. Answers whether all that was
/// done can be kept: one that failed halfway spoils the others, and all are run [`apart`].
fn together(driver: &mut dyn Driver, jobs: &mut [Job]) -> Result<bool> {
    for job in jobs {
        match job.run(driver) {
            Verdict::Keep | Verdict::Untouched if driver.in_transaction() => {}
            Verdict::Undo if driver.in_transaction() => return Ok(false),
            Verdict::Keep | Verdict::Untouched | Verdict::Undo => return Err(ended()),
        }
    }
    Ok(true)
}

/// Runs each job in a savepoint of its own.
fn apart(driver: &mut dyn Driver, jobs: &mut [Job]) -> Result<()> {
    for job in jobs {
        driver.savepoint()?;
        match job.run(driver) {
            Verdict::Keep => driver.release()?,
            Verdict::Untouched | Verdict::Undo if driver.in_transaction() => driver.undo()?,
            Verdict::Untouched | Verdict::Undo => return Err(ended()),
        }
    }
    Ok(())
}

/// A full disk or an I/O error has ended the transaction, with all that was in it.
fn ended() -> Error {
    lost("the transaction was ended by the database")
}

fn lost(why: &str) -> Error {
    Error::Unavailable(why.to_owned())
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicU32;

    use super::*;
    use crate::store::engine::{Flow, Param, Row};

    /// What a driver of this test does wrong.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    enum Vice {
        None,
        /// The commit fails.
        Commit,
        /// A failing statement ends the transaction, as a full disk does.
        Ends,
    }

    struct Fake {
        vice: Vice,
        open: bool,
    }

    impl Driver for Fake {
        fn execute(&mut self, _: &str, _: &[Param<'_>]) -> Result<u64> {
            Ok(1)
        }

        fn query(
            &mut self,
            _: &str,
            _: &[Param<'_>],
            _: &mut dyn FnMut(&dyn Row) -> Result<Flow>,
        ) -> Result<()> {
            Ok(())
        }

        fn batch(&mut self, _: &str) -> Result<()> {
            Ok(())
        }

        fn begin(&mut self, _: Access) -> Result<()> {
            self.open = true;
            Ok(())
        }

        fn commit(&mut self) -> Result<()> {
            self.open = false;
            match self.vice {
                Vice::Commit => Err(Error::Unavailable("the disk is gone".to_owned())),
                Vice::None | Vice::Ends => Ok(()),
            }
        }

        fn rollback(&mut self) {
            self.open = false;
        }

        fn in_transaction(&self) -> bool {
            self.open && self.vice != Vice::Ends
        }

        fn integrity(&mut self) -> Result<Vec<String>> {
            Ok(Vec::new())
        }

        fn tidy(&mut self, _: Occasion) -> Result<()> {
            Ok(())
        }

        fn effort(&self) -> u64 {
            0
        }
    }

    /// Gives drivers without vice, but only from the given attempt on.
    struct Repair {
        attempts: AtomicU32,
        from: u32,
    }

    impl Engine for Repair {
        fn connect(&self, _: Access) -> Result<Box<dyn Driver>> {
            if self.attempts.fetch_add(1, Ordering::SeqCst) + 1 < self.from {
                return Err(Error::Unavailable("no disk".to_owned()));
            }
            Ok(Box::new(Fake {
                vice: Vice::None,
                open: false,
            }))
        }

        fn copy(&self, _: &std::path::Path) -> Result<Box<dyn Driver>> {
            self.connect(Access::Read)
        }
    }

    struct Told {
        verdict: Verdict,
        tell: std::sync::mpsc::Sender<Result<()>>,
    }

    impl Work for Told {
        fn run(&mut self, _: &mut dyn Driver) -> Verdict {
            self.verdict
        }

        fn answer(self: Box<Self>, fate: Result<()>) {
            self.tell.send(fate).unwrap();
        }
    }

    /// Commits one group after the other; answers each fate and whether the writer was ready after it.
    fn fates(vice: Vice, from: u32, groups: &[&[Verdict]]) -> Vec<(Vec<bool>, bool)> {
        let engine: Arc<dyn Engine> = Arc::new(Repair {
            attempts: AtomicU32::new(0),
            from,
        });
        let ready = Arc::new(AtomicBool::new(true));
        let driver = Box::new(Fake { vice, open: false });
        let mut fates = Vec::new();
        let queue = Arc::new(Queue::new(9));
        let mut writer = Writer::new(engine, Arc::clone(&queue), Arc::clone(&ready), driver);
        for group in groups {
            let (tell, told) = std::sync::mpsc::channel();
            for verdict in *group {
                let (verdict, tell) = (*verdict, tell.clone());
                assert!(queue.push(Box::new(Told { verdict, tell })).is_ok());
            }
            drop(tell);
            writer.answer(queue.take(GROUP).unwrap());
            let fate = told.iter().map(|fate| fate.is_ok()).collect();
            fates.push((fate, ready.load(Ordering::Acquire)));
        }
        fates
    }

    #[test]
    fn a_commit_that_fails_fails_all_and_the_connection_is_replaced() {
        use Verdict::{Keep, Undo};
        let groups: [&[Verdict]; 2] = [&[Keep, Undo, Keep], &[Keep]];
        assert_eq!(
            fates(Vice::Commit, 1, &groups),
            [(vec![false; 3], true), (vec![true], true)]
        );
    }

    #[test]
    fn a_writer_without_a_connection_is_not_ready_until_it_has_one() {
        use Verdict::Keep;
        let groups: [&[Verdict]; 3] = [&[Keep], &[Keep], &[Keep]];
        assert_eq!(
            fates(Vice::Commit, 4, &groups),
            [
                (vec![false], false),
                (vec![false], false),
                (vec![true], true)
            ]
        );
    }

    #[test]
    fn a_transaction_that_was_ended_fails_all_of_its_group() {
        use Verdict::{Keep, Undo};
        let groups: [&[Verdict]; 1] = [&[Keep, Undo, Keep]];
        assert_eq!(fates(Vice::Ends, 1, &groups), [(vec![false; 3], true)]);
    }
}
