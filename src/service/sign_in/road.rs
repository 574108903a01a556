//! The road itself: first what is to be done is found out by reading alone, then it is done. A dry run does the first half.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::matching::{Matched, Search, shut};
use super::proof::Proved;
use super::roles;
use super::stop::{Road, Stop};
use crate::config::LoginMethod;
use crate::login::{Identity, Refused, Trail};
use crate::scim::resource::Document;
use crate::scim::schema::ResourceType;
use crate::scim::validate;
use crate::service::audit::Changes;
use crate::service::role::{ADMIN, Reason};
use crate::service::{Error, Gateway, Result};
use crate::store;
use crate::store::{NewResource, Record, State, Tx};

/// What a login comes to, before anything of it is done.
#[derive(Debug, Clone)]
pub(super) struct Plan {
    pub(super) target: Target,
    /// The document with the names that the source gives, if that is another.
    pub(super) details: Option<Document>,
    pub(super) roles: roles::Turn,
}

/// Whose account it is.
#[derive(Debug, Clone)]
pub(super) enum Target {
    /// This one, as before.
    Present(Record),
    /// This one, from now on.
    Linked {
        record: Record,
        by: &'static str,
        instead_of: Option<String>,
    },
    /// A new one.
    New(Box<Document>),
}

/// What the road needs to know, whoever comes.
#[derive(Clone)]
pub(super) struct Guide {
    pub(super) gateway: Gateway,
    pub(super) rt: Arc<ResourceType>,
    /// The id of the account that may be made.
    id: String,
}

impl Guide {
    pub(super) fn new(gateway: &Gateway) -> Result<Self> {
        Ok(Self {
            gateway: gateway.clone(),
            rt: gateway.user_type()?,
            id: gateway.clock().id(),
        })
    }

    /// Refuses every method but the one that is set.
    pub(super) fn method(&self, method: LoginMethod, trail: &mut Trail) -> Road<()> {
        let set = self.gateway.settings().login.method;
        if method == set {
            return Ok(());
        }
        let detail = format!("login.method is {set}: nobody logs in by {method}");
        Err(Stop::at(
            trail,
            "road.method",
            Refused::Denied,
            "login.method",
            detail,
        ))
    }

    /// What is to be done; reads only.
    pub(super) fn plan(&self, tx: &mut Tx<'_>, who: &Proved, trail: &mut Trail) -> Road<Plan> {
        match who {
            Proved::Account(id) => self.account(tx, id, trail),
            Proved::Identity(identity) => self.identity(tx, identity, trail),
        }
    }

    fn account(&self, tx: &mut Tx<'_>, id: &str, trail: &mut Trail) -> Road<Plan> {
        let record = match tx.get(&self.rt, id)? {
            Some(record) if record.state == State::Active => record,
            Some(_) => return Err(shut(trail, id, true)),
            None => return Err(shut(trail, id, false)),
        };
        trail.pass(
            "road.account",
            format!("the account {id} itself holds the proof"),
        );
        let roles = roles::plan(tx, self.gateway.admin_groups(), Some(&record), None, trail)?;
        Ok(Plan {
            target: Target::Present(record),
            details: None,
            roles,
        })
    }

    fn identity(&self, tx: &mut Tx<'_>, identity: &Identity, trail: &mut Trail) -> Road<Plan> {
        if identity.source.is_empty() || identity.subject.is_empty() {
            let detail = "the source gives no immutable id of the person: nobody could be told from somebody else";
            return Err(Stop::at(
                trail,
                "road.link",
                Refused::Denied,
                "user.no_id",
                detail,
            ));
        }
        let settings = self.gateway.settings();
        let search = Search {
            rt: &self.rt,
            groups: self.gateway.admin_groups(),
            rules: &settings.login.link,
            identity,
            max_scan: settings.scim.max_scan,
        };
        let (target, details) = match search.run(tx, trail)? {
            Matched::Known(record) => {
                let details = self.details(&record, identity, trail)?;
                (Target::Present(record), details)
            }
            Matched::New {
                record,
                by,
                instead_of,
            } => {
                let details = self.details(&record, identity, trail)?;
                (
                    Target::Linked {
                        record,
                        by,
                        instead_of,
                    },
                    details,
                )
            }
            Matched::Nobody => (
                Target::New(Box::new(self.fresh(tx, identity, trail)?)),
                None,
            ),
        };
        let record = match &target {
            Target::Present(record) | Target::Linked { record, .. } => Some(record),
            Target::New(_) => None,
        };
        let roles = roles::plan(
            tx,
            self.gateway.admin_groups(),
            record,
            Some(identity),
            trail,
        )?;
        Ok(Plan {
            target,
            details,
            roles,
        })
    }

