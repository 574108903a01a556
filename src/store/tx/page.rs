//! The SQL of a page of ids: where they come from, in which order, which part.

use crate::store::compile::{IdSet, Narrow, Params};

/// The resources that fulfil a condition.
pub(super) struct From {
    /// What is asked beyond kind and life.
    narrow: Option<String>,
    /// The ids that fulfil it, where a query knows them.
    ids: Option<IdSet>,
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

impl Source {
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
    /// The live resources of the kind that is the first parameter, and that fulfil `narrow`.
    pub(super) fn new(narrow: Narrow, params: Params) -> Self {
        Self {
            narrow: narrow.sql,
            ids: narrow.ids,
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

    /// `columns` of all of them and their bodies, by id.
    pub(super) fn bodies(&self, columns: &str) -> (String, Params) {
        let condition = self.condition();
        let sql = format!(
            "SELECT {columns} FROM resource r LEFT JOIN body b ON b.resource = r.id
             WHERE {condition} ORDER BY r.id"
        );
        (sql, self.params.clone())
    }

    fn condition(&self) -> String {
        let live = "r.kind = $1 AND r.state < 2";
        match &self.narrow {
            Some(narrow) => format!("{live} AND {narrow}"),
            None => live.to_owned(),
        }
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

    /// Only live resources have keys, so without a filter the keys are enough.
    fn keyed(&self, table: &str, path: &str) -> String {
        let first = if table == "attribute" {
            " AND k.ordinal = 0"
        } else {
            ""
        };
        let keys = format!("k.kind = $1 AND k.path = {path}{first}");
        match &self.narrow {
            None => format!("FROM {table} k WHERE {keys}"),
            // CROSS JOIN is a plain join that tells SQLite to begin at the left, where the order is.
            Some(_) => format!(
                "FROM {table} k CROSS JOIN resource r WHERE k.resource = r.id AND {keys} AND {}",
                self.condition()
            ),
        }
    }
}
