//! The SQL of a page of ids: where they come from, in which order, which part.

use super::walk::Position;
use crate::store::compile::{IdSet, Narrow, Params};
use crate::store::viewer::seen;

/// The resources that fulfil a condition.
pub(super) struct From {
    /// What is asked beyond kind and life.
    narrow: Option<String>,
    /// The ids that fulfil it, where a query knows them.
    ids: Option<IdSet>,
    /// That it is shown, where something of the kind is hidden from the viewer.
    sight: Option<String>,
    params: Params,
}

/// Which part of an ordered list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Window {
    /// So many are left out at the front.
    pub(super) skip: u64,
    /// At most so many are wanted.
    pub(super) take: u64,
    /// So many are in the list.
    pub(super) total: u64,
}

/// A list whose order an index has. No key in it is NULL, so nothing is said about NULLs.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Source {
    /// All, by a column of `r` that is never NULL.
    Column(&'static str),
    /// All, by id, where a query knows them.
    Ids(IdSet),
    /// Those with a value in this column of `r`.
    Present(&'static str),
    /// Those without, by id.
    Missing(&'static str),
    /// Those with a row for `path` in this table of keys.
    Keyed { table: &'static str, path: String },
    /// Those without, by id.
    Unkeyed { table: &'static str, path: String },
}

/// Which part of a source, by the places in its order.
#[derive(Debug, Clone, Copy)]
pub(super) enum Place<'p> {
    /// The first ones by key and id.
    Front,
    /// Those behind a key and id.
    Above {
        /// The key.
        key: &'p str,
        /// The id.
        id: &'p str,
    },
    /// Those below a key, greatest first; without one, all.
    Below(Option<&'p str>),
    /// Those with this key, by id.
    At {
        /// The key.
        key: &'p str,
        /// Only those behind this id.
        behind: Option<&'p str>,
    },
    /// By id alone, behind an id.
    AboveId(Option<&'p str>),
    /// By id alone, greatest first, below an id.
    BelowId(Option<&'p str>),
}

impl<'p> Place<'p> {
    pub(super) fn above(place: &'p Position) -> Self {
        match &place.key {
            Some(key) => Self::Above { key, id: &place.id },
            None => Self::Front,
        }
    }

    /// Whether the rows have the key beside the id.
    pub(super) fn has_key(self) -> bool {
        match self {
            Self::Front | Self::Above { .. } | Self::Below(_) | Self::At { .. } => true,
            Self::AboveId(_) | Self::BelowId(_) => false,
        }
    }

    /// The conditions and the order of this part.
    fn sql(self, key: &str, id: &str, params: &mut Params) -> (String, String) {
        let mut test = |column: &str, sign: &str, value: Option<&str>| {
            value.map_or_else(String::new, |value| {
                format!(" AND {column} {sign} {}", params.text(value))
            })
        };
        match self {
            Self::Front => (String::new(), format!("{key}, {id}")),
            Self::Above { key: k, id: i } => {
                let test = format!(
                    " AND ({key}, {id}) > ({}, {})",
                    params.text(k),
                    params.text(i)
                );
                (test, format!("{key}, {id}"))
            }
            Self::Below(k) => (test(key, "<", k), format!("{key} DESC, {id} DESC")),
            Self::At { key: k, behind } => (
                test(key, "=", Some(k)) + &test(id, ">", behind),
                id.to_owned(),
            ),
            Self::AboveId(i) => (test(id, ">", i), id.to_owned()),
            Self::BelowId(i) => (test(id, "<", i), format!("{id} DESC")),
        }
    }
}

impl Source {
    /// The columns that are in the order of an index: the key, and the id that makes it total.
    fn columns(&self) -> (String, &'static str) {
        match self {
            Self::Column(column) | Self::Present(column) => (format!("r.{column}"), "r.id"),
            Self::Keyed { .. } => ("k.folded".to_owned(), "k.resource"),
            Self::Ids(_) => ("s.id".to_owned(), "s.id"),
            Self::Missing(_) | Self::Unkeyed { .. } => ("r.id".to_owned(), "r.id"),
        }
    }

    /// Those with a row for `path` in `table`, and those without.
    pub(super) fn of_table(table: &'static str, path: String) -> (Self, Self) {
        let present = Self::Keyed {
            table,
            path: path.clone(),
        };
        (present, Self::Unkeyed { table, path })
    }

    /// The column that is the id.
    fn id(&self) -> &'static str {
        match self {
            Self::Ids(ids) => ids.column,
            Self::Keyed { .. } => "k.resource",
            Self::Column(_) | Self::Present(_) | Self::Missing(_) | Self::Unkeyed { .. } => "r.id",
        }
    }

    /// Makes sure that no id comes twice.
    fn distinct(&self) -> &'static str {
        match self {
            Self::Ids(ids) if ids.repeats => "DISTINCT ",
            Self::Ids(_)
            | Self::Keyed { .. }
            | Self::Column(_)
            | Self::Present(_)
            | Self::Missing(_)
            | Self::Unkeyed { .. } => "",
        }
    }

    /// The columns of the order; the last one makes it total.
    fn order(&self, descending: bool) -> String {
        let word = if descending { "DESC" } else { "ASC" };
        match self {
            Self::Column("id") => format!("r.id {word}"),
            Self::Ids(_) => format!("1 {word}"),
            Self::Column(column) | Self::Present(column) => format!("r.{column} {word}, r.id"),
            Self::Keyed { .. } => format!("k.folded {word}, k.resource"),
            Self::Missing(_) | Self::Unkeyed { .. } => "r.id".to_owned(),
        }
    }
}

impl From {
    /// The live resources of the kind that is the first parameter, that fulfil `narrow`, and that are shown to the
    /// connection `only`, or to everybody.
    pub(super) fn new(narrow: Narrow, mut params: Params, only: Option<&str>) -> Self {
        let name = only.map(|only| params.text(only));
        let shown = |ids: IdSet| match &name {
            None => ids,
            Some(name) => ids.shown(&seen("v", name)),
        };
        Self {
            ids: narrow.ids.map(shown),
            sight: name.as_deref().map(|name| seen("r", name)),
            narrow: narrow.sql,
            params,
        }
    }

    /// All of them, by id.
    pub(super) fn whole(&self) -> Source {
        self.ids.clone().map_or(Source::Column("id"), Source::Ids)
    }

    /// The ids of a part of `source`, in order.
    pub(super) fn page(
        &self,
        source: &Source,
        descending: bool,
        window: Window,
    ) -> (String, Params) {
        let (from, mut params) = self.of(source);
        let (take, skip) = (params.int(window.take), params.int(window.skip));
        let (distinct, id, order) = (source.distinct(), source.id(), source.order(descending));
        let sql =
            format!("SELECT {distinct}{id} {from} ORDER BY {order} LIMIT {take} OFFSET {skip}");
        (sql, params)
    }

    /// A part of `source`: ids, with their keys if the place has one.
    pub(super) fn slice(&self, source: &Source, place: Place<'_>, take: u64) -> (String, Params) {
        let (mut from, mut params) = self.of(source);
        if let Source::Ids(ids) = source {
            from = format!(
                "FROM (SELECT {} {from}) AS s WHERE s.id IS NOT NULL",
                ids.column
            );
        }
        let (key, id) = source.columns();
        let (test, order) = place.sql(&key, id, &mut params);
        let columns = if place.has_key() {
            format!("{id}, {key}")
        } else {
            id.to_owned()
        };
        let (distinct, take) = (source.distinct(), params.int(take));
        let sql = format!("SELECT {distinct}{columns} {from}{test} ORDER BY {order} LIMIT {take}");
        (sql, params)
    }

    /// How many there are in `source`.
    pub(super) fn count(&self, source: &Source) -> (String, Params) {
        let (from, params) = self.of(source);
        let sql = match source.distinct() {
            "" => format!("SELECT count(*) {from}"),
            distinct => format!(
                "SELECT count(*) FROM (SELECT {distinct}{} {from}) AS once",
                source.id()
            ),
        };
        (sql, params)
    }

    /// How many there are, counted no further than `most`.
    pub(super) fn count_to(&self, most: u64) -> (String, Params) {
        let mut params = self.params.clone();
        let most = params.int(most);
        let condition = self.condition();
        let sql = format!(
            "SELECT count(*) FROM (SELECT 1 FROM resource r WHERE {condition} LIMIT {most}) AS few"
        );
        (sql, params)
    }

    /// `columns` of at most `most` of them behind an id, and of their bodies, by id.
    pub(super) fn bodies(
        &self,
        columns: &str,
        behind: Option<&str>,
        most: u64,
    ) -> (String, Params) {
        let mut params = self.params.clone();
        let condition = self.condition();
        let behind =
            behind.map_or_else(String::new, |id| format!(" AND r.id > {}", params.text(id)));
        let most = params.int(most);
        let sql = format!(
            "SELECT {columns} FROM resource r LEFT JOIN document d ON d.place = r.place
             WHERE {condition}{behind} ORDER BY r.id LIMIT {most}"
        );
        (sql, params)
    }

    fn condition(&self) -> String {
        let mut all = "r.kind = $1 AND r.state < 2".to_owned();
        for more in self.sight.iter().chain(&self.narrow) {
            all.push_str(" AND ");
            all.push_str(more);
        }
        all
    }

    fn of(&self, source: &Source) -> (String, Params) {
        let mut params = self.params.clone();
        let condition = self.condition();
        let sql = match source {
            Source::Column(_) => format!("FROM resource r WHERE {condition}"),
            Source::Ids(ids) => ids.from.clone(),
            Source::Present(column) => {
                format!("FROM resource r WHERE {condition} AND r.{column} IS NOT NULL")
            }
            Source::Missing(column) => {
                format!("FROM resource r WHERE {condition} AND r.{column} IS NULL")
            }
            Source::Keyed { table, path } => {
                let path = params.text(path.as_str());
                self.keyed(table, &path)
            }
            Source::Unkeyed { table, path } => {
                let path = params.text(path.as_str());
                format!(
                    "FROM resource r WHERE {condition}
                     AND NOT EXISTS (SELECT 1 FROM {table} k WHERE k.resource = r.id AND k.path = {path})"
                )
            }
        };
        (sql, params)
    }

    /// Only live resources have keys, so where nothing is left out the keys are enough.
    fn keyed(&self, table: &str, path: &str) -> String {
        let first = if table == "attribute" {
            " AND k.ordinal = 0"
        } else {
            ""
        };
        let keys = format!("k.kind = $1 AND k.path = {path}{first}");
        match (&self.narrow, &self.sight) {
            (None, None) => format!("FROM {table} k WHERE {keys}"),
            // CROSS JOIN is a plain join that tells SQLite to begin at the left, where the order is.
            (Some(_), _) | (_, Some(_)) => format!(
                "FROM {table} k CROSS JOIN resource r WHERE k.resource = r.id AND {keys} AND {}",
                self.condition()
            ),
        }
    }
}
