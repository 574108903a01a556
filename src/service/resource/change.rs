//! A change of one resource, prepared outside the transaction and run in it; single requests and Bulk
//! run the same ones.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::get::not_found;
use super::{condition, members};
use crate::scim::patch::{Applied, MemberDelta, Patch, Policy, apply};
use crate::scim::query::Conditions;
use crate::scim::resource::{Document, Member};
use crate::scim::schema::ResourceType;
use crate::scim::validate::{self, Incoming};
use crate::service::audit::{self, Changes};
use crate::service::keys::Keys;
use crate::service::provisioning::Scene;
use crate::service::{Caller, Error, Gateway, Result};
use crate::store::{NewResource, Record, State, Tx};

/// One change of one resource.
pub(in crate::service) struct Change {
    pub(in crate::service) rt: Arc<ResourceType>,
    /// Of a new resource: the id that was drawn for it.
    pub(in crate::service) id: String,
    pub(in crate::service) conditions: Conditions,
    pub(in crate::service) what: What,
}

/// What is done to it.
pub(in crate::service) enum What {
    /// POST
    Create(Incoming),
    /// PUT, with the body as the profile left it: what it may change depends on what is there.
    Replace(Map<String, Value>),
    /// PATCH
    Patch(Patch),
    /// DELETE
    Delete,
}

/// What holds for every change of a request.
#[derive(Clone)]
pub(in crate::service) struct Terms {
    owner: Arc<str>,
    policy: Policy,
    require_references: bool,
    keys: Arc<Keys>,
    scene: Scene,
}

/// What a change came to.
pub(in crate::service) struct Changed {
    /// The record as it is now; of a deleted one, as it was.
    pub(in crate::service) record: Record,
    /// Whether the body had a password.
    pub(in crate::service) password: bool,
    /// Names in the body that stand for nothing.
    pub(in crate::service) unknown: Vec<String>,
    /// The attributes that changed; `None` when the resource stayed as it was.
    pub(in crate::service) fields: Option<Vec<String>>,
}

impl Terms {
    pub(in crate::service) fn new(gateway: &Gateway, caller: &Caller) -> Self {
        Self {
            owner: Arc::clone(&caller.connection),
            policy: caller.profile.unmatched(),
            require_references: gateway.settings().scim.require_references,
            keys: Arc::clone(gateway.keys()),
            scene: Scene::of(caller),
        }
    }
}

impl Change {
    /// Makes the change.
    ///
    /// # Errors
    /// 404, 412, 409, and what the body is refused for; the transaction is then to be given up.
    pub(in crate::service) fn run(&self, tx: &mut Tx<'_>, terms: &Terms) -> Result<Changed> {
        match &self.what {
            What::Create(incoming) => {
                let record = self.insert(tx, terms, incoming)?;
                terms.settle(tx, record, incoming)
            }
            What::Replace(body) => self.replace(tx, terms, body),
            What::Patch(patch) => self.patch(tx, terms, patch),
            What::Delete => {
                let record = self.present(tx)?;
                let deleted = tx.delete(&self.rt, &record)?;
                let changes = Changes::default();
                audit::record_change(tx, &terms.keys, Some(record.state), &deleted, &changes)?;
                Ok(Changed::new(record, false, &[]).with(Some(&changes)))
            }
        }
    }

    /// The first half of a POST: the resource, without what refers to others. `None` for other verbs.
    ///
    /// # Errors
    /// 409 when a unique value is taken.
    pub(in crate::service) fn begin(
        &self,
        tx: &mut Tx<'_>,
        terms: &Terms,
    ) -> Result<Option<Record>> {
        match &self.what {
            What::Create(incoming) => self.insert(tx, terms, incoming).map(Some),
            What::Replace(_) | What::Patch(_) | What::Delete => Ok(None),
        }
    }

    /// The second half: what refers to others, which may have been made after the first half.
    ///
    /// # Errors
    /// 400 for a reference to nothing, where that is refused.
    pub(in crate::service) fn finish(
        &self,
        tx: &mut Tx<'_>,
        terms: &Terms,
        record: Record,
    ) -> Result<Changed> {
        match &self.what {
            What::Create(incoming) => terms.settle(tx, record, incoming),
            What::Replace(_) | What::Patch(_) | What::Delete => {
                Ok(Changed::new(record, false, &[]))
            }
        }
    }

    fn insert(&self, tx: &mut Tx<'_>, terms: &Terms, incoming: &Incoming) -> Result<Record> {
        Ok(tx.insert(&NewResource {
            id: &self.id,
            rt: &self.rt,
            owner: Some(&terms.owner),
            state: state(&incoming.document, State::Active),
            document: &incoming.document,
        })?)
    }

