//! A database file that is deleted or replaced under a gateway, and two gateways on one file.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use muster::clock::Clock;
use muster::service::{Gateway, Role};
use muster::store::{self, Options, Store};
use rusqlite::Connection;

use crate::support::{Client, Fixture, Place, log, until, user};

/// The files of a database: itself, its log, and the index of that.
fn files(database: &Path) -> [PathBuf; 3] {
    ["", "-wal", "-shm"].map(|end| PathBuf::from(format!("{}{end}", database.display())))
}

fn create(client: &Client, name: &str) -> u16 {
    client.post("/Users", &user(name)).status
}

/// The figure of the metric, and what `/readyz` says.
fn alarms(fixture: &Fixture) -> (bool, u16, String) {
    let root = fixture.root().authorized(None);
    let metrics = root.get("/metrics").expect(200).text();
    let ready = root.get("/readyz");
    let raised = metrics
        .lines()
        .any(|line| line == "muster_store_files_replaced 1");
    (raised, ready.status, ready.text())
}

#[track_caller]
fn refuses(fixture: &Fixture) {
    let client = fixture.client();
    let refused = client.post("/Users", &user("lost"));
    assert_eq!(refused.status, 503);
    assert!(refused.header("retry-after").is_some());
    assert_eq!(create(&client, "lost-too"), 503);
    let (raised, status, text) = alarms(fixture);
    assert!(raised && status == 503, "{text}");
    assert!(text.contains("deleted or replaced"), "{text}");
    let database = fixture.database().display().to_string();
    assert!(!text.contains(&database), "{text}");
    let told = log::text();
    let mut errors = told.lines().filter(|line| line.contains("\"ERROR\""));
    assert!(errors.any(|line| line.contains("deleted or replaced") && line.contains(&database)));
}

#[test]
fn nothing_is_acknowledged_once_the_database_is_deleted() {
    let fixture = Fixture::start();
    assert_eq!(create(&fixture.client(), "ada"), 201);
    assert_eq!(alarms(&fixture).1, 200);
    for file in files(&fixture.database()) {
        fs::remove_file(file).unwrap();
    }
    refuses(&fixture);
    fixture.forsake();
}

#[test]
fn readiness_ends_without_a_write_when_the_database_is_deleted() {
    let fixture = Fixture::start();
    fs::remove_file(fixture.database()).unwrap();
    assert_eq!(alarms(&fixture).1, 503);
    fixture.forsake();
}

#[test]
fn a_backup_that_is_put_in_its_place_gets_no_write_and_loses_no_file() {
    let fixture = Fixture::start();
    let backup = fixture.database().with_file_name("backup");
    let command = fixture.beside();
    command.backup(&backup).unwrap();
    command.close();
    assert_eq!(create(&fixture.client(), "ada"), 201);
    let [database, wal, shm] = files(&fixture.database());
    fs::remove_file(&shm).unwrap();
    fs::rename(&backup, &database).unwrap();
    // As a copy of a gateway that was killed has one.
    fs::remove_file(&wal).unwrap();
    fs::write(&wal, "the log of the backup").unwrap();
    let restored = fs::read(&database).unwrap();
    refuses(&fixture);
    fixture.forsake_with(|| {
        assert_eq!(fs::read(&wal).unwrap(), b"the log of the backup");
        assert_eq!(fs::read(&database).unwrap(), restored);
    });
}

#[test]
fn a_gateway_goes_on_when_its_files_are_put_back() {
    let fixture = Fixture::start();
    let client = fixture.client();
    assert_eq!(create(&client, "ada"), 201);
    let aside = fixture.database().with_file_name("aside");
    fs::rename(fixture.database(), &aside).unwrap();
    refuses(&fixture);
    fs::rename(&aside, fixture.database()).unwrap();
    until("ready again", || alarms(&fixture).1 == 200);
    assert!(!alarms(&fixture).0);
    assert_eq!(create(&client, "grace"), 201);
    let all = client.get("/Users").expect(200).json();
    // What was refused may have been done: its caller was told to try again.
    let names: Vec<&str> = all["Resources"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["userName"].as_str().unwrap())
        .collect();
    assert!(
        names.contains(&"ada") && names.contains(&"grace"),
        "{names:?}"
    );
}

