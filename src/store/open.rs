//! Opening and closing: which database, how many threads, and their end.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;
use std::thread;
use std::thread::JoinHandle;
use std::time::Duration;
use std::time::Instant;

use jiff::Timestamp;

use super::cause::{Actor, Cause};
use super::engine::{Access, Driver, Engine, Postgres, Sqlite};
use super::instance::InstanceLock;
use super::migrate::{Migrated, check_migrations, migrate};
use super::near::Near;
use super::place::Place;
use super::queue::Queue;
use super::reader::{Reader, Reads};
use super::tx::Tx;
use super::worker::Worker;
use super::writer::{Job, Writer};
use super::{Error, QUEUE, READ_WAIT, Result, WRITE_WAIT};
use crate::scim::schema::Registry;

/// The fewest readers: with one, a slow list would hold up every GET.
const FEWEST_READERS: usize = 2;

/// How long reads go on when the store closes.
const READ_GRACE: Duration = Duration::from_millis(500);

/// How long changes go on when the store closes: some hundreds of usual ones.
const WRITE_GRACE: Duration = Duration::from_secs(1);

/// How long a thread has to notice that it is to give up. With both kinds of threads, closing takes 2.5 s at most, of the
/// 10 s in which the gateway stops.
const GIVE_UP: Duration = Duration::from_millis(500);

/// How often threads are asked whether they have ended.
const LOOK_AGAIN: Duration = Duration::from_millis(2);

/// How often several processes that start at once may get in each other's way.
const TURNS: u32 = 6;

/// How to open a store.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where it is.
    pub place: Place,
    /// How many reads run at once; `None` is one a core, at least two.
    pub readers: Option<usize>,
    /// Who opens it.
    pub role: Role,
    /// The present time, for the record of migrations.
    pub at: Timestamp,
}

impl Options {
    /// How many callers may look at a few rows at once: a command is one caller, a gateway has a worker a core.
    fn near(&self) -> usize {
        match self.role {
            Role::Serve => readers(self.readers),
            Role::Command => 0,
        }
    }
}

/// Who opens a database that several processes may use at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// The gateway: its writer alone copies the log into the database.
    Serve,
    /// A command beside it.
    Command,
}

/// The queues and threads behind all clones of a store.
pub(super) struct Inner {
    pub(super) engine: Arc<dyn Engine>,
    pub(super) migrated: Migrated,
    pub(super) changes: Arc<Queue<Job>>,
    pub(super) reads: Arc<Queue<Job>>,
    pub(super) scans: Arc<Queue<Job>>,
    pub(super) near: Near,
    ready: Arc<AtomicBool>,
    readers: Threads,
    writers: Threads,
    instance: Mutex<Option<InstanceLock>>,
}

type Threads = Mutex<Vec<JoinHandle<()>>>;

impl Inner {
    pub(super) fn open(options: &Options, registry: Option<&Registry>) -> Result<Self> {
        let instance = lock_instance(options)?;
        let engine = engine(&options.place, options.role)?;
        let prepared = elsewhere(|| {
            if engine.is_read_only() {
                check_prepared(&*engine, options, registry)
            } else {
                prepare(&*engine, options, registry)
            }
        })?;
        let inner = Self {
            migrated: prepared.migrated,
            changes: Arc::new(Queue::new(QUEUE, WRITE_WAIT)),
            reads: Arc::new(Queue::new(QUEUE, READ_WAIT)),
            scans: Arc::new(Queue::new(QUEUE, READ_WAIT)),
            near: Near::open(&*engine, options.near())?,
            ready: Arc::new(AtomicBool::new(true)),
            readers: Threads::default(),
            writers: Threads::default(),
            instance: Mutex::new(instance),
            engine,
        };
        inner.spawn_readers(readers(options.readers))?;
        match prepared.writer {
            Some(writer) => inner.spawn_writers(writer)?,
            None => inner.changes.close(Duration::ZERO),
        }
        Ok(inner)
    }

