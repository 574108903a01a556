//! A page of resources: filtered, sorted, counted.

use super::page::{From, Source, Window};
use super::{Record, Tx};
use crate::scim::filter::{AttrRef, Filter};
use crate::scim::schema::ResourceType;
use crate::store::compile::{Narrow, Order, Params, compile, order, unique};
use crate::store::{Error, Result, Viewer};

/// What is looked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Find<'a> {
    /// Who looks.
    pub viewer: &'a Viewer,
    /// The type of the resources.
    pub rt: &'a ResourceType,
    /// What they must fulfil.
    pub filter: Option<&'a Filter>,
    /// Their order; `None` is by id, which is oldest first. Ties are by id.
    pub sort: Option<Sort>,
    /// The position of the first one, from 1.
    pub start_index: u64,
    /// At most how many.
    pub count: u64,
    /// How many documents may be read where no index decides.
    pub max_scan: u64,
}

/// An order (RFC 7644 §3.4.2.3): by the primary or first value; those without one last, or first when descending.
/// Two values that agree in their first 512 characters are equal.
#[derive(Debug, Clone, PartialEq)]
pub struct Sort {
    /// The attribute.
    pub by: AttrRef,
    /// Greatest first.
    pub descending: bool,
}

/// A page.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// How many resources match, on all pages.
    pub total: u64,
    /// Those of this page, in order.
    pub records: Vec<Record>,
}

