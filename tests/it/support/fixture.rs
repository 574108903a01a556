//! A gateway with a store of its own, served on a free port by a thread of this process.

use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc;
use std::thread;
use std::thread::JoinHandle;

use actix_web::rt::System;
use muster::clock::Clock;
use muster::config::{Settings, Sources};
use muster::server::{Server, Stopper};
use muster::service::{Gateway, OpenError, Role};
use muster::store::{Options, Place, ServerUrl, Store};
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};

use super::client::Client;
use super::log;
use super::postgres::Database;

/// The token of the connection `config`, whose profile is that of the fixture.
pub const TOKEN: &str = "a-token-that-only-tests-know";

/// How a fixture differs from the usual one.
pub struct Setup {
    /// The profile of the connection `config`.
    pub profile: &'static str,
    pub clock: Clock,
    /// Further settings: `("scim.max_payload", "1 KiB")`.
    pub settings: Vec<(&'static str, &'static str)>,
}

/// A running gateway. When it is dropped it is stopped, and its store is verified.
pub struct Fixture {
    pub address: SocketAddr,
    pub gateway: Gateway,
    server: Option<(Stopper, JoinHandle<()>)>,
    runtime: Runtime,
    home: Arc<Home>,
    settings: Vec<(&'static str, &'static str)>,
    forsaken: bool,
}

/// Where the data of a fixture is.
struct Home {
    directory: TempDir,
    /// The database, where it is not a file in the directory.
    server: Option<Database>,
}

impl Home {
    /// On PostgreSQL for the tests below `on_postgres`, which are told by the names of their threads.
    fn new() -> Self {
        let on_server = thread::current()
            .name()
            .is_some_and(|name| name.starts_with("on_postgres::"));
        Self {
            directory: tempfile::tempdir().unwrap(),
            server: on_server.then(Database::new),
        }
    }

    fn file(&self) -> PathBuf {
        self.directory.path().join("muster.db")
    }

    fn url(&self) -> String {
        match &self.server {
            Some(database) => database.url(),
            None => format!("sqlite:{}", self.file().display()),
        }
    }

    fn place(&self) -> Place {
        match &self.server {
            Some(database) => Place::Server(ServerUrl::new(database.url())),
            None => Place::File(self.file()),
        }
    }

    /// What a gateway must be told because there is no file to keep it in.
    fn secret(&self) -> Option<(String, String)> {
        let told = (
            "MUSTER_SERVER__SECRET",
            "the-secret-of-a-test-has-32-characters",
        );
        let told = (told.0.to_owned(), told.1.to_owned());
        self.server.is_some().then_some(told)
    }
}

/// What a command said.
#[derive(Debug)]
pub struct Ran {
    pub status: i32,
    pub out: String,
    pub err: String,
}

impl Ran {
    /// What it printed, after making sure that it did what it was told.
    #[track_caller]
    pub fn done(self) -> String {
        assert_eq!((self.status, self.err.as_str()), (0, ""), "{}", self.out);
        self.out
    }

    /// The one line that says why it failed.
    #[track_caller]
    pub fn failed(self) -> String {
        assert_eq!(self.status, 1, "{} {}", self.out, self.err);
        assert_eq!(
            (self.out.as_str(), self.err.lines().count()),
            ("", 1),
            "{}",
            self.err
        );
        self.err
    }

    /// What it printed as JSON.
    #[track_caller]
    pub fn json(self) -> serde_json::Value {
        serde_json::from_str(&self.done()).unwrap()
    }
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            profile: "auto",
            clock: Clock::system(),
            settings: Vec::new(),
        }
    }
}

impl Fixture {
    /// A gateway as everybody has it, in profile `auto`.
    pub fn start() -> Self {
        Self::with(Setup::default())
    }

    pub fn with(setup: Setup) -> Self {
        Self::at(Arc::new(Home::new()), setup)
    }

    /// Stops this one, and starts another on what it left.
    pub fn anew(self, setup: Setup) -> Self {
        let home = Arc::clone(&self.home);
        drop(self);
        Self::at(home, setup)
    }