    fn replace(
        &self,
        tx: &mut Tx<'_>,
        terms: &Terms,
        body: &Map<String, Value>,
    ) -> Result<Changed> {
        let record = self.present(tx)?;
        let present = document(&record)?;
        let incoming = validate::replace(&self.rt, &present, body.clone())?;
        terms.check_references(tx, &incoming.document, &incoming.members)?;
        let rows = if self.rt.is_group() {
            tx.set_members(&record, &incoming.members)?
        } else {
            0
        };
        let (record, changes) =
            self.written(tx, terms, record, &present, &incoming.document, rows)?;
        Ok(Changed::new(record, incoming.password, &incoming.unknown).with(changes.as_ref()))
    }

    fn patch(&self, tx: &mut Tx<'_>, terms: &Terms, patch: &Patch) -> Result<Changed> {
        let record = self.present(tx)?;
        let present = document(&record)?;
        let mut changed = present.clone();
        let applied = apply(&self.rt, patch, &mut changed, terms.policy)?;
        terms.check_references(tx, &changed, &added(&applied))?;
        let rows = members::apply(tx, &record, &applied.members)?;
        let (record, told) = self.written(tx, terms, record, &present, &changed, rows)?;
        Ok(Changed::new(record, applied.password, &[]).with(told.as_ref()))
    }

    /// The record, if the conditions of the request hold.
    fn present(&self, tx: &mut Tx<'_>) -> Result<Record> {
        let Some(record) = tx.get(&self.rt, &self.id)? else {
            return Err(not_found(&self.rt, &self.id));
        };
        condition::allow_change(&record, &self.conditions)?;
        // What an operation that was undone did to members is not this one's.
        tx.take_member_change();
        Ok(record)
    }

    /// Writes what changed, and that it did; what changes nothing leaves version and `lastModified` alone.
    fn written(
        &self,
        tx: &mut Tx<'_>,
        terms: &Terms,
        record: Record,
        present: &Document,
        changed: &Document,
        rows: u64,
    ) -> Result<(Record, Option<Changes>)> {
        let before = record.state;
        let record = if changed != present {
            tx.update(&self.rt, &record, changed, state(changed, before))?
        } else if rows > 0 {
            tx.touch(&record)?
        } else {
            return Ok((record, None));
        };
        let told =
            Changes::between(Some(present), Some(changed)).with_members(&tx.take_member_change());
        audit::record_change(tx, &terms.keys, Some(before), &record, &told)?;
        Ok((record, Some(told)))
    }
}

impl Changed {
    fn new(record: Record, password: bool, unknown: &[String]) -> Self {
        Self {
            record,
            password,
            unknown: unknown.to_vec(),
            fields: None,
        }
    }

    fn with(self, changes: Option<&Changes>) -> Self {
        Self {
            fields: changes.map(Changes::names),
            ..self
        }
    }
}

impl Terms {
    /// The request that all this is done in.
    pub(in crate::service) fn scene(&self) -> &Scene {
        &self.scene
    }

    fn settle(&self, tx: &mut Tx<'_>, record: Record, incoming: &Incoming) -> Result<Changed> {
        self.check_references(tx, &incoming.document, &incoming.members)?;
        tx.take_member_change();
        if !incoming.members.is_empty() {
            tx.add_members(&record, &incoming.members)?;
        }
        let changes =
            Changes::between(None, Some(&incoming.document)).with_members(&tx.take_member_change());
        audit::record_change(tx, &self.keys, None, &record, &changes)?;
        Ok(Changed::new(record, incoming.password, &incoming.unknown).with(Some(&changes)))
    }

    /// With `scim.require_references`: every member and manager must be a resource.
    fn check_references(
        &self,
        tx: &mut Tx<'_>,
        document: &Document,
        members: &[Member],
    ) -> Result<()> {
        if !self.require_references {
            return Ok(());
        }
        let mut ids: Vec<String> = members.iter().map(|member| member.value.clone()).collect();
        ids.extend(document.manager().map(str::to_owned));
        let Some(id) = tx.first_missing(&ids)? else {
            return Ok(());
        };
        let shown: String = id.chars().take(64).collect();
        let detail =
            format!("There is no resource with the id \"{shown}\", which the body refers to.");
        Err(crate::scim::Error::value(detail).into())
    }
}

/// The document of a record.
fn document(record: &Record) -> Result<Document> {
    Document::parse(&record.body).ok_or_else(|| Error::Internal {
        why: format!(
            "the stored document of {} {} is no object",
            record.kind, record.id
        ),
    })
}

/// The state that `active` in the document asks for; without it, what it was.
fn state(document: &Document, present: State) -> State {
    match document.active() {
        Some(true) => State::Active,
        Some(false) => State::Deactivated,
        None => present,
    }
}

/// Everybody whom the operations make a member.
fn added(applied: &Applied) -> Vec<Member> {
    let mut all = Vec::new();
    for delta in &applied.members {
        match delta {
            MemberDelta::Add(members) | MemberDelta::Set(members) => {
                all.extend(members.iter().cloned());
            }
            MemberDelta::Replace { with, .. } | MemberDelta::Merge { with, .. } => {
                all.push(with.clone());
            }
            MemberDelta::Remove(_)
            | MemberDelta::RemoveWhere(_)
            | MemberDelta::Clear
            | MemberDelta::Display { .. } => {}
        }
    }
    all
}
