//! The store: one door to a transaction, named operations inside, one SQL text for every engine.

mod backup;
mod cause;
mod client_store;
mod compile;
mod engine;
mod error;
mod hash;
mod instance;
mod keys;
mod migrate;
mod near;
mod open;
mod place;
mod queue;
mod reader;
mod tx;
mod viewer;
mod waiting;
mod work;
mod worker;
mod writer;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

pub use cause::{Actor, Cause};
pub use client_store::ClientStore;
pub use engine::{LogState, Moment};
pub use error::{Error, Result};
pub use migrate::Migrated;
pub use open::{Options, Role};
pub use place::{Place, ServerUrl};
pub use tx::{
    AccessToken, AuditFind, AuditHead, AuditRow, Backlog, Connection, Decided, Decision,
    FAILED_LOGINS, FailedLogin, Fault, Federation, Find, Found, Grant, GroupRef, Handed, Hold,
    Holders, Link, List, LogEntry, LogFind, LoginLink, LoginState, MemberChange, MemberStanding,
    Names, Nature, NewQuestion, NewResource, OfGroup, Password, PersonalToken, Pin, Position,
    Purpose, Question, Record, SamlMetadata, Seal, Session, SessionName, SigningKey, Sort, Start,
    State, StoredMember, Token, Topic, Tx, Walk, Walked, question_id,
};
pub use viewer::Viewer;

use crate::scim::schema::Registry;
use open::Inner;
use queue::{Queue, Refused};
use waiting::{Client, Ticket};
use work::Task;
use writer::Job as Waiting;

/// How many changes, and how many reads, may wait. At 500 changes a second, a slow day for one disk, the
/// last of 1,024 waits 2 s; more would only wait longer than their callers do.
pub const QUEUE: usize = 1_024;

/// How long a read may run before it is interrupted.
pub const READ_LIMIT: Duration = Duration::from_secs(2);

/// How long a read may wait until it is refused unstarted: as long as the one before it may run.
pub const READ_WAIT: Duration = Duration::from_secs(2);

/// How long a change that a client asks for may wait until it is refused unstarted. Clients give up after some ten
/// seconds, and try again what they were refused.
pub const WRITE_WAIT: Duration = Duration::from_secs(5);

/// How long a change may run until it is rolled back. The largest body takes less than a second on SQLite, and some
/// ten seconds on a PostgreSQL server that is a network away: 100,000 members, a round trip each.
pub const WRITE_LIMIT: Duration = Duration::from_secs(30);

/// How much time of the writer one transaction takes in which several changes are committed, unless one change alone takes
/// more: some hundred of the usual ones, and not so long that those who wait notice.
pub const TRANSACTION_SHARE: Duration = Duration::from_millis(50);

/// The store. Clones are the same store; the last one that is dropped closes it.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

impl Store {
    /// Opens the database, makes what is missing and brings it up to this program.
    ///
    /// # Errors
    /// [`Error::Open`] when it is not our database, is newer than this program, or a setting that
    /// durability needs does not hold.
    pub fn open(options: &Options) -> Result<Self> {
        Ok(Self {
            inner: Arc::new(Inner::open(options, None)?),
        })
    }

    /// Opens the database for these schemas: before anything is served, index rows and unique keys are
    /// made for attributes that have become indexed or unique, and dropped for those that no longer are.
    ///
    /// # Errors
    /// Those of [`Store::open`]; also when a new unique attribute has the same value in two resources, and
    /// in a command when the gateway was started with other schemas.
    pub fn open_for(options: &Options, registry: &Registry) -> Result<Self> {
        Ok(Self {
            inner: Arc::new(Inner::open(options, Some(registry))?),
        })
    }

    /// Checks that a database can be read and written and can be ours; nothing is created.
    ///
    /// # Errors
    /// [`Error::Open`] says what is wrong.
    pub fn reach(place: &Place) -> Result<()> {
        open::reach(place)
    }

