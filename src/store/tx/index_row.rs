//! The unique keys and index rows of a resource, kept equal to its document.

use super::{Record, State, Tx};
use crate::scim::index::Key;
use crate::scim::resource::Document;
use crate::scim::schema::ResourceType;
use crate::store::keys::{attribute_rows, unique_rows};
use crate::store::{Error, Result};

/// How often a unique value is asked for that others give up and take meanwhile.
const CLAIMS: u32 = 3;

impl Tx<'_> {
    /// Makes unique keys and index rows those of `document`, writing only what differs; a deleted
    /// resource has none.
    pub(super) fn write_keys(
        &mut self,
        record: &Record,
        rt: &ResourceType,
        document: &Document,
    ) -> Result<()> {
        let (unique, indexed) = match record.state {
            State::Active | State::Deactivated => {
                let shown = record.as_shown(document);
                (unique_rows(rt, document), attribute_rows(rt, &shown))
            }
            State::Deleted => (Vec::new(), Vec::new()),
        };
        let (held, had) = if record.version == 1 {
            (Vec::new(), Vec::new())
        } else {
            (self.unique_of(&record.id)?, self.indexed_of(&record.id)?)
        };
        self.write_unique(record, &held, &unique)?;
        self.write_indexed(record, &had, &indexed)
    }

    /// The unique keys that a resource holds. They have no ordinal.
    pub(super) fn unique_of(&mut self, id: &str) -> Result<Vec<Key>> {
        self.all(
            "SELECT path, folded FROM unique_key WHERE resource = $1",
            &[id.into()],
            |row| {
                Ok(Key {
                    path: row.string(0)?,
                    ordinal: 0,
                    folded: row.string(1)?,
                })
            },
        )
    }

    /// The index rows that a resource has.
    pub(super) fn indexed_of(&mut self, id: &str) -> Result<Vec<Key>> {
        self.all(
            "SELECT path, ordinal, folded FROM attribute WHERE resource = $1",
            &[id.into()],
            |row| {
                Ok(Key {
                    path: row.string(0)?,
                    ordinal: u32::try_from(row.int(1)?)
                        .map_err(|_| Error::corrupt("attribute", id, "ordinal"))?,
                    folded: row.string(2)?,
                })
            },
        )
    }

    pub(super) fn write_unique(
        &mut self,
        record: &Record,
        held: &[Key],
        wanted: &[Key],
    ) -> Result<()> {
        for key in held.iter().filter(|key| !holds(wanted, key)) {
            self.execute_one(
                "DELETE FROM unique_key WHERE kind = $1 AND path = $2 AND folded = $3",
                &[
                    (&record.kind).into(),
                    (&key.path).into(),
                    (&key.folded).into(),
                ],
            )?;
        }
        for key in wanted.iter().filter(|key| !holds(held, key)) {
            self.claim(record, key)?;
        }
        Ok(())
    }

    /// Takes a unique value. The constraint decides; who holds the value is asked only afterwards.
    fn claim(&mut self, record: &Record, key: &Key) -> Result<()> {
        let params = [
            (&record.kind).into(),
            (&key.path).into(),
            (&key.folded).into(),
            (&record.id).into(),
        ];
        for _ in 0..CLAIMS {
            let rows = self.execute(
                "INSERT INTO unique_key (kind, path, folded, resource) VALUES ($1, $2, $3, $4)
                 ON CONFLICT (kind, path, folded) DO NOTHING",
                &params,
            )?;
            if rows == 1 {
                return Ok(());
            }
            match self.holder_of_key(record, key)? {
                // Two values of one resource may fold to the same key.
                Some(holder) if holder == record.id => return Ok(()),
                Some(holder) => {
                    return Err(Error::Taken {
                        path: key.path.clone(),
                        value: key.folded.clone(),
                        holder,
                    });
                }
                // It was given up between the two statements.
                None => {}
            }
        }
        Err(Error::Stale)
    }

    fn holder_of_key(&mut self, record: &Record, key: &Key) -> Result<Option<String>> {
        self.first(
            "SELECT resource FROM unique_key WHERE kind = $1 AND path = $2 AND folded = $3",
            &[
                (&record.kind).into(),
                (&key.path).into(),
                (&key.folded).into(),
            ],
            |row| row.string(0),
        )
    }

    pub(super) fn write_indexed(
        &mut self,
        record: &Record,
        had: &[Key],
        wanted: &[Key],
    ) -> Result<()> {
        for key in had
            .iter()
            .filter(|key| !wanted.iter().any(|row| same_place(row, key)))
        {
            self.execute_one(
                "DELETE FROM attribute WHERE resource = $1 AND path = $2 AND ordinal = $3",
                &[
                    (&record.id).into(),
                    (&key.path).into(),
                    i64::from(key.ordinal).into(),
                ],
            )?;
        }
        for key in wanted.iter().filter(|key| !had.contains(key)) {
            self.execute_one(
                "INSERT INTO attribute (resource, path, ordinal, kind, folded) VALUES ($1, $2, $3, $4, $5)
                 ON CONFLICT (resource, path, ordinal) DO UPDATE SET folded = excluded.folded",
                &[
                    (&record.id).into(),
                    (&key.path).into(),
                    i64::from(key.ordinal).into(),
                    (&record.kind).into(),
                    (&key.folded).into(),
                ],
            )?;
        }
        Ok(())
    }
}

fn holds(keys: &[Key], wanted: &Key) -> bool {
    keys.iter()
        .any(|key| key.path == wanted.path && key.folded == wanted.folded)
}

fn same_place(one: &Key, other: &Key) -> bool {
    one.path == other.path && one.ordinal == other.ordinal
}
