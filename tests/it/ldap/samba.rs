//! Logins with a real controller of Active Directory, which Samba is.
//!
//! It needs root and the ports 389 and 636 of this machine, so it runs only where it is asked for: `WITH_SAMBA=1 ./test`.

use std::fs;
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use muster::login::Refused;
use tempfile::TempDir;

use super::Login;
use super::slapd::{SERVICE_PASSWORD, certify, run};

const SERVICE: &str = "CN=muster,CN=Users,DC=example,DC=test";
const CREDENTIALS: (&str, Refused) = ("ldap.credentials", Refused::Credentials);

struct Samba {
    directory: TempDir,
    child: Child,
}

impl Samba {
    fn start() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path();
        certify(path, &super::slapd::Setup::default());
        fs::write(path.join("smb.conf"), configuration(path)).unwrap();
        provision(path);
        let mut child = Command::new("samba")
            .args(["-i", "-M", "single", "-s"])
            .arg(path.join("smb.conf"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        while TcpStream::connect("127.0.0.1:636").is_err() {
            assert!(
                child.try_wait().unwrap().is_none(),
                "samba does not start: is port 389 or 636 taken?"
            );
            thread::sleep(Duration::from_millis(20));
        }
        Self { directory, child }
    }

    /// Runs a tool of Samba on the files of the directory.
    fn tool(&self, arguments: &str) {
        tool(self.directory.path(), arguments);
    }

    fn login(&self, further: &[(&str, &str)]) -> Login {
        let ca = self.directory.path().join("ca.pem").display().to_string();
        let usual = [
            ("ldap.url", "ldaps://127.0.0.1"),
            ("ldap.ca_file", ca.as_str()),
            ("ldap.bind_dn", SERVICE),
            ("ldap.search_base", "DC=example,DC=test"),
            (
                "ldap.search_filter",
                "(&(objectCategory=person)(sAMAccountName={{username}}))",
            ),
        ];
        let kept = usual
            .into_iter()
            .filter(|(key, _)| !further.iter().any(|(other, _)| other == key));
        let all: Vec<_> = kept
            .chain(further.iter().copied())
            .filter(|(_, value)| !value.is_empty())
            .collect();
        Login::with(&all)
    }
}

impl Drop for Samba {
    fn drop(&mut self) {
        let _ended = self.child.kill();
        let _ended = self.child.wait();
    }
}

fn configuration(path: &Path) -> String {
    let path = path.display();
    format!(
        "[global]
netbios name = DC1
realm = EXAMPLE.TEST
workgroup = EXAMPLE
server role = active directory domain controller
server services = ldap
interfaces = lo
bind interfaces only = yes
private dir = {path}/private
lock directory = {path}
state directory = {path}/state
cache directory = {path}/cache
pid directory = {path}
binddns dir = {path}/dns
ncalrpc dir = {path}/ncalrpc
tls enabled = yes
tls keyfile = {path}/key.pem
tls certfile = {path}/cert.pem
tls cafile = {path}/ca.pem
logging = file
log file = {path}/log
[sysvol]
path = {path}/state/sysvol
[netlogon]
path = {path}/state/sysvol/example.test/scripts
"
    )
}

fn provision(path: &Path) {
    let arguments = "domain provision --realm=EXAMPLE.TEST --domain=EXAMPLE --adminpass=Passw0rd-admin --server-role=dc \
                     --dns-backend=NONE --host-name=dc1";
    run(Command::new("samba-tool")
        .args(arguments.split_whitespace())
        .arg("-s")
        .arg(path.join("smb.conf")));
    for arguments in [
        "domain passwordsettings set --complexity=off --min-pwd-length=1 --account-lockout-threshold=3",
        &format!("user add muster {SERVICE_PASSWORD}"),
        "user add anna annas-password --given-name=Anna --surname=Berg --mail-address=anna@example.test",
        "user add frank franks-password --given-name=Frank --surname=Fuchs",
        "user add dora doras-password",
        "user disable dora",
        "user add erin erins-password",
        "user add paul pauls-password --must-change-at-next-login",
        "user add olga olgas-password",
        "user setexpiry olga --days=-1",
        "group add inner",
        "group add outer",
        "group addmembers inner anna",
        "group addmembers outer inner",
        "group add primary",
        "group addmembers primary frank",
    ] {
        tool(path, arguments);
    }
    make_primary(path);
}

fn tool(path: &Path, arguments: &str) {
    let database = path.join("private/sam.ldb");
    run(Command::new("samba-tool")
        .args(arguments.split_whitespace())
        .arg("-H")
        .arg(database)
        .arg("-s")
        .arg(path.join("smb.conf")));
}

/// Makes `primary` the primary group of frank, which takes it out of his `memberOf`.
fn make_primary(path: &Path) {
    let database = path.join("private/sam.ldb");
    let output = Command::new("ldbsearch")
        .arg("-H")
        .arg(&database)
        .args(["(sAMAccountName=primary)", "objectSid"])
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let sid = text
        .lines()
        .find_map(|line| line.strip_prefix("objectSid: "))
        .expect("its SID");
    let (_, rid) = sid.rsplit_once('-').unwrap();
    let ldif = format!(
        "dn: CN=Frank Fuchs,CN=Users,DC=example,DC=test\nchangetype: modify\nreplace: primaryGroupID\nprimaryGroupID: {rid}\n"
    );
    fs::write(path.join("primary.ldif"), ldif).unwrap();
    run(Command::new("ldbmodify")
        .arg("-H")
        .arg(&database)
        .arg(path.join("primary.ldif")));
}

#[test]
#[ignore = "needs root, Samba, and the ports 389 and 636: WITH_SAMBA=1 ./test runs it"]
fn active_directory_lets_in_whom_it_knows() {
    let samba = Samba::start();
    people(&samba);
    groups(&samba);
    principals(&samba);
    refusals(&samba);
}

fn people(samba: &Samba) {
    let login = samba.login(&[]);
    let anna = login.log_in("ANNA", "annas-password").in_as();
    assert_eq!(anna.user_name, "anna@example.test");
    assert_eq!(anna.given_name.as_deref(), Some("Anna"));
    assert!(
        uuid::Uuid::parse_str(&anna.subject).is_ok(),
        "an objectGUID: {}",
        anna.subject
    );
    assert_eq!(login.look_up("anna").in_as(), anna);
    // Without an address the login name, as the directory writes it.
    assert_eq!(
        login.log_in("Frank", "franks-password").in_as().user_name,
        "frank"
    );
    // From the root of the domain there are references to other servers, which are not followed.
    assert!(samba.login(&[]).reach()[0].1.is_ok());
}

fn groups(samba: &Samba) {
    let is_in = |how: &str, group: &str, name: &str| {
        let login = samba.login(&[("ldap.groups", how), ("ldap.admin_group", group)]);
        login
            .log_in(name, &format!("{name}s-password"))
            .in_as()
            .admin
            == Some(true)
    };
    for (how, inner, outer, primary) in [
        ("attribute", true, false, false),
        ("nested", true, true, false),
        ("token_groups", true, true, true),
    ] {
        assert_eq!(is_in(how, "inner", "anna"), inner, "{how}");
        assert_eq!(
            is_in(how, "cn=outer,cn=users,dc=example,dc=test", "anna"),
            outer,
            "{how}"
        );
        assert_eq!(is_in(how, "primary", "frank"), primary, "{how}");
        assert!(!is_in(how, "primary", "anna"), "{how}");
    }
    let search = [
        ("ldap.groups", "search"),
        ("ldap.group_search_base", "CN=Users,DC=example,DC=test"),
    ];
    let anna = samba
        .login(&search)
        .log_in("anna", "annas-password")
        .in_as();
    assert_eq!(anna.groups, ["CN=inner,CN=Users,DC=example,DC=test"]);
    samba.tool("group removemembers outer inner");
    assert!(!is_in("token_groups", "outer", "anna"));
}

/// `NAME@domain` instead of a search, with the rights of the person.
fn principals(samba: &Samba) {
    let direct = [
        ("ldap.search_base", ""),
        ("ldap.bind_dn", ""),
        ("ldap.user_dn", "{{username}}@example.test"),
        ("ldap.groups", "token_groups"),
        ("ldap.admin_group", "inner"),
    ];
    let login = samba.login(&direct);
    let anna = login.log_in("anna", "annas-password").in_as();
    assert_eq!(
        anna.subject,
        samba.login(&[]).look_up("anna").in_as().subject
    );
    assert_eq!(
        (anna.user_name.as_str(), anna.admin),
        ("anna@example.test", Some(true))
    );
    assert_eq!(login.log_in("anna", "wrong").refused(), CREDENTIALS);
    assert_eq!(login.log_in("anna", "").refused().0, "ldap.empty_password");
    assert_eq!(
        login
            .log_in("anna@example.test", "annas-password")
            .refused()
            .0,
        "ldap.name"
    );
}

/// Why is for administrators; to the person they are all alike.
fn refusals(samba: &Samba) {
    let login = samba.login(&[]);
    for (name, password, why) in [
        ("anna", "wrong", "wrong password"),
        ("dora", "doras-password", "account disabled"),
        ("paul", "pauls-password", "must change the password first"),
        ("olga", "olgas-password", "account expired"),
        ("erin", "wrong", "wrong password"),
        ("erin", "wrong", "wrong password"),
        ("erin", "wrong", "wrong password"),
        ("erin", "erins-password", "account locked"),
        ("nobody", "annas-password", "finds nobody"),
    ] {
        let came = login.log_in(name, password);
        assert_eq!(came.refused(), CREDENTIALS, "{name}");
        assert!(came.why().contains(why), "{name}: {}", came.why());
    }
}
