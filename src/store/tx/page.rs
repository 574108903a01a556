//! The SQL of a page of ids: where they come from, in which order, which part.

use super::walk::Position;
use crate::store::compile::Params;

/// The resources that fulfil a condition.
pub(super) struct From {
    condition: String,
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
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Source {
    /// All, by a column of `r` that is never NULL.
    Column(&'static str),
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
    /// The first ones.
    Front,
    /// Those above a key and id.
    Above { key: &'p str, id: &'p str },
    /// Those below a key, greatest first; without one, all.
    Below(Option<&'p str>),
    /// Those with a key, by id.
    At {
        key: &'p str,
        behind: Option<&'p str>,
    },
    /// By id alone.
    AboveId(Option<&'p str>),
    /// By id alone, greatest first.
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
}

impl Source {
    /// The columns that an order by key is by: the key, and the id that makes it total.
    fn columns(&self) -> (&'static str, &'static str) {
        match self {
            Self::Column(column) | Self::Present(column) => (column, "r.id"),
            Self::Keyed { .. } => ("k.folded", "k.resource"),
            Self::Missing(_) | Self::Unkeyed { .. } => ("r.id", "r.id"),
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

    /// The columns of the order; the last one makes it total.
    fn order(&self, descending: bool) -> String {
        let word = if descending { "DESC" } else { "ASC" };
        match self {
            Self::Column("r.id") => format!("r.id {word}"),
            Self::Column(column) | Self::Present(column) => format!("{column} {word}, r.id"),
            Self::Keyed { .. } => format!("k.folded {word}, k.resource"),
            Self::Missing(_) | Self::Unkeyed { .. } => "r.id".to_owned(),
        }
    }
}

impl From {
    /// The live resources of the kind that is the first parameter, and that fulfil `condition`.
    pub(super) fn new(condition: Option<&str>, params: Params) -> Self {
        let live = "r.kind = $1 AND r.state < 2";
        let condition = match condition {
            Some(condition) => format!("{live} AND {condition}"),
            None => live.to_owned(),
        };
        Self { condition, params }
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
        let order = source.order(descending);
        let sql = format!("SELECT r.id {from} ORDER BY {order} LIMIT {take} OFFSET {skip}");
        (sql, params)
    }

    /// A part of `source`: ids, with their keys if the place has one.
    pub(super) fn slice(&self, source: &Source, place: Place<'_>, take: u64) -> (String, Params) {
        let (from, mut params) = self.of(source);
        let (key, id) = source.columns();
        let (test, order) = match place {
            Place::Front => (String::new(), format!("{key}, {id}")),
            Place::Above { key: k, id: i } => {
                let (k, i) = (params.text(k), params.text(i));
                (
                    format!("AND ({key}, {id}) > ({k}, {i})"),
                    format!("{key}, {id}"),
                )
            }
            Place::Below(k) => (
                k.map_or_else(String::new, |k| format!("AND {key} < {}", params.text(k))),
                format!("{key} DESC, {id} DESC"),
            ),
            Place::At { key: k, behind } => {
                let equal = format!("AND {key} = {}", params.text(k));
                let rest = behind.map(|i| format!(" AND {id} > {}", params.text(i)));
                (equal + &rest.unwrap_or_default(), id.to_owned())
            }
            Place::AboveId(i) => (
                i.map_or_else(String::new, |i| format!("AND r.id > {}", params.text(i))),
                "r.id".to_owned(),
            ),
            Place::BelowId(i) => (
                i.map_or_else(String::new, |i| format!("AND r.id < {}", params.text(i))),
                "r.id DESC".to_owned(),
            ),
        };
        let columns = if place.has_key() {
            format!("{id}, {key}")
        } else {
            "r.id".to_owned()
        };
        let take = params.int(take);
        let sql = format!("SELECT {columns} {from} {test} ORDER BY {order} LIMIT {take}");
        (sql, params)
    }

    /// How many there are in `source`.
    pub(super) fn count(&self, source: &Source) -> (String, Params) {
        let (from, params) = self.of(source);
        (format!("SELECT count(*) {from}"), params)
    }

    /// How many there are, counted no further than `most`.
    pub(super) fn count_to(&self, most: u64) -> (String, Params) {
        let mut params = self.params.clone();
        let most = params.int(most);
        let sql = format!(
            "SELECT count(*) FROM (SELECT 1 FROM resource r WHERE {} LIMIT {most}) AS few",
            self.condition
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
        let behind = behind.map(|id| format!("AND r.id > {}", params.text(id)));
        let most = params.int(most);
        let sql = format!(
            "SELECT {columns} FROM resource r LEFT JOIN body b ON b.resource = r.id
             WHERE {} {} ORDER BY r.id LIMIT {most}",
            self.condition,
            behind.unwrap_or_default()
        );
        (sql, params)
    }

    fn of(&self, source: &Source) -> (String, Params) {
        let mut params = self.params.clone();
        let condition = &self.condition;
        let sql = match source {
            Source::Column(_) => format!("FROM resource r WHERE {condition}"),
            Source::Present(column) => {
                format!("FROM resource r WHERE {condition} AND {column} IS NOT NULL")
            }
            Source::Missing(column) => {
                format!("FROM resource r WHERE {condition} AND {column} IS NULL")
            }
            // CROSS JOIN is a plain join that tells SQLite to begin at the left, where the order is.
            Source::Keyed { table, path } => {
                let path = params.text(path.as_str());
                let first = if *table == "attribute" {
                    "AND k.ordinal = 0"
                } else {
                    ""
                };
                format!(
                    "FROM {table} k CROSS JOIN resource r WHERE k.resource = r.id
                     AND k.kind = $1 AND k.path = {path} {first} AND {condition}"
                )
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
}
