//! A page of a list that may hold several types, from a place in its order on: what lies before is not read.

use std::cmp::Ordering;
use std::collections::VecDeque;

use super::page::From;
use super::parts::Parts;
use super::run::{Onward, Run, key_of, keyless, runs};
use super::scan::Look;
use super::{Record, Tx};
use crate::scim::filter::{AttrRef, Filter, matches};
use crate::scim::schema::ResourceType;
use crate::store::compile::{Narrow, Params, compile, order};
use crate::store::engine::Flow;
use crate::store::{Error, Result, Viewer};

/// How many places in the order of one type are read at once. At about 100 bytes each, 100 KiB.
const SLICE: u64 = 1_000;

/// What is looked for: the resources of several types as one ordered list.
#[derive(Debug, Clone, PartialEq)]
pub struct Walk<'a> {
    /// Who looks.
    pub viewer: &'a Viewer,
    /// The types.
    pub lists: Vec<List<'a>>,
    /// Greatest first; ties are by id, the least first.
    pub descending: bool,
    /// Where the page begins.
    pub start: Start,
    /// At most how many; with 0 only their number is told.
    pub count: u64,
    /// How many documents may be read where no index decides or sorts.
    pub max_scan: u64,
}

/// The resources of one type.
#[derive(Debug, Clone, PartialEq)]
pub struct List<'a> {
    /// The type.
    pub rt: &'a ResourceType,
    /// What they must fulfil.
    pub filter: Option<&'a Filter>,
    /// What they are sorted by; `None` where the list is by id, or the type has no such attribute: all
    /// are then without a value.
    pub by: Option<AttrRef>,
}

/// Where a page begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Start {
    /// At this position, from 1.
    Index(u64),
    /// Behind this place; `None` is the front.
    Behind(Option<Position>),
}

/// A place in an order: that of a resource, whether it is still there or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Position {
    /// The key it is sorted by; `None`: it has no value.
    pub key: Option<String>,
    /// Its id.
    pub id: String,
}

/// A page.
#[derive(Debug, Clone, PartialEq)]
pub struct Walked {
    /// How many match, on all pages; `None` where a page that begins behind a place has a filter that no
    /// index answers.
    pub total: Option<u64>,
    /// Those of this page, in order; [`Record::kind`] tells their types.
    pub records: Vec<Record>,
    /// The place of the last of them, if there are more; `None` where the start is an index.
    pub next: Option<Position>,
}

/// One type on the way through its order.
struct Stream<'w> {
    list: &'w List<'w>,
    from: From,
    /// What of a document is looked at, where documents are read.
    parts: Parts<'w>,
    means: Means,
    /// How many match, where that is known.
    total: Option<u64>,
    /// Places that were read and not passed yet.
    ahead: VecDeque<Position>,
    /// The last place that was read.
    last: Option<Position>,
    ended: bool,
}

/// How the places of a type are found.
enum Means {
    /// An index has them in order.
    Index(Vec<Run>),
    /// Documents are read in the order of ids, until there are enough.
    Documents,
    /// All of them were read and sorted: they are ahead.
    Sorted,
}

