//! The unique keys and index rows of a resource, kept equal to its document.

use std::cmp::Ordering;

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
        self.write_unique(record, held, unique)?;
        self.write_indexed(record, had, indexed)
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

    /// Gives up the unique keys of `held` that are not in `wanted` and claims those that are new.
    pub(super) fn write_unique(
        &mut self,
        record: &Record,
        mut held: Vec<Key>,
        mut wanted: Vec<Key>,
    ) -> Result<()> {
        for keys in [&mut held, &mut wanted] {
            keys.sort_unstable_by(by_value);
            // Two values of one resource may fold to the same key.
            keys.dedup_by(|one, other| by_value(one, other).is_eq());
        }
        for key in difference(&held, &wanted, by_value) {
            self.execute_one(
                "DELETE FROM unique_key WHERE kind = $1 AND path = $2 AND folded = $3",
                &[
                    (&record.kind).into(),
                    (&key.path).into(),
                    (&key.folded).into(),
                ],
            )?;
        }
        for key in difference(&wanted, &held, by_value) {
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

    /// Deletes the index rows of `had` whose places are not in `wanted` and writes those that differ.
    pub(super) fn write_indexed(
        &mut self,
        record: &Record,
        mut had: Vec<Key>,
        mut wanted: Vec<Key>,
    ) -> Result<()> {
        had.sort_unstable();
        wanted.sort_unstable();
        for key in difference(&had, &wanted, by_place) {
            self.execute_one(
                "DELETE FROM attribute WHERE resource = $1 AND path = $2 AND ordinal = $3",
                &[
                    (&record.id).into(),
                    (&key.path).into(),
                    i64::from(key.ordinal).into(),
                ],
            )?;
        }
        for key in difference(&wanted, &had, Key::cmp) {
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

/// The order of unique keys, which have no ordinal.
fn by_value(one: &Key, other: &Key) -> Ordering {
    one.path
        .cmp(&other.path)
        .then_with(|| one.folded.cmp(&other.folded))
}

/// The order of the places of index rows: a place holds one row.
fn by_place(one: &Key, other: &Key) -> Ordering {
    one.path
        .cmp(&other.path)
        .then(one.ordinal.cmp(&other.ordinal))
}

/// The keys of `keys` that have no equal in `others`. Both lists are sorted by `order`, so that one pass over the two
/// finds them: a client chooses how many values a resource has.
fn difference<'k>(
    keys: &'k [Key],
    others: &'k [Key],
    order: impl Fn(&Key, &Key) -> Ordering,
) -> impl Iterator<Item = &'k Key> {
    let mut others = others.iter().peekable();
    keys.iter().filter(move |key| {
        while others.next_if(|other| order(other, key).is_lt()).is_some() {}
        !others.peek().is_some_and(|other| order(other, key).is_eq())
    })
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    fn key(path: &str, ordinal: u32, folded: &str) -> Key {
        Key {
            path: path.to_owned(),
            ordinal,
            folded: folded.to_owned(),
        }
    }

    #[test]
    fn a_difference_is_what_the_other_list_lacks() {
        let had = [key("a", 0, "x"), key("a", 1, "y"), key("b", 0, "x")];
        let wanted = [key("a", 0, "z"), key("a", 2, "y"), key("b", 0, "x")];
        let gone: Vec<&Key> = difference(&had, &wanted, by_place).collect();
        assert_eq!(gone, [&key("a", 1, "y")]);
        let new: Vec<&Key> = difference(&wanted, &had, Key::cmp).collect();
        assert_eq!(new, [&key("a", 0, "z"), &key("a", 2, "y")]);
    }

    #[test]
    fn a_difference_costs_one_pass_over_both_lists() {
        let keys = |value: &str| -> Vec<Key> {
            (0..30_000)
                .map(|at| key("emails.value", at, value))
                .collect()
        };
        let (had, wanted) = (keys("before"), keys("after"));
        let comparisons = Cell::new(0_u64);
        let counted = |one: &Key, other: &Key| {
            comparisons.set(comparisons.get() + 1);
            one.cmp(other)
        };
        assert_eq!(difference(&wanted, &had, counted).count(), 30_000);
        assert!(comparisons.get() <= 4 * 30_000, "{}", comparisons.get());
    }
}