impl Tx<'_> {
    /// A page of the live resources that match. Exact filters and orders by an index are answered by SQL;
    /// others read candidates.
    ///
    /// # Errors
    /// [`Error::TooMany`] when that would be more than `max_scan` documents.
    pub fn find(&mut self, find: &Find<'_>) -> Result<Found> {
        if let Some((path, key)) = find.filter.and_then(|filter| unique(find.rt, filter)) {
            return self.find_unique(find, &path, &key);
        }
        let mut params = Params::default();
        params.text(&*find.rt.name);
        let narrow = match find.filter {
            Some(filter) => compile(find.viewer, find.rt, filter, &mut params),
            None => Narrow::everything(),
        };
        let by = match &find.sort {
            None => Some(Order::Id(String::new())),
            Some(sort) => order(find.rt, &sort.by),
        };
        let exact = narrow.exact;
        let only = self.only(find.viewer, find.rt)?;
        let from = From::new(narrow, params, only);
        match by {
            Some(by) if exact => self.page(find, by, &from),
            Some(_) | None => self.scan(find, exact, &from),
        }
    }

    /// The one that has a unique value is looked up: there is nothing to count and to sort.
    fn find_unique(&mut self, find: &Find<'_>, path: &str, key: &str) -> Result<Found> {
        let found = self.lookup(find.viewer, find.rt, path, key)?;
        let total = u64::from(found.is_some());
        let shown = find.start_index <= 1 && find.count > 0;
        Ok(Found {
            total,
            records: found.into_iter().filter(|_| shown).collect(),
        })
    }

    /// The page where SQL decides and sorts: first its ids, from indexes alone, then its bodies.
    fn page(&mut self, find: &Find<'_>, by: Order, from: &From) -> Result<Found> {
        let total = match find.filter {
            None => self.counts(find.viewer, &find.rt.name)?,
            Some(_) => self.count_all(from)?,
        };
        let skip = find.start_index.saturating_sub(1);
        let window = Window {
            skip,
            take: find.count.min(total.saturating_sub(skip)),
            total,
        };
        let ids = if window.take == 0 {
            Vec::new()
        } else {
            self.page_ids(find, by, from, window)?
        };
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        let records = self.records_of(find.viewer, find.rt, &ids)?;
        Ok(Found { total, records })
    }

    fn page_ids(
        &mut self,
        find: &Find<'_>,
        by: Order,
        from: &From,
        window: Window,
    ) -> Result<Vec<String>> {
        let (path, descending) = match &find.sort {
            Some(sort) => (sort.by.path(), sort.descending),
            None => (String::new(), false),
        };
        let (present, missing) = match by {
            Order::Id(_) => return self.ids_by_id(from, descending, window),
            Order::Same(_) => return self.ids_by_id(from, false, window),
            Order::Column(column) => {
                return self.ids(from, &Source::Column(column), descending, window);
            }
            Order::Nullable(column) => (Source::Present(column), Source::Missing(column)),
            Order::Unique => Source::of_table("unique_key", path),
            Order::Indexed => Source::of_table("attribute", path),
        };
        let halves = if descending {
            [missing, present]
        } else {
            [present, missing]
        };
        self.ids_of_halves(from, &halves, descending, window)
    }

    /// By id alone; what is nearer to the end is counted from the end.
    fn ids_by_id(&mut self, from: &From, descending: bool, window: Window) -> Result<Vec<String>> {
        let source = from.whole();
        let behind = window.total.saturating_sub(window.skip + window.take);
        if behind >= window.skip {
            return self.ids(from, &source, descending, window);
        }
        let mirrored = Window {
            skip: behind,
            ..window
        };
        let mut ids = self.ids(from, &source, !descending, mirrored)?;
        ids.reverse();
        Ok(ids)
    }

    /// Those with a value and those without are two lists, each in the order of an index.
    fn ids_of_halves(
        &mut self,
        from: &From,
        [first, second]: &[Source; 2],
        descending: bool,
        window: Window,
    ) -> Result<Vec<String>> {
        let mut ids = self.ids(from, first, descending, window)?;
        let got = u64::try_from(ids.len()).unwrap_or(u64::MAX);
        if got == window.take {
            return Ok(ids);
        }
        let skip = if got > 0 {
            0
        } else {
            let before = self.count_source(from, first)?;
            window.skip.saturating_sub(before)
        };
        let rest = Window {
            skip,
            take: window.take - got,
            total: window.total,
        };
        ids.extend(self.ids(from, second, descending, rest)?);
        Ok(ids)
    }

    fn ids(
        &mut self,
        from: &From,
        source: &Source,
        descending: bool,
        window: Window,
    ) -> Result<Vec<String>> {
        let (sql, params) = from.page(source, descending, window);
        self.all(&sql, &params.as_params(), |row| row.string(0))
    }

    /// How many fulfil the condition.
    pub(super) fn count_all(&mut self, from: &From) -> Result<u64> {
        self.count_source(from, &from.whole())
    }

    /// How many fulfil the condition, counted no further than `most`.
    pub(super) fn count_to(&mut self, from: &From, most: u64) -> Result<u64> {
        let (sql, params) = from.count_to(most);
        self.number(&sql, &params.as_params())
    }

    fn count_source(&mut self, from: &From, source: &Source) -> Result<u64> {
        let (sql, params) = from.count(source);
        self.number(&sql, &params.as_params())
    }

    /// The connection to which alone resources are shown; `None` where nothing of the kind is hidden from it, so that
    /// a gateway with one connection pays nothing for others. A counter that does not cancel out with another slot
    /// only makes this too careful.
    pub(super) fn only<'v>(
        &mut self,
        viewer: &'v Viewer,
        rt: &ResourceType,
    ) -> Result<Option<&'v str>> {
        let Some(name) = viewer.connection() else {
            return Ok(None);
        };
        let hidden = self.first(
            "SELECT 1 FROM counter
             WHERE kind = $1 AND state < 2 AND owner <> '' AND owner <> $2 AND number <> 0 LIMIT 1",
            &[(&*rt.name).into(), name.into()],
            |row| row.int(0),
        )?;
        Ok(hidden.map(|_| name))
    }

    /// The record of an id that this transaction has found for `viewer`.
    pub(super) fn record_of(
        &mut self,
        viewer: &Viewer,
        rt: &ResourceType,
        id: &str,
    ) -> Result<Record> {
        self.get(viewer, rt, id)?
            .ok_or_else(|| Error::corrupt("resource", id, "an index names it"))
    }
}
