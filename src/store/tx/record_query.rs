//! The statements that find one live record. Their text is put together once, not at every request.

use std::sync::LazyLock;

use super::record::COLUMNS;
use crate::store::Viewer;

/// A statement that reads a record, and one that locks it before.
pub(super) struct RecordQuery {
    pub(super) lock: String,
    pub(super) read: String,
}

/// The same query for a viewer that sees every record, and for one that sees its own and unowned ones.
pub(super) struct RecordQueries {
    every: RecordQuery,
    own: RecordQuery,
}

/// By id: `$1` is the id, `$2` the type, `$3` the connection that looks.
pub(super) static BY_ID: LazyLock<RecordQueries> = LazyLock::new(|| {
    RecordQueries::new(
        "FROM resource r",
        "r.id = $1 AND r.kind = $2 AND r.state < 2",
        3,
    )
});

/// By a unique value: `$1` is the type, `$2` the path, `$3` the value, `$4` the connection that looks.
pub(super) static BY_UNIQUE_VALUE: LazyLock<RecordQueries> = LazyLock::new(|| {
    RecordQueries::new(
        "FROM unique_key u JOIN resource r ON r.id = u.resource",
        "u.kind = $1 AND u.path = $2 AND u.folded = $3 AND r.state < 2",
        4,
    )
});

impl RecordQueries {
    /// `viewer` is the number of the parameter that names the connection.
    fn new(from: &str, condition: &str, viewer: usize) -> Self {
        let query = |seen: &str| RecordQuery {
            lock: format!("SELECT r.id {from} WHERE {condition}{seen}"),
            read: format!(
                "SELECT {COLUMNS} {from} LEFT JOIN document d ON d.place = r.place WHERE {condition}{seen}"
            ),
        };
        Self {
            every: query(""),
            own: query(&format!(" AND (r.owner IS NULL OR r.owner = ${viewer})")),
        }
    }

    /// The query of a viewer, which takes its connection as the last parameter, if it is one.
    pub(super) fn of(&self, viewer: &Viewer) -> &RecordQuery {
        match viewer.connection() {
            None => &self.every,
            Some(_) => &self.own,
        }
    }
}
