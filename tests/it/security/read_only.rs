//! Commands on a database that they cannot write, and one that everybody can read.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};

use crate::support::{Fixture, user};

/// Mounts the folder `$1` read-only, where nobody but this command sees it, and runs the rest.
const READ_ONLY: &str =
    "mount --bind \"$1\" \"$1\" && mount -o remount,bind,ro \"$1\" && shift && exec \"$@\"";

/// Runs the real program on the database in `folder`, which cannot be written.
fn muster(folder: &Path, arguments: &[&str]) -> Output {
    let url = format!("database.url=sqlite:{}", folder.join("muster.db").display());
    Command::new("unshare")
        .args(["--map-root-user", "--mount", "sh", "-c", READ_ONLY, "sh"])
        .arg(folder)
        .arg(env!("CARGO_BIN_EXE_muster"))
        .args(arguments)
        .args(["--set", &url])
        .current_dir("/")
        .output()
        .unwrap()
}

#[track_caller]
fn prints(folder: &Path, arguments: &[&str]) -> String {
    let output = muster(folder, arguments);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {said}");
    String::from_utf8(output.stdout).unwrap()
}

/// Commands that only read.
const READERS: &[&[&str]] = &[
    &["count"],
    &["user", "list"],
    &["token", "list"],
    &["connection", "list"],
    &["inbox", "list"],
    &["roles", "list"],
    &["audit", "list"],
    &["audit", "verify"],
    &["purge", "--dry-run"],
    &["db", "check"],
];

#[test]
fn commands_that_read_work_on_a_read_only_file_system() {
    let mut fixture = Fixture::start();
    let client = fixture.client();
    client.post("/Users", &user("ada")).expect(201);
    let folder = fixture.database().parent().unwrap().to_owned();
    // Beside a gateway, whose log holds what was written last.
    assert!(prints(&folder, &["user", "list"]).contains("ada"));
    client.post("/Users", &user("grace")).expect(201);
    for command in READERS {
        prints(&folder, command);
    }
    assert!(prints(&folder, &["user", "list"]).contains("grace"));
    fixture.stop();
    // And without one, when there is no log.
    for command in READERS {
        prints(&folder, command);
    }
    assert!(prints(&folder, &["user", "list"]).contains("grace"));
    let elsewhere = tempfile::tempdir().unwrap();
    let backup = elsewhere.path().join("muster.db");
    prints(&folder, &["db", "backup", backup.to_str().unwrap()]);
    assert!(fs::metadata(backup).unwrap().len() > 0);

    let refused = muster(&folder, &["user", "deactivate", "--user", "ada"]);
    let said = String::from_utf8_lossy(&refused.stderr);
    assert_eq!(refused.status.code(), Some(1), "{said}");
    assert!(said.contains("cannot be written"), "{said}");
}

/// A log with content that cannot be read is never passed over: it holds what was acknowledged last.
#[test]
fn a_log_that_cannot_be_read_is_not_ignored() {
    let fixture = Fixture::start();
    fixture.client().post("/Users", &user("ada")).expect(201);
    let copy = tempfile::tempdir().unwrap();
    for name in ["muster.db", "muster.db-wal", "secret"] {
        let from = fixture.database().with_file_name(name);
        let copied = Command::new("cp").arg(from).arg(copy.path()).status();
        assert!(copied.unwrap().success());
    }
    let refused = muster(copy.path(), &["user", "list"]);
    let said = String::from_utf8_lossy(&refused.stderr);
    assert_eq!(refused.status.code(), Some(1), "{said}");
    assert!(said.contains("its log is in use"), "{said}");
}

#[test]
fn a_store_that_everybody_can_read_is_warned_of() {
    let fixture = Fixture::start();
    let database = fixture.database();
    let allow = |path: &Path, mode: u32| {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    };
    let warned = || fixture.muster(&["check"]).done().contains("can read it");
    assert!(!warned());
    allow(database.parent().unwrap(), 0o700);
    allow(&database, 0o644);
    assert!(!warned(), "nobody reaches it in a private folder");
    allow(database.parent().unwrap(), 0o755);
    assert!(warned());
    allow(&database, 0o640);
    assert!(!warned());
}
