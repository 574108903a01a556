//! What only this engine promises: what it checks, how transactions end, what a lost connection means.

use std::sync::mpsc;
use std::thread;

use super::*;
use crate::store::engine::server::Database;

fn connect(database: &Database) -> Box<dyn Driver> {
    engine(database).connect(Access::Write).unwrap()
}

fn engine(database: &Database) -> Postgres {
    Postgres::new(&ServerUrl::new(database.url()), Role::Serve).unwrap()
}

fn one(driver: &mut dyn Driver, sql: &str, params: &[Param<'_>]) -> Result<i64> {
    let mut found = -1;
    driver.query(sql, params, &mut |row| {
        found = row.int(0)?;
        Ok(Flow::Next)
    })?;
    Ok(found)
}

#[test]
fn every_type_goes_in_and_comes_out() {
    let database = Database::new();
    let mut driver = connect(&database);
    let table = "CREATE TABLE t (n {int}, x TEXT, b {bytes}) {strict}";
    driver.batch(table).unwrap();
    let insert = "INSERT INTO t (b, x, n) VALUES ($3, $2, $1)";
    for params in [
        [Param::Int(7), Param::Text("é"), Param::Bytes(&[0, 255])],
        [Param::Null, Param::Null, Param::Null],
    ] {
        assert_eq!(driver.execute(insert, &params), Ok(1));
    }
    let mut rows = Vec::new();
    let read = driver.query(
        "SELECT n, x, b, 1 FROM t WHERE n = $1 OR n IS NULL ORDER BY n NULLS LAST",
        &[Param::Int(7)],
        &mut |row| {
            assert_eq!(row.int(3), Ok(1));
            rows.push((row.is_null(0)?, row.opt_string(1)?));
            if !row.is_null(2)? {
                assert_eq!(row.bytes(2), Ok(&[0, 255][..]));
                assert!(row.text(0).is_err());
            }
            Ok(Flow::Next)
        },
    );
    read.unwrap();
    assert_eq!(rows, [(false, Some("é".to_owned())), (true, None)]);
    let few = driver.query("SELECT $1", &[], &mut |_| Ok(Flow::Next));
    assert!(matches!(few, Err(Error::Other(_))));
}

/// U+0000 comes from URLs and command lines alone.
#[test]
fn what_no_text_can_hold_is_found_nowhere() {
    let database = Database::new();
    let mut driver = connect(&database);
    let sql = "SELECT count(*) FROM pg_class WHERE relname = $1";
    assert_eq!(one(&mut *driver, sql, &[Param::Text("pg\0class")]), Ok(0));
}

#[test]
fn a_scan_reads_no_further_than_is_wanted() {
    let database = Database::new();
    let mut driver = connect(&database);
    driver.begin(Access::Read).unwrap();
    // Whoever read it to its end would divide by zero.
    let sql = "SELECT 1 / (600 - n) FROM generate_series(1, $1) AS s (n)";
    for wanted in [1, 256, 257, 400] {
        let mut seen = 0;
        let scanned = driver.scan(sql, &[Param::Int(9_000_000)], &mut |_| {
            seen += 1;
            Ok(if seen == wanted {
                Flow::Stop
            } else {
                Flow::Next
            })
        });
        assert_eq!((scanned, seen), (Ok(()), wanted));
    }
    let refused = driver.scan(sql, &[Param::Int(9)], &mut |_| Err(Error::Stale));
    assert_eq!(refused, Err(Error::Stale));
    let whole = driver.scan(sql, &[Param::Int(599)], &mut |_| Ok(Flow::Next));
    assert_eq!(whole, Ok(()));
    let failed = driver.scan(sql, &[Param::Int(700)], &mut |_| Ok(Flow::Next));
    assert!(matches!(failed, Err(Error::Other(_))), "{failed:?}");
}

/// The server answers COMMIT of a failed transaction with success, and rolls it back.
#[test]
fn a_failed_transaction_is_not_committed() {
    let database = Database::new();
    let mut driver = connect(&database);
    driver
        .batch("CREATE TABLE t (n {int} PRIMARY KEY)")
        .unwrap();
    let insert = "INSERT INTO t (n) VALUES ($1)";
    driver.begin(Access::Write).unwrap();
    driver.execute(insert, &[Param::Int(1)]).unwrap();
    let twice = driver.execute(insert, &[Param::Int(1)]);
    assert!(matches!(twice, Err(Error::Other(_))));
    assert!(driver.commit().is_err());
    driver.rollback();
    assert!(!driver.in_transaction());
    driver.begin(Access::Write).unwrap();
    driver.execute(insert, &[Param::Int(1)]).unwrap();
    driver.savepoint().unwrap();
    assert!(driver.execute(insert, &[Param::Int(1)]).is_err());
    driver.undo().unwrap();
    driver.commit().unwrap();
    assert_eq!(database.run("SELECT n FROM t;"), ["1"]);
}

/// Two that wait for each other: one of them is told to begin again, and only that.
#[test]
fn a_deadlock_is_to_be_run_again() {
    let database = Database::new();
    let (mut first, mut second) = (connect(&database), connect(&database));
    let rows = "CREATE TABLE t (n {int} PRIMARY KEY); INSERT INTO t VALUES (1), (2)";
    first.batch(rows).unwrap();
    let lock = "SELECT r.n FROM t r WHERE r.n = $1";
    first.begin(Access::Write).unwrap();
    second.begin(Access::Write).unwrap();
    first.lock(lock, &[Param::Int(1)]).unwrap();
    second.lock(lock, &[Param::Int(2)]).unwrap();
    let other = thread::spawn(move || {
        let met = second.lock(lock, &[Param::Int(1)]);
        second.rollback();
        (met, second.again())
    });
    let met = first.lock(lock, &[Param::Int(2)]);
    first.rollback();
    let mut both = [(met, first.again()), other.join().unwrap()];
    both.sort_by_key(|(_, again)| *again);
    assert_eq!(both[0], (Ok(()), false));
    assert!(
        matches!(both[1], (Err(Error::Unavailable(_)), true)),
        "{both:?}"
    );
}

#[test]
fn a_connection_that_is_lost_before_the_commit_may_begin_again() {
    let database = Database::new();
    let mut driver = connect(&database);
    driver.begin(Access::Write).unwrap();
    database.cut();
    let lost = one(&mut *driver, "SELECT 1", &[]);
    assert!(matches!(lost, Err(Error::Unavailable(_))), "{lost:?}");
    assert!(driver.again());
    driver.rollback();
    assert!(driver.in_transaction(), "and is of no more use");
    let mut idle = connect(&database);
    database.cut();
    assert!(idle.begin(Access::Write).is_err() && idle.again());
}

/// Nobody knows what became of it, so it is neither acknowledged nor done again.
#[test]
fn a_connection_that_is_lost_during_the_commit_is_unknown() {
    let database = Database::new();
    let mut driver = connect(&database);
    driver.begin(Access::Write).unwrap();
    database.cut();
    let outcome = driver.commit();
    assert!(matches!(outcome, Err(Error::Unavailable(_))), "{outcome:?}");
    assert!(!driver.again());
}

#[test]
fn a_read_sees_one_moment_and_changes_nothing() {
    let database = Database::new();
    let (mut reader, mut writer) = (
        engine(&database).connect(Access::Read).unwrap(),
        connect(&database),
    );
    writer.batch("CREATE TABLE t (n {int})").unwrap();
    reader.begin(Access::Read).unwrap();
    let count = "SELECT count(*) FROM t";
    assert_eq!(one(&mut *reader, count, &[]), Ok(0));
    writer.batch("INSERT INTO t VALUES (1)").unwrap();
    assert_eq!(one(&mut *reader, count, &[]), Ok(0));
    let written = reader.execute("INSERT INTO t VALUES (2)", &[]);
    assert!(matches!(written, Err(Error::Unavailable(_))));
    reader.rollback();
    reader.begin(Access::Read).unwrap();
    assert_eq!(one(&mut *reader, count, &[]), Ok(1));
    let slow = one(&mut *reader, "SELECT 1 FROM pg_sleep(60)", &[]);
    assert_eq!(slow, Err(Error::Slow));
}

/// A lock is waited for, and what is read behind it is what the other one left.
#[test]
fn what_is_read_behind_a_lock_is_as_it_is() {
    let database = Database::new();
    let (mut first, mut second) = (connect(&database), connect(&database));
    let rows = "CREATE TABLE t (n {int}, x {int}); INSERT INTO t VALUES (1, 0)";
    first.batch(rows).unwrap();
    let lock = "SELECT r.n FROM t r WHERE r.n = 1";
    first.begin(Access::Write).unwrap();
    first.lock(lock, &[]).unwrap();
    let (going, gone) = mpsc::channel();
    let other = thread::spawn(move || {
        second.begin(Access::Write).unwrap();
        going.send(()).unwrap();
        second.lock(lock, &[]).unwrap();
        one(&mut *second, "SELECT x FROM t", &[])
    });
    gone.recv().unwrap();
    first.execute("UPDATE t SET x = 5", &[]).unwrap();
    first.commit().unwrap();
    assert_eq!(other.join().unwrap(), Ok(5));
}

#[test]
fn a_database_that_sorts_otherwise_is_refused() {
    for words in [
        "TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'en'",
        "TEMPLATE template0 ENCODING 'SQL_ASCII'",
    ] {
        let database = Database::with(words);
        let Err(Error::Open(why)) = engine(&database).connect(Access::Write) else {
            panic!("{words} was taken");
        };
        assert!(why.contains("CREATE DATABASE"), "{why}");
    }
}

#[test]
fn no_error_shows_the_password() {
    for url in [
        "postgres://u:swordfish@%2Fnowhere/d",
        "postgres://u:swordfish@127.0.0.1:1/d",
        "postgres://u:swordfish@h/d?port=swordfish",
        "postgres://u:swordfish@h/d?sslmode=require",
    ] {
        let opened = Postgres::new(&ServerUrl::new(url), Role::Serve)
            .and_then(|engine| engine.connect(Access::Write).map(drop));
        let Err(Error::Open(why)) = opened else {
            panic!("{url} was taken");
        };
        assert!(!why.contains("swordfish"), "{why}");
    }
}