    /// The document of the account that is made.
    fn fresh(&self, tx: &mut Tx<'_>, identity: &Identity, trail: &mut Trail) -> Road<Document> {
        const STEP: &str = "road.create";
        if !self.gateway.settings().login.jit {
            let detail = "there is no record of this person, and login.jit is off: a connection or \
                          `muster user create` has to make one";
            return Err(Stop::at(
                trail,
                STEP,
                Refused::Denied,
                "user.jit_off",
                detail,
            ));
        }
        if identity.user_name.trim().is_empty() {
            let detail =
                "the source gives neither an address nor a name that could be the userName";
            return Err(Stop::at(
                trail,
                STEP,
                Refused::Denied,
                "user.no_name",
                detail,
            ));
        }
        let document = match validate::create(&self.rt, body(&self.rt, identity)) {
            Ok(incoming) => incoming.document,
            Err(why) => {
                let detail = format!("what the source says makes no user: {why}");
                return Err(Stop::at(
                    trail,
                    STEP,
                    Refused::Denied,
                    "user.unusable",
                    detail,
                ));
            }
        };
        let folded = crate::scim::value::fold(&identity.user_name, false);
        if let Some(holder) = tx.lookup(&self.rt, "userName", &folded)? {
            return Err(name_taken(trail, &identity.user_name, &holder.id));
        }
        trail.pass(
            STEP,
            format!(
                "a new account {:?}, which belongs to nobody",
                identity.user_name
            ),
        );
        Ok(document)
    }

    /// The document with the names that the source gives; `None` when they are the same, or are not to be overwritten.
    fn details(
        &self,
        record: &Record,
        identity: &Identity,
        trail: &mut Trail,
    ) -> Result<Option<Document>> {
        if !self.gateway.settings().login.update_details {
            return Ok(None);
        }
        if let Some(owner) = &record.owner {
            trail.note(
                "road.details",
                format!("the names are those of the connection \"{owner}\""),
            );
            return Ok(None);
        }
        let mut document = record.document()?;
        let before = document.clone();
        let name = document
            .as_map_mut()
            .entry("name")
            .or_insert_with(|| json!({}));
        let Value::Object(name) = name else {
            return Ok(None);
        };
        for (key, given) in [
            ("givenName", &identity.given_name),
            ("familyName", &identity.family_name),
        ] {
            if let Some(given) = given {
                name.insert(key.to_owned(), given.as_str().into());
            }
        }
        let is_empty = name.is_empty();
        if *name
            != *before
                .as_map()
                .get("name")
                .and_then(Value::as_object)
                .unwrap_or(&Map::new())
        {
            // It was made of the names before.
            name.remove("formatted");
        }
        if is_empty || document == before {
            return Ok(None);
        }
        trail.pass("road.details", "the names are overwritten");
        Ok(Some(document))
    }

    /// Does what `plan` says but for the session; answers the record and what the audit log is told.
    ///
    /// # Errors
    /// [`store::Error::Taken`] when somebody else has made the account in the meantime: then a new plan is due.
    pub(super) fn act(
        &self,
        tx: &mut Tx<'_>,
        plan: Plan,
        who: &Proved,
    ) -> Result<(Record, Changes)> {
        let mut changes = Changes::default();
        let identity = match who {
            Proved::Account(_) => None,
            Proved::Identity(identity) => Some(identity),
        };
        let mut record = match plan.target {
            Target::Present(record) => record,
            Target::Linked {
                record,
                by,
                instead_of,
            } => {
                self.link(tx, &record, identity)?;
                changes = changes.set("linked", instead_of.map_or(Value::Null, Value::from), by);
                record
            }
            Target::New(document) => {
                let record = self.make(tx, &document)?;
                self.link(tx, &record, identity)?;
                changes = Changes::between(None, Some(&document));
                record
            }
        };
        if let Some(document) = plan.details {
            let before = record.document()?;
            record = tx.update(&self.rt, &record, &document, record.state)?;
            changes = changes.and(Changes::between(Some(&before), Some(&document)));
        }
        changes = plan.roles.act(tx, &record, identity, changes)?;
        tx.end_awaiting(&record.id)?;
        tx.seen(&record.id)?;
        Ok((record, changes))
    }

