//! A store in a folder of its own, helpers to fill it, and the verification that ends every test.

use std::cell::Cell;
use std::cell::RefCell;
use std::fs;
use std::future::Future;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Value, json};
use tempfile::TempDir;

use muster::scim::filter::{self, Filter};
use muster::scim::resource::{Document, Member};
use muster::scim::schema::{GroupNames, Registry, ResourceType};
use muster::scim::syntax;
use muster::store::{
    Actor, Cause, Error, Fault, Find, Found, NewResource, Options, Place, Record, Role, ServerUrl,
    State, Store, Tx, Viewer,
};

use crate::support::postgres::Database;

/// What is special about an engine in the tests.
pub(crate) trait Engine {
    /// Opens the store, as the gateway or as a command beside it.
    fn open(&self, role: Role) -> Result<Store, Error>;

    /// Changes `from` to `to`, of the same length, wherever it stands in the documents of the closed database.
    fn damage(&self, from: &str, to: &str);

    /// How many changes run at once.
    fn side_by_side(&self) -> usize;
}

struct Sqlite {
    folder: TempDir,
}

impl Sqlite {
    fn path(&self) -> PathBuf {
        self.folder.path().join("data").join("muster.db")
    }
}

impl Engine for Sqlite {
    fn open(&self, role: Role) -> Result<Store, Error> {
        Store::open(&Options {
            place: Place::File(self.path()),
            readers: None,
            role,
            at: at(0),
        })
    }

    fn damage(&self, from: &str, to: &str) {
        assert_eq!(from.len(), to.len());
        let mut bytes = fs::read(self.path()).unwrap();
        let mut found = 0;
        for start in 0..bytes.len().saturating_sub(from.len()) {
            if bytes[start..].starts_with(from.as_bytes()) {
                bytes[start..start + to.len()].copy_from_slice(to.as_bytes());
                found += 1;
            }
        }
        assert!(found > 0, "nothing to damage");
        fs::write(self.path(), bytes).unwrap();
    }

    fn side_by_side(&self) -> usize {
        1
    }
}

/// A PostgreSQL database.
pub(crate) struct Postgres {
    pub(crate) database: Arc<Database>,
}

impl Postgres {
    pub(crate) fn new() -> Self {
        Self {
            database: Arc::new(Database::new()),
        }
    }
}

impl Engine for Postgres {
    fn open(&self, role: Role) -> Result<Store, Error> {
        Store::open(&Options {
            place: Place::Server(ServerUrl::new(self.database.url())),
            readers: None,
            role,
            at: at(0),
        })
    }

    fn damage(&self, from: &str, to: &str) {
        let sql =
            format!("UPDATE document SET json = replace(json, '{from}', '{to}') RETURNING 'done';");
        assert!(!self.database.run(&sql).is_empty(), "nothing to damage");
    }

    fn side_by_side(&self) -> usize {
        16
    }
}

/// A new PostgreSQL database.
pub(crate) fn postgres() -> Box<dyn Engine> {
    Box::new(Postgres::new())
}

/// A new SQLite database.
pub(crate) fn sqlite() -> Box<dyn Engine> {
    Box::new(Sqlite {
        folder: TempDir::new().unwrap(),
    })
}

/// What a case works on.
pub(crate) struct Fixture {
    pub(crate) engine: Box<dyn Engine>,
    pub(crate) user: Arc<ResourceType>,
    pub(crate) group: Arc<ResourceType>,
    registry: Arc<Registry>,
    store: RefCell<Store>,
    expected: RefCell<Vec<Fault>>,
    drawn: Cell<u32>,
}

type Case = for<'a> fn(&'a Fixture) -> Pin<Box<dyn Future<Output = ()> + 'a>>;

/// Runs a case and verifies the store it leaves.
pub(crate) fn run(open: fn() -> Box<dyn Engine>, case: Case) {
    run_on(open(), case);
}

/// Runs a case on one engine and verifies the store it leaves.
pub(crate) fn run_on(engine: Box<dyn Engine>, case: impl AsyncFnOnce(&Fixture)) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    runtime.block_on(async {
        let fixture = Fixture::new(engine);
        case(&fixture).await;
        fixture.verify().await;
    });
}

