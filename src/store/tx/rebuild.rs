//! Index rows and unique keys after a change of the schemas: those of other attributes go, missing ones are made.

use std::collections::BTreeMap;

use super::Tx;
use crate::scim::filter::AttrRef;
use crate::scim::index::Key;
use crate::scim::schema::{Registry, ResourceType};
use crate::store::keys::{attribute_rows, unique_rows};
use crate::store::{Error, Result, Role, Viewer};

/// How many ids are in memory at once; of the documents it is one.
const SLICE: i64 = 1_000;
/// Grows when the same value of the same attribute gets another key than before.
const FORM: &str = "1";

/// The two tables of keys.
const UNIQUE: &str = "unique_key";
const INDEXED: &str = "attribute";

/// For each table and path, how its keys are made.
type Forms = BTreeMap<(String, String), String>;

impl Tx<'_> {
    /// Makes the rows of both tables those that `registry` asks for. What the rows are now is remembered
    /// attribute by attribute, so that only what differs is touched. Memory is bounded; it is one
    /// transaction, so that a start that is interrupted begins anew.
    ///
    /// # Errors
    /// [`Error::Open`] when a new unique attribute has the same value twice, and in a command beside the
    /// gateway, which may be running with the schemas of before.
    pub(in crate::store) fn rebuild(&mut self, registry: &Registry, role: Role) -> Result<()> {
        for rt in registry.types() {
            let (present, wanted) = (self.forms(rt)?, forms(rt));
            if present == wanted {
                continue;
            }
            match role {
                Role::Serve => self.rebuild_kind(rt, &present, &wanted)?,
                // Nobody has been here: no gateway can be running with other rows in mind.
                Role::Command if present.is_empty() && !self.has_any(rt)? => {
                    self.remember(rt, &wanted)?;
                }
                Role::Command => {
                    return Err(Error::Open(format!(
                        "which attributes of {} are unique or indexed is not what it was when the gateway last \
                         started: restart `muster serve` first",
                        rt.name
                    )));
                }
            }
        }
        Ok(())
    }

    fn rebuild_kind(&mut self, rt: &ResourceType, present: &Forms, wanted: &Forms) -> Result<()> {
        for (source, path) in differing(present, wanted) {
            self.execute(
                &format!("DELETE FROM {source} WHERE kind = $1 AND path = $2"),
                &[(&*rt.name).into(), path.into()],
            )?;
        }
        let missing = differing(wanted, present);
        let mut last = String::new();
        while !missing.is_empty() {
            let ids = self.all(
                "SELECT id FROM resource WHERE kind = $1 AND state < 2 AND id > $2 ORDER BY id LIMIT $3",
                &[(&*rt.name).into(), (&last).into(), SLICE.into()],
                |row| row.string(0),
            )?;
            let Some(end) = ids.last() else { break };
            last.clone_from(end);
            for id in &ids {
                self.add_rows(rt, id, &missing)?;
            }
        }
        if rt.is_user() {
            self.rebuild_former(rt)?;
        }
        self.remember(rt, wanted)
    }

    /// Makes the keys anew by which deleted accounts are found.
    fn rebuild_former(&mut self, rt: &ResourceType) -> Result<()> {
        let ids = self.all(
            "SELECT id FROM resource WHERE kind = $1 AND state = 2 ORDER BY id",
            &[(&*rt.name).into()],
            |row| row.string(0),
        )?;
        for id in ids {
            if let Some(record) = self.deleted(rt, &id)? {
                self.drop_former(&id)?;
                self.write_former(&record, rt, &record.document()?)?;
            }
        }
        Ok(())
    }

    /// Makes the rows of one resource for the paths that have none.
    fn add_rows(&mut self, rt: &ResourceType, id: &str, missing: &[(&str, &str)]) -> Result<()> {
        let record = self.record_of(&Viewer::All, rt, id)?;
        let document = record.document()?;
        let of = |source: &str, rows: Vec<Key>| -> Vec<Key> {
            let lacks = |key: &Key| missing.contains(&(source, key.path.as_str()));
            rows.into_iter().filter(lacks).collect()
        };
        let unique = of(UNIQUE, unique_rows(rt, &document));
        self.write_unique(&record, Vec::new(), unique)
            .map_err(|error| match error {
                Error::Taken { path, holder, .. } => Error::Open(format!(
                    "{path} of {} is to be unique, but {holder} and {id} have the same value: change one of them \
                     with the schemas of before, or take the uniqueness back",
                    rt.name
                )),
                other => other,
            })?;
        let indexed = of(INDEXED, attribute_rows(rt, &record.as_shown(&document)));
        self.write_indexed(&record, Vec::new(), indexed)
    }

    fn forms(&mut self, rt: &ResourceType) -> Result<Forms> {
        let rows = self.all(
            "SELECT source, path, form FROM key_form WHERE kind = $1",
            &[(&*rt.name).into()],
            |row| Ok(((row.string(0)?, row.string(1)?), row.string(2)?)),
        )?;
        Ok(rows.into_iter().collect())
    }

    fn remember(&mut self, rt: &ResourceType, wanted: &Forms) -> Result<()> {
        let kind = &*rt.name;
        self.execute("DELETE FROM key_form WHERE kind = $1", &[kind.into()])?;
        for ((source, path), form) in wanted {
            self.execute_one(
                "INSERT INTO key_form (kind, source, path, form) VALUES ($1, $2, $3, $4)",
                &[kind.into(), source.into(), path.into(), form.into()],
            )?;
        }
        Ok(())
    }

    fn has_any(&mut self, rt: &ResourceType) -> Result<bool> {
        let found = self.first(
            "SELECT id FROM resource WHERE kind = $1 AND state < 2 LIMIT 1",
            &[(&*rt.name).into()],
            |row| row.string(0),
        )?;
        Ok(found.is_some())
    }
}

/// What the schemas ask for.
fn forms(rt: &ResourceType) -> Forms {
    let of = |source: &'static str, attrs: &[AttrRef]| {
        let entries = attrs.iter().map(move |attr| {
            let leaf = attr.leaf();
            let case = if leaf.case_exact { "exact" } else { "folded" };
            let form = format!("{FORM} {:?} {case}", leaf.data_type);
            ((source.to_owned(), attr.path()), form)
        });
        entries.collect::<Vec<_>>()
    };
    let unique = of(UNIQUE, rt.unique());
    unique
        .into_iter()
        .chain(of(INDEXED, rt.indexed()))
        .collect()
}

/// Tables and paths of `these` that `others` lacks or makes keys of in another way.
fn differing<'f>(these: &'f Forms, others: &Forms) -> Vec<(&'f str, &'f str)> {
    these
        .iter()
        .filter(|(place, form)| others.get(*place) != Some(form))
        .map(|((source, path), _)| (source.as_str(), path.as_str()))
        .collect()
}
