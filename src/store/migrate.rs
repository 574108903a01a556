//! Migrations: numbered, checksummed, never edited once released.

use jiff::Timestamp;

use super::engine::{Access, Driver, Flow, Param};
use super::hash::hex_digest;
use super::{Error, Result};
use crate::scim::value::time_key;

/// All migrations, oldest first; the first has number 1.
const MIGRATIONS: [&str; 9] = [
    include_str!("migrations/0001.sql"),
    include_str!("migrations/0002.sql"),
    include_str!("migrations/0003.sql"),
    include_str!("migrations/0004.sql"),
    include_str!("migrations/0005.sql"),
    include_str!("migrations/0006.sql"),
    include_str!("migrations/0007.sql"),
    include_str!("migrations/0008.sql"),
    include_str!("migrations/0009.sql"),
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

/// Brings the database up to this program, in one transaction; refuses one that a newer program made
/// or whose migrations are not ours.
pub(super) fn migrate(driver: &mut dyn Driver, at: Timestamp) -> Result<Migrated> {
    driver.begin(Access::Write)?;
    let done = apply(driver, at).and_then(|migrated| driver.commit().map(|()| migrated));
    if done.is_err() {
        driver.rollback();
    }
    done
}

fn apply(driver: &mut dyn Driver, at: Timestamp) -> Result<Migrated> {
    driver.batch(TABLE)?;
    let applied = applied(driver)?;
    if applied.len() > MIGRATIONS.len() {
        return Err(Error::Open(format!(
            "the database has {} migrations, this program knows {}: it was made by a newer one",
            applied.len(),
            MIGRATIONS.len()
        )));
    }
    for (number, text) in (1_i64..).zip(MIGRATIONS) {
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
        after: MIGRATIONS.len(),
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
    use crate::store::Role;
    use crate::store::engine::{Engine, Sqlite};

    fn outcome_after(change: &str) -> Result<Migrated> {
        let folder = tempfile::tempdir().unwrap();
        let engine = Sqlite::create(&folder.path().join("muster.db"), Role::Serve).unwrap();
        let mut driver = engine.connect(Access::Write).unwrap();
        migrate(&mut *driver, Timestamp::UNIX_EPOCH).unwrap();
        driver.batch(change).unwrap();
        migrate(&mut *driver, Timestamp::UNIX_EPOCH)
    }

    #[test]
    fn migrating_again_changes_nothing() {
        let all = MIGRATIONS.len();
        let unchanged = Migrated {
            before: all,
            after: all,
        };
        assert_eq!(outcome_after(""), Ok(unchanged));
    }

    #[test]
    fn a_database_of_a_newer_program_is_refused() {
        let newer = "INSERT INTO migration VALUES (9999, 'x', 'y')";
        assert!(matches!(outcome_after(newer), Err(Error::Open(_))));
    }

    #[test]
    fn a_migration_that_was_edited_is_refused() {
        let edited = "UPDATE migration SET checksum = 'x'";
        assert!(matches!(outcome_after(edited), Err(Error::Open(_))));
    }
}
