//! Deleted accounts: found by the keys they had, and listed by when they were deleted.

use jiff::Timestamp;

use super::record::{COLUMNS, record};
use super::{Record, Tx, stored};
use crate::clock::latest_past;
use crate::scim::filter::AttrRef;
use crate::scim::index::{Key, cut};
use crate::scim::resource::Document;
use crate::scim::schema::ResourceType;
use crate::scim::value::fold;
use crate::store::Result;
use crate::store::keys::{attribute_rows, unique_row, unique_rows};

/// Keeps the deleted resources that had a key.
const LOCK_FORMER: &str = "SELECT r.id FROM former_key f JOIN resource r ON r.id = f.resource
     WHERE f.kind = $1 AND f.path = $2 AND f.folded = $3 AND r.state = 2 ORDER BY r.id";

impl Tx<'_> {
    /// The deleted resource of type `rt` with this id. In a write it is locked until the end.
    pub fn deleted(&mut self, rt: &ResourceType, id: &str) -> Result<Option<Record>> {
        let params = [id.into(), (&*rt.name).into()];
        self.keep_rows(
            "SELECT r.id FROM resource r WHERE r.id = $1 AND r.kind = $2 AND r.state = 2",
            &params,
        )?;
        let sql = format!(
            "SELECT {COLUMNS} FROM resource r LEFT JOIN document d ON d.place = r.place
             WHERE r.id = $1 AND r.kind = $2 AND r.state = 2"
        );
        self.first(&sql, &params, record)
    }

    /// The deleted resources that had this text in an attribute that is indexed or unique, the latest deleted first.
    pub fn former(&mut self, rt: &ResourceType, attr: &AttrRef, text: &str) -> Result<Vec<Record>> {
        let mut key = fold(text, attr.leaf().case_exact);
        if rt.unique().contains(attr) {
            key = unique_row(&key);
        } else {
            cut(&mut key);
        }
        let path = attr.path();
        let params = [(&*rt.name).into(), (&path).into(), (&key).into()];
        self.keep_rows(LOCK_FORMER, &params)?;
        let sql = format!(
            "SELECT {COLUMNS} FROM former_key f JOIN resource r ON r.id = f.resource
             LEFT JOIN document d ON d.place = r.place
             WHERE f.kind = $1 AND f.path = $2 AND f.folded = $3 AND r.state = 2
             ORDER BY r.deleted DESC, r.id DESC"
        );
        self.all(&sql, &params, record)
    }

    /// The latest deleted resource of the connection `owner` that had this `externalId`, and this text in `attr`,
    /// which is unique. In a write it is locked until the end.
    pub fn former_of_owner(
        &mut self,
        rt: &ResourceType,
        owner: &str,
        external_id: &str,
        attr: &AttrRef,
        text: &str,
    ) -> Result<Option<Record>> {
        let whole = fold(external_id, true);
        let mut external_key = whole.clone();
        cut(&mut external_key);
        let key = unique_row(&fold(text, attr.leaf().case_exact));
        let path = attr.path();
        self.keep_rows(
            LOCK_FORMER,
            &[(&*rt.name).into(), (&path).into(), (&key).into()],
        )?;
        let sql = format!(
            "SELECT {COLUMNS} FROM former_key f JOIN resource r ON r.id = f.resource
             LEFT JOIN document d ON d.place = r.place
             WHERE f.kind = $1 AND f.path = $2 AND f.folded = $3 AND r.state = 2
             AND r.owner = $4 AND r.external_id = $5
             ORDER BY r.deleted DESC, r.id DESC LIMIT 1"
        );
        let params = [
            (&*rt.name).into(),
            (&path).into(),
            (&key).into(),
            owner.into(),
            (&external_key).into(),
        ];
        let Some(found) = self.first(&sql, &params, record)? else {
            return Ok(None);
        };
        let document = found.document()?;
        let same = document.external_id().map(|text| fold(text, true)) == Some(whole);
        Ok(same.then_some(found))
    }

    /// The next deleted resources of type `rt`, in the order in which they were deleted, behind `after`,
    /// which were deleted no later than `until`.
    pub fn deleted_after(
        &mut self,
        rt: &ResourceType,
        after: Option<(Timestamp, &str)>,
        until: Timestamp,
        limit: u32,
    ) -> Result<Vec<Record>> {
        let (since, id) = after.map_or((String::new(), ""), |(at, id)| (stored(at), id));
        let until = stored(until);
        let sql = format!(
            "SELECT {COLUMNS} FROM resource r LEFT JOIN document d ON d.place = r.place
             WHERE r.kind = $1 AND r.state = 2 AND (r.deleted, r.id) > ($2, $3) AND r.deleted <= $4
             ORDER BY r.deleted, r.id LIMIT $5"
        );
        let params = [
            (&*rt.name).into(),
            (&since).into(),
            id.into(),
            (&until).into(),
            i64::from(limit).into(),
        ];
        self.all(&sql, &params, record)
    }

    /// Writes the time of this change in place of later ones at which resources of this kind were deleted, at most `limit`
    /// of them; returns how many. Such a time was written while a clock was ahead, and the resource would stay until then.
    pub fn correct_deletion_times(&mut self, kind: &str, limit: u32) -> Result<u64> {
        self.change(|tx| {
            let now = tx.at()?;
            tx.execute(
                "UPDATE resource SET deleted = $2 WHERE id IN
                   (SELECT id FROM resource WHERE kind = $1 AND state = 2 AND deleted > $3 LIMIT $4)",
                &[
                    kind.into(),
                    (&stored(now)).into(),
                    (&stored(latest_past(now))).into(),
                    i64::from(limit).into(),
                ],
            )
        })
    }

    /// Whether there is a resource with this id, live or deleted, of any kind.
    pub fn is_known(&mut self, id: &str) -> Result<bool> {
        let sql = "SELECT 1 FROM resource WHERE id = $1";
        Ok(self.first(sql, &[id.into()], |row| row.int(0))?.is_some())
    }

    /// Remembers by which keys a resource that is being deleted was found.
    pub(super) fn write_former(
        &mut self,
        record: &Record,
        rt: &ResourceType,
        document: &Document,
    ) -> Result<()> {
        for key in former_rows(record, rt, document) {
            self.execute(
                "INSERT INTO former_key (resource, path, folded, kind) VALUES ($1, $2, $3, $4)
                 ON CONFLICT (resource, path, folded) DO NOTHING",
                &[
                    (&record.id).into(),
                    (&key.path).into(),
                    (&key.folded).into(),
                    (&record.kind).into(),
                ],
            )?;
        }
        Ok(())
    }

    /// Forgets the keys of a resource that is live again.
    pub(super) fn drop_former(&mut self, id: &str) -> Result<()> {
        self.execute("DELETE FROM former_key WHERE resource = $1", &[id.into()])
            .map(drop)
    }

    /// The keys that are remembered of a resource. They have no ordinal.
    pub(super) fn former_of(&mut self, id: &str) -> Result<Vec<Key>> {
        self.all(
            "SELECT path, folded FROM former_key WHERE resource = $1",
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
}

/// What is remembered of a deleted resource: its unique keys and index rows, without their places.
pub(super) fn former_rows(record: &Record, rt: &ResourceType, document: &Document) -> Vec<Key> {
    let shown = record.as_shown(document);
    let mut rows = unique_rows(rt, document);
    rows.extend(attribute_rows(rt, &shown));
    for row in &mut rows {
        row.ordinal = 0;
    }
    rows
}
