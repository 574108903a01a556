//! A full check of the store against itself: documents, hashes, index rows, memberships, counters.

use super::former::former_rows;
use super::record::{COLUMNS, record};
use super::{State, Tx};
use crate::scim::index::Key;
use crate::scim::schema::Registry;
use crate::store::keys::{attribute_rows, external_key, unique_rows};
use crate::store::{Error, Result};

/// Rows that no other row accounts for: (table, what is wrong, a query for their keys).
const STRAYS: [(&str, &str, &str); 29] = [
    (
        "body",
        "no resource has its place",
        "SELECT d.resource FROM document d WHERE NOT EXISTS
         (SELECT 1 FROM resource r WHERE r.id = d.resource AND r.place = d.place)",
    ),
    (
        "attribute",
        "no live resource of this kind",
        "SELECT a.resource FROM attribute a WHERE NOT EXISTS
         (SELECT 1 FROM resource r WHERE r.id = a.resource AND r.kind = a.kind AND r.state < 2)",
    ),
    (
        "unique_key",
        "no live resource of this kind",
        "SELECT k.resource FROM unique_key k WHERE NOT EXISTS
         (SELECT 1 FROM resource r WHERE r.id = k.resource AND r.kind = k.kind AND r.state < 2)",
    ),
    (
        "member",
        "no such group",
        "SELECT m.group_id FROM member m WHERE NOT EXISTS
         (SELECT 1 FROM resource r WHERE r.id = m.group_id AND r.state < 2)",
    ),
    (
        "member",
        "a deleted resource is shown",
        "SELECT m.member_id FROM member m JOIN resource r ON r.id = m.member_id
         WHERE m.hidden = 0 AND m.resolved IS NOT NULL AND r.state = 2",
    ),
    (
        "member",
        "hidden, but not deleted",
        "SELECT m.member_id FROM member m WHERE m.hidden = 1 AND NOT EXISTS
         (SELECT 1 FROM resource r WHERE r.id = m.member_id AND r.state = 2)",
    ),
    (
        "member",
        "resolved to no resource of that kind",
        "SELECT m.member_id FROM member m WHERE m.resolved IS NOT NULL AND NOT EXISTS
         (SELECT 1 FROM resource r WHERE r.id = m.member_id AND r.kind = m.resolved)",
    ),
    (
        "member",
        "resolved to a resource that the owner of the group does not see",
        "SELECT m.member_id FROM member m JOIN resource g ON g.id = m.group_id JOIN resource r ON r.id = m.member_id
         WHERE m.resolved IS NOT NULL AND g.owner <> r.owner AND NOT EXISTS (SELECT 1 FROM transfer t
           WHERE (t.connection = g.owner AND t.target = r.owner) OR (t.connection = r.owner AND t.target = g.owner))",
    ),
    (
        "counter",
        "does not count what is there",
        "SELECT c.kind FROM (SELECT kind, owner, state, SUM(number) AS number FROM counter GROUP BY kind, owner, state) c
         WHERE c.number <> (SELECT count(*) FROM resource r
           WHERE r.kind = c.kind AND COALESCE(r.owner, '') = c.owner AND r.state = c.state)",
    ),
    (
        "counter",
        "missing",
        "SELECT DISTINCT r.kind FROM resource r WHERE NOT EXISTS (SELECT 1 FROM counter c
           WHERE c.kind = r.kind AND c.owner = COALESCE(r.owner, '') AND c.state = r.state)",
    ),
    (
        "resource",
        "locked, but active",
        "SELECT id FROM resource WHERE locked = 1 AND state = 0",
    ),
    (
        "resource",
        "a deleted one, and no other, says since when",
        "SELECT id FROM resource WHERE (deleted IS NULL) <> (state <> 2 OR place IS NULL)",
    ),
    (
        "former_key",
        "no deleted resource of this kind",
        "SELECT f.resource FROM former_key f WHERE NOT EXISTS
         (SELECT 1 FROM resource r WHERE r.id = f.resource AND r.kind = f.kind AND r.state = 2)",
    ),
    (
        "role_grant",
        "no such resource",
        "SELECT g.resource FROM role_grant g WHERE NOT EXISTS (SELECT 1 FROM resource r WHERE r.id = g.resource)",
    ),
    (
        "group_pin",
        "no such group",
        "SELECT p.name FROM group_pin p WHERE NOT EXISTS (SELECT 1 FROM resource r WHERE r.id = p.group_id)",
    ),
    (
        "legal_hold",
        "no such resource",
        "SELECT h.resource FROM legal_hold h WHERE NOT EXISTS (SELECT 1 FROM resource r WHERE r.id = h.resource)",
    ),
    (
        "inbox",
        "no such resource",
        "SELECT i.id FROM inbox i WHERE NOT EXISTS (SELECT 1 FROM resource r WHERE r.id = i.resource)
         OR (i.other IS NOT NULL AND NOT EXISTS (SELECT 1 FROM resource r WHERE r.id = i.other))",
    ),
    (
        "activity",
        "no such resource",
        "SELECT a.resource FROM activity a WHERE NOT EXISTS (SELECT 1 FROM resource r WHERE r.id = a.resource)",
    ),
    (
        "password",
        "no such resource",
        "SELECT p.resource FROM password p WHERE NOT EXISTS (SELECT 1 FROM resource r WHERE r.id = p.resource)",
    ),
    (
        "password_link",
        "not of an active account",
        "SELECT l.resource FROM password_link l WHERE NOT EXISTS
         (SELECT 1 FROM resource r WHERE r.id = l.resource AND r.state = 0)",
    ),
    (
        "personal_token",
        "not of an active account",
        "SELECT t.id FROM personal_token t WHERE NOT EXISTS
         (SELECT 1 FROM resource r WHERE r.id = t.resource AND r.state = 0)",
    ),
    (
        "own_address",
        "no such resource",
        "SELECT o.resource FROM own_address o WHERE NOT EXISTS (SELECT 1 FROM resource r WHERE r.id = o.resource)",
    ),
    (
        "awaited",
        "no such resource",
        "SELECT w.resource FROM awaited w WHERE NOT EXISTS (SELECT 1 FROM resource r WHERE r.id = w.resource)",
    ),
    (
        "link",
        "no such resource",
        "SELECT x.resource FROM link x WHERE NOT EXISTS (SELECT 1 FROM resource r WHERE r.id = x.resource)",
    ),
    (
        "link_pass",
        "no such resource",
        "SELECT x.resource FROM link_pass x WHERE NOT EXISTS (SELECT 1 FROM resource r WHERE r.id = x.resource)",
    ),
    (
        "login_state",
        "no such resource",
        "SELECT x.resource FROM login_state x WHERE NOT EXISTS (SELECT 1 FROM resource r WHERE r.id = x.resource)",
    ),
    (
        "link",
        "shut or open as its resource is not",
        "SELECT l.resource FROM link l JOIN resource r ON r.id = l.resource WHERE (l.shut IS NULL) <> (r.state = 0)",
    ),
    (
        "session",
        "nobody whose account is active",
        "SELECT s.id FROM session s WHERE NOT EXISTS (SELECT 1 FROM resource r WHERE r.id = s.resource AND r.state = 0)",
    ),
    (
        "login_place",
        "no such resource",
        "SELECT p.resource FROM login_place p WHERE NOT EXISTS (SELECT 1 FROM resource r WHERE r.id = p.resource)",
    ),
];