    fn spawn_readers(&self, count: usize) -> Result<()> {
        for (name, queue, reads, count) in [
            ("store-read", &self.reads, Reads::Usual, count),
            ("store-scan", &self.scans, Reads::Scans, count / 2),
        ] {
            for _ in 0..count {
                let reader = Reader::new(Arc::clone(&self.engine), Arc::clone(queue), reads);
                spawn(&self.readers, name, move || reader.run())?;
            }
        }
        Ok(())
    }

    fn spawn_writers(&self, driver: Box<dyn Driver>) -> Result<()> {
        let shared = || {
            let ready = Arc::clone(&self.ready);
            (Arc::clone(&self.engine), Arc::clone(&self.changes), ready)
        };
        let Some(workers) = self.engine.side_by_side() else {
            let (engine, changes, ready) = shared();
            let writer = Writer::new(engine, changes, ready, driver);
            return spawn(&self.writers, "store-write", move || writer.run());
        };
        let mut first = Some(driver);
        for _ in 0..workers {
            let (engine, changes, ready) = shared();
            let worker = Worker::new(engine, changes, ready, first.take());
            spawn(&self.writers, "store-write", move || worker.run())?;
        }
        Ok(())
    }

    pub(super) fn is_ready(&self) -> bool {
        self.ready.load(Ordering::Acquire)
    }

    pub(super) fn close(&self) {
        self.ready.store(false, Ordering::Release);
        // Readers end first: the last connection to close then is a writer's, which tidies up.
        for queue in [&self.reads, &self.scans] {
            queue.close(READ_GRACE);
        }
        self.near.close();
        self.end(&self.readers, Access::Read, READ_GRACE);
        self.changes.close(WRITE_GRACE);
        if self.end(&self.writers, Access::Write, WRITE_GRACE) {
            // Every connection that writes is closed: another gateway may have the file.
            drop(lock(&self.instance).take());
        }
    }

    /// Waits for threads to end: for a while until they are done, and then until they have given up what they do. A thread
    /// that does not even do that is left to the end of the process, and what it has not committed is undone. Returns true if
    /// all have ended.
    fn end(&self, threads: &Threads, access: Access, grace: Duration) -> bool {
        let threads = std::mem::take(&mut *lock(threads));
        if !have_ended(&threads, grace) {
            self.engine.halt(access);
            if !have_ended(&threads, GIVE_UP) {
                return false;
            }
        }
        threads.into_iter().for_each(join);
        true
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.close();
    }
}

/// See [`super::Store::reach`]. A file is opened by the driver only: in a process that has it open, closing any other
/// descriptor of it would release the locks of the driver.
pub(super) fn reach(place: &Place) -> Result<()> {
    match place {
        Place::File(path) => Sqlite::reach(path),
        Place::Server(_) => {
            let engine = engine(place, Role::Command)?;
            elsewhere(|| engine.connect(Access::Read).map(drop))
        }
    }
}

/// The lock of the one gateway that may serve a database file. Commands work beside it and take none; several gateways
/// may share a database server.
fn lock_instance(options: &Options) -> Result<Option<InstanceLock>> {
    match (&options.place, options.role) {
        (Place::File(path), Role::Serve) => InstanceLock::take(path).map(Some),
        (Place::File(_), Role::Command) | (Place::Server(_), _) => Ok(None),
    }
}

fn engine(place: &Place, role: Role) -> Result<Arc<dyn Engine>> {
    Ok(match place {
        Place::File(path) => Arc::new(Sqlite::create(path, role)?),
        Place::Server(url) => Arc::new(Postgres::new(url, role)?),
    })
}

/// Runs `work` on a thread of its own, as all that comes later is: a driver may block in a way of its own, which
/// the caller's thread, if it serves others, does not allow.
fn elsewhere<T: Send>(work: impl FnOnce() -> Result<T> + Send) -> Result<T> {
    let done = thread::scope(|scope| scope.spawn(work).join());
    done.unwrap_or_else(|_| Err(Error::Open("the store panicked".to_owned())))
}