impl Tx<'_> {
    /// A page of the live resources that match.
    ///
    /// # Errors
    /// [`Error::TooMany`] when more than `max_scan` documents would have to be read.
    pub fn walk(&mut self, walk: &Walk<'_>) -> Result<Walked> {
        let mut left = walk.max_scan;
        let mut streams = Vec::with_capacity(walk.lists.len());
        for list in &walk.lists {
            streams.push(self.stream(walk, list, &mut left)?);
        }
        let total = streams
            .iter()
            .try_fold(0_u64, |sum, stream| Some(sum.saturating_add(stream.total?)));
        let (skip, one_more) = match &walk.start {
            Start::Index(start) => (start.saturating_sub(1), 0),
            Start::Behind(_) => (0, 1),
        };
        if walk.count == 0 || total.is_some_and(|total| total <= skip) {
            return Ok(Walked {
                total,
                records: Vec::new(),
                next: None,
            });
        }
        let wanted = walk.count.saturating_add(one_more);
        let mut page = self.merged(walk, &mut streams, skip, wanted, &mut left)?;
        let more = one_more > 0 && page.len() as u64 == wanted;
        if more {
            page.pop();
        }
        let next = page.last().filter(|_| more).map(|(_, last)| last.clone());
        Ok(Walked {
            total,
            records: self.records_of_page(walk, &page)?,
            next,
        })
    }

    /// The ways of a type into its order, and how many match.
    fn stream<'w>(
        &mut self,
        walk: &Walk<'_>,
        list: &'w List<'w>,
        left: &mut u64,
    ) -> Result<Stream<'w>> {
        let mut params = Params::default();
        params.text(&*list.rt.name);
        let narrow = list.filter.map_or(Narrow::everything(), |filter| {
            compile(walk.viewer, list.rt, filter, &mut params)
        });
        let exact = narrow.exact;
        let only = self.only(walk.viewer, list.rt)?;
        let from = From::new(narrow, params, only);
        let by_index = match &list.by {
            None => Some(runs(&from, None, "", walk.descending)),
            Some(by) => order(list.rt, by)
                .map(|order| runs(&from, Some(order), &by.path(), walk.descending)),
        };
        let total = match (list.filter, exact) {
            (None, _) => Some(self.counts(walk.viewer, &list.rt.name)?),
            (Some(_), true) => Some(self.count_all(&from)?),
            (Some(_), false) => None,
        };
        let parts = Parts::new(list.rt, list.filter, list.by.as_ref());
        let means = match by_index {
            Some(runs) if exact => Means::Index(runs),
            Some(_) if list.by.is_none() && walk.is_behind() => Means::Documents,
            Some(_) | None => Means::Sorted,
        };
        let mut stream = Stream {
            list,
            from,
            parts,
            means,
            total,
            ahead: VecDeque::new(),
            last: walk.behind().cloned(),
            ended: false,
        };
        // With an exact filter a page of none needs no order.
        if matches!(stream.means, Means::Sorted) && (walk.count > 0 || total.is_none()) {
            let all = self.sorted(walk, &stream, left)?;
            if !exact && !walk.is_behind() {
                stream.total = Some(all.len() as u64);
            }
            stream.ahead = all
                .into_iter()
                .filter(|place| {
                    walk.behind()
                        .is_none_or(|behind| walk.compare(place, behind) == Ordering::Greater)
                })
                .collect();
            stream.ended = true;
        }
        Ok(stream)
    }

    /// The places of all that match, in order, by reading all candidates.
    fn sorted(
        &mut self,
        walk: &Walk<'_>,
        stream: &Stream<'_>,
        left: &mut u64,
    ) -> Result<Vec<Position>> {
        let candidates = self.count_to(&stream.from, left.saturating_add(1))?;
        *left = left
            .checked_sub(candidates)
            .ok_or(Error::TooMany(walk.max_scan))?;
        let list = stream.list;
        let look = Look {
            viewer: walk.viewer,
            rt: list.rt,
            from: &stream.from,
            parts: &stream.parts,
            behind: None,
            most: candidates,
        };
        let key = key_of(list.rt, list.by.as_ref());
        let mut all = Vec::new();
        self.candidates(&look, &mut |record, whole| {
            if list.filter.is_none_or(|filter| matches(filter, whole)) {
                all.push(Position {
                    key: key(&record.id, whole),
                    id: record.id,
                });
            }
            Ok(Flow::Next)
        })?;
        all.sort_by(|one, other| walk.compare(one, other));
        Ok(all)
    }

    /// The next places of all types in one order, `skip` of them left out.
    fn merged(
        &mut self,
        walk: &Walk<'_>,
        streams: &mut [Stream<'_>],
        mut skip: u64,
        wanted: u64,
        left: &mut u64,
    ) -> Result<Vec<(usize, Position)>> {
        let mut page = Vec::new();
        loop {
            let missing = wanted.saturating_sub(page.len() as u64);
            if missing == 0 {
                return Ok(page);
            }
            let take = skip.saturating_add(missing).min(SLICE);
            for stream in streams.iter_mut() {
                if stream.ahead.is_empty() && !stream.ended {
                    self.read_on(walk, stream, take, left)?;
                }
            }
            let heads = streams
                .iter()
                .enumerate()
                .filter_map(|(ordinal, stream)| Some((ordinal, stream.ahead.front()?)));
            let first = heads.min_by(|(_, one), (_, other)| walk.compare(one, other));
            let Some((ordinal, _)) = first else {
                return Ok(page);
            };
            let place = streams
                .get_mut(ordinal)
                .and_then(|stream| stream.ahead.pop_front());
            if skip > 0 {
                skip -= 1;
            } else {
                page.extend(place.map(|place| (ordinal, place)));
            }
        }
    }

    /// Reads the next `take` places of a type.
    fn read_on(
        &mut self,
        walk: &Walk<'_>,
        stream: &mut Stream<'_>,
        take: u64,
        left: &mut u64,
    ) -> Result<()> {
        let behind = stream.last.as_ref();
        let found = match &stream.means {
            Means::Index(runs) => self.places(&stream.from, runs, walk.descending, behind, take)?,
            Means::Documents => self.matching(walk, stream, take, left)?,
            Means::Sorted => Vec::new(),
        };
        stream.ended = (found.len() as u64) < take;
        stream.last = found.last().cloned().or(stream.last.take());
        stream.ahead.extend(found);
        Ok(())
    }

    /// The next `take` matches in the order of ids, and no document behind them.
    fn matching(
        &mut self,
        walk: &Walk<'_>,
        stream: &Stream<'_>,
        take: u64,
        left: &mut u64,
    ) -> Result<Vec<Position>> {
        let behind = match keyless(stream.last.as_ref(), walk.descending) {
            Onward::Front => None,
            Onward::Behind(place) => Some(place.id.as_str()),
            Onward::Over => return Ok(Vec::new()),
        };
        let look = Look {
            viewer: walk.viewer,
            rt: stream.list.rt,
            from: &stream.from,
            parts: &stream.parts,
            behind,
            most: left.saturating_add(1),
        };
        let mut found = Vec::new();
        self.candidates(&look, &mut |record, whole| {
            *left = left.checked_sub(1).ok_or(Error::TooMany(walk.max_scan))?;
            let filter = stream.list.filter;
            if filter.is_none_or(|filter| matches(filter, whole)) {
                found.push(Position {
                    key: None,
                    id: record.id,
                });
            }
            Ok(if (found.len() as u64) < take {
                Flow::Next
            } else {
                Flow::Stop
            })
        })?;
        Ok(found)
    }

    fn records_of_page(
        &mut self,
        walk: &Walk<'_>,
        page: &[(usize, Position)],
    ) -> Result<Vec<Record>> {
        let mut by_list = Vec::with_capacity(walk.lists.len());
        for (ordinal, list) in walk.lists.iter().enumerate() {
            let ids: Vec<&str> = page
                .iter()
                .filter(|(of, _)| *of == ordinal)
                .map(|(_, place)| place.id.as_str())
                .collect();
            by_list.push(self.records_of(walk.viewer, list.rt, &ids)?.into_iter());
        }
        let in_turn = page
            .iter()
            .filter_map(|(ordinal, _)| by_list.get_mut(*ordinal)?.next());
        Ok(in_turn.collect())
    }
}

impl Walk<'_> {
    fn behind(&self) -> Option<&Position> {
        match &self.start {
            Start::Index(_) => None,
            Start::Behind(place) => place.as_ref(),
        }
    }

    fn is_behind(&self) -> bool {
        match &self.start {
            Start::Index(_) => false,
            // A page of none is asked for the number alone.
            Start::Behind(_) => self.count > 0,
        }
    }

    fn compare(&self, one: &Position, other: &Position) -> Ordering {
        let by_key = compare_keys(one.key.as_deref(), other.key.as_deref());
        let by_key = if self.descending {
            by_key.reverse()
        } else {
            by_key
        };
        by_key.then_with(|| one.id.cmp(&other.id))
    }
}

/// The greatest of all is none.
pub(super) fn compare_keys(one: Option<&str>, other: Option<&str>) -> Ordering {
    match (one, other) {
        (Some(one), Some(other)) => one.cmp(other),
        (one, other) => other.is_some().cmp(&one.is_some()),
    }
}
