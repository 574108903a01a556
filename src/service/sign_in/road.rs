//! The road itself: first what is to be done is found out by reading alone, then it is done. A dry run does the first half.

use std::sync::Arc;

use serde_json::Value;

use super::matching::{Matched, Search, shut};
use super::proof::Proved;
use super::roles;
use super::stop::{Road, Stop};
use crate::config::LoginMethod;
use crate::login::{Identity, Refused, Trail};
use crate::scim::resource::Document;
use crate::scim::schema::ResourceType;
use crate::service::audit::Changes;
use crate::service::role::{ADMIN, Reason};
use crate::service::{Error, Gateway, Result};
use crate::store;
use crate::store::{NewResource, Record, State, Tx, Viewer};

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
        let record = match tx.get(&Viewer::All, &self.rt, id)? {
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
            Proved::Identity(identity) => Some(identity.as_ref()),
        };
        let mut record = match plan.target {
            Target::Present(record) => record,
            Target::Linked {
                record,
                by,
                instead_of,
            } => {
                link(tx, &record, identity)?;
                changes = changes.set("linked", instead_of.map_or(Value::Null, Value::from), by);
                record
            }
            Target::New(document) => {
                let record = self.make(tx, &document)?;
                link(tx, &record, identity)?;
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
}

fn link(tx: &mut Tx<'_>, record: &Record, identity: Option<&Identity>) -> Result<()> {
    let Some(Identity {
        source, subject, ..
    }) = identity
    else {
        return Ok(());
    };
    Ok(tx.set_login_link(source, subject, &record.id)?)
}

/// Whether somebody else has just made what was to be made.
pub(super) fn is_taken(error: &Error) -> bool {
    matches!(error, Error::Scim(error) if error.kind == crate::scim::ErrorKind::Uniqueness)
}
