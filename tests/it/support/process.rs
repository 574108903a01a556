//! The real program as a process of its own, with its own folder, log and, where wanted, its own time.

use std::fs::{self, File};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

use super::client::Client;

/// A machine that does much else starts a program slowly.
const STARTS_WITHIN: Duration = Duration::from_secs(60);

/// A folder in which `muster` runs.
pub struct Place {
    directory: TempDir,
    settings: Vec<(&'static str, &'static str)>,
    descriptors: Option<String>,
}

/// `muster serve`; it is ended with SIGTERM when this is dropped.
pub struct Serving {
    child: Child,
    log: PathBuf,
    pub address: SocketAddr,
}

impl Place {
    pub fn new(settings: &[(&'static str, &'static str)]) -> Self {
        Self {
            directory: tempfile::tempdir().unwrap(),
            settings: settings.to_vec(),
            descriptors: None,
        }
    }

    /// The folder of the database.
    pub fn data(&self) -> PathBuf {
        self.directory.path().join("data")
    }

    /// What every file there holds.
    pub fn files(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let entries = fs::read_dir(self.data()).unwrap();
        let paths = entries.map(|entry| entry.unwrap().path());
        paths
            .map(|path| (path.clone(), fs::read(path).unwrap()))
            .collect()
    }

    /// Sets how many descriptors programs here may open: the soft and the hard limit.
    pub fn limit_descriptors(&mut self, soft: u32, hard: u32) {
        self.descriptors = Some(format!("--nofile={soft}:{hard}"));
    }

    /// A command, at the time `at` if there is one, such as `2030-01-01 12:00:00` (UTC).
    fn command(&self, arguments: &[&str], at: Option<&str>) -> Command {
        let program = env!("CARGO_BIN_EXE_muster");
        let mut command = Command::new(program);
        if let Some(limit) = &self.descriptors {
            command = Command::new("prlimit");
            command.args([limit, program]);
        }
        command.args(arguments).current_dir(self.directory.path());
        for (key, value) in &self.settings {
            command.args(["--set", &format!("{key}={value}")]);
        }
        if let Some(at) = at {
            command
                .env("LD_PRELOAD", faketime())
                .env("FAKETIME", format!("@{at}"))
                .env("FAKETIME_DONT_FAKE_MONOTONIC", "1")
                .env("TZ", "UTC");
        }
        command
    }

    /// Runs a command to its end.
    pub fn run(&self, arguments: &[&str], at: Option<&str>) -> Output {
        self.command(arguments, at).output().unwrap()
    }

    /// What a command that succeeds prints.
    #[track_caller]
    pub fn done(&self, arguments: &[&str], at: Option<&str>) -> String {
        let output = self.run(arguments, at);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {said}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// Starts the server on a free port and waits until it serves.
    pub fn serve(&self, at: Option<&str>) -> Serving {
        let logs = fs::read_dir(self.directory.path()).unwrap().count();
        let log = self.directory.path().join(format!("log{logs}"));
        let mut command = self.command(&["serve"], at);
        command.args(["--set", "server.listen=127.0.0.1:0"]);
        command.args(["--set", "log.format=json"]);
        let greeting = File::create(log.with_extension("greeting")).unwrap();
        let file = File::create(&log).unwrap();
        let mut child = command
            .stdout(greeting)
            .stderr(Stdio::from(file))
            .spawn()
            .unwrap();
        let started = Instant::now();
        let address = loop {
            if let Some(address) = address(&log) {
                break address;
            }
            assert!(started.elapsed() < STARTS_WITHIN, "{}", text(&log));
            assert_eq!(child.try_wait().unwrap(), None, "{}", text(&log));
            thread::sleep(Duration::from_millis(10));
        };
        Serving {
            child,
            log,
            address,
        }
    }
}

impl Serving {
    /// The id of the process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// A client of the SCIM root.
    pub fn client(&self, token: Option<&str>) -> Client {
        Client::new(format!("http://{}/scim/v2", self.address), token)
    }

    /// A client of the whole server.
    pub fn root(&self, token: Option<&str>) -> Client {
        Client::new(format!("http://{}", self.address), token)
    }

    /// The log so far.
    pub fn log(&self) -> String {
        text(&self.log)
    }

    /// What was printed on standard output.
    pub fn greeting(&self) -> String {
        text(&self.log.with_extension("greeting"))
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let id = self.child.id().to_string();
        let told = Command::new("kill").args(["-TERM", &id]).status();
        if !told.is_ok_and(|status| status.success()) {
            let _ = self.child.kill();
        }
        let _ = self.child.wait();
    }
}

/// The address that the log says is served.
fn address(log: &Path) -> Option<SocketAddr> {
    let text = text(log);
    let line = text.lines().find(|line| line.contains("\"serving\""))?;
    let line: Value = serde_json::from_str(line).ok()?;
    line["fields"]["address"].as_str()?.parse().ok()
}

fn text(path: &Path) -> String {
    String::from_utf8_lossy(&fs::read(path).unwrap_or_default()).into_owned()
}

/// The library that gives a process its own time.
fn faketime() -> PathBuf {
    let folders = fs::read_dir("/usr/lib").unwrap();
    let paths = folders.map(|folder| folder.unwrap().path().join("faketime/libfaketime.so.1"));
    paths
        .into_iter()
        .find(|path| path.exists())
        .expect("libfaketime, which ./test installs: apt-get install libfaketime")
}
