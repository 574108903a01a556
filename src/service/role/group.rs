//! The groups of `roles.admin_groups`: found by id, by externalId, or by a name that is pinned to an id.

use std::sync::Arc;

use serde_json::Value;

use super::{ADMIN, How};
use crate::scim::filter;
use crate::scim::index::cut;
use crate::scim::schema::{Registry, ResourceType};
use crate::scim::syntax::Filter;
use crate::scim::value::fold;
use crate::service::Result;
use crate::service::audit::{self, Changes};
use crate::service::keys::Keys;
use crate::store::{Find, Holders, Record, Tx, Viewer};

/// What `roles.admin_groups` says.
#[derive(Debug, Clone)]
pub(in crate::service) struct AdminGroups(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    entries: Vec<Entry>,
    keys: Arc<Keys>,
    /// The resource type of people.
    people: Arc<str>,
    groups: Option<Arc<ResourceType>>,
}

/// One entry of the setting.
#[derive(Debug)]
struct Entry {
    said: String,
    /// As the name of a group.
    name: String,
    /// As the externalId of a group.
    external_id: String,
}

impl AdminGroups {
    pub(in crate::service) fn new(said: &[String], registry: &Registry, keys: &Arc<Keys>) -> Self {
        let entry = |said: &String| {
            let mut external_id = fold(said, true);
            cut(&mut external_id);
            Entry {
                said: said.clone(),
                name: fold(said, false),
                external_id,
            }
        };
        let people = registry.types().iter().find(|rt| rt.is_user());
        let groups = registry.types().iter().find(|rt| rt.is_group());
        Self(Arc::new(Inner {
            entries: said.iter().map(entry).collect(),
            keys: Arc::clone(keys),
            people: people.map_or_else(|| "User".into(), |rt| Arc::clone(&rt.name)),
            groups: groups.cloned(),
        }))
    }

    /// Whether no group gives administrator rights, now or later.
    pub(super) fn is_empty(&self) -> bool {
        self.0.entries.is_empty()
    }

    /// The entries as the settings have them.
    pub(super) fn said(&self) -> impl Iterator<Item = &str> {
        self.0.entries.iter().map(|entry| entry.said.as_str())
    }

    /// The name of the resource type of people.
    pub(in crate::service) fn people(&self) -> &str {
        &self.0.people
    }

    /// The resource type of groups.
    pub(super) fn group_type(&self) -> Option<&Arc<ResourceType>> {
        self.0.groups.as_ref()
    }

    /// Who is an administrator, if `groups` are the ids of [`AdminGroups::ids`].
    pub(in crate::service) fn holders<'a>(&'a self, groups: &'a [String]) -> Holders<'a> {
        Holders {
            role: ADMIN,
            kind: &self.0.people,
            groups,
            by_login: true,
        }
    }

    /// The live groups that give administrator rights.
    pub(in crate::service) fn ids(&self, tx: &mut Tx<'_>) -> Result<Vec<String>> {
        let mut ids = Vec::new();
        for entry in &self.0.entries {
            ids.extend(self.matches(tx, entry)?.into_iter().map(|(id, _)| id));
        }
        ids.sort_unstable();
        ids.dedup();
        Ok(ids)
    }

    /// The live groups that the entry `said` stands for, and how.
    pub(super) fn of(&self, tx: &mut Tx<'_>, said: &str) -> Result<Vec<(String, How)>> {
        let Some(entry) = self.0.entries.iter().find(|entry| entry.said == said) else {
            return Ok(Vec::new());
        };
        self.matches(tx, entry)
    }

    fn matches(&self, tx: &mut Tx<'_>, entry: &Entry) -> Result<Vec<(String, How)>> {
        let Some(rt) = &self.0.groups else {
            return Ok(Vec::new());
        };
        let mut found = Vec::new();
        if tx.is_live(&rt.name, &entry.said)? {
            found.push((entry.said.clone(), How::Id));
        }
        let said = || entry.said.clone();
        for id in tx.with_external_id(&rt.name, &entry.said)? {
            found.push((id, How::ExternalId { said: said() }));
        }
        if let Some(pin) = tx.pinned(&entry.name)?
            && tx.is_live(&rt.name, &pin.group)?
        {
            let since = pin.since;
            found.push((
                pin.group,
                How::Name {
                    said: said(),
                    since,
                },
            ));
        }
        Ok(found)
    }

