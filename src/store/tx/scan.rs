//! Reading candidates one by one where no index decides or sorts: the evaluator has the word.

use serde_json::{Map, Value};

use super::find::{Find, Found};
use super::page::From;
use super::parts::{Parts, Relations};
use super::record::{COLUMNS, record};
use super::run::key_of;
use super::walk::compare_keys;
use super::{Record, Tx};
use crate::scim::filter::matches;
use crate::scim::schema::ResourceType;
use crate::store::engine::Flow;
use crate::store::{Error, Result, Viewer};

/// Which candidates are read, and how.
pub(super) struct Look<'l> {
    pub(super) viewer: &'l Viewer,
    pub(super) rt: &'l ResourceType,
    pub(super) from: &'l From,
    pub(super) parts: &'l Parts<'l>,
    /// Only those behind this id.
    pub(super) behind: Option<&'l str>,
    /// At most so many.
    pub(super) most: u64,
}

/// What is done with a candidate and the parts that were wanted of it.
pub(super) type Each<'e> = &'e mut dyn FnMut(Record, &Map<String, Value>) -> Result<Flow>;

/// The matches so far.
struct Matches<'f, 'r> {
    find: &'f Find<'r>,
    /// Whether every candidate is a match.
    exact: bool,
    total: u64,
    /// The page, when the order is that of the candidates.
    page: Vec<Record>,
    /// The sort keys and ids of all matches otherwise.
    keys: Vec<(Option<String>, String)>,
}

impl Tx<'_> {
    /// The page that only documents can tell.
    pub(super) fn scan(&mut self, find: &Find<'_>, exact: bool, from: &From) -> Result<Found> {
        self.check_size(find, from)?;
        let mut matches = Matches {
            find,
            exact,
            total: 0,
            page: Vec::new(),
            keys: Vec::new(),
        };
        let by = find.sort.as_ref().map(|sort| &sort.by);
        // What is certain to match is not looked at.
        let parts = Parts::new(find.rt, find.filter.filter(|_| !exact), by);
        let look = Look {
            viewer: find.viewer,
            rt: find.rt,
            from,
            parts: &parts,
            behind: None,
            most: find.max_scan,
        };
        let key = key_of(find.rt, by);
        self.candidates(&look, &mut |record, whole| {
            matches.take(record, whole, &key);
            Ok(Flow::Next)
        })?;
        if find.sort.is_none() {
            return Ok(Found {
                total: matches.total,
                records: matches.page,
            });
        }
        let total = matches.total;
        let ids = matches.sorted_ids();
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        let records = self.records_of(find.viewer, find.rt, &ids)?;
        Ok(Found { total, records })
    }

    /// Refuses before anything is read what would read too much.
    fn check_size(&mut self, find: &Find<'_>, from: &From) -> Result<()> {
        if self.count_to(from, find.max_scan.saturating_add(1))? > find.max_scan {
            return Err(Error::TooMany(find.max_scan));
        }
        Ok(())
    }

    /// Shows candidates in the order of their ids, until `each` has seen enough.
    pub(super) fn candidates(&mut self, look: &Look<'_>, each: Each<'_>) -> Result<()> {
        match look.parts.relations {
            Relations::None => self.scan_documents(look, each),
            Relations::Members => self.scan_related(look, each, Self::with_members),
            Relations::Groups => self.scan_related(look, each, Self::with_groups),
        }
    }

    fn scan_documents(&mut self, look: &Look<'_>, each: Each<'_>) -> Result<()> {
        let (sql, params) = look.from.bodies(COLUMNS, look.behind, look.most);
        self.driver.scan(&sql, &params.as_params(), &mut |row| {
            let record = record(row)?;
            let whole = look.parts.of(look.rt, &record)?;
            each(record, &whole)
        })
    }

    /// The ids first, because a statement cannot run inside another.
    fn scan_related(
        &mut self,
        look: &Look<'_>,
        each: Each<'_>,
        add: fn(&mut Self, &Viewer, &Record, &mut Map<String, Value>) -> Result<()>,
    ) -> Result<()> {
        let (sql, params) = look.from.bodies("r.id", look.behind, look.most);
        let ids = self.all(&sql, &params.as_params(), |row| row.string(0))?;
        for id in ids {
            let record = self.record_of(look.viewer, look.rt, &id)?;
            let mut whole = look.parts.of(look.rt, &record)?;
            add(self, look.viewer, &record, &mut whole)?;
            match each(record, &whole)? {
                Flow::Next => {}
                Flow::Stop => break,
            }
        }
        Ok(())
    }

    fn with_members(
        &mut self,
        viewer: &Viewer,
        record: &Record,
        whole: &mut Map<String, Value>,
    ) -> Result<()> {
        let members = self
            .members(viewer, record, None, u32::MAX)?
            .into_iter()
            .map(|member| {
                let mut element = Map::new();
                element.insert("value".to_owned(), member.value.into());
                for (name, text) in [
                    ("display", member.display),
                    ("type", member.kind.or(member.resolved)),
                ] {
                    if let Some(text) = text {
                        element.insert(name.to_owned(), text.into());
                    }
                }
                Value::Object(element)
            });
        whole.insert("members".to_owned(), members.collect());
        Ok(())
    }

    fn with_groups(
        &mut self,
        viewer: &Viewer,
        record: &Record,
        whole: &mut Map<String, Value>,
    ) -> Result<()> {
        let groups = self
            .groups_of(viewer, &record.id)?
            .into_iter()
            .map(|group| {
                let mut element = Map::new();
                element.insert("value".to_owned(), group.id.into());
                element.insert("type".to_owned(), "direct".into());
                if let Some(display) = group.display {
                    element.insert("display".to_owned(), display.into());
                }
                Value::Object(element)
            });
        whole.insert("groups".to_owned(), groups.collect());
        Ok(())
    }
}

impl Matches<'_, '_> {
    fn take(
        &mut self,
        record: Record,
        whole: &Map<String, Value>,
        key: impl Fn(&str, &Map<String, Value>) -> Option<String>,
    ) {
        if let Some(filter) = self.find.filter
            && !self.exact
            && !matches(filter, whole)
        {
            return;
        }
        let position = self.total;
        self.total += 1;
        if self.find.sort.is_some() {
            self.keys.push((key(&record.id, whole), record.id));
            return;
        }
        let skip = self.find.start_index.saturating_sub(1);
        if position >= skip && position - skip < self.find.count {
            self.page.push(record);
        }
    }

    /// The ids of the page, sorted.
    fn sorted_ids(mut self) -> Vec<String> {
        let descending = self.find.sort.as_ref().is_some_and(|sort| sort.descending);
        self.keys.sort_by(|(one, one_id), (other, other_id)| {
            let by_key = compare_keys(one.as_deref(), other.as_deref());
            let by_key = if descending { by_key.reverse() } else { by_key };
            by_key.then_with(|| one_id.cmp(other_id))
        });
        let skip = usize::try_from(self.find.start_index.saturating_sub(1)).unwrap_or(usize::MAX);
        let take = usize::try_from(self.find.count).unwrap_or(usize::MAX);
        let page = self.keys.into_iter().skip(skip).take(take);
        page.map(|(_, id)| id).collect()
    }
}