/// A database that is as this program and these schemas want it.
struct Prepared {
    /// The connection that writes; none to a database that can only be read.
    writer: Option<Box<dyn Driver>>,
    migrated: Migrated,
}

fn prepare(
    engine: &dyn Engine,
    options: &Options,
    registry: Option<&Registry>,
) -> Result<Prepared> {
    let mut writer = engine.connect(Access::Write)?;
    let migrated = in_turn(&mut *writer, |driver| migrate(driver, options.at))?;
    if migrated.before != migrated.after {
        // What a migration leaves in a log may be as large as the database; whoever closes it last puts it in its place.
        drop(writer);
        writer = engine.connect(Access::Write)?;
    }
    if let Some(registry) = registry {
        in_turn(&mut *writer, |driver| rebuild(driver, registry, options))?;
    }
    Ok(Prepared {
        writer: Some(writer),
        migrated,
    })
}

/// Checks that a database that can only be read is as this program and these schemas want it.
fn check_prepared(
    engine: &dyn Engine,
    options: &Options,
    registry: Option<&Registry>,
) -> Result<Prepared> {
    let mut reader = engine.connect(Access::Read)?;
    reader.begin(Access::Read)?;
    let migrated = check_migrations(&mut *reader)?;
    if let Some(registry) = registry {
        rebuild(&mut *reader, registry, options)?;
    }
    reader.rollback();
    Ok(Prepared {
        writer: None,
        migrated,
    })
}

/// Does something in a transaction, again when another process was at it too.
fn in_turn<T>(driver: &mut dyn Driver, work: impl Fn(&mut dyn Driver) -> Result<T>) -> Result<T> {
    let mut left = TURNS;
    loop {
        driver.begin(Access::Write)?;
        let done = work(driver).and_then(|done| driver.commit().map(|()| done));
        if done.is_ok() {
            return done;
        }
        driver.rollback();
        left -= 1;
        if left == 0 || !driver.again() {
            return done;
        }
    }
}

/// Brings index rows and unique keys up to the schemas.
fn rebuild(driver: &mut dyn Driver, registry: &Registry, options: &Options) -> Result<()> {
    let cause = Cause {
        id: "start".to_owned(),
        actor: Actor::System,
        request: "start".to_owned(),
        at: options.at,
    };
    Tx::new(driver, Some(&cause)).rebuild(registry, options.role)
}

fn spawn(threads: &Threads, name: &str, work: impl FnOnce() + Send + 'static) -> Result<()> {
    let thread = thread::Builder::new()
        .name(name.to_owned())
        .spawn(work)
        .map_err(|why| Error::Open(format!("no thread for the store: {why}")))?;
    lock(threads).push(thread);
    Ok(())
}

/// Waits until all threads but this one have ended, for at most `time`.
fn have_ended(threads: &[JoinHandle<()>], time: Duration) -> bool {
    let present = thread::current().id();
    let ended = |one: &JoinHandle<()>| one.is_finished() || one.thread().id() == present;
    let until = Instant::now() + time;
    loop {
        if threads.iter().all(ended) {
            return true;
        }
        if Instant::now() >= until {
            return false;
        }
        thread::sleep(LOOK_AGAIN);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Waits for a thread, unless it is this one: a closure may hold the last clone of its own store.
fn join(thread: JoinHandle<()>) {
    if thread.thread().id() != thread::current().id() {
        // A worker catches panics of its jobs; one of its own has nothing left to say here.
        drop(thread.join());
    }
}

fn readers(wanted: Option<usize>) -> usize {
    wanted
        .unwrap_or_else(|| thread::available_parallelism().map_or(1, usize::from))
        .max(FEWEST_READERS)
}