    /// Whether a live group gives administrator rights now.
    pub(super) fn gives(&self, tx: &mut Tx<'_>, group: &Record) -> Result<bool> {
        let named = |entry: &Entry| {
            entry.said == group.id || group.external_id.as_ref() == Some(&entry.external_id)
        };
        if self.0.entries.iter().any(named) {
            return Ok(true);
        }
        if self.is_empty() {
            return Ok(false);
        }
        let pins = tx.pins_of(&group.id)?;
        Ok(pins.iter().any(|pin| self.entry(&pin.name).is_some()))
    }

    /// Whether the name of the group is one that stands for no group yet: it would be pinned to this one.
    pub(super) fn would_pin(&self, tx: &mut Tx<'_>, group: &Record) -> Result<bool> {
        let Some(name) = self.name_of(group)? else {
            return Ok(false);
        };
        Ok(tx.pinned(&name)?.is_none())
    }

    /// Pins the name of the group to it, if it is in the settings and stands for no group yet.
    pub(super) fn pin(&self, tx: &mut Tx<'_>, group: &Record) -> Result<()> {
        let Some(name) = self.name_of(group)? else {
            return Ok(());
        };
        if let Some(entry) = self.entry(&name) {
            self.pin_to(tx, entry, &group.id)?;
        }
        Ok(())
    }

    /// Pins every name in the settings that stands for no group yet to the oldest group that has it, but
    /// for the group `except`.
    pub(in crate::service) fn pin_all(
        &self,
        tx: &mut Tx<'_>,
        max_scan: u64,
        except: Option<&str>,
    ) -> Result<()> {
        for entry in &self.0.entries {
            if tx.pinned(&entry.name)?.is_some() {
                continue;
            }
            let found = self.named(tx, entry, max_scan)?;
            let other = |record: &&Record| Some(record.id.as_str()) != except;
            if let Some(group) = found.iter().find(other) {
                self.pin_to(tx, entry, &group.id)?;
            }
        }
        Ok(())
    }

    /// The oldest two groups of this name.
    fn named(&self, tx: &mut Tx<'_>, entry: &Entry, max_scan: u64) -> Result<Vec<Record>> {
        let Some(rt) = &self.0.groups else {
            return Ok(Vec::new());
        };
        let text = format!("displayName eq {}", Value::from(entry.said.as_str()));
        let filter = filter::check(rt, &Filter::parse(&text)?)?;
        let found = tx.find(&Find {
            viewer: &Viewer::All,
            rt,
            filter: Some(&filter),
            sort: None,
            start_index: 1,
            count: 2,
            max_scan,
        })?;
        Ok(found.records)
    }

    /// The folded name of a group, if that is in the settings.
    fn name_of(&self, group: &Record) -> Result<Option<String>> {
        if self.is_empty() {
            return Ok(None);
        }
        let document = group.document()?;
        let name = document.text("displayName").map(|name| fold(name, false));
        Ok(name.filter(|name| self.entry(name).is_some()))
    }

    /// Pins one name: from now on it stands for this group, whatever that is called.
    fn pin_to(&self, tx: &mut Tx<'_>, entry: &Entry, group: &str) -> Result<()> {
        if !tx.pin(&entry.name, &entry.said, group)? {
            return Ok(());
        }
        let changes = Changes::default().set("name", Value::Null, entry.said.as_str());
        let told = audit::Entry {
            action: "role.pin",
            kind: "Group",
            resource: group,
            owner: None,
            changes: &changes,
        };
        Ok(audit::record(tx, &self.0.keys, &told)?)
    }

    fn entry(&self, name: &str) -> Option<&Entry> {
        self.0.entries.iter().find(|entry| entry.name == name)
    }
}
