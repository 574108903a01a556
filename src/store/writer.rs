//! The writer: one thread, one connection, many changes in one commit.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;
use std::time::Duration;
use std::time::Instant;

use super::engine::{Access, Bounds, Driver, Engine, Occasion};
use super::queue::{Queue, Taken};
use super::work::{Verdict, Work};
use super::{Error, Result, TRANSACTION_SHARE, WRITE_LIMIT};

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
        let mut rest = None;
        loop {
            rest = match self.queue.take(rest) {
                Taken::Job(first) => {
                    self.answer(first);
                    self.tidy(Occasion::Busy);
                    Some(REST)
                }
                Taken::Nothing => {
                    self.tidy(Occasion::Idle);
                    None
                }
                Taken::Closed => break,
            };
        }
        self.tidy(Occasion::Close);
    }

    /// Commits a group of jobs that begins with `first`, then answers them all.
    fn answer(&mut self, first: Job) {
        let mut group = Group::new(first);
        let fate = self.commit(&mut group);
        if fate.is_err() {
            self.lose();
        }
        for (job, _) in group.jobs {
            job.answer(fate.clone());
        }
    }

    /// Runs jobs in one transaction. An error means that nothing of them is in the database, or that
    /// nobody knows: then nothing may be acknowledged.
    fn commit(&mut self, group: &mut Group) -> Result<()> {
        let queue = Arc::clone(&self.queue);
        let begun = self.begin();
        let driver = match begun {
            Ok(driver) => driver,
            Err(why) => {
                // What waits meets the same fault, which may have taken seconds to show.
                group.take_all(&queue);
                return Err(why);
            }
        };
        group.run(driver, &queue)?;
        driver.commit()?;
        self.ready.store(true, Ordering::Release);
        Ok(())
    }

    fn begin(&mut self) -> Result<&mut dyn Driver> {
        let driver = self.connected()?;
        driver.begin(Access::Write)?;
        Ok(driver)
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

/// The jobs of one commit, and what became of each.
struct Group {
    first: Option<Job>,
    jobs: Vec<(Job, Verdict)>,
    /// Whether each job runs in a savepoint. They cost a copy of every page that is changed, so that jobs run without them
    /// until one fails halfway.
    apart: bool,
    begun: Instant,
}

impl Group {
    fn new(first: Job) -> Self {
        Self {
            first: Some(first),
            jobs: Vec::new(),
            apart: false,
            begun: Instant::now(),
        }
    }

    /// Runs the first job and, one after the other, those that wait, as long as the group is neither full nor has taken its
    /// share of time: a job that is estimated to need more than what is left begins the next group.
    fn run(&mut self, driver: &mut dyn Driver, queue: &Queue<Job>) -> Result<()> {
        while let Some(job) = self.next(queue) {
            self.run_one(driver, job)?;
        }
        Ok(())
    }

    fn next(&mut self, queue: &Queue<Job>) -> Option<Job> {
        if let Some(first) = self.first.take() {
            return Some(first);
        }
        if self.jobs.len() >= GROUP {
            return None;
        }
        queue.take_within(TRANSACTION_SHARE.saturating_sub(self.begun.elapsed()))
    }

    fn run_one(&mut self, driver: &mut dyn Driver, mut job: Job) -> Result<()> {
        if self.apart {
            driver.savepoint()?;
        }
        driver.bound(Bounds::until(Instant::now() + WRITE_LIMIT));
        let verdict = job.run(driver);
        self.jobs.push((job, verdict));
        if !driver.in_transaction() {
            return Err(ended());
        }
        match (verdict, self.apart) {
            (Verdict::Keep, true) => driver.release(),
            (Verdict::Undo | Verdict::Untouched, true) => driver.undo(),
            (Verdict::Keep | Verdict::Untouched, false) => Ok(()),
            (Verdict::Undo, false) => self.begin_again(driver),
        }
    }

    /// Undoes all and runs again what can be kept, each job in a savepoint. The job that failed is answered with its error
    /// and does not run again: it saw what the others do once more.
    fn begin_again(&mut self, driver: &mut dyn Driver) -> Result<()> {
        driver.rollback();
        driver.begin(Access::Write)?;
        self.apart = true;
        for (job, verdict) in &mut self.jobs {
            if *verdict != Verdict::Keep {
                continue;
            }
            driver.savepoint()?;
            *verdict = job.run(driver);
            if !driver.in_transaction() {
                return Err(ended());
            }
            match *verdict {
                Verdict::Keep => driver.release()?,
                Verdict::Undo | Verdict::Untouched => driver.undo()?,
            }
        }
        Ok(())
    }

    /// Takes what waits without running it.
    fn take_all(&mut self, queue: &Queue<Job>) {
        let waiting = std::iter::from_fn(|| queue.take_within(Duration::MAX));
        let all = self.first.take().into_iter().chain(waiting);
        let all = all.map(|job| (job, Verdict::Untouched));
        self.jobs.extend(all.take(GROUP));
    }
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
    use crate::store::waiting::Ticket;

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
        abandoned: Arc<AtomicBool>,
        time: Duration,
    }

    impl Work for Told {
        fn run(&mut self, _: &mut dyn Driver) -> Verdict {
            std::thread::sleep(self.time);
            self.verdict
        }

        fn answer(self: Box<Self>, fate: Result<()>) {
            self.tell.send(fate).unwrap();
        }

        fn abandoned(&self) -> &Arc<AtomicBool> {
            &self.abandoned
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
        let queue = Arc::new(Queue::new(9, WRITE_LIMIT));
        let mut writer = Writer::new(engine, Arc::clone(&queue), Arc::clone(&ready), driver);
        for group in groups {
            let (tell, told) = std::sync::mpsc::channel();
            for verdict in *group {
                push(&queue, *verdict, &tell, Duration::ZERO);
            }
            drop(tell);
            writer.answer(first(&queue));
            let fate = told.try_iter().map(|fate| fate.is_ok()).collect();
            fates.push((fate, ready.load(Ordering::Acquire)));
        }
        fates
    }

    fn push(
        queue: &Queue<Job>,
        verdict: Verdict,
        tell: &std::sync::mpsc::Sender<Result<()>>,
        time: Duration,
    ) {
        let ticket = Ticket {
            estimate: time,
            ..Ticket::kept()
        };
        let job = Told {
            verdict,
            tell: tell.clone(),
            abandoned: Arc::default(),
            time,
        };
        assert_eq!(queue.push(ticket, Box::new(job)), Ok(()));
    }

    fn first(queue: &Queue<Job>) -> Job {
        match queue.take(None) {
            Taken::Job(job) => job,
            Taken::Nothing | Taken::Closed => panic!("nothing waits"),
        }
    }

    /// How many jobs each commit holds, where the jobs take so many milliseconds.
    fn groups(times: &[u64]) -> Vec<usize> {
        let engine: Arc<dyn Engine> = Arc::new(Repair {
            attempts: AtomicU32::new(0),
            from: 1,
        });
        let driver = engine.connect(Access::Write).unwrap();
        let queue = Arc::new(Queue::new(9, WRITE_LIMIT));
        let mut writer = Writer::new(engine, Arc::clone(&queue), Arc::default(), driver);
        let (tell, told) = std::sync::mpsc::channel();
        for time in times {
            push(&queue, Verdict::Keep, &tell, Duration::from_millis(*time));
        }
        let mut groups = Vec::new();
        while queue.len() > 0 {
            writer.answer(first(&queue));
            groups.push(told.try_iter().count());
        }
        groups
    }

    #[test]
    fn a_commit_holds_a_share_of_time_or_one_job_that_is_longer() {
        // The machine may be slow, so that a group ends where it need not: only where it must is asserted.
        let ends = |times: &[u64]| -> Vec<usize> {
            let counts = groups(times).into_iter();
            let sums = counts.scan(0, |sum, count| {
                *sum += count;
                Some(*sum)
            });
            sums.collect()
        };
        let around = ends(&[0, 0, 120, 0, 0]);
        assert!(around.contains(&2) && around.contains(&3), "{around:?}");
        assert_eq!(ends(&[120, 120, 0]), [1, 2, 3]);
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
    fn a_transaction_that_was_ended_fails_all_that_ran_in_it() {
        use Verdict::{Keep, Undo};
        let groups: [&[Verdict]; 1] = [&[Keep, Undo, Keep]];
        assert_eq!(fates(Vice::Ends, 1, &groups), [(vec![false], true)]);
    }
}
