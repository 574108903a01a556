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
use muster::store::{Options, Store};
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};

use super::client::Client;
use super::log;

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
    directory: Arc<TempDir>,
    settings: Vec<(&'static str, &'static str)>,
    forsaken: bool,
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
        Self::at(Arc::new(tempfile::tempdir().unwrap()), setup)
    }

    /// Stops this one, and starts another on what it left.
    pub fn anew(self, setup: Setup) -> Self {
        let directory = Arc::clone(&self.directory);
        drop(self);
        Self::at(directory, setup)
    }

    fn at(directory: Arc<TempDir>, setup: Setup) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let settings = settings(address, &directory.path().join("muster.db"), &setup);
        log::keep(&settings.log);
        let gateway = Gateway::open(settings, setup.clock, Role::Serve).unwrap();
        let server = serve(gateway.clone(), listener);
        Self {
            address,
            gateway,
            server: Some(server),
            runtime: runtime(),
            directory,
            forsaken: false,
            settings: setup.settings,
        }
    }

    /// Stops, verifies the store, and starts anew on the same database with other settings. When that
    /// is refused, nothing is served.
    pub fn restart(&mut self, setup: Setup) -> Result<(), OpenError> {
        self.stop();
        let database = self.database();
        verify(&self.gateway, &database);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        self.address = listener.local_addr().unwrap();
        let settings = settings(self.address, &database, &setup);
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

    /// The file of the database.
    pub fn database(&self) -> PathBuf {
        self.directory.path().join("muster.db")
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
    pub fn forsake(mut self) {
        self.stop();
        self.forsaken = true;
    }

    /// Runs the real program beside the gateway, with its settings.
    pub fn muster(&self, arguments: &[&str]) -> Ran {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_muster"));
        command.args(arguments).current_dir(self.directory.path());
        let url = format!("database.url=sqlite:{}", self.database().display());
        command.args(["--set", &url]);
        for (key, value) in &self.settings {
            command.args(["--set", &format!("{key}={value}")]);
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
        verify(&self.gateway, &self.database());
    }
}

fn settings(address: SocketAddr, database: &Path, setup: &Setup) -> Settings {
    let mut flags = vec![
        ("server.listen".to_owned(), address.to_string()),
        (
            "database.url".to_owned(),
            format!("sqlite:{}", database.display()),
        ),
        ("scim.profile".to_owned(), setup.profile.to_owned()),
        ("log.format".to_owned(), "json".to_owned()),
        ("log.level".to_owned(), "info,muster=debug".to_owned()),
    ];
    // A secret is refused as a flag.
    let (secrets, others): (Vec<_>, Vec<_>) = setup
        .settings
        .iter()
        .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
        .partition(|(key, _)| key.rsplit('.').next() == Some("token"));
    flags.extend(others);
    let mut environment = [
        ("MUSTER_SCIM__TOKEN", TOKEN),
        ("MUSTER_LIMITS__RATE", "0"),
        ("MUSTER_LIMITS__FAILURES", "0"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .to_vec();
    for (key, value) in secrets {
        let name = format!("MUSTER_{}", key.replace('.', "__").to_uppercase());
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
fn verify(gateway: &Gateway, database: &Path) {
    let options = Options {
        path: database.to_owned(),
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