    fn at(home: Arc<Home>, setup: Setup) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let settings = settings(address, &home, &setup);
        log::keep(&settings.log);
        let gateway = Gateway::open(settings, setup.clock, Role::Serve).unwrap();
        let server = serve(gateway.clone(), listener);
        Self {
            address,
            gateway,
            server: Some(server),
            runtime: runtime(),
            home,
            forsaken: false,
            settings: setup.settings,
        }
    }

    /// Stops, verifies the store, and starts anew on the same database with other settings. When that
    /// is refused, nothing is served.
    pub fn restart(&mut self, setup: Setup) -> Result<(), OpenError> {
        self.stop();
        verify(&self.gateway, &self.home);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        self.address = listener.local_addr().unwrap();
        let settings = settings(self.address, &self.home, &setup);
        self.gateway = Gateway::open(settings, setup.clock, Role::Serve)?;
        self.server = Some(serve(self.gateway.clone(), listener));
        Ok(())
    }

    /// A client of the SCIM root, with the token [`TOKEN`].
    pub fn client(&self) -> Client {
        self.client_with(Some(TOKEN))
    }

    pub fn client_with(&self, token: Option<&str>) -> Client {
        Client::new(format!("http://{}/scim/v2", self.address), token)
    }

    /// A client of the whole server.
    pub fn root(&self) -> Client {
        Client::new(format!("http://{}", self.address), Some(TOKEN))
    }

    /// The file of the database, where it is one.
    pub fn database(&self) -> PathBuf {
        self.home.file()
    }

    /// Runs what the service floor offers to other doors.
    pub fn block_on<T>(&self, future: impl Future<Output = T>) -> T {
        self.runtime.block_on(future)
    }

    /// Another gateway on the same database, as a command has one.
    pub fn beside(&self) -> Gateway {
        beside(&self.gateway)
    }

    /// Ends a fixture whose store was damaged on purpose, so that it is not verified.
    pub fn forsake(self) {
        self.forsake_with(|| {});
    }

    /// The same, and looks at what the gateway left when it stopped.
    pub fn forsake_with(mut self, look: impl FnOnce()) {
        self.stop();
        self.forsaken = true;
        look();
    }

    /// Runs the real program beside the gateway, with its settings.
    pub fn muster(&self, arguments: &[&str]) -> Ran {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_muster"));
        command
            .args(arguments)
            .current_dir(self.home.directory.path());
        command.args(["--set", &format!("database.url={}", self.home.url())]);
        command.envs(self.home.secret());
        for (key, value) in &self.settings {
            if is_secret(key) {
                command.env(variable(key), value);
            } else {
                command.args(["--set", &format!("{key}={value}")]);
            }
        }
        let output = command.output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Ran {
            status: output.status.code().unwrap(),
            out: text(&output.stdout),
            err: text(&output.stderr),
        }
    }

    /// Stops the server gracefully and waits for it.
    pub fn stop(&mut self) {
        if let Some((stopper, thread)) = self.server.take() {
            self.runtime.block_on(stopper.stop());
            thread.join().unwrap();
        }
    }
}

impl Drop for Fixture {
    fn drop(&mut self) {
        if self.forsaken || thread::panicking() {
            return;
        }
        self.stop();
        verify_audit(&self.gateway);
        verify(&self.gateway, &self.home);
    }
}

fn settings(address: SocketAddr, home: &Home, setup: &Setup) -> Settings {
    let mut flags = vec![
        ("server.listen".to_owned(), address.to_string()),
        ("database.url".to_owned(), home.url()),
        ("scim.profile".to_owned(), setup.profile.to_owned()),
        ("log.format".to_owned(), "json".to_owned()),
        ("log.level".to_owned(), "info,muster=debug".to_owned()),
    ];
    // A secret is refused as a flag.
    let (secrets, others): (Vec<_>, Vec<_>) = setup
        .settings
        .iter()
        .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
        .partition(|(key, _)| is_secret(key));
    flags.extend(others);
    let mut environment = [
        ("MUSTER_SCIM__TOKEN", TOKEN),
        ("MUSTER_LIMITS__RATE", "0"),
        ("MUSTER_LIMITS__FAILURES", "0"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .to_vec();
    environment.extend(home.secret());
    for (key, value) in secrets {
        let name = variable(&key);
        environment.retain(|(usual, _)| *usual != name);
        environment.push((name, value));
    }
    let read_secret = &|path: &Path| Err(format!("{} is not read in tests", path.display()));
    Settings::load(Sources {
        flags,
        environment,
        file: None,
        read_secret,
    })
    .unwrap()
}

fn is_secret(key: &str) -> bool {
    ["token", "password", "sp_key"]
        .iter()
        .any(|end| key.ends_with(end))
}

/// The variable of a setting.
fn variable(key: &str) -> String {
    format!("MUSTER_{}", key.replace('.', "__").to_uppercase())
}

fn serve(gateway: Gateway, listener: TcpListener) -> (Stopper, JoinHandle<()>) {
    let (sender, receiver) = mpsc::channel();
    let thread = thread::spawn(move || {
        System::new().block_on(async move {
            let server = Server::new(gateway, listener).unwrap();
            sender.send(server.stopper()).unwrap();
            server.run().await.unwrap();
        });
    });
    (receiver.recv().unwrap(), thread)
}

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

fn beside(gateway: &Gateway) -> Gateway {
    let settings = gateway.settings().clone();
    Gateway::open(settings, gateway.clock().clone(), Role::Command).unwrap()
}

/// The audit log holds together too.
fn verify_audit(gateway: &Gateway) {
    let gateway = beside(gateway);
    let report = runtime().block_on(gateway.verify_audit(None)).unwrap();
    assert_eq!(report.faults, Vec::<String>::new());
    gateway.close();
}

/// Every test ends with a full verification of the store: index rows, hashes, keys, memberships, counters.
fn verify(gateway: &Gateway, home: &Home) {
    let options = Options {
        place: home.place(),
        readers: Some(1),
        role: Role::Serve,
        at: gateway.clock().now(),
    };
    let store = Store::open(&options).unwrap();
    let registry = gateway.registry().clone();
    let faults = runtime()
        .block_on(store.read(move |tx| tx.verify(&registry)))
        .unwrap();
    assert_eq!(faults, []);
    store.close();
}