impl Fixture {
    pub(crate) fn new(engine: Box<dyn Engine>) -> Self {
        let registry = Arc::new(Registry::standard(GroupNames::Shared).unwrap());
        Self {
            store: RefCell::new(engine.open(Role::Serve).unwrap()),
            engine,
            user: Arc::clone(registry.by_name("User").unwrap()),
            group: Arc::clone(registry.by_name("Group").unwrap()),
            registry,
            expected: RefCell::default(),
            drawn: Cell::new(0),
        }
    }

    pub(crate) fn store(&self) -> Store {
        self.store.borrow().clone()
    }

    pub(crate) fn close(&self) {
        self.store().close();
    }

    pub(crate) fn reopen(&self) {
        self.close();
        *self.store.borrow_mut() = self.engine.open(Role::Serve).unwrap();
    }

    /// The faults that the verification at the end is to find; none unless a case says otherwise.
    pub(crate) fn expect(&self, faults: Vec<Fault>) {
        *self.expected.borrow_mut() = faults;
    }

    pub(crate) async fn faults(&self) -> Vec<Fault> {
        let registry = Arc::clone(&self.registry);
        self.write(move |tx| tx.verify(&registry)).await.unwrap()
    }

    pub(crate) async fn verify(&self) {
        assert_eq!(self.faults().await, *self.expected.borrow());
    }

    /// Ids in the order they are drawn.
    pub(crate) fn id(&self) -> String {
        self.drawn.set(self.drawn.get() + 1);
        format!("01900000-0000-7000-8000-{:012}", self.drawn.get())
    }

    pub(crate) async fn write<T: Send + 'static>(
        &self,
        closure: impl Fn(&mut Tx<'_>) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        self.store().write(cause(1), closure).await
    }

    pub(crate) async fn read<T: Send + 'static>(
        &self,
        closure: impl Fn(&mut Tx<'_>) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        self.store().read(closure).await
    }

    pub(crate) async fn make_user(&self, name: &str) -> Record {
        self.make(&self.user, json!({ "userName": name })).await
    }

    pub(crate) async fn make_group(&self, name: &str) -> Record {
        self.make(&self.group, json!({ "displayName": name })).await
    }

    pub(crate) async fn make(&self, rt: &Arc<ResourceType>, body: Value) -> Record {
        self.make_for("", rt, body).await
    }

    pub(crate) async fn make_for(
        &self,
        owner: &'static str,
        rt: &Arc<ResourceType>,
        body: Value,
    ) -> Record {
        let (id, rt) = (self.id(), Arc::clone(rt));
        self.write(move |tx| insert_for(tx, &rt, &id, &document(&body), owner))
            .await
            .unwrap()
    }

    pub(crate) async fn get(
        &self,
        rt: &Arc<ResourceType>,
        id: &str,
    ) -> Result<Option<Record>, Error> {
        let (rt, id) = (Arc::clone(rt), id.to_owned());
        self.read(move |tx| tx.get(&Viewer::All, &rt, &id)).await
    }

    pub(crate) async fn add(&self, group: &Record, ids: &[&str]) -> u64 {
        let (group, members) = (group.clone(), members(ids));
        self.write(move |tx| tx.add_members(&group, &members))
            .await
            .unwrap()
    }

    /// The ids of the members that are shown.
    pub(crate) async fn members(&self, group: &Record) -> Vec<String> {
        let group = group.clone();
        let found = self
            .read(move |tx| tx.members(&Viewer::All, &group, None, 100_000))
            .await;
        found
            .unwrap()
            .into_iter()
            .map(|member| member.value)
            .collect()
    }

    pub(crate) async fn delete(&self, rt: &Arc<ResourceType>, record: &Record) -> Record {
        let (rt, record) = (Arc::clone(rt), record.clone());
        self.write(move |tx| tx.delete(&rt, &record)).await.unwrap()
    }

    pub(crate) async fn update(
        &self,
        rt: &Arc<ResourceType>,
        old: &Record,
        body: Value,
        state: State,
    ) -> Result<Record, Error> {
        let (rt, old) = (Arc::clone(rt), old.clone());
        self.store()
            .write(cause(2), move |tx| {
                tx.update(&rt, &old, &document(&body), state)
            })
            .await
    }

