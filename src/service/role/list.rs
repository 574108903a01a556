//! What gives which role, and the end of a pin.

use jiff::Timestamp;

use super::{ADMIN, How};
use serde_json::Value;

use crate::scim::value::fold;
use crate::scim::{self};
use crate::service::audit::{self, Changes, Entry};
use crate::service::{Error, Gateway, Result};
use crate::store::{Actor, State, Viewer};

/// What gives roles.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Roles {
    /// The entries of `roles.admin_groups`.
    pub groups: Vec<RoleGroup>,
    /// The entries of `roles.map`: a group, and the role it gives.
    pub map: Vec<(String, String)>,
    /// Who was given a role by hand, or by their last login.
    pub grants: Vec<GrantInfo>,
}

/// Where a role of one person comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GrantedBy {
    /// An administrator or the command line.
    Hand,
    /// Their last login, until the next one.
    Login,
}

/// An entry of the settings, and the groups it stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleGroup {
    /// The role.
    pub role: &'static str,
    /// The entry.
    pub said: String,
    /// The groups.
    pub matches: Vec<GroupMatch>,
    /// The id of the group that the entry is pinned to as a name, if that group was deleted.
    pub lost: Option<String>,
}

/// A group that gives a role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupMatch {
    /// Its id.
    pub id: String,
    /// Its `displayName`.
    pub display: Option<String>,
    /// By what the settings name it.
    pub how: How,
    /// How many active people are direct members.
    pub people: u64,
}

/// A role that somebody was given by hand or by their login.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrantInfo {
    /// The role.
    pub role: &'static str,
    /// Where it comes from.
    pub from: GrantedBy,
    /// The id of the person.
    pub id: String,
    /// Their user name.
    pub user_name: String,
    /// `active`, `deactivated` or `deleted`; only active people have the role.
    pub state: &'static str,
    /// Who gave it; of a login, the source.
    pub by: String,
    /// When.
    pub since: Timestamp,
}

impl Gateway {
    /// What gives which role, from where.
    ///
    /// # Errors
    /// What the store answers when it cannot read.
    pub async fn roles(&self) -> Result<Roles> {
        let (gateway, people) = (self.clone(), self.user_type()?);
        self.store()
            .read(move |tx| {
                let groups = gateway.admin_groups();
                let mut all = Roles {
                    groups: Vec::new(),
                    map: gateway.settings().roles.map.entries().map(owned).collect(),
                    grants: Vec::new(),
                };
                for said in groups.said() {
                    let mut matches = Vec::new();
                    for (id, how) in groups.of(tx, said)? {
                        let people = tx.count_active_members(&id, groups.people())?;
                        let group = groups
                            .group_type()
                            .map(|rt| tx.get(&Viewer::All, rt, &id))
                            .transpose()?;
                        let document = group.flatten().map(|group| group.document()).transpose()?;
                        let display = document
                            .and_then(|document| document.text("displayName").map(str::to_owned));
                        matches.push(GroupMatch {
                            id,
                            display,
                            how,
                            people,
                        });
                    }
                    let pin = tx.pinned(&fold(said, false))?;
                    let here =
                        |id: &String| matches.iter().any(|found: &GroupMatch| found.id == *id);
                    all.groups.push(RoleGroup {
                        role: ADMIN,
                        said: said.to_owned(),
                        lost: pin.map(|pin| pin.group).filter(|id| !here(id)),
                        matches,
                    });
                }
                let by_hand = tx.grants(ADMIN)?.into_iter();
                let by_login = tx.administrators_by_login()?.into_iter();
                let given = by_hand
                    .map(|grant| (GrantedBy::Hand, grant.resource, grant.by, grant.since))
                    .chain(by_login.filter_map(|state| {
                        Some((GrantedBy::Login, state.resource, state.source, state.admin?))
                    }));
                for (from, id, by, since) in given {
                    let live = tx.get(&Viewer::All, &people, &id)?;
                    let record = match live {
                        Some(record) => Some(record),
                        None => tx.deleted(&people, &id)?,
                    };
                    let Some(record) = record else { continue };
                    let document = record.document()?;
                    all.grants.push(GrantInfo {
                        role: ADMIN,
                        from,
                        id,
                        user_name: document.text("userName").unwrap_or_default().to_owned(),
                        state: state_name(record.state),
                        by,
                        since,
                    });
                }
                Ok::<_, Error>(all)
            })
            .await
    }

    /// Lets a name in `roles.admin_groups` go: it will stand for the next group that has it, at once if
    /// there is another one already.
    ///
    /// # Errors
    /// 404 when the name is not pinned.
    pub async fn unpin(&self, actor: Actor, name: &str) -> Result<()> {
        let (gateway, said) = (self.clone(), name.to_owned());
        let max_scan = self.settings().scim.max_scan;
        self.store()
            .write(self.cause(actor, ""), move |tx| {
                let name = fold(&said, false);
                let Some(pin) = tx.pinned(&name)? else {
                    let detail =
                        format!("\"{said}\" is pinned to no group: see `muster roles list`.");
                    return Err(scim::Error::not_found(detail).into());
                };
                tx.unpin(&name)?;
                let changes = Changes::default().set("name", said.as_str(), Value::Null);
                let entry = Entry {
                    action: "role.unpin",
                    kind: "Group",
                    resource: &pin.group,
                    owner: None,
                    changes: &changes,
                };
                audit::record(tx, gateway.keys(), &entry)?;
                let groups = gateway.admin_groups();
                groups.pin_all(tx, max_scan, Some(&pin.group))
            })
            .await
    }

    /// Pins the names in `roles.admin_groups` to groups that are there already; to be called at start.
    ///
    /// # Errors
    /// What the store answers when it cannot write.
    pub async fn pin_groups(&self) -> Result<()> {
        if self.admin_groups().is_empty() {
            return Ok(());
        }
        let (gateway, max_scan) = (self.clone(), self.settings().scim.max_scan);
        self.store()
            .write(self.cause(Actor::System, ""), move |tx| {
                gateway.admin_groups().pin_all(tx, max_scan, None)
            })
            .await
    }
}

fn owned((group, role): (&str, &str)) -> (String, String) {
    (group.to_owned(), role.to_owned())
}

/// A state as people read it.
pub(in crate::service) fn state_name(state: State) -> &'static str {
    match state {
        State::Active => "active",
        State::Deactivated => "deactivated",
        State::Deleted => "deleted",
    }
}