    /// The store as a client has it whose requests share the store with those of others.
    pub fn for_client(&self, name: &Arc<str>) -> ClientStore<'_> {
        ClientStore::new(&self.inner, Arc::clone(name))
    }

    /// Runs `closure` in a transaction that is committed, synced to the disk, before this returns `Ok`.
    /// An `Err` of the closure undoes all it did. It may run twice, so it uses `tx` and pure functions only. It runs
    /// however long it waits, and whoever still waits for it: what may be refused is asked for by a [`ClientStore`].
    ///
    /// # Errors
    /// What the closure returns; [`Error::Full`] when too many changes wait; [`Error::Unavailable`] when
    /// nothing may be acknowledged.
    pub async fn write<T, E>(
        &self,
        cause: Cause,
        closure: impl Fn(&mut Tx<'_>) -> std::result::Result<T, E> + Send + 'static,
    ) -> std::result::Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        if self.inner.engine.is_read_only() {
            return Err(read_only().into());
        }
        queued(&self.inner.changes, Ticket::kept(), Some(cause), closure).await
    }

    /// Runs `closure` on one snapshot that holds everything acknowledged before the call. It cannot write.
    ///
    /// # Errors
    /// What the closure returns; [`Error::Full`] when too many reads wait; [`Error::Unavailable`] when it has waited for
    /// [`READ_WAIT`]; [`Error::Slow`] after [`READ_LIMIT`].
    pub async fn read<T, E>(
        &self,
        closure: impl Fn(&mut Tx<'_>) -> std::result::Result<T, E> + Send + 'static,
    ) -> std::result::Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let ticket = Ticket::of(Client::Gateway, Duration::ZERO);
        queued(&self.inner.reads, ticket, None, closure).await
    }

    /// [`Store::read`] for work of the gateway itself, which runs however long it waits.
    ///
    /// # Errors
    /// Those of [`Store::read`].
    pub async fn read_always<T, E>(
        &self,
        closure: impl Fn(&mut Tx<'_>) -> std::result::Result<T, E> + Send + 'static,
    ) -> std::result::Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        queued(&self.inner.reads, Ticket::kept(), None, closure).await
    }

    /// [`Store::read`] for a closure that may read many documents. Such reads have threads of their own, half as many as
    /// there are cores, so that they leave both a core and a reader to all others.
    ///
    /// # Errors
    /// Those of [`Store::read`].
    pub async fn scan<T, E>(
        &self,
        closure: impl Fn(&mut Tx<'_>) -> std::result::Result<T, E> + Send + 'static,
    ) -> std::result::Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let ticket = Ticket::of(Client::Gateway, Duration::ZERO);
        queued(&self.inner.scans, ticket, None, closure).await
    }

    /// [`Store::read`] for a closure that looks at a few rows by their keys. Where the engine is in this process, it runs
    /// on the thread of the caller: the change of threads and back would cost more than the look. What turns out to
    /// be more is interrupted and runs once more, on a reader.
    ///
    /// # Errors
    /// Those of [`Store::read`].
    pub async fn glance<T, E>(
        &self,
        closure: impl Fn(&mut Tx<'_>) -> std::result::Result<T, E> + Send + 'static,
    ) -> std::result::Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        match self.inner.near.run(&closure) {
            Some(found) => found,
            None => self.read(closure).await,
        }
    }

    /// Whether changes can be made, as far as the last one told.
    pub fn ready(&self) -> bool {
        self.inner.is_ready()
    }

    /// Checks that the files of the database are those that were opened: they can be deleted or replaced meanwhile.
    ///
    /// # Errors
    /// [`Error::Unavailable`] that names the path; changes are refused then.
    pub fn check_files(&self) -> Result<()> {
        self.inner.engine.check_files()
    }

    /// How many changes and how many reads wait.
    pub fn waiting(&self) -> (usize, usize) {
        let reads = self.inner.reads.len() + self.inner.scans.len();
        (self.inner.changes.len(), reads)
    }

    /// What was committed and is not yet in its place, for an engine that has such a log.
    pub fn log(&self) -> Option<LogState> {
        self.inner.engine.log()
    }

    /// What opening it did to the schema.
    pub fn migrated(&self) -> Migrated {
        self.inner.migrated
    }

    /// Copies the database to a file that does not exist yet, while it is in use: everything acknowledged before is
    /// in the copy. Blocks until that is checked and synced to the disk.
    ///
    /// # Errors
    /// [`Error::Other`] that says what to do; then there is no file.
    pub fn backup(&self, registry: &Registry, to: &Path) -> Result<()> {
        backup::backup(&*self.inner.engine, registry, to)
    }

    /// Whether the database answers now.
    pub async fn ping(&self) -> Result<()> {
        self.read(|tx| tx.is_empty().map(drop)).await
    }

    /// Finishes what waits, commits it, and closes the database. Blocks until that is done; what
    /// comes later is [`Error::Unavailable`].
    pub fn close(&self) {
        self.inner.close();
    }
}

/// Runs `closure` on a worker of `queue`; with a cause it is a change.
async fn queued<T, E>(
    queue: &Queue<Waiting>,
    ticket: Ticket,
    cause: Option<Cause>,
    closure: impl Fn(&mut Tx<'_>) -> std::result::Result<T, E> + Send + 'static,
) -> std::result::Result<T, E>
where
    T: Send + 'static,
    E: From<Error> + Send + 'static,
{
    let (task, caller) = Task::new(cause, closure);
    push(queue, ticket, Box::new(task))?;
    caller.answer().await
}

fn push(queue: &Queue<Waiting>, ticket: Ticket, job: Waiting) -> Result<()> {
    queue.push(ticket, job).map_err(|refused| match refused {
        Refused::Full => Error::Full,
        Refused::Closed => gone(),
    })
}

fn read_only() -> Error {
    Error::Unavailable(
        "the database cannot be written from here, so only commands that read work".to_owned(),
    )
}

fn gone() -> Error {
    Error::Unavailable("the store is closed".to_owned())
}
