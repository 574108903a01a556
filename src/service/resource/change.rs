//! A change of one resource, prepared outside the transaction and run in it; single requests and Bulk
//! run the same ones.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value};

use super::create::New;
use super::get::not_found;
use super::password::SentPassword;
use super::{condition, members};
use crate::config::OnRecreate;
use crate::scim;
use crate::scim::budget::{WorkBudget, copy_cost};
use crate::scim::growth::check_growth;
use crate::scim::patch::{Applied, MemberDelta, Patch, Policy, apply};
use crate::scim::query::Conditions;
use crate::scim::resource::{Document, Member};
use crate::scim::schema::ResourceType;
use crate::scim::validate::{self, Incoming};
use crate::service::audit::{self, Changes};
use crate::service::keys::Keys;
use crate::service::ownership::Owner;
use crate::service::ownership::double::Doubles;
use crate::service::provisioning::Scene;
use crate::service::role::Rules;
use crate::service::{Caller, Error, Gateway, Result, Undecided, life};
use crate::store::{Record, State, TRANSACTION_SHARE, Tx};

/// The estimated time that any change takes.
const BASE_TIME: Duration = Duration::from_micros(500);

/// How many times longer than copying a value it takes to store what it says: a member is copied in half a microsecond
/// and added in five.
const STORE_FACTOR: u64 = 10;

/// The estimated time that it takes to add a member.
const MEMBER_NANOS: u64 = 5_000;

/// One change of one resource.
pub(in crate::service) struct Change {
    pub(in crate::service) rt: Arc<ResourceType>,
    /// Of a new resource: the id that was drawn for it.
    pub(in crate::service) id: String,
    pub(in crate::service) conditions: Conditions,
    pub(in crate::service) what: What,
    /// The password that it sets, hashed before the store is called.
    pub(in crate::service) password: Option<SentPassword>,
}

/// What is done to it.
pub(in crate::service) enum What {
    /// POST
    Create(Box<New>),
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
    pub(super) owner: Owner,
    policy: Policy,
    require_references: bool,
    pub(super) keys: Arc<Keys>,
    scene: Scene,
    pub(super) on_recreate: OnRecreate,
    pub(super) rules: Rules,
}

/// What a change came to.
pub(in crate::service) struct Changed {
    /// The record as it is now; of a deleted one, as it was.
    pub(in crate::service) record: Record,
    pub(in crate::service) notes: Notes,
    /// The attributes that changed; `None` when the resource stayed as it was.
    pub(in crate::service) fields: Option<Vec<String>>,
}

/// What the log is told about a change.
#[derive(Clone, Default)]
pub(in crate::service) struct Notes {
    /// Whether the body had a password that was dropped.
    pub(in crate::service) password: bool,
    /// Names in the body that stand for nothing.
    pub(in crate::service) unknown: Vec<String>,
    /// Whether it would have opened an account that an administrator locked.
    pub(in crate::service) unheeded: bool,
}

impl Terms {
    pub(in crate::service) fn new(gateway: &Gateway, caller: &Caller) -> Self {
        Self {
            owner: Owner::new(
                Arc::clone(&caller.connection),
                Arc::clone(gateway.keys()),
                gateway.admin_groups().clone(),
            ),
            policy: caller.profile.unmatched(),
            require_references: gateway.settings().scim.require_references,
            keys: Arc::clone(gateway.keys()),
            scene: Scene::of(caller),
            on_recreate: gateway.settings().scim.on_recreate,
            rules: Rules::new(gateway.privileged_groups().clone(), caller.scopes.clone()),
        }
    }
}

