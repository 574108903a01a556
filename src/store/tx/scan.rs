//! Reading candidates one by one where no index decides or sorts: the evaluator has the word.

use serde_json::{Map, Value, json};

use super::find::{Find, Found};
use super::page::From;
use super::record::{COLUMNS, record};
use super::{Record, Tx};
use crate::scim::filter::{attributes, matches};
use crate::scim::schema::ResourceType;
use crate::store::engine::Flow;
use crate::store::keys::sort_key;
use crate::store::{Error, Result};

/// What a filter or an order needs that is not in the document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Relations {
    None,
    Members,
    Groups,
}

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
        match relations(find) {
            Relations::None => self.scan_documents(from, &mut matches)?,
            Relations::Members => self.scan_related(from, &mut matches, Self::with_members)?,
            Relations::Groups => self.scan_related(from, &mut matches, Self::with_groups)?,
        }
        if find.sort.is_none() {
            return Ok(Found {
                total: matches.total,
                records: matches.page,
            });
        }
        let total = matches.total;
        let records = matches
            .sorted_ids()
            .iter()
            .map(|id| self.record_of(find.rt, id))
            .collect::<Result<_>>()?;
        Ok(Found { total, records })
    }

    /// Refuses before anything is read what would read too much.
    fn check_size(&mut self, find: &Find<'_>, from: &From) -> Result<()> {
        let (sql, params) = from.count_to(find.max_scan.saturating_add(1));
        if self.number(&sql, &params.as_params())? > find.max_scan {
            return Err(Error::TooMany(find.max_scan));
        }
        Ok(())
    }

    fn scan_documents(&mut self, from: &From, matches: &mut Matches<'_, '_>) -> Result<()> {
        let (sql, params) = from.bodies(COLUMNS);
        self.driver.query(&sql, &params.as_params(), &mut |row| {
            let record = record(row)?;
            let whole = whole(matches.find.rt, &record)?;
            matches.take(record, &whole);
            Ok(Flow::Next)
        })
    }

    /// The ids first, because a statement cannot run inside another.
    fn scan_related(
        &mut self,
        from: &From,
        matches: &mut Matches<'_, '_>,
        add: fn(&mut Self, &Record, &mut Map<String, Value>) -> Result<()>,
    ) -> Result<()> {
        let (sql, params) = from.bodies("r.id");
        let ids = self.all(&sql, &params.as_params(), |row| row.string(0))?;
        for id in ids {
            let record = self.record_of(matches.find.rt, &id)?;
            let mut whole = whole(matches.find.rt, &record)?;
            add(self, &record, &mut whole)?;
            matches.take(record, &whole);
        }
        Ok(())
    }

    fn with_members(&mut self, record: &Record, whole: &mut Map<String, Value>) -> Result<()> {
        let members = self.all_members(&record.id)?.into_iter().map(|member| {
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

    fn with_groups(&mut self, record: &Record, whole: &mut Map<String, Value>) -> Result<()> {
        let groups = self.groups_of(&record.id)?.into_iter().map(|group| {
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
    fn take(&mut self, record: Record, whole: &Map<String, Value>) {
        if let Some(filter) = self.find.filter
            && !self.exact
            && !matches(filter, whole)
        {
            return;
        }
        let position = self.total;
        self.total += 1;
        if let Some(sort) = &self.find.sort {
            self.keys.push((sort_key(&sort.by, whole), record.id));
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
            let by_key = match (one, other) {
                (Some(one), Some(other)) => one.cmp(other),
                // The greatest of all is none.
                (one, other) => other.is_some().cmp(&one.is_some()),
            };
            let by_key = if descending { by_key.reverse() } else { by_key };
            by_key.then_with(|| one_id.cmp(other_id))
        });
        let skip = usize::try_from(self.find.start_index.saturating_sub(1)).unwrap_or(usize::MAX);
        let take = usize::try_from(self.find.count).unwrap_or(usize::MAX);
        let page = self.keys.into_iter().skip(skip).take(take);
        page.map(|(_, id)| id).collect()
    }
}

/// The resource as it is answered, but for its URLs, members and groups.
fn whole(rt: &ResourceType, record: &Record) -> Result<Map<String, Value>> {
    let mut whole = record.shown()?.into_map();
    whole.insert("id".to_owned(), record.id.as_str().into());
    let meta = json!({
        "resourceType": &*rt.name,
        "created": record.created.to_string(),
        "lastModified": record.modified.to_string(),
        "version": format!("W/\"{}\"", record.version),
    });
    whole.insert("meta".to_owned(), meta);
    Ok(whole)
}

fn relations(find: &Find<'_>) -> Relations {
    let filtered = find.filter.into_iter().flat_map(attributes);
    let sorted = find.sort.iter().map(|sort| &sort.by);
    for attr in filtered.chain(sorted) {
        if find.rt.is_members(attr) {
            return Relations::Members;
        }
        if find.rt.is_user() && attr.extension.is_none() && attr.attribute.name == "groups" {
            return Relations::Groups;
        }
    }
    Relations::None
}
