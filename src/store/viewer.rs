//! Who looks: what a transaction shows depends on it, and no operation that shows something can be called
//! without saying so.

use std::sync::Arc;

use super::compile::Params;
use super::tx::Record;

/// On whose behalf resources are read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Viewer {
    /// Administrators and the gateway itself: everything.
    All,
    /// A connection: what belongs to it, and what belongs to nobody.
    Connection(Arc<str>),
}

impl Viewer {
    /// Whether a resource is shown.
    pub fn sees(&self, record: &Record) -> bool {
        match (self, &record.owner) {
            (Self::All, _) | (Self::Connection(_), None) => true,
            (Self::Connection(name), Some(owner)) => **name == **owner,
        }
    }

    /// The connection that looks.
    pub(super) fn connection(&self) -> Option<&str> {
        match self {
            Self::All => None,
            Self::Connection(name) => Some(name),
        }
    }

    /// ` AND …`: the resource `table` is shown. Adds its parameter.
    pub(super) fn sees_sql(&self, table: &str, params: &mut Params) -> String {
        self.connection().map_or_else(String::new, |name| {
            format!(" AND {}", seen(table, &params.text(name)))
        })
    }

    /// ` AND …`: the row `m` of table `member` is shown in the group `table`, which is shown itself. A connection
    /// reads its own groups as it sent them. A group of nobody may have members of others, which are not there for it.
    pub(super) fn sees_member_sql(&self, table: &str, params: &mut Params) -> String {
        self.connection().map_or_else(String::new, |name| {
            format!(
                " AND ({table}.owner IS NOT NULL OR NOT {})",
                foreign("m", &params.text(name))
            )
        })
    }
}

/// The resource `table` belongs to the connection `name`, a placeholder, or to nobody.
pub(super) fn seen(table: &str, name: &str) -> String {
    format!("({table}.owner IS NULL OR {table}.owner = {name})")
}

/// The row `member` of table `member` has the id of a resource of another connection than `name`, a placeholder.
pub(super) fn foreign(member: &str, name: &str) -> String {
    format!(
        "EXISTS (SELECT 1 FROM resource f WHERE f.id = {member}.member_id AND f.owner IS NOT NULL AND f.owner <> {name})"
    )
}