/// Its writes are in no file with a name: they are saved, and nothing more is acknowledged.
#[test]
fn what_was_acknowledged_survives_that_the_log_is_deleted() {
    let mut fixture = Fixture::start();
    let client = fixture.client();
    for number in 0..20 {
        assert_eq!(create(&client, &format!("user{number}")), 201);
    }
    let [database, wal, _] = files(&fixture.database());
    fs::remove_file(&wal).unwrap();
    refuses(&fixture);
    // As if the process had been killed now: what it would do at its end is not waited for.
    let copy = tempfile::tempdir().unwrap();
    let saved = copy.path().join("muster.db");
    // By another process: to close the file in this one would release the locks of SQLite.
    assert!(
        Command::new("cp")
            .args([&database, &saved])
            .status()
            .unwrap()
            .success()
    );
    let connection = Connection::open(&saved).unwrap();
    let count = "SELECT count(*) FROM resource WHERE kind = 'User'";
    let count: i64 = connection.query_row(count, [], |row| row.get(0)).unwrap();
    assert!(count >= 20, "{count}");
    fixture.stop();
    fixture.restart(crate::support::Setup::default()).unwrap();
    assert_eq!(create(&fixture.client(), "grace"), 201);
}

/// Locks that the process has on a file, by the table of the system.
fn locks(file: &Path) -> usize {
    let inode = format!(":{}", fs::metadata(file).unwrap().ino());
    let process = std::process::id().to_string();
    let all = fs::read_to_string("/proc/locks").unwrap();
    all.lines()
        .filter(|line| {
            let fields: Vec<&str> = line.split_whitespace().collect();
            fields.contains(&"POSIX")
                && fields.contains(&&*process)
                && fields.iter().any(|field| field.ends_with(&inode))
        })
        .count()
}

/// Closing any descriptor of a file releases all locks that the process has on it.
#[test]
fn nothing_in_the_process_of_a_gateway_releases_its_locks() {
    let fixture = Fixture::start();
    assert_eq!(create(&fixture.client(), "ada"), 201);
    let all = files(&fixture.database());
    let holds = || locks(&all[0]) > 0 && locks(&all[2]) > 0;
    assert!(holds());
    let command = fixture.beside();
    command.close();
    assert!(holds(), "another gateway value was opened and closed");
    muster::service::reach(&fixture.gateway.settings().database.url).unwrap();
    assert!(holds(), "the database was checked");
    let backup = fixture.database().with_file_name("backup");
    fixture.gateway.backup(&backup).unwrap();
    assert!(holds(), "a backup was taken");
    assert!(alarms(&fixture).1 == 200);
    assert!(holds(), "readiness was asked for");
}

#[test]
fn a_second_gateway_on_one_file_names_the_first() {
    let fixture = Fixture::start();
    let settings = fixture.gateway.settings().clone();
    let second = Gateway::open(settings, Clock::system(), Role::Serve);
    let refused = second.map(drop).unwrap_err().to_string();
    let holder = format!("process {}", std::process::id());
    assert!(refused.contains(&holder), "{refused}");
    assert!(refused.contains("muster.db"), "{refused}");
    // A command works beside it.
    fixture.muster(&["count"]).done();
    // By another name it is the same database.
    let link = fixture.database().with_file_name("link.db");
    std::os::unix::fs::symlink(fixture.database(), &link).unwrap();
    let options = Options {
        place: store::Place::File(link),
        readers: None,
        role: Role::Serve,
        at: fixture.gateway.clock().now(),
    };
    let refused = Store::open(&options).map(drop).unwrap_err().to_string();
    assert!(refused.contains(&holder), "{refused}");
}

#[test]
fn a_gateway_that_was_killed_keeps_no_other_from_starting() {
    let place = Place::new(&[]);
    let first = place.serve(None);
    let second = place.run(&["serve", "--set", "server.listen=127.0.0.1:0"], None);
    let said = String::from_utf8_lossy(&second.stderr).into_owned();
    assert_eq!(second.status.code(), Some(1), "{said}");
    assert!(said.contains(&format!("process {}", first.id())), "{said}");
    let id = first.id().to_string();
    assert!(
        Command::new("kill")
            .args(["-KILL", &id])
            .status()
            .unwrap()
            .success()
    );
    drop(first);
    let again = place.serve(None);
    assert_eq!(again.root(None).get("/readyz").status, 200);
}
