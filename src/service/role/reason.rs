//! Why somebody is an administrator.

use std::fmt;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{ADMIN, AdminGroups};
use crate::service::Result;
use crate::store::{LoginState, Record, State, Tx, Viewer};

/// One reason why somebody is an administrator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// An administrator or the command line made them one.
    Manual {
        /// Who: `cli`, `connection NAME`, `system`.
        by: String,
        /// When.
        since: Timestamp,
    },
    /// Their last login carried the attribute, value or group of administrators.
    Login {
        /// The source that said so.
        source: String,
        /// Since when.
        since: Timestamp,
    },
    /// They are a direct member of a group of `roles.admin_groups`.
    Group {
        /// The id of the group.
        id: String,
        /// Its `displayName`.
        display: Option<String>,
        /// By what the group is named in the settings.
        how: How,
    },
}

/// By what a group is named in `roles.admin_groups`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum How {
    /// By its id.
    Id,
    /// By its `externalId`.
    ExternalId {
        /// The entry.
        said: String,
    },
    /// By a name, which is pinned to the id of the group.
    Name {
        /// The entry.
        said: String,
        /// Since when it is pinned.
        since: Timestamp,
    },
}

impl AdminGroups {
    /// Why somebody is an administrator, or would be if their account were open.
    pub(in crate::service) fn reasons(
        &self,
        tx: &mut Tx<'_>,
        person: &Record,
    ) -> Result<Vec<Reason>> {
        let mut reasons = Vec::new();
        if let Some(grant) = tx.granted(&person.id, ADMIN)? {
            reasons.push(Reason::Manual {
                by: grant.by,
                since: grant.since,
            });
        }
        if let Some(LoginState {
            source,
            admin: Some(since),
            ..
        }) = tx.login_state(&person.id)?
        {
            reasons.push(Reason::Login { source, since });
        }
        let groups = tx.groups_of(&Viewer::All, &person.id)?;
        for said in self.said() {
            for (id, how) in self.of(tx, said)? {
                let Some(group) = groups.iter().find(|group| group.id == id) else {
                    continue;
                };
                if tx.is_member(&id, &person.id, self.people())? {
                    let display = group.display.clone();
                    reasons.push(Reason::Group { id, display, how });
                }
            }
        }
        Ok(reasons)
    }

    /// Whether anybody is an administrator now. Until the end of the transaction nobody else can take the last one away.
    pub(in crate::service) fn any(&self, tx: &mut Tx<'_>) -> Result<bool> {
        tx.lock_administrators()?;
        let ids = self.ids(tx)?;
        Ok(tx.any_holder(self.holders(&ids), None)?)
    }

    /// Whether somebody is an administrator now: in use, and with a reason.
    pub(in crate::service) fn is_administrator(
        &self,
        tx: &mut Tx<'_>,
        person: &Record,
    ) -> Result<bool> {
        if person.state != State::Active || person.kind != self.people() {
            return Ok(false);
        }
        self.has_reason(tx, person)
    }

    /// Whether there is a reason for somebody to be an administrator, who is one while they are active.
    pub(in crate::service) fn has_reason(&self, tx: &mut Tx<'_>, person: &Record) -> Result<bool> {
        if tx.granted(&person.id, ADMIN)?.is_some() {
            return Ok(true);
        }
        if tx
            .login_state(&person.id)?
            .is_some_and(|state| state.admin.is_some())
        {
            return Ok(true);
        }
        for id in self.ids(tx)? {
            if tx.is_member(&id, &person.id, self.people())? {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

impl Reason {
    /// For machines.
    pub fn to_json(&self) -> Value {
        match self {
            Self::Manual { by, since } => {
                json!({ "role": ADMIN, "from": "manual", "by": by, "since": since.to_string() })
            }
            Self::Login { source, since } => {
                json!({ "role": ADMIN, "from": "login", "source": source, "since": since.to_string() })
            }
            Self::Group { id, display, how } => json!({
                "role": ADMIN, "from": "group", "group": id, "display": display,
                "named": how.name(), "entry": how.said(id),
            }),
        }
    }
}

impl How {
    /// `id`, `externalId` or `displayName`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::ExternalId { .. } => "externalId",
            Self::Name { .. } => "displayName",
        }
    }

    fn said<'s>(&'s self, id: &'s str) -> &'s str {
        match self {
            Self::Id => id,
            Self::ExternalId { said } | Self::Name { said, .. } => said,
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Manual { by, since } => write!(f, "made one by hand, {since:.0} by {by}"),
            Self::Login { source, since } => {
                write!(
                    f,
                    "their login says so, by {source} since {since:.0}; the next login can take it away"
                )
            }
            Self::Group { id, display, how } => {
                let name = display.as_deref().unwrap_or_default();
                write!(f, "member of the group \"{name}\" ({id}), {how}")
            }
        }
    }
}

impl fmt::Display for How {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id => f.write_str("which roles.admin_groups names by id"),
            Self::ExternalId { said } => {
                write!(f, "which roles.admin_groups names by externalId \"{said}\"")
            }
            Self::Name { said, since } => write!(
                f,
                "which roles.admin_groups names \"{said}\", pinned to it since {since:.0}"
            ),
        }
    }
}