    /// The record that a plan logs into, if there is one, and the roles that somebody would have by it.
    pub(super) fn outlook(
        &self,
        tx: &mut Tx<'_>,
        plan: &Plan,
        who: &Proved,
    ) -> Result<(Option<String>, Vec<String>)> {
        let record = match &plan.target {
            Target::Present(record) | Target::Linked { record, .. } => Some(record),
            Target::New(_) => None,
        };
        let groups = match record {
            Some(record) => tx.groups_held(&record.id)?,
            None => Vec::new(),
        };
        let brought = match who {
            Proved::Identity(identity) => identity.groups.as_slice(),
            Proved::Account(_) => &[],
        };
        let mut roles = self.gateway.role_names().of(&groups, brought);
        let mut is_administrator = plan.roles.gives();
        if let Some(record) = record {
            let reasons = self.gateway.admin_groups().reasons(tx, record)?;
            let others = |reason: &Reason| !matches!(reason, Reason::Login { .. });
            is_administrator |= reasons.iter().any(others);
        }
        if is_administrator {
            roles.insert(ADMIN.to_owned());
        }
        Ok((
            record.map(|record| record.id.clone()),
            roles.into_iter().collect(),
        ))
    }

    fn make(&self, tx: &mut Tx<'_>, document: &Document) -> store::Result<Record> {
        tx.insert(&NewResource {
            id: &self.id,
            rt: &self.rt,
            owner: None,
            state: State::Active,
            document,
        })
    }

    fn link(&self, tx: &mut Tx<'_>, record: &Record, identity: Option<&Identity>) -> Result<()> {
        let Some(Identity {
            source, subject, ..
        }) = identity
        else {
            return Ok(());
        };
        Ok(tx.set_login_link(source, subject, &record.id)?)
    }
}

/// The refusal of an account whose name somebody else has.
pub(super) fn name_taken(trail: &mut Trail, name: &str, holder: &str) -> Stop {
    let detail = format!("{holder} has the userName {name:?}, and login.link does not lead to it");
    Stop::at(
        trail,
        "road.create",
        Refused::Denied,
        "user.link_conflict",
        detail,
    )
    .of(holder)
    .waiting_for(vec![holder.to_owned()])
}

/// Whether somebody else has just made what was to be made.
pub(super) fn is_taken(error: &Error) -> bool {
    matches!(error, Error::Scim(error) if error.kind == crate::scim::ErrorKind::Uniqueness)
}

/// The body that SCIM would send.
fn body(rt: &ResourceType, identity: &Identity) -> Map<String, Value> {
    let emails: Vec<Value> = identity
        .emails
        .iter()
        .enumerate()
        .map(|(place, email)| match place {
            0 => json!({ "value": email, "type": "work", "primary": true }),
            _ => json!({ "value": email }),
        })
        .collect();
    let mut body = Map::new();
    body.insert("schemas".to_owned(), json!([&*rt.schema.id]));
    body.insert("userName".to_owned(), identity.user_name.as_str().into());
    let mut name = Map::new();
    for (key, given) in [
        ("givenName", &identity.given_name),
        ("familyName", &identity.family_name),
    ] {
        if let Some(given) = given {
            name.insert(key.to_owned(), given.as_str().into());
        }
    }
    if !name.is_empty() {
        body.insert("name".to_owned(), name.into());
    }
    if !emails.is_empty() {
        body.insert("emails".to_owned(), emails.into());
    }
    body.insert("active".to_owned(), true.into());
    body
}
