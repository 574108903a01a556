//! The runs of an order: those with a key and those without, each in the order of an index.

use serde_json::{Map, Value};

use super::Tx;
use super::page::{From, Place, Source};
use super::walk::Position;
use crate::scim::filter::AttrRef;
use crate::scim::schema::ResourceType;
use crate::store::Result;
use crate::store::compile::{Order, order};
use crate::store::keys::sort_key;

/// A part of an order.
pub(super) struct Run {
    source: Source,
    key: Key,
}

/// The keys of a run.
enum Key {
    /// There are none.
    None,
    /// All have this one.
    Same(String),
    /// This and the id.
    Ending(String),
    /// The index has them.
    Stored,
}

/// Where in a run one goes on.
pub(super) enum Onward<'p> {
    /// At its front.
    Front,
    /// Behind this place.
    Behind(&'p Position),
    /// It is passed.
    Over,
}

/// Where those go on that have no key.
pub(super) fn keyless(behind: Option<&Position>, descending: bool) -> Onward<'_> {
    Key::None.onward(behind, descending)
}

/// The runs of an order by `path`, in the order in which they come; without an order there is one, by id.
pub(super) fn runs(from: &From, order: Option<Order>, path: &str, descending: bool) -> Vec<Run> {
    let all = |key| {
        let source = from.whole();
        vec![Run { source, key }]
    };
    let (present, missing) = match order {
        None => return all(Key::None),
        Some(Order::Id(prefix)) => return all(Key::Ending(prefix)),
        Some(Order::Same(text)) => return all(Key::Same(text)),
        Some(Order::Column(column)) => {
            return vec![Run {
                source: Source::Column(column),
                key: Key::Stored,
            }];
        }
        Some(Order::Nullable(column)) => (Source::Present(column), Source::Missing(column)),
        Some(Order::Unique) => Source::of_table("unique_key", path.to_owned()),
        Some(Order::Indexed) => Source::of_table("attribute", path.to_owned()),
    };
    let present = Run {
        source: present,
        key: Key::Stored,
    };
    let missing = Run {
        source: missing,
        key: Key::None,
    };
    if descending {
        vec![missing, present]
    } else {
        vec![present, missing]
    }
}

/// The key that a resource of this type has in the order, from its id and the whole of it.
pub(super) fn key_of(
    rt: &ResourceType,
    by: Option<&AttrRef>,
) -> impl Fn(&str, &Map<String, Value>) -> Option<String> {
    let by = by.map(|by| (by.clone(), order(rt, by)));
    move |id, whole| match by.as_ref()? {
        (_, Some(Order::Id(prefix))) => Some(format!("{prefix}{id}")),
        (_, Some(Order::Same(text))) => Some(text.clone()),
        (by, _) => sort_key(by, whole),
    }
}

impl Key {
    fn onward<'p>(&self, behind: Option<&'p Position>, descending: bool) -> Onward<'p> {
        let Some(place) = behind else {
            return Onward::Front;
        };
        let later = |later: bool| if later { Onward::Front } else { Onward::Over };
        match (self, &place.key) {
            (Key::None, None) | (Key::Stored, Some(_)) => Onward::Behind(place),
            (Key::None, Some(_)) => later(!descending),
            (Key::Same(_) | Key::Ending(_) | Key::Stored, None) => later(descending),
            (Key::Same(text), Some(key)) if text == key => Onward::Behind(place),
            (Key::Ending(prefix), Some(key)) if key.starts_with(prefix) => Onward::Behind(place),
            (Key::Same(text) | Key::Ending(text), Some(key)) => later((text > key) != descending),
        }
    }
}

impl Run {
    /// The place of a row of this run that has an id and, if keys are stored, a key.
    fn place(&self, id: String, stored: Option<String>) -> Position {
        let key = match &self.key {
            Key::None => None,
            Key::Same(text) => Some(text.clone()),
            Key::Ending(prefix) => Some(format!("{prefix}{id}")),
            Key::Stored => stored,
        };
        Position { key, id }
    }
}

impl Tx<'_> {
    /// The next `take` places of an order.
    pub(super) fn places(
        &mut self,
        from: &From,
        runs: &[Run],
        descending: bool,
        behind: Option<&Position>,
        take: u64,
    ) -> Result<Vec<Position>> {
        let mut found = Vec::new();
        for run in runs {
            let left = take.saturating_sub(found.len() as u64);
            if left == 0 {
                break;
            }
            let behind = match run.key.onward(behind, descending) {
                Onward::Over => continue,
                Onward::Front => None,
                Onward::Behind(place) => Some(place),
            };
            found.extend(match (&run.key, descending) {
                (Key::Stored, true) => self.downward(from, run, behind, left)?,
                (Key::Stored, false) => {
                    let from_place = behind.map_or(Place::Front, Place::above);
                    self.slice_of(from, run, from_place, left)?
                }
                (Key::None | Key::Same(_), _) | (Key::Ending(_), false) => {
                    let id = behind.map(|place| place.id.as_str());
                    self.slice_of(from, run, Place::AboveId(id), left)?
                }
                (Key::Ending(_), true) => {
                    let id = behind.map(|place| place.id.as_str());
                    self.slice_of(from, run, Place::BelowId(id), left)?
                }
            });
        }
        Ok(found)
    }

    /// Keys fall and ids of one key rise, an order that no index has. An index read backwards has the
    /// keys; the ids of the last one, which may go on behind the slice, are read once more.
    fn downward(
        &mut self,
        from: &From,
        run: &Run,
        behind: Option<&Position>,
        take: u64,
    ) -> Result<Vec<Position>> {
        let key = behind.and_then(|place| place.key.as_deref());
        let mut found = match (behind, key) {
            (Some(place), Some(key)) => {
                let rest = Place::At {
                    key,
                    behind: Some(&place.id),
                };
                self.slice_of(from, run, rest, take)?
            }
            _ => Vec::new(),
        };
        let left = take.saturating_sub(found.len() as u64);
        if left == 0 {
            return Ok(found);
        }
        let mut below = self.slice_of(from, run, Place::Below(key), left)?;
        let cut = (below.len() as u64 == left)
            .then(|| below.last().and_then(|last| last.key.clone()))
            .flatten();
        below.retain(|place| cut.is_none() || place.key != cut);
        below.sort_by(|one, other| other.key.cmp(&one.key).then_with(|| one.id.cmp(&other.id)));
        found.extend(below);
        if let Some(key) = &cut {
            let left = take.saturating_sub(found.len() as u64);
            let last = Place::At { key, behind: None };
            found.extend(self.slice_of(from, run, last, left)?);
        }
        Ok(found)
    }

    fn slice_of(
        &mut self,
        from: &From,
        run: &Run,
        place: Place<'_>,
        take: u64,
    ) -> Result<Vec<Position>> {
        let (sql, params) = from.slice(&run.source, place, take);
        let stored = place.has_key();
        self.all(&sql, &params.as_params(), |row| {
            let key = if stored { Some(row.string(1)?) } else { None };
            Ok(run.place(row.string(0)?, key))
        })
    }
}
