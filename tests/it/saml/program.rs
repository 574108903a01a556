//! Programs of others that a test starts, waits for, and stops.

use std::fs::File;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::support::Client;

/// A program that serves HTTP on a port of this machine; it ends with this value.
pub struct Program {
    child: Child,
    pub base: String,
}

/// pysaml2 on a busy machine needs some seconds to import itself.
const STARTS_WITHIN: Duration = Duration::from_secs(60);

impl Program {
    /// Starts it, and waits until `path` answers 200.
    pub fn start(command: &mut Command, port: u16, path: &str, log: &Path) -> Self {
        let out = File::create(log).unwrap();
        let child = command
            .stdin(Stdio::null())
            .stdout(out.try_clone().unwrap())
            .stderr(out)
            .spawn()
            .unwrap_or_else(|why| panic!("{command:?}: {why}; ./test installs what is missing"));
        let program = Self {
            child,
            base: format!("http://127.0.0.1:{port}"),
        };
        program.wait(path, log);
        program
    }

    fn wait(&self, path: &str, log: &Path) {
        let began = Instant::now();
        let port = self.base.strip_prefix("http://").unwrap();
        while began.elapsed() < STARTS_WITHIN {
            if std::net::TcpStream::connect(port).is_ok()
                && Client::new(self.base.clone(), None).get(path).status == 200
            {
                return;
            }
            thread::sleep(Duration::from_millis(50));
        }
        panic!(
            "{path} does not answer: {}",
            std::fs::read_to_string(log).unwrap_or_default()
        );
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A port that nobody listens on.
pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port()
}

/// The Python of an environment with pysaml2, which is made when it is missing or its list has changed.
pub fn python() -> PathBuf {
    let list = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/saml/idp/requirements.txt");
    let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join("pysaml2");
    let (python, stamp) = (place.join("bin/python"), place.join("installed"));
    let wanted = std::fs::read_to_string(&list).unwrap();
    if std::fs::read_to_string(&stamp).is_ok_and(|found| found == wanted) {
        return python;
    }
    let run = |command: &mut Command| {
        let output = command
            .output()
            .unwrap_or_else(|why| panic!("{command:?}: {why}"));
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{command:?}: {told}");
    };
    run(Command::new("/usr/bin/python3")
        .args(["-m", "venv", "--clear"])
        .arg(&place));
    let pip = [
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--no-deps",
        "-r",
    ];
    run(Command::new(&python).args(pip).arg(&list));
    std::fs::write(stamp, wanted).unwrap();
    python
}
