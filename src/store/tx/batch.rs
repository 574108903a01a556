//! Look-ups of many ids at once: a page costs few statements, not one a resource.

use std::collections::HashMap;

use super::member::GroupRef;
use super::record::{COLUMNS, record};
use super::{Record, Tx};
use crate::scim::schema::ResourceType;
use crate::store::engine::Param;
use crate::store::viewer::seen;
use crate::store::{Error, Result, Viewer};

/// How many ids one statement takes. The lists are all of this length, the last one filled up, so that the
/// statement stays prepared; a page of 100 takes four.
const AT_ONCE: usize = 32;

/// Up to so many ids are looked up one by one: cheaper than a list filled up.
const FEW: usize = 4;

impl Tx<'_> {
    /// The live resources with these ids, in this order; this transaction has found them for `viewer`.
    pub(super) fn records_of(
        &mut self,
        viewer: &Viewer,
        rt: &ResourceType,
        ids: &[&str],
    ) -> Result<Vec<Record>> {
        if ids.len() <= FEW {
            let record = |id| {
                let record = self.record_of(viewer, rt, id)?;
                self.count_document(&record)?;
                Ok(record)
            };
            return ids.iter().copied().map(record).collect();
        }
        let sql = format!(
            "SELECT {COLUMNS} FROM resource r LEFT JOIN document d ON d.place = r.place
             WHERE r.id IN ({}) AND r.kind = $1 AND r.state < 2",
            placeholders()
        );
        let mut found = HashMap::with_capacity(ids.len());
        for chunk in ids.chunks(AT_ONCE) {
            let rows = self.all(&sql, &params(&*rt.name, chunk), record)?;
            for record in &rows {
                self.count_document(record)?;
            }
            let seen = rows.into_iter().filter(|record| viewer.sees(record));
            found.extend(seen.map(|record| (record.id.clone(), record)));
        }
        let missing = |id: &str| Error::corrupt("resource", id, "an index names it");
        ids.iter()
            .map(|id| found.remove(*id).ok_or_else(|| missing(id)))
            .collect()
    }

    /// Counts a document that a page holds.
    fn count_document(&mut self, record: &Record) -> Result<()> {
        let left = self.document_bytes_left.checked_sub(record.body.len());
        self.document_bytes_left = left.ok_or(Error::Large)?;
        Ok(())
    }

    /// [`Tx::groups_of`] for each of `ids`; one that is in no group has no entry.
    pub fn groups_of_all(
        &mut self,
        viewer: &Viewer,
        ids: &[&str],
    ) -> Result<HashMap<String, Vec<GroupRef>>> {
        let mut found: HashMap<String, Vec<GroupRef>> = HashMap::new();
        if ids.len() <= FEW {
            for id in ids {
                let groups = self.groups_of(viewer, id)?;
                if !groups.is_empty() {
                    found.insert((*id).to_owned(), groups);
                }
            }
            return Ok(found);
        }
        let only = viewer.connection();
        let shown = only.map_or_else(String::new, |_| {
            format!(" AND {}", seen("r", &format!("${}", AT_ONCE + 2)))
        });
        let sql = format!(
            "SELECT m.member_id, m.group_id, r.display FROM member m JOIN resource r ON r.id = m.group_id
             WHERE m.member_id IN ({}) AND m.hidden = $1 AND m.resolved IS NOT NULL AND r.state < 2{shown}
             ORDER BY m.member_id, m.group_id",
            placeholders()
        );
        for chunk in ids.chunks(AT_ONCE) {
            let mut params = params(0_i64, chunk);
            params.extend(only.map(Param::Text));
            let rows = self.all(&sql, &params, |row| {
                let group = GroupRef {
                    id: row.string(1)?,
                    display: row.opt_string(2)?,
                };
                Ok((row.string(0)?, group))
            })?;
            for (member, group) in rows {
                found.entry(member).or_default().push(group);
            }
        }
        Ok(found)
    }
}

/// `$2, $3, …`
fn placeholders() -> String {
    let all: Vec<String> = (0..AT_ONCE)
        .map(|ordinal| format!("${}", ordinal + 2))
        .collect();
    all.join(", ")
}

/// `$1`, then the ids, the last one repeated until the list is full.
fn params<'p>(first: impl Into<Param<'p>>, ids: &[&'p str]) -> Vec<Param<'p>> {
    let last = ids.last().copied().unwrap_or_default();
    let filled = ids.iter().copied().chain(std::iter::repeat(last));
    std::iter::once(first.into())
        .chain(filled.take(AT_ONCE).map(Param::Text))
        .collect()
}
