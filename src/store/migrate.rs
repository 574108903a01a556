//! Migrations: numbered, checksummed, never edited once released.

use jiff::Timestamp;

use super::engine::{Driver, Flow, Param};
use super::hash::hex_digest;
use super::{Error, Result};
use crate::scim::value::time_key;

/// All migrations, oldest first; the first has number 1.
const MIGRATIONS: [&str; 13] = [
    include_str!("migrations/0001.sql"),
    include_str!("migrations/0002.sql"),
    include_str!("migrations/0003.sql"),
    include_str!("migrations/0004.sql"),
    include_str!("migrations/0005.sql"),
    include_str!("migrations/0006.sql"),
    include_str!("migrations/0007.sql"),
    include_str!("migrations/0008.sql"),
    include_str!("migrations/0009.sql"),
    include_str!("migrations/0010.sql"),
    include_str!("migrations/0011.sql"),
    include_str!("migrations/0012.sql"),
    include_str!("migrations/0013.sql"),
];

const TABLE: &str = "CREATE TABLE IF NOT EXISTS migration (
  number {int} NOT NULL PRIMARY KEY,
  checksum TEXT NOT NULL,
  applied TEXT NOT NULL
) {strict}";

/// How many migrations a database had, and has now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Migrated {
    /// Before it was opened; 0 in a new one.
    pub before: usize,
    /// Now.
    pub after: usize,
}

/// The row that whoever migrates locks; before it is there, only one can make its table.
const LOCK: &str = "SELECT r.number FROM migration r WHERE r.number = 1";

/// Brings the database up to this program, in the transaction that is open; refuses one that a newer program made
/// or whose migrations are not ours.
pub(super) fn migrate(driver: &mut dyn Driver, at: Timestamp) -> Result<Migrated> {
    run(driver, at, &MIGRATIONS)
}

/// Checks that the database is that of this program, and changes nothing.
///
/// # Errors
/// [`Error::Open`] when it is not.
pub(super) fn check_migrations(driver: &mut dyn Driver) -> Result<Migrated> {
    let applied = applied(driver)?;
    let known = MIGRATIONS.map(|text| hex_digest(text.as_bytes()));
    if applied != known {
        return Err(Error::Open(format!(
            "the database has {} migrations and this program has {}, and it cannot be written here: run the program \
             that wrote it last, or `muster db migrate` where it can be written",
            applied.len(),
            known.len()
        )));
    }
    Ok(Migrated {
        before: known.len(),
        after: known.len(),
    })
}

fn run(driver: &mut dyn Driver, at: Timestamp, migrations: &[&str]) -> Result<Migrated> {
    driver.batch(TABLE)?;
    driver.lock(LOCK, &[])?;
    let applied = applied(driver)?;
    if applied.len() > migrations.len() {
        return Err(Error::Open(format!(
            "the database has {} migrations, this program knows {}: it was made by a newer one",
            applied.len(),
            migrations.len()
        )));
    }
    for (number, text) in (1_i64..).zip(migrations) {
        let checksum = hex_digest(text.as_bytes());
        let position = usize::try_from(number - 1).unwrap_or(usize::MAX);
        match applied.get(position) {
            Some(found) if *found == checksum => {}
            Some(_) => {
                return Err(Error::Open(format!(
                    "migration {number} in the database is not the one of this program"
                )));
            }
            None => {
                driver.batch(text)?;
                let params = [
                    Param::Int(number),
                    Param::Text(&checksum),
                    Param::Text(&time_key(at)),
                ];
                driver.execute(
                    "INSERT INTO migration (number, checksum, applied) VALUES ($1, $2, $3)",
                    &params,
                )?;
            }
        }
    }
    Ok(Migrated {
        before: applied.len(),
        after: migrations.len(),
    })
}

/// The checksums of the migrations in the database, in their order.
fn applied(driver: &mut dyn Driver) -> Result<Vec<String>> {
    let mut found = Vec::new();
    driver.query(
        "SELECT checksum FROM migration ORDER BY number",
        &[],
        &mut |row| {
            found.push(row.string(0)?);
            Ok(Flow::Next)
        },
    )?;
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::engine::{Access, Engine, Postgres, Sqlite, server::Database};
    use crate::store::{Role, ServerUrl};

    fn migrated(driver: &mut dyn Driver) -> Result<Migrated> {
        driver.begin(Access::Write).unwrap();
        let done = migrate(driver, Timestamp::UNIX_EPOCH);
        driver.commit().unwrap();
        done
    }

    /// What `with` answers for an empty database of each engine.
    fn each<T>(with: impl Fn(&mut dyn Driver) -> T) -> [T; 2] {
        let (folder, database) = (tempfile::tempdir().unwrap(), Database::new());
        let engines: [Box<dyn Engine>; 2] = [
            Box::new(Sqlite::create(&folder.path().join("muster.db"), Role::Serve).unwrap()),
            Box::new(Postgres::new(&ServerUrl::new(database.url()), Role::Serve).unwrap()),
        ];
        engines.map(|engine| with(&mut *engine.connect(Access::Write).unwrap()))
    }

    fn outcomes_after(change: &str) -> [Result<Migrated>; 2] {
        each(|driver| {
            migrated(driver).unwrap();
            driver.batch(change).unwrap();
            migrated(driver)
        })
    }

    #[test]
    fn documents_keep_their_resources_when_they_get_places() {
        let found = each(|driver| {
            driver.begin(Access::Write).unwrap();
            let (old, _) = MIGRATIONS.split_at(10);
            run(driver, Timestamp::UNIX_EPOCH, old).unwrap();
            driver.commit().unwrap();
            for id in ["b", "c", "a"] {
                let row = format!(
                    "INSERT INTO resource (id, kind, state, version, created, modified) VALUES ('{id}', 'User', 0, 1, '', '');
                     INSERT INTO body (resource, json, hash) VALUES ('{id}', 'of {id}', 'h');"
                );
                driver
                    .batch(&row.replace("'h'", "CAST('h' AS {bytes})"))
                    .unwrap();
            }
            migrated(driver).unwrap();
            driver.begin(Access::Read).unwrap();
            let mut found = Vec::new();
            let sql = "SELECT r.id, d.json FROM resource r JOIN document d ON d.place = r.place ORDER BY r.id";
            driver
                .query(sql, &[], &mut |row| {
                    found.push(format!("{} {}", row.text(0)?, row.text(1)?));
                    Ok(Flow::Next)
                })
                .unwrap();
            driver.rollback();
            found.join(", ")
        });
        assert_eq!(found, ["a of a, b of b, c of c"; 2]);
    }

    #[test]
    fn migrating_again_changes_nothing() {
        let all = MIGRATIONS.len();
        let unchanged = Migrated {
            before: all,
            after: all,
        };
        assert_eq!(outcomes_after(""), [Ok(unchanged), Ok(unchanged)]);
    }

    #[test]
    fn a_database_of_a_newer_program_is_refused() {
        let newer = "INSERT INTO migration VALUES (9999, 'x', 'y')";
        for outcome in outcomes_after(newer) {
            assert!(matches!(outcome, Err(Error::Open(_))));
        }
    }

    #[test]
    fn a_migration_that_was_edited_is_refused() {
        let edited = "UPDATE migration SET checksum = 'x'";
        for outcome in outcomes_after(edited) {
            assert!(matches!(outcome, Err(Error::Open(_))));
        }
    }
}