/// Something in the store that contradicts something else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The table.
    pub table: &'static str,
    /// The key of the row.
    pub row: String,
    /// What is wrong with it.
    pub why: String,
}

impl Fault {
    fn new(table: &'static str, row: impl Into<String>, why: impl Into<String>) -> Self {
        Self {
            table,
            row: row.into(),
            why: why.into(),
        }
    }
}

impl Tx<'_> {
    /// Every fault of the store; empty when all is as it was written. Reads everything: on a large store it
    /// belongs into a write or a command, where no time limit ends it.
    pub fn verify(&mut self, registry: &Registry) -> Result<Vec<Fault>> {
        let mut faults: Vec<Fault> = self
            .driver
            .integrity()?
            .into_iter()
            .map(|why| Fault::new("database", "", why))
            .collect();
        for (table, why, sql) in STRAYS {
            let rows = self.all(sql, &[], |row| row.string(0))?;
            faults.extend(rows.into_iter().map(|row| Fault::new(table, row, why)));
        }
        // Of those that were deleted long ago the id alone may be kept.
        let ids = self.all(
            "SELECT id FROM resource WHERE state < 2 OR deleted IS NOT NULL OR place IS NOT NULL ORDER BY id",
            &[],
            |row| row.string(0),
        )?;
        for id in ids {
            match self.verify_one(registry, &id) {
                Ok(found) => faults.extend(found),
                Err(Error::Corrupt { table, row, why }) => faults.push(Fault { table, row, why }),
                Err(other) => return Err(other),
            }
        }
        Ok(faults)
    }

    fn verify_one(&mut self, registry: &Registry, id: &str) -> Result<Vec<Fault>> {
        let sql = format!(
            "SELECT {COLUMNS}, r.display FROM resource r LEFT JOIN document d ON d.place = r.place WHERE r.id = $1"
        );
        let found = self.first(&sql, &[id.into()], |row| {
            Ok((record(row)?, row.opt_string(12)?))
        })?;
        let Some((record, display)) = found else {
            return Ok(vec![Fault::new("resource", id, "gone")]);
        };
        let document = record.document()?;
        let mut faults = Vec::new();
        if record.external_id != external_key(&document)
            || display.as_deref() != document.text("displayName")
        {
            faults.push(Fault::new(
                "resource",
                id,
                "columns differ from the document",
            ));
        }
        let Some(rt) = registry.by_name(&record.kind) else {
            return Ok(faults);
        };
        let (unique, indexed) = if record.state == State::Deleted {
            (Vec::new(), Vec::new())
        } else {
            let shown = record.shown()?;
            (unique_rows(rt, &document), attribute_rows(rt, &shown))
        };
        let former = if record.state == State::Deleted && rt.is_user() {
            former_rows(&record, rt, &document)
        } else {
            Vec::new()
        };
        if !same(self.former_of(id)?, former) {
            faults.push(Fault::new(
                "former_key",
                id,
                "rows differ from the document",
            ));
        }
        if !same(self.indexed_of(id)?, indexed) {
            faults.push(Fault::new("attribute", id, "rows differ from the document"));
        }
        if !same(
            self.unique_of(id)?,
            unique
                .into_iter()
                .map(|key| Key { ordinal: 0, ..key })
                .collect(),
        ) {
            faults.push(Fault::new(
                "unique_key",
                id,
                "rows differ from the document",
            ));
        }
        Ok(faults)
    }
}

/// Whether two sets of keys are equal.
fn same(mut one: Vec<Key>, mut other: Vec<Key>) -> bool {
    for keys in [&mut one, &mut other] {
        keys.sort();
        keys.dedup();
    }
    one == other
}