impl What {
    /// Estimates how long the change takes, so that others are not committed together with a long one.
    pub(in crate::service) fn estimate(&self) -> Duration {
        let stored = |cost: u64| Duration::from_nanos(cost.saturating_mul(STORE_FACTOR));
        BASE_TIME
            + match self {
                Self::Create(new) => {
                    let document = new.incoming.document.as_map().values();
                    let members = new.incoming.members.len() as u64;
                    stored(document.map(copy_cost).sum())
                        + Duration::from_nanos(members.saturating_mul(MEMBER_NANOS))
                }
                Self::Replace(body) => stored(body.values().map(copy_cost).sum()),
                Self::Patch(patch) => stored(patch.copy_cost()),
                Self::Delete => Duration::ZERO,
            }
    }
}

impl Change {
    /// The id of the resource that a POST makes.
    pub(in crate::service) fn created_id(&self) -> Option<&str> {
        matches!(self.what, What::Create(_)).then_some(&*self.id)
    }

    /// Estimates how long the change takes. One that looks at every member takes a transaction of its own.
    pub(in crate::service) fn estimate(&self) -> Duration {
        let looks = match &self.what {
            What::Patch(patch) => patch.looks_at_members(&self.rt),
            What::Create(_) | What::Replace(_) | What::Delete => false,
        };
        let looking = if looks {
            TRANSACTION_SHARE
        } else {
            Duration::ZERO
        };
        self.what.estimate() + looking
    }

    /// Makes the change.
    ///
    /// # Errors
    /// 404, 412, 409, and what the body is refused for; the transaction is then to be given up.
    pub(in crate::service) fn run(&self, tx: &mut Tx<'_>, terms: &Terms) -> Result<Changed> {
        match &self.what {
            What::Create(new) => {
                let record = self.insert(tx, terms, new)?;
                let changed = terms.settle(tx, record, &new.incoming)?;
                self.with_password(tx, terms, changed)
            }
            What::Replace(body) => {
                let changed = self.guarded(tx, terms, |tx, record| {
                    self.replace(tx, terms, record, body)
                })?;
                self.with_password(tx, terms, changed)
            }
            What::Patch(patch) => {
                let changed =
                    self.guarded(tx, terms, |tx, record| self.patch(tx, terms, record, patch))?;
                self.with_password(tx, terms, changed)
            }
            What::Delete => self.guarded(tx, terms, |tx, record| {
                if self.rt.is_user() {
                    terms.rules.may_shut(tx, &record)?;
                }
                let before = record.state;
                let deleted = life::delete(tx, &self.rt, &record)?;
                let changes = Changes::default();
                audit::record_change(tx, &terms.keys, Some(before), &deleted, &changes)?;
                Ok(Changed::new(deleted, Notes::default()).with(Some(&changes)))
            }),
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
            What::Create(new) => self.insert(tx, terms, new).map(Some),
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
            What::Create(new) => {
                let changed = terms.settle(tx, record, &new.incoming)?;
                self.with_password(tx, terms, changed)
            }
            What::Replace(_) | What::Patch(_) | What::Delete => {
                Ok(Changed::new(record, Notes::default()))
            }
        }
    }