    pub(crate) async fn find(&self, rt: &Arc<ResourceType>, ask: &Ask<'_>) -> Result<Found, Error> {
        let (rt, ask) = (Arc::clone(rt), ask.owned(rt));
        self.read(move |tx| tx.find(&ask.find(&rt))).await
    }
}

/// A search in words.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ask<'a> {
    pub(crate) filter: &'a str,
    pub(crate) sort: &'a str,
    pub(crate) descending: bool,
    pub(crate) start: u64,
    pub(crate) count: u64,
    pub(crate) max_scan: u64,
    /// The connection that looks; empty: whoever sees everything.
    pub(crate) viewer: &'a str,
}

impl Default for Ask<'_> {
    fn default() -> Self {
        Self {
            filter: "",
            sort: "",
            descending: false,
            start: 1,
            count: 1_000,
            max_scan: 1_000,
            viewer: "",
        }
    }
}

/// A search whose words have been checked.
pub(crate) struct Checked {
    pub(crate) viewer: Viewer,
    filter: Option<Filter>,
    sort: Option<muster::store::Sort>,
    start: u64,
    count: u64,
    max_scan: u64,
}

impl Ask<'_> {
    pub(crate) fn owned(&self, rt: &ResourceType) -> Checked {
        Checked {
            viewer: viewer(self.viewer),
            filter: (!self.filter.is_empty()).then(|| checked(rt, self.filter)),
            sort: (!self.sort.is_empty()).then(|| muster::store::Sort {
                by: rt.attribute(self.sort).unwrap(),
                descending: self.descending,
            }),
            start: self.start,
            count: self.count,
            max_scan: self.max_scan,
        }
    }
}

impl Checked {
    pub(crate) fn find<'a>(&'a self, rt: &'a ResourceType) -> Find<'a> {
        Find {
            viewer: &self.viewer,
            rt,
            filter: self.filter.as_ref(),
            sort: self.sort.clone(),
            start_index: self.start,
            count: self.count,
            max_scan: self.max_scan,
        }
    }
}

pub(crate) fn checked(rt: &ResourceType, text: &str) -> Filter {
    filter::check(rt, &syntax::Filter::parse(text).unwrap()).unwrap()
}

/// A connection, or with an empty name everybody.
pub(crate) fn viewer(name: &str) -> Viewer {
    match name {
        "" => Viewer::All,
        name => Viewer::Connection(name.into()),
    }
}

pub(crate) fn insert(
    tx: &mut Tx<'_>,
    rt: &ResourceType,
    id: &str,
    document: &Document,
) -> Result<Record, Error> {
    insert_for(tx, rt, id, document, "")
}

/// A resource of the connection `owner`; of nobody's with an empty name.
pub(crate) fn insert_for(
    tx: &mut Tx<'_>,
    rt: &ResourceType,
    id: &str,
    document: &Document,
    owner: &str,
) -> Result<Record, Error> {
    tx.insert(&NewResource {
        id,
        rt,
        owner: Some(owner).filter(|owner| !owner.is_empty()),
        state: State::Active,
        document,
    })
}

pub(crate) fn document(body: &Value) -> Document {
    Document::new(body.as_object().unwrap().clone())
}

pub(crate) fn user_document(name: &str) -> Document {
    document(&json!({ "userName": name }))
}

pub(crate) fn members(ids: &[&str]) -> Vec<Member> {
    ids.iter()
        .map(|id| Member {
            value: (*id).to_owned(),
            display: None,
            kind: None,
        })
        .collect()
}

pub(crate) fn names(found: &Found, attribute: &str) -> Vec<String> {
    found
        .records
        .iter()
        .map(|record| {
            record
                .document()
                .unwrap()
                .text(attribute)
                .unwrap_or("")
                .to_owned()
        })
        .collect()
}

/// A moment, in seconds.
pub(crate) fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_700_000_000 + second).unwrap()
}

pub(crate) fn cause(second: i64) -> Cause {
    Cause {
        id: format!("cause-{second}"),
        actor: Actor::System,
        request: "test".to_owned(),
        at: at(second),
    }
}
