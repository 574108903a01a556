//! One resource: made, found, changed, deleted.

use super::record::record;
use super::record_query::{BY_ID, BY_UNIQUE_VALUE, RecordQuery};
use super::{Record, State, Tx, stored};
use crate::scim::resource::Document;
use crate::scim::schema::ResourceType;
use crate::store::compile::Params;
use crate::store::engine::Param;
use crate::store::hash::body_hash;
use crate::store::keys::{external_key, unique_row};
use crate::store::{Error, Result, Viewer};

/// A resource to be stored.
#[derive(Debug, Clone, Copy)]
pub struct NewResource<'a> {
    /// Its id, drawn by the caller.
    pub id: &'a str,
    /// Its type.
    pub rt: &'a ResourceType,
    /// The connection it will belong to; `None` is nobody.
    pub owner: Option<&'a str>,
    /// Its state.
    pub state: State,
    /// Its document.
    pub document: &'a Document,
}

impl Tx<'_> {
    /// Stores a new resource, version 1.
    ///
    /// # Errors
    /// [`Error::Taken`] when another live resource has one of its unique values.
    pub fn insert(&mut self, new: &NewResource<'_>) -> Result<Record> {
        self.change(|tx| {
            let at = tx.at()?;
            let made = Record {
                id: new.id.to_owned(),
                kind: new.rt.name.to_string(),
                owner: new.owner.map(str::to_owned),
                external_id: external_key(new.document),
                state: new.state,
                version: 1,
                created: at,
                modified: at,
                body: new.document.to_text(),
                locked: false,
                deleted: None,
            };
            let place = tx.insert_body(&made)?;
            tx.insert_row(&made, new.document, place)?;
            tx.write_keys(&made, new.rt, new.document)?;
            tx.count_one(&made, 1)?;
            Ok(made)
        })
    }

    /// The live resource of type `rt` with this id, if `viewer` sees it: of another one not even the document is
    /// read. In a write it is locked until the end.
    pub fn get(&mut self, viewer: &Viewer, rt: &ResourceType, id: &str) -> Result<Option<Record>> {
        let query = BY_ID.of(viewer);
        let (id, kind) = (id.into(), (&*rt.name).into());
        match viewer.connection() {
            None => self.first_kept(query, &[id, kind]),
            Some(name) => self.first_kept(query, &[id, kind, name.into()]),
        }
    }

    /// The live resource that holds the unique value `folded` ([`crate::scim::index::folded`], not cut) of `path`, if
    /// `viewer` sees it; see [`Tx::get`].
    /// In a write it is locked until the end.
    pub fn lookup(
        &mut self,
        viewer: &Viewer,
        rt: &ResourceType,
        path: &str,
        folded: &str,
    ) -> Result<Option<Record>> {
        let query = BY_UNIQUE_VALUE.of(viewer);
        let key = unique_row(folded);
        let (kind, path, key) = ((&*rt.name).into(), path.into(), (&key).into());
        match viewer.connection() {
            None => self.first_kept(query, &[kind, path, key]),
            Some(name) => self.first_kept(query, &[kind, path, key, name.into()]),
        }
    }

    /// The record that `query` finds, which is locked in a write.
    fn first_kept(&mut self, query: &RecordQuery, params: &[Param<'_>]) -> Result<Option<Record>> {
        if self.cause.is_some() {
            self.keep_rows(&query.lock, params)?;
        }
        self.first(&query.read, params, record)
    }

    /// Replaces document and state of `old` and answers it at its new version. It is for the caller to
    /// know that something changed.
    ///
    /// # Errors
    /// [`Error::Taken`]; [`Error::Stale`] when the resource is no longer at the version of `old`.
    pub fn update(
        &mut self,
        rt: &ResourceType,
        old: &Record,
        document: &Document,
        state: State,
    ) -> Result<Record> {
        self.change(|tx| {
            if old.state == State::Deleted {
                return Err(Error::Stale);
            }
            let new = Record {
                external_id: external_key(document),
                state,
                version: old.version + 1,
                modified: tx.at()?,
                body: document.to_text(),
                ..old.clone()
            };
            tx.rewrite(rt, old, new, document)
        })
    }

    /// Gives `old` its next version: something that is not in its document changed, as members do.
    ///
    /// # Errors
    /// [`Error::Stale`] when the resource is no longer at the version of `old`.
    pub fn touch(&mut self, old: &Record) -> Result<Record> {
        self.change(|tx| {
            let at = tx.at()?;
            let rows = tx.execute(
                "UPDATE resource SET version = version + 1, modified = $4
                 WHERE id = $1 AND kind = $2 AND version = $3 AND state < 2",
                &[
                    (&old.id).into(),
                    (&old.kind).into(),
                    old.version.into(),
                    (&stored(at)).into(),
                ],
            )?;
            if rows != 1 {
                return Err(Error::Stale);
            }
            Ok(Record {
                version: old.version + 1,
                modified: at,
                ..old.clone()
            })
        })
    }

    /// Deletes `old` softly: its names are free, no filter finds it, groups hide it. Its own members, if it
    /// is a group, are gone for good.
    ///
    /// # Errors
    /// [`Error::Stale`] when the resource is no longer at the version of `old`.
    pub fn delete(&mut self, rt: &ResourceType, old: &Record) -> Result<Record> {
        self.change(|tx| {
            let document = old.document()?;
            let at = tx.at()?;
            let new = Record {
                state: State::Deleted,
                deleted: Some(at),
                version: old.version + 1,
                modified: at,
                ..old.clone()
            };
            let new = tx.rewrite(rt, old, new, &document)?;
            if rt.is_user() {
                tx.write_former(&new, rt, &document)?;
            }
            tx.hide_memberships(&new.id)?;
            tx.execute(
                "DELETE FROM member WHERE group_id = $1",
                &[(&new.id).into()],
            )?;
            Ok(new)
        })
    }

    /// The first of `ids` that no live resource of any kind has that `viewer` sees.
    pub fn first_missing(&mut self, viewer: &Viewer, ids: &[String]) -> Result<Option<String>> {
        for id in ids {
            let mut params = Params::default();
            let id_of = params.text(id.as_str());
            let shown = viewer.sees_sql("r", &mut params);
            let sql =
                format!("SELECT 1 FROM resource r WHERE r.id = {id_of} AND r.state < 2{shown}");
            let found = self.first(&sql, &params.as_params(), |row| row.int(0))?;
            if found.is_none() {
                return Ok(Some(id.clone()));
            }
        }
        Ok(None)
    }

    /// Whether nothing was ever stored: no resource, no connection.
    pub fn is_empty(&mut self) -> Result<bool> {
        let found = self.number(
            "SELECT CASE WHEN EXISTS (SELECT 1 FROM resource) OR EXISTS (SELECT 1 FROM connection)
             THEN 1 ELSE 0 END",
            &[],
        )?;
        Ok(found == 0)
    }

    fn insert_row(&mut self, new: &Record, document: &Document, place: i64) -> Result<()> {
        let at = stored(new.created);
        self.execute_one(
            "INSERT INTO resource (id, kind, owner, external_id, display, state, version, created, modified, place)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8, $9)",
            &[
                (&new.id).into(),
                (&new.kind).into(),
                new.owner.as_deref().into(),
                new.external_id.as_deref().into(),
                document.text("displayName").into(),
                new.state.number().into(),
                new.version.into(),
                (&at).into(),
                place.into(),
            ],
        )
    }

    /// Makes `old` into `new` wherever it stands; the document of `new` is `document`. Whoever is no longer active
    /// loses what they hold, and who is found by another name or address loses their links: here, as every change of an
    /// account comes through here.
    pub(super) fn rewrite(
        &mut self,
        rt: &ResourceType,
        old: &Record,
        new: Record,
        document: &Document,
    ) -> Result<Record> {
        self.update_row(old, &new, document)?;
        if new.body != old.body {
            self.update_body(&new)?;
        }
        self.write_keys(&new, rt, document)?;
        self.move_count(old, &new)?;
        if rt.is_user() {
            self.end_what_changed(old, &new, document)?;
        }
        Ok(new)
    }

    /// Writes the row of `new`, unless somebody else has changed it.
    fn update_row(&mut self, old: &Record, new: &Record, document: &Document) -> Result<()> {
        let deleted = new.deleted.map(stored);
        let rows = self.execute(
            "UPDATE resource SET external_id = $3, display = $4, state = $5, version = $6, modified = $7,
               locked = $8, deleted = $9
             WHERE id = $1 AND kind = $2 AND version + 1 = $6 AND state = $10",
            &[
                (&new.id).into(),
                (&new.kind).into(),
                new.external_id.as_deref().into(),
                document.text("displayName").into(),
                new.state.number().into(),
                new.version.into(),
                (&stored(new.modified)).into(),
                i64::from(new.locked).into(),
                deleted.as_deref().into(),
                old.state.number().into(),
            ],
        )?;
        if rows == 1 { Ok(()) } else { Err(Error::Stale) }
    }

    /// Stores the document of a new resource; answers its place.
    fn insert_body(&mut self, new: &Record) -> Result<i64> {
        let hash = body_hash(&new.id, &new.body);
        let place = self.first(
            "INSERT INTO document (json, hash, resource) VALUES ($1, $2, $3) RETURNING place",
            &[(&new.body).into(), Param::Bytes(&hash), (&new.id).into()],
            |row| row.int(0),
        )?;
        place.ok_or_else(|| Error::Other("a document got no place".to_owned()))
    }

    fn update_body(&mut self, record: &Record) -> Result<()> {
        let hash = body_hash(&record.id, &record.body);
        self.execute_one(
            "UPDATE document SET json = $1, hash = $2 WHERE resource = $3",
            &[
                (&record.body).into(),
                Param::Bytes(&hash),
                (&record.id).into(),
            ],
        )
    }
}
