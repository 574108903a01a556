//! To whom records belong: adopted one by one, handed over by the thousand.

use std::collections::BTreeMap;

use super::record::{COLUMNS, record};
use super::{Record, State, Tx, stored};
use crate::scim::filter::AttrRef;
use crate::scim::index::cut;
use crate::scim::schema::ResourceType;
use crate::scim::value::fold;
use crate::store::viewer::foreign;
use crate::store::{Error, Result};

/// Some records of a connection were handed over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Handed {
    /// How many.
    pub number: u64,
    /// The id of the last one: the next ones are behind it.
    pub last: String,
}

impl Tx<'_> {
    /// Gives a live record of nobody's to a connection; its version stays, as no document changes. What the
    /// connection cannot see does not come along: members of other connections leave a group, and in groups of others the
    /// record stands for nobody from now on. Answers how many memberships ended so.
    ///
    /// # Errors
    /// [`Error::Stale`] when it is no longer at the version of `old`, or belongs to somebody.
    pub fn adopt(&mut self, old: &Record, connection: &str) -> Result<(Record, u64)> {
        self.change(|tx| {
            let rows = tx.execute(
                "UPDATE resource SET owner = $4
                 WHERE id = $1 AND kind = $2 AND version = $3 AND state < 2 AND owner IS NULL",
                &[
                    (&old.id).into(),
                    (&old.kind).into(),
                    old.version.into(),
                    connection.into(),
                ],
            )?;
            if rows != 1 {
                return Err(Error::Stale);
            }
            let new = Record {
                owner: Some(connection.to_owned()),
                ..old.clone()
            };
            tx.move_count(old, &new)?;
            let params = [(&old.id).into(), connection.into()];
            let left = tx.execute(
                &format!(
                    "DELETE FROM member WHERE group_id = $1 AND {}",
                    foreign("member", "$2")
                ),
                &params,
            )?;
            let of_others = "member_id = $1 AND resolved IS NOT NULL AND EXISTS (SELECT 1 FROM resource g
               WHERE g.id = member.group_id AND g.owner IS NOT NULL AND g.owner <> $2)";
            // Their members are shown without what the ids stood for, which is a new version.
            tx.execute(
                &format!(
                    "UPDATE resource SET version = version + 1, modified = $3 WHERE state < 2 AND id IN
                     (SELECT group_id FROM member WHERE {of_others})"
                ),
                &[(&old.id).into(), connection.into(), (&stored(tx.at()?)).into()],
            )?;
            let ended = tx.execute(
                &format!("UPDATE member SET resolved = NULL WHERE {of_others}"),
                &params,
            )?;
            tx.drop_questions_of_nobody(&old.id)?;
            Ok((new, left + ended))
        })
    }

    /// The live records of nobody's with this text in `attr`, which is indexed; at most `limit`, by id.
    pub fn nobodys_with(
        &mut self,
        rt: &ResourceType,
        attr: &AttrRef,
        text: &str,
        limit: u32,
    ) -> Result<Vec<Record>> {
        let mut key = fold(text, attr.leaf().case_exact);
        cut(&mut key);
        let sql = format!(
            "SELECT {COLUMNS} FROM resource r LEFT JOIN document d ON d.place = r.place
             WHERE r.id IN (SELECT k.resource FROM attribute k WHERE k.kind = $1 AND k.path = $2 AND k.folded = $3)
             AND r.owner IS NULL AND r.state < 2 ORDER BY r.id LIMIT $4"
        );
        let path = attr.path();
        let params = [
            (&*rt.name).into(),
            (&path).into(),
            (&key).into(),
            i64::from(limit).into(),
        ];
        self.all(&sql, &params, record)
    }

    /// The ids of the live records of nobody's that have a value of `attr`, which is indexed, in common with
    /// `record`; at most `limit`, in order.
    pub fn nobodys_like(
        &mut self,
        record: &Record,
        attr: &AttrRef,
        limit: u32,
    ) -> Result<Vec<String>> {
        let path = attr.path();
        self.all(
            // CROSS JOIN is a plain join that tells SQLite to begin at the left: with the few values of the record.
            "SELECT DISTINCT o.resource FROM attribute n
             CROSS JOIN attribute o CROSS JOIN resource r
             WHERE n.resource = $1 AND n.path = $2
             AND o.kind = $3 AND o.path = n.path AND o.folded = n.folded
             AND r.id = o.resource AND r.id <> $1 AND r.owner IS NULL AND r.state < 2 ORDER BY 1 LIMIT $4",
            &[
                (&record.id).into(),
                (&path).into(),
                (&record.kind).into(),
                i64::from(limit).into(),
            ],
            |row| row.string(0),
        )
    }

    /// How many records a connection owns, deleted ones too.
    pub fn owned(&mut self, connection: &str) -> Result<u64> {
        self.number(
            "SELECT CAST(COALESCE(SUM(number), 0) AS {int}) FROM counter WHERE owner = $1",
            &[connection.into()],
        )
    }

    /// Hands the next records of a connection over to another one, or to nobody: at most `limit` behind the id
    /// `after`, deleted ones too. Versions stay, as no document changes. `None` when there are no more.
    pub fn hand_over(
        &mut self,
        from: &str,
        to: Option<&str>,
        after: &str,
        limit: u32,
    ) -> Result<Option<Handed>> {
        self.change(|tx| {
            let params = [from.into(), after.into(), i64::from(limit).into()];
            tx.keep_rows(
                "SELECT r.id FROM resource r WHERE r.owner = $1 AND r.id > $2 ORDER BY r.id LIMIT $3",
                &params,
            )?;
            let sql = "SELECT r.id, r.kind, r.state FROM resource r
                 WHERE r.owner = $1 AND r.id > $2 ORDER BY r.id LIMIT $3";
            let found = tx.all(sql, &params, |row| {
                Ok((row.string(0)?, row.string(1)?, row.int(2)?))
            })?;
            let Some((last, _, _)) = found.last().cloned() else {
                return Ok(None);
            };
            let rows = tx.execute(
                "UPDATE resource SET owner = $4 WHERE owner = $1 AND id > $2 AND id <= $3",
                &[from.into(), after.into(), (&last).into(), to.into()],
            )?;
            if rows != found.len() as u64 {
                return Err(Error::Stale);
            }
            let mut numbers: BTreeMap<(String, i64), i64> = BTreeMap::new();
            for (_, kind, state) in found {
                *numbers.entry((kind, state)).or_default() += 1;
            }
            for ((kind, state), number) in numbers {
                let state = State::from_number(state)
                    .ok_or_else(|| Error::corrupt("resource", &*last, "unknown state"))?;
                tx.count(&kind, Some(from), state, -number)?;
                tx.count(&kind, to, state, number)?;
            }
            Ok(Some(Handed { number: rows, last }))
        })
    }

    /// Remembers that the records of a connection are on their way to another one; answers where they are going:
    /// there, or where an unfinished move takes them.
    pub fn begin_transfer(&mut self, from: &str, to: &str) -> Result<String> {
        self.change(|tx| {
            tx.execute(
                "INSERT INTO transfer (connection, target) VALUES ($1, $2) ON CONFLICT (connection) DO NOTHING",
                &[from.into(), to.into()],
            )?;
            Ok(tx.transfer(from)?.unwrap_or_default())
        })
    }

    /// Where an unfinished move takes the records of a connection.
    pub fn transfer(&mut self, from: &str) -> Result<Option<String>> {
        self.first(
            "SELECT target FROM transfer WHERE connection = $1",
            &[from.into()],
            |row| row.string(0),
        )
    }

    /// Forgets a move, which is finished.
    pub fn end_transfer(&mut self, from: &str) -> Result<()> {
        self.change(|tx| {
            tx.execute("DELETE FROM transfer WHERE connection = $1", &[from.into()])
                .map(drop)
        })
    }
}
