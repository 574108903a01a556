//! What a login changes of roles: groups of the source hold until the next login, and so does what makes an administrator.

use jiff::Timestamp;

use super::stop::Road;
use crate::login::{Identity, Trail};
use crate::service::Result;
use crate::service::audit::Changes;
use crate::service::role::{ADMIN, AdminGroups};
use crate::store::{LoginState, Record, Tx};

/// The groups of one login that are kept: a directory with 4,000 groups of 64 characters each is a quarter of a megabyte, and no
/// person is in all of them.
const MAX_GROUPS: usize = 2_000;
/// And the length of their names altogether.
const MAX_GROUP_BYTES: usize = 256 * 1024;

/// What becomes of the role of an administrator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Turn {
    /// Nothing: it is had, or not, as before.
    Stays(Option<Timestamp>),
    /// It is given.
    Given,
    /// It is taken.
    Taken,
}

/// What becomes of it; reads only.
pub(super) fn plan(
    tx: &mut Tx<'_>,
    groups: &AdminGroups,
    record: Option<&Record>,
    identity: Option<&Identity>,
    trail: &mut Trail,
) -> Road<Turn> {
    const STEP: &str = "road.roles";
    let had = match record {
        Some(record) => tx.login_state(&record.id)?.and_then(|state| state.admin),
        None => None,
    };
    let brought = identity.map_or(0, |identity| identity.groups.len());
    if brought > 0 {
        trail.note(STEP, format!("{brought} groups are brought, for roles.map"));
    }
    let wanted = identity.and_then(|identity| identity.admin) == Some(true);
    let (Some(record), Some(since), false) = (record, had, wanted) else {
        return Ok(match (had, wanted) {
            (None, true) => {
                trail.pass(STEP, "the login makes an administrator");
                Turn::Given
            }
            (had, _) => Turn::Stays(had),
        });
    };
    if is_last(tx, groups, record)? {
        trail.note(
            STEP,
            "the login would take the role of an administrator away from the last one: it stays",
        );
        tracing::warn!(
            user = %record.id,
            "a login no longer makes the last administrator one; the role stays: make somebody else one"
        );
        return Ok(Turn::Stays(Some(since)));
    }
    trail.pass(STEP, "the login no longer makes an administrator");
    Ok(Turn::Taken)
}

/// Whether nobody else is an administrator, and this person is one by their login alone.
fn is_last(tx: &mut Tx<'_>, groups: &AdminGroups, record: &Record) -> Result<bool> {
    tx.lock_administrators()?;
    let ids = groups.ids(tx)?;
    if tx.any_holder(groups.holders(&ids), Some(&record.id))? {
        return Ok(false);
    }
    Ok(groups.reasons(tx, record)?.len() < 2)
}

impl Turn {
    /// Whether the person is an administrator by this login.
    pub(super) fn gives(self) -> bool {
        match self {
            Self::Stays(since) => since.is_some(),
            Self::Given => true,
            Self::Taken => false,
        }
    }

    /// Writes what this login brought in the place of what the last one did.
    pub(super) fn act(
        self,
        tx: &mut Tx<'_>,
        record: &Record,
        identity: Option<&Identity>,
        changes: Changes,
    ) -> Result<Changes> {
        let at = tx.cause()?.at;
        let (admin, changes) = match self {
            Self::Stays(since) => (since, changes),
            Self::Given => {
                tx.end_launchpad()?;
                (
                    Some(at),
                    changes.set("roles", serde_json::Value::Null, ADMIN),
                )
            }
            Self::Taken => (None, changes.set("roles", ADMIN, serde_json::Value::Null)),
        };
        if identity.is_none() && tx.login_state(&record.id)?.is_none() {
            return Ok(changes);
        }
        let groups = identity
            .map(|identity| kept(&record.id, &identity.groups))
            .unwrap_or_default();
        tx.set_login_state(&LoginState {
            resource: record.id.clone(),
            source: identity.map_or_else(|| "local".to_owned(), |identity| identity.source.clone()),
            brought: serde_json::Value::from(groups).to_string(),
            admin,
        })?;
        Ok(changes)
    }
}

/// The groups that are kept.
fn kept(id: &str, groups: &[String]) -> Vec<String> {
    let mut left = MAX_GROUP_BYTES;
    let fits = |group: &&String| {
        left = left.saturating_sub(group.len());
        left > 0
    };
    let kept: Vec<String> = groups
        .iter()
        .take(MAX_GROUPS)
        .take_while(fits)
        .cloned()
        .collect();
    if kept.len() < groups.len() {
        tracing::warn!(
            user = id,
            brought = groups.len(),
            kept = kept.len(),
            "a login brought too many groups"
        );
    }
    kept
}
