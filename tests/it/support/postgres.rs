//! A PostgreSQL server of this process alone, with a database for each test; it goes when the process does.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

/// The server, started by the first test that wants it. Its input is closed by the end of the process, however
/// that comes, and then it stops.
static SERVER: OnceLock<Server> = OnceLock::new();

/// The number of the last database.
static LAST: AtomicU32 = AtomicU32::new(0);

struct Server {
    folder: String,
    psql: Mutex<(ChildStdin, BufReader<ChildStdout>)>,
    /// Not waited for: it ends after this process.
    _script: Child,
}

/// A database that is gone when this is dropped.
#[derive(Debug)]
pub(crate) struct Database {
    name: String,
}

impl Database {
    /// An empty one.
    pub(crate) fn new() -> Self {
        Self::with("")
    }

    /// An empty one, made with these words of CREATE DATABASE.
    pub(crate) fn with(words: &str) -> Self {
        let name = format!("t{}", LAST.fetch_add(1, Ordering::SeqCst));
        server().run(&format!("CREATE DATABASE {name} {words};"));
        Self { name }
    }

    pub(crate) fn url(&self) -> String {
        let folder = server().folder.replace('/', "%2F");
        format!("postgres://muster@{folder}/{}", self.name)
    }

    /// Runs SQL in it, and answers the lines that psql prints.
    pub(crate) fn run(&self, sql: &str) -> Vec<String> {
        server().run(&format!(
            "\\connect {}\n{sql}\n\\connect postgres",
            self.name
        ))
    }

    /// Cuts off everybody who is connected to it.
    pub(crate) fn cut(&self) {
        let name = &self.name;
        server().run(&format!(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '{name}';"
        ));
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        server().run(&format!("DROP DATABASE {} WITH (FORCE);", self.name));
    }
}

impl Server {
    fn start() -> Self {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/private-postgres");
        let mut script = Command::new(script)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (input, output) = (script.stdin.take().unwrap(), script.stdout.take().unwrap());
        let mut output = BufReader::new(output);
        let mut folder = String::new();
        output.read_line(&mut folder).unwrap();
        assert!(!folder.is_empty(), "no server; why stands above");
        Self {
            folder: folder.trim_end().to_owned(),
            psql: Mutex::new((input, output)),
            _script: script,
        }
    }

    fn run(&self, sql: &str) -> Vec<String> {
        const END: &str = "-- end of the answer";
        let mut psql = self.psql.lock().unwrap_or_else(PoisonError::into_inner);
        let (input, output) = &mut *psql;
        writeln!(input, "{sql}\n\\echo {END}").unwrap();
        output
            .lines()
            .map(Result::unwrap)
            .take_while(|line| line != END)
            .collect()
    }
}

fn server() -> &'static Server {
    SERVER.get_or_init(Server::start)
}
