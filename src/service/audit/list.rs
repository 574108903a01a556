//! Reading the audit log, a page at a time.

use jiff::Timestamp;
use serde_json::Value;

use crate::scim::ErrorKind;
use crate::scim::value::{parse_time, time_key};
use crate::service::{Error, Gateway, Result, Who};
use crate::store::{AuditFind, AuditRow};

/// Entries on a page: with 32 KiB of values each, 16 MiB at most.
const PAGE: u32 = 500;

/// Which entries are wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// Those about one resource.
    pub resource: Option<String>,
    /// Those from this time on.
    pub since: Option<Timestamp>,
}

/// An entry.
#[derive(Debug, Clone, PartialEq)]
pub struct AuditEntry {
    /// Its id; entries are in the order of their ids.
    pub id: String,
    /// When.
    pub at: Option<Timestamp>,
    /// Who: `connection:NAME`, `cli` or `system`.
    pub actor: String,
    /// In which request.
    pub request: String,
    /// What: `user.create`, …
    pub action: String,
    /// The type of the resource.
    pub kind: String,
    /// The id of the resource.
    pub resource: String,
    /// The connection that it belongs to.
    pub owner: Option<String>,
    /// Its place in the chain, once it has one.
    pub seq: Option<i64>,
    /// What changed: an array of objects with `path`, `before`, `after`; for members `added` and `removed`.
    pub changes: Option<Value>,
}

impl Gateway {
    /// The next entries behind `after`, oldest first; empty when there are no more.
    ///
    /// # Errors
    /// What the store answers when it cannot read.
    pub async fn audit(
        &self,
        filter: &AuditFilter,
        after: Option<&str>,
    ) -> Result<Vec<AuditEntry>> {
        let after = match (after, filter.since) {
            (Some(after), _) => after.to_owned(),
            (None, Some(since)) => first_id(since),
            (None, None) => String::new(),
        };
        let resource = filter.resource.clone();
        let since = filter.since.map(time_key).unwrap_or_default();
        let rows = self
            .store()
            .read(move |tx| {
                tx.audit_find(&AuditFind {
                    resource: resource.as_deref(),
                    since: &since,
                    after: &after,
                    limit: PAGE,
                })
            })
            .await
            .map_err(Error::from)?;
        Ok(rows.into_iter().map(AuditEntry::from).collect())
    }

    /// The id of the user whom the audit log is asked about: by user name, address or id. Somebody who has been deleted
    /// is found by id only.
    ///
    /// # Errors
    /// 400 when several users match.
    pub async fn audited_user(&self, name: &str) -> Result<String> {
        match self.user_named(&Who::Email(name.to_owned())).await {
            Ok(person) => Ok(person.user.id),
            Err(Error::Scim(error)) if error.kind == ErrorKind::NotFound => Ok(name.to_owned()),
            Err(error) => Err(error),
        }
    }
}

impl From<AuditRow> for AuditEntry {
    fn from(row: AuditRow) -> Self {
        Self {
            id: row.id,
            at: parse_time(&row.at),
            actor: row.actor,
            request: row.request,
            action: row.action,
            kind: row.kind,
            resource: row.resource,
            owner: row.owner,
            seq: row.seal.map(|seal| seal.seq),
            changes: row
                .values
                .and_then(|values| serde_json::from_str(&values).ok()),
        }
    }
}

/// A text before every id that was drawn at `at` or later: ids of version 7 begin with the milliseconds (RFC 9562 §5.7).
pub(in crate::service) fn first_id(at: Timestamp) -> String {
    let hex = format!("{:012x}", at.as_millisecond().max(0));
    let (high, low) = hex.split_at_checked(8).unwrap_or_default();
    format!("{high}-{low}")
}
