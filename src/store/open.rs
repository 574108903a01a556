//! Opening and closing: which database, how many threads, and their end.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;
use std::thread;
use std::thread::JoinHandle;

use jiff::Timestamp;

use super::cause::{Actor, Cause};
use super::engine::{Access, Driver, Engine, Sqlite};
use super::migrate::{Migrated, migrate};
use super::near::Near;
use super::queue::Queue;
use super::reader::Reader;
use super::tx::Tx;
use super::writer::{Job, Writer};
use super::{Error, QUEUE, Result};
use crate::scim::schema::Registry;

/// The fewest readers: with one, a slow list would hold up every GET.
const FEWEST_READERS: usize = 2;

/// How to open a store.
#[derive(Debug, Clone)]
pub struct Options {
    /// The SQLite file; it and its folder are made when missing, for the owner's eyes only.
    pub path: PathBuf,
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
    threads: Mutex<Vec<JoinHandle<()>>>,
}

impl Inner {
    pub(super) fn open(options: &Options, registry: Option<&Registry>) -> Result<Self> {
        let engine: Arc<dyn Engine> = Arc::new(Sqlite::create(&options.path, options.role)?);
        let mut driver = engine.connect(Access::Write)?;
        let migrated = migrate(&mut *driver, options.at)?;
        let inner = Self {
            engine: Arc::clone(&engine),
            migrated,
            changes: Arc::new(Queue::new(QUEUE)),
            reads: Arc::new(Queue::new(QUEUE)),
            scans: Arc::new(Queue::new(QUEUE)),
            near: Near::open(&*engine, options.near())?,
            ready: Arc::new(AtomicBool::new(true)),
            threads: Mutex::new(Vec::new()),
        };
        if let Some(registry) = registry {
            rebuild(&mut *driver, registry, options)?;
        }
        let (changes, ready) = (Arc::clone(&inner.changes), Arc::clone(&inner.ready));
        let writer = Writer::new(Arc::clone(&engine), changes, ready, driver);
        // Readers are joined first: the last connection to close then is the writer's, which tidies up.
        let readers = readers(options.readers);
        for (name, queue, count) in [
            ("store-read", &inner.reads, readers),
            ("store-scan", &inner.scans, readers / 2),
        ] {
            for _ in 0..count {
                let reader = Reader::new(Arc::clone(&engine), Arc::clone(queue));
                inner.spawn(name, move || reader.run())?;
            }
        }
        inner.spawn("store-write", move || writer.run())?;
        Ok(inner)
    }

    pub(super) fn is_ready(&self) -> bool {
        self.ready.load(Ordering::Acquire)
    }

    pub(super) fn close(&self) {
        self.ready.store(false, Ordering::Release);
        self.reads.close();
        self.scans.close();
        self.near.close();
        let threads = std::mem::take(&mut *self.threads());
        let mut threads = threads.into_iter();
        let writer = threads.next_back();
        threads.for_each(join);
        self.changes.close();
        writer.into_iter().for_each(join);
    }

    fn spawn(&self, name: &str, work: impl FnOnce() + Send + 'static) -> Result<()> {
        let thread = thread::Builder::new()
            .name(name.to_owned())
            .spawn(work)
            .map_err(|why| Error::Open(format!("no thread for the store: {why}")))?;
        self.threads().push(thread);
        Ok(())
    }

    fn threads(&self) -> std::sync::MutexGuard<'_, Vec<JoinHandle<()>>> {
        self.threads.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.close();
    }
}

/// Brings index rows and unique keys up to the schemas, in one transaction.
fn rebuild(driver: &mut dyn Driver, registry: &Registry, options: &Options) -> Result<()> {
    let cause = Cause {
        id: "start".to_owned(),
        actor: Actor::System,
        request: "start".to_owned(),
        at: options.at,
    };
    driver.begin(Access::Write)?;
    let done = Tx::new(&mut *driver, Some(&cause))
        .rebuild(registry, options.role)
        .and_then(|()| driver.commit());
    if done.is_err() {
        driver.rollback();
    }
    done
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
