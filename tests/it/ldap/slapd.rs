//! OpenLDAP's server on free ports, with an authority of its own, started for one test and stopped at its end.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use tempfile::TempDir;

/// The suffix of the directory.
pub const BASE: &str = "dc=example,dc=org";
/// The account that searches, and its password.
pub const SERVICE: &str = "cn=muster,dc=example,dc=org";
pub const SERVICE_PASSWORD: &str = "service-secret";
const ROOT: &str = "cn=root,dc=example,dc=org";
const ROOT_PASSWORD: &str = "root-secret";

/// A running server.
pub struct Slapd {
    pub port: u16,
    pub tls_port: u16,
    directory: TempDir,
    child: Child,
}

/// How a server differs from the usual one.
#[derive(Default)]
pub struct Setup<'a> {
    /// Lines before the database, such as `allow bind_anon_cred`.
    pub global: &'a str,
    /// Whom the certificate is for; by default `IP:127.0.0.1`.
    pub name: Option<&'a str>,
    /// When the certificate ends, in days from now; by default 2.
    pub days: Option<&'a str>,
}

impl Slapd {
    pub fn start() -> Self {
        Self::with(&Setup::default())
    }

    pub fn with(setup: &Setup<'_>) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path();
        certify(path, setup);
        fs::create_dir(path.join("db")).unwrap();
        fs::write(path.join("slapd.conf"), configuration(path, setup)).unwrap();
        // A copy, as AppArmor holds the one of the system to its own folders.
        fs::copy("/usr/sbin/slapd", path.join("slapd")).expect("slapd of Debian's package slapd");
        fs::set_permissions(path.join("slapd"), fs::Permissions::from_mode(0o755)).unwrap();
        let (port, tls_port, child) = serve(path);
        let slapd = Self {
            port,
            tls_port,
            directory,
            child,
        };
        slapd.ldif("ldapadd", include_str!("people.ldif"));
        slapd
    }

    pub fn url(&self) -> String {
        format!("ldap://127.0.0.1:{}", self.port)
    }

    pub fn tls_url(&self) -> String {
        format!("ldaps://127.0.0.1:{}", self.tls_port)
    }

    /// The certificate of the authority.
    pub fn ca_file(&self) -> String {
        self.file("ca.pem")
    }

    pub fn file(&self, name: &str) -> String {
        self.directory.path().join(name).display().to_string()
    }

    /// Changes the directory by a text in LDIF.
    pub fn modify(&self, ldif: &str) {
        self.ldif("ldapmodify", ldif);
    }

    fn ldif(&self, program: &str, ldif: &str) {
        let file = self.file("change.ldif");
        fs::write(&file, ldif).unwrap();
        let arguments = [
            "-x",
            "-D",
            ROOT,
            "-w",
            ROOT_PASSWORD,
            "-H",
            &self.tls_url(),
            "-f",
            &file,
        ];
        // Whether its certificate is a good one is for the tests to say.
        run(Command::new(program)
            .args(arguments)
            .env("LDAPTLS_REQCERT", "never"));
    }
}

impl Drop for Slapd {
    fn drop(&mut self) {
        let _ended = self.child.kill();
        let _ended = self.child.wait();
    }
}

fn run(command: &mut Command) {
    let output = command
        .stdin(Stdio::null())
        .output()
        .unwrap_or_else(|why| panic!("{command:?}: {why}; ./test installs what is missing"));
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{command:?}: {text}");
}

/// An authority, and a certificate by it.
fn certify(path: &Path, setup: &Setup<'_>) {
    let openssl = |arguments: &str| {
        run(Command::new("openssl")
            .current_dir(path)
            .args(arguments.split(' ')));
    };
    let key = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes";
    openssl(&format!(
        "req -x509 {key} -keyout ca.key -out ca.pem -days 2 -subj /CN=Authority"
    ));
    openssl(&format!(
        "req {key} -keyout key.pem -out request.pem -subj /CN=directory"
    ));
    let name = setup.name.unwrap_or("IP:127.0.0.1");
    fs::write(path.join("extensions"), format!("subjectAltName={name}\n")).unwrap();
    let days = setup.days.unwrap_or("2");
    openssl(&format!(
        "x509 -req -in request.pem -CA ca.pem -CAkey ca.key -CAcreateserial -days {days} -extfile extensions -out cert.pem"
    ));
}

fn configuration(path: &Path, setup: &Setup<'_>) -> String {
    let path = path.display();
    format!(
        "include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/nis.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
moduleload memberof
pidfile {path}/pid
TLSCACertificateFile {path}/ca.pem
TLSCertificateFile {path}/cert.pem
TLSCertificateKeyFile {path}/key.pem
{global}
database mdb
suffix {BASE}
rootdn {ROOT}
rootpw {ROOT_PASSWORD}
directory {path}/db
maxsize 10485760
index objectClass,uid,mail,member eq
overlay memberof
access to attrs=userPassword by anonymous auth by * none
access to * by dn.base=\"{SERVICE}\" read by self read by * none
",
        global = setup.global
    )
}

/// Starts it on ports that were free; somebody may have taken them since.
fn serve(path: &Path) -> (u16, u16, Child) {
    for _ in 0..5 {
        let [port, tls_port] = free_ports();
        let urls = format!("ldap://127.0.0.1:{port}/ ldaps://127.0.0.1:{tls_port}/");
        let mut command = Command::new(path.join("slapd"));
        command
            .args(["-d", "0", "-h", &urls, "-f"])
            .arg(path.join("slapd.conf"));
        let log = fs::File::create(path.join("log")).unwrap();
        let mut child = command.stdin(Stdio::null()).stderr(log).spawn().unwrap();
        loop {
            if TcpStream::connect(("127.0.0.1", tls_port)).is_ok() {
                return (port, tls_port, child);
            }
            if child.try_wait().unwrap().is_some() {
                break;
            }
            thread::sleep(Duration::from_millis(10));
        }
    }
    panic!(
        "slapd does not start: {}",
        fs::read_to_string(path.join("log")).unwrap()
    );
}

fn free_ports() -> [u16; 2] {
    let listeners = [0; 2].map(|_| TcpListener::bind("127.0.0.1:0").unwrap());
    listeners.map(|listener| listener.local_addr().unwrap().port())
}
