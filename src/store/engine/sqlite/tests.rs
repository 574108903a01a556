//! What only this engine promises: files, settings, the log.

use std::os::unix::fs::PermissionsExt;

use super::*;

fn fresh(folder: &tempfile::TempDir) -> Sqlite {
    Sqlite::create(&folder.path().join("data/muster.db"), Role::Serve).unwrap()
}

#[test]
fn files_are_for_their_owner_only() {
    let folder = tempfile::tempdir().unwrap();
    let mut driver = fresh(&folder).connect(Access::Write).unwrap();
    driver.batch("CREATE TABLE t (a {int}) {strict}").unwrap();
    let mode = |name: &str| {
        let path = folder.path().join(name);
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    };
    assert_eq!(mode("data"), 0o700);
    for file in ["muster.db", "muster.db-wal", "muster.db-shm"] {
        assert_eq!(mode(&format!("data/{file}")), 0o600, "{file}");
    }
}

#[test]
fn the_database_of_another_program_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let engine = fresh(&folder);
    let mut driver = engine.connect(Access::Write).unwrap();
    driver.batch("PRAGMA application_id = 1").unwrap();
    assert!(matches!(engine.connect(Access::Write), Err(Error::Open(_))));
}

#[test]
fn parameters_are_bound_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let mut driver = fresh(&folder).connect(Access::Write).unwrap();
    let mut found = Vec::new();
    let params = [Param::Int(1), Param::Int(2), Param::Int(3)];
    driver
        .query("SELECT $3, $1, $2, $3", &params, &mut |row| {
            for column in 0..4 {
                found.push(row.int(column)?);
            }
            Ok(Flow::Next)
        })
        .unwrap();
    assert_eq!(found, [3, 1, 2, 3]);
    for (sql, count) in [("SELECT $1, $3", 3), ("SELECT $1, $2", 1)] {
        let outcome = driver.query(sql, &params[..count], &mut |_| Ok(Flow::Next));
        assert!(matches!(outcome, Err(Error::Other(_))), "{sql}");
    }
}

#[test]
fn a_read_that_takes_too_long_is_interrupted() {
    let folder = tempfile::tempdir().unwrap();
    let engine = fresh(&folder);
    drop(engine.connect(Access::Write).unwrap());
    let mut driver = engine.connect(Access::Read).unwrap();
    driver.begin(Access::Read).unwrap();
    let endless =
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n";
    let outcome = driver.query(endless, &[], &mut |_| Ok(Flow::Next));
    assert_eq!(outcome, Err(Error::Slow));
}

#[test]
fn a_busy_writer_keeps_the_log_short() {
    let folder = tempfile::tempdir().unwrap();
    let engine = fresh(&folder);
    let mut driver = engine.connect(Access::Write).unwrap();
    driver.batch("CREATE TABLE t (a {bytes}) {strict}").unwrap();
    for _ in 0..60 {
        driver.begin(Access::Write).unwrap();
        driver
            .execute("INSERT INTO t (a) VALUES (zeroblob(1000000))", &[])
            .unwrap();
        driver.commit().unwrap();
        driver.tidy(Occasion::Busy).unwrap();
    }
    let log = fs::metadata(folder.path().join("data/muster.db-wal")).unwrap();
    assert!(log.len() < 40 << 20, "{}", log.len());
}
