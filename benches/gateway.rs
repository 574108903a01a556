//! The gateway as it ships, started on a folder of its own.

use std::fs::File;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use actix_web::rt;
use serde_json::Value;

use crate::load::Connection;
use crate::{Result, process};

const PROGRAM: &str = env!("CARGO_BIN_EXE_muster");

/// How long the start may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// Where everything that a run leaves is kept.
pub(crate) fn workshop() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("target/bench")
}

/// A running gateway; it ends with this.
pub(crate) struct Gateway {
    child: Child,
    /// The process that serves, which under a tracer is not the one that was started.
    pub(crate) pid: u32,
    pub(crate) address: SocketAddr,
    pub(crate) started_in: Duration,
    token: String,
}

impl Gateway {
    /// Starts it on `folder`, with every default but the limit of the rate.
    pub(crate) fn start(folder: &Path) -> Result<Self> {
        Self::start_under(folder, &[])
    }

    /// Starts it under a tracer: a command that runs what it is given.
    pub(crate) fn start_under(folder: &Path, tracer: &[&str]) -> Result<Self> {
        std::fs::create_dir_all(folder)?;
        let token = token(folder, "bench")?;
        // The port is free now, and nobody else here takes ports at random.
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let (program, arguments) = match tracer.split_first() {
            Some((tracer, rest)) => (*tracer, [rest, &[PROGRAM]].concat()),
            None => (PROGRAM, Vec::new()),
        };
        let mut command = prepared(program, folder);
        let started = Instant::now();
        let child = command
            .args(arguments)
            .arg("serve")
            .env("MUSTER_SERVER__LISTEN", address.to_string())
            .env("MUSTER_LIMITS__RATE", "0")
            .stdout(Stdio::null())
            .stderr(File::create(folder.join("log"))?)
            .spawn()?;
        let pid = if tracer.is_empty() {
            child.id()
        } else {
            process::child_of(child.id())?
        };
        let mut gateway = Self {
            child,
            pid,
            address,
            started_in: Duration::ZERO,
            token,
        };
        while !gateway.is_ready() {
            if started.elapsed() > PATIENCE || gateway.child.try_wait()?.is_some() {
                return Err(
                    format!("the gateway did not start: see {}/log", folder.display()).into(),
                );
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        gateway.started_in = started.elapsed();
        Ok(gateway)
    }

    /// A request of this gateway, written to `out`.
    pub(crate) fn write(&self, out: &mut Vec<u8>, method: &str, path: &str, body: &[u8]) {
        write(out, &self.token, method, path, body);
    }

    /// What writes requests of this gateway.
    pub(crate) fn writer(&self) -> impl Fn(&mut Vec<u8>, &str, &str, &[u8]) + Clone + use<> {
        let token = self.token.clone();
        move |out, method, path, body| write(out, &token, method, path, body)
    }

    /// One request and the JSON that it is answered with.
    pub(crate) fn ask(&self, method: &str, path: &str, body: &[u8]) -> Result<(u16, Value)> {
        let (status, text) = self.fetch(method, path, body)?;
        let json = if text.is_empty() {
            Value::Null
        } else {
            serde_json::from_slice(&text)?
        };
        Ok((status, json))
    }

    /// One request and the bytes that it is answered with; chunks are not put together.
    pub(crate) fn fetch(&self, method: &str, path: &str, body: &[u8]) -> Result<(u16, Vec<u8>)> {
        rt::System::new().block_on(async {
            let mut connection = Connection::open(self.address).await?;
            self.write(&mut connection.out, method, path, body);
            connection.keep();
            let status = connection.exchange().await?.status;
            Ok((status, std::mem::take(connection.keep())))
        })
    }

    /// Ends it as an administrator would.
    pub(crate) fn stop(mut self) -> Result<()> {
        process::terminate(self.pid)?;
        process::wait(&mut self.child)
    }

    fn is_ready(&self) -> bool {
        self.fetch("GET", "/readyz", b"")
            .is_ok_and(|(status, _)| status == 200)
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            drop(process::terminate(self.pid));
            drop(process::wait(&mut self.child));
        }
    }
}

/// What writes requests of one connection: into this buffer, a method, a path and a body.
pub(crate) trait RequestWriter:
    Fn(&mut Vec<u8>, &str, &str, &[u8]) + Clone + Send + 'static
{
}

impl<F: Fn(&mut Vec<u8>, &str, &str, &[u8]) + Clone + Send + 'static> RequestWriter for F {}

/// The writer of a connection of the gateway in `folder`, which is made if it is not there.
pub(crate) fn writer_for(folder: &Path, connection: &str) -> Result<impl RequestWriter + use<>> {
    let token = token(folder, connection)?;
    Ok(
        move |out: &mut Vec<u8>, method: &str, path: &str, body: &[u8]| {
            write(out, &token, method, path, body);
        },
    )
}

/// A new token of a connection.
fn token(folder: &Path, connection: &str) -> Result<String> {
    let made = prepared(PROGRAM, folder)
        .args(["token", "create", connection])
        .output()?;
    if !made.status.success() {
        return Err(String::from_utf8_lossy(&made.stderr).into_owned().into());
    }
    Ok(String::from_utf8(made.stdout)?.trim().to_owned())
}

/// A command in `folder`, with no settings from outside.
fn prepared(program: &str, folder: &Path) -> Command {
    let mut command = Command::new(program);
    command
        .current_dir(folder)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("MUSTER_DATABASE__URL", "sqlite:muster.db");
    command
}

fn write(out: &mut Vec<u8>, token: &str, method: &str, path: &str, body: &[u8]) {
    let mut put = |text: &str| out.extend_from_slice(text.as_bytes());
    put(method);
    put(" ");
    put(path);
    put(" HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ");
    put(token);
    if !body.is_empty() {
        put("\r\nContent-Type: application/scim+json\r\nContent-Length: ");
        put(&body.len().to_string());
    }
    put("\r\n\r\n");
    out.extend_from_slice(body);
}
