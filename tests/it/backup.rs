//! `muster db …`: a backup of a gateway at work restores to an equal store, and a check finds damage.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use muster::clock::Clock;
use muster::config::{Settings, Sources};
use muster::service::{Gateway, Role, Who};
use rusqlite::Connection;
use rusqlite::types::Value as Cell;
use serde_json::json;
use tempfile::TempDir;

use crate::support::{Client, Fixture, World, group, user};

/// Clients that write until they are stopped, and what was acknowledged to them.
struct Load {
    stop: Arc<AtomicBool>,
    acknowledged: Arc<Mutex<Vec<String>>>,
    threads: Vec<thread::JoinHandle<()>>,
}

impl Load {
    fn on(fixture: &Fixture) -> Self {
        let (stop, acknowledged) = (Arc::new(AtomicBool::new(false)), Arc::default());
        let spawn = |number: usize| {
            let (client, stop, acknowledged) = (
                fixture.client(),
                Arc::clone(&stop),
                Arc::clone(&acknowledged),
            );
            thread::spawn(move || write(&client, number, &stop, &acknowledged))
        };
        Self {
            threads: (0..4).map(spawn).collect(),
            stop,
            acknowledged,
        }
    }

    fn acknowledged(&self) -> Vec<String> {
        self.acknowledged.lock().unwrap().clone()
    }

    fn stop(self) {
        self.stop.store(true, Ordering::SeqCst);
        for thread in self.threads {
            thread.join().unwrap();
        }
    }
}

fn write(client: &Client, number: usize, stop: &AtomicBool, acknowledged: &Mutex<Vec<String>>) {
    for round in 0.. {
        if stop.load(Ordering::SeqCst) {
            return;
        }
        let made = client
            .post("/Users", &user(&format!("user-{number}-{round}")))
            .expect(201)
            .id();
        let members = json!([{ "value": made }]);
        client
            .post(
                "/Groups",
                &group(&format!("group-{number}-{round}"), &members),
            )
            .expect(201);
        let title = json!([{ "op": "replace", "path": "title", "value": "x" }]);
        client
            .operations(&format!("/Users/{made}"), &title)
            .expect(200);
        acknowledged.lock().unwrap().push(made);
    }
}

/// Puts a backup and its secret where a gateway looks for them, and opens it.
fn restore(fixture: &Fixture, backup: &Path) -> (TempDir, Gateway) {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("muster.db");
    fs::copy(backup, &database).unwrap();
    let secret = fixture.database().with_file_name("secret");
    fs::copy(secret, folder.path().join("secret")).unwrap();
    let settings = Settings::load(Sources {
        flags: vec![(
            "database.url".to_owned(),
            format!("sqlite:{}", database.display()),
        )],
        environment: Vec::new(),
        file: None,
        read_secret: &|_| Err("no secrets here".to_owned()),
    });
    let gateway = Gateway::open(settings.unwrap(), Clock::system(), Role::Serve).unwrap();
    (folder, gateway)
}

/// Every row of every table.
fn rows(database: &Path) -> BTreeMap<String, Vec<Vec<Cell>>> {
    let connection = Connection::open(database).unwrap();
    let names = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'";
    let mut statement = connection.prepare(names).unwrap();
    let names = statement
        .query_map([], |row| row.get::<_, String>(0))
        .unwrap();
    names
        .map(|name| {
            let name = name.unwrap();
            let all = format!("SELECT * FROM {name}");
            let columns = connection.prepare(&all).unwrap().column_count();
            let order: Vec<String> = (1..=columns).map(|column| column.to_string()).collect();
            let ordered = format!("{all} ORDER BY {}", order.join(", "));
            let mut table = connection.prepare(&ordered).unwrap();
            let rows = table.query_map([], |row| {
                (0..columns).map(|column| row.get(column)).collect()
            });
            (name, rows.unwrap().map(Result::unwrap).collect())
        })
        .collect()
}

fn target(folder: &TempDir) -> PathBuf {
    folder.path().join("backup.db")
}

#[test]
fn a_backup_taken_under_load_restores_to_an_equal_store() {
    let mut fixture = Fixture::start();
    let folder = tempfile::tempdir().unwrap();
    let load = Load::on(&fixture);
    thread::sleep(Duration::from_millis(1_500));
    let before = load.acknowledged();
    let command = fixture.beside();
    command.backup(&target(&folder)).unwrap();
    command.close();
    thread::sleep(Duration::from_millis(300));
    let after = load.acknowledged();
    load.stop();
    assert!(
        before.len() > 10 && after.len() > before.len(),
        "{} {}",
        before.len(),
        after.len()
    );
    let mode = fs::metadata(target(&folder)).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let left: Vec<_> = fs::read_dir(folder.path()).unwrap().collect();
    assert_eq!(left.len(), 1, "{left:?}");

    let (_restored, gateway) = restore(&fixture, &target(&folder));
    let report = fixture.block_on(gateway.check_store()).unwrap();
    assert_eq!(
        (report.faults, report.audit.faults),
        (Vec::new(), Vec::new())
    );
    for id in &before {
        let found = fixture
            .block_on(gateway.user_named(&Who::Id(id.clone())))
            .unwrap();
        assert_eq!(found.user.resource["title"], "x");
    }
    gateway.close();

    // Without load, both are the same to the last row.
    fixture.stop();
    let command = fixture.beside();
    let still = folder.path().join("still.db");
    command.backup(&still).unwrap();
    command.close();
    assert_eq!(rows(&still), rows(&fixture.database()));
}

#[test]
fn a_backup_overwrites_nothing() {
    let world = World::strict();
    let folder = tempfile::tempdir().unwrap();
    fs::write(target(&folder), "precious").unwrap();
    let command = world.fixture.beside();
    let refused = command.backup(&target(&folder)).unwrap_err();
    assert!(refused.to_string().contains("exists"), "{refused}");
    assert_eq!(fs::read(target(&folder)).unwrap(), b"precious");
    let nowhere = folder.path().join("none").join("backup.db");
    let refused = command.backup(&nowhere).unwrap_err();
    assert!(refused.to_string().contains("none/backup.db"), "{refused}");
    command.close();
}

#[test]
fn a_damaged_store_is_found_and_makes_no_backup() {
    let mut world = World::strict();
    world.fixture.stop();
    let folder = tempfile::tempdir().unwrap();
    let command = world.fixture.beside();
    let check = || world.fixture.block_on(command.check_store()).unwrap();
    assert_eq!(
        (check().faults, check().audit.faults),
        (Vec::new(), Vec::new())
    );
    assert_eq!(command.migrated().before, command.migrated().after);

    let connection = Connection::open(world.fixture.database()).unwrap();
    let damage = "UPDATE document SET json = replace(json, 'ada', 'eve')";
    assert_eq!(connection.execute(damage, []).unwrap(), 3);
    let faults = check().faults;
    assert!(
        faults[0].starts_with(&format!("body {}: ", world.user)),
        "{faults:?}"
    );
    let refused = command.backup(&target(&folder)).unwrap_err();
    assert!(refused.to_string().contains("faults"), "{refused}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    command.close();
    world.fixture.forsake();
}