    /// Runs `change` on the record as it is, within the rules for groups that give administrator rights.
    fn guarded(
        &self,
        tx: &mut Tx<'_>,
        terms: &Terms,
        change: impl FnOnce(&mut Tx<'_>, Record) -> Result<Changed>,
    ) -> Result<Changed> {
        let record = self.present(tx, terms)?;
        let before = terms.rules.before(tx, &self.rt, &record)?;
        let state = record.state;
        let record = terms.owner.adopt(tx, record)?;
        let changed = change(tx, record)?;
        terms.rules.after(tx, before, &changed.record)?;
        terms.doubles(&self.rt).follow(tx, state, &changed.record)?;
        Ok(changed)
    }

    fn replace(
        &self,
        tx: &mut Tx<'_>,
        terms: &Terms,
        record: Record,
        body: &Map<String, Value>,
    ) -> Result<Changed> {
        let present = document(&record)?;
        let incoming = validate::replace(&self.rt, &present, body.clone())?;
        check_growth(Some(&present), &incoming.document)?;
        terms.check_references(tx, &incoming.document, &incoming.members)?;
        let rows = if self.rt.is_group() {
            tx.set_members(&record, &incoming.members)?
        } else {
            0
        };
        let says_active = body.keys().any(|name| name.eq_ignore_ascii_case("active"));
        let notes = Notes {
            unheeded: record.locked && says_active && incoming.document.active() == Some(true),
            password: incoming.password,
            unknown: incoming.unknown,
        };
        let (record, changes) =
            self.written(tx, terms, record, &present, &incoming.document, rows)?;
        Ok(Changed::new(record, notes).with(changes.as_ref()))
    }

    fn patch(
        &self,
        tx: &mut Tx<'_>,
        terms: &Terms,
        record: Record,
        patch: &Patch,
    ) -> Result<Changed> {
        let present = document(&record)?;
        let mut changed = present.clone();
        let mut budget = WorkBudget::default();
        let applied = apply(&self.rt, patch, &mut changed, terms.policy, &mut budget)?;
        check_growth(Some(&present), &changed)?;
        terms.check_references(tx, &changed, &added(&applied))?;
        let rows = members::apply(tx, &record, &applied.members, &mut budget)?;
        let notes = Notes {
            unheeded: record.locked && patch.writes("active") && changed.active() == Some(true),
            password: applied.password,
            unknown: Vec::new(),
        };
        let (record, told) = self.written(tx, terms, record, &present, &changed, rows)?;
        Ok(Changed::new(record, notes).with(told.as_ref()))
    }

    /// The record, if the conditions of the request hold.
    fn present(&self, tx: &mut Tx<'_>, terms: &Terms) -> Result<Record> {
        let Some(record) = tx.get(&terms.owner.viewer(), &self.rt, &self.id)? else {
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
            let state = state(&self.rt, changed, Some(&record));
            if state != State::Active {
                terms.rules.may_shut(tx, &record)?;
            }
            tx.update(&self.rt, &record, changed, state)?
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
    fn new(record: Record, notes: Notes) -> Self {
        Self {
            record,
            notes,
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
    /// Puts the question of a refusal into the inbox, when what was refused is undone and the transaction goes on.
    pub(in crate::service) fn ask(&self, tx: &mut Tx<'_>, waits: &Undecided) -> Result<()> {
        waits.matter.ask(tx, &self.keys).map(drop)
    }

    pub(super) fn doubles<'t>(&'t self, rt: &'t ResourceType) -> Doubles<'t> {
        Doubles {
            rt,
            keys: &self.keys,
            groups: self.rules.groups(),
        }
    }

    pub(super) fn keys(&self) -> &Keys {
        &self.keys
    }

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
        let notes = Notes {
            unheeded: record.locked && incoming.document.active() == Some(true),
            password: incoming.password,
            unknown: incoming.unknown.clone(),
        };
        let changes =
            Changes::between(None, Some(&incoming.document)).with_members(&tx.take_member_change());
        // A first version is made, a later one was deleted before and is restored by this POST.
        let before = (record.version > 1).then_some(State::Deleted);
        audit::record_change(tx, &self.keys, before, &record, &changes)?;
        Ok(Changed::new(record, notes).with(Some(&changes)))
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
        let Some(id) = tx.first_missing(&self.owner.viewer(), &ids)? else {
            return Ok(());
        };
        let shown: String = id.chars().take(64).collect();
        let detail =
            format!("There is no resource with the id \"{shown}\", which the body refers to.");
        Err(scim::Error::value(detail).into())
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

/// The state that `active` in the document asks for; without it, what it was. A locked account stays shut,
/// and what is no account is not shut.
pub(super) fn state(rt: &ResourceType, document: &Document, old: Option<&Record>) -> State {
    let present = old.map_or(State::Active, |record| record.state);
    if !rt.is_user() || old.is_some_and(|record| record.locked) {
        return present;
    }
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
