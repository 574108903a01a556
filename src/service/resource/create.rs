//! A POST: a new resource, or a person who comes back.

use serde_json::{Map, Value};

use super::change::{Change, Terms, state};
use crate::config::OnRecreate;
use crate::scim::growth::check_growth;
use crate::scim::resource::{Document, password_in};
use crate::scim::schema::ResourceType;
use crate::scim::validate::{self, Incoming};
use crate::scim::{self, ErrorKind};
use crate::service::ownership::double;
use crate::service::role::Before;
use crate::service::{Result, life};
use crate::store::{NewResource, Record, State, Tx};

/// What a POST makes.
pub(in crate::service) struct New {
    pub(super) incoming: Incoming,
    /// The body as the profile left it, for people whom it may restore.
    body: Option<Map<String, Value>>,
    password: Option<Value>,
    promise: Promise,
}

/// Whether others have been told the id of what a POST makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::service) enum Promise {
    /// No: the answer tells it.
    None,
    /// Other operations of the request use it already.
    Given,
}

impl New {
    /// # Errors
    /// 400 for a body that is not one of `rt`.
    pub(in crate::service) fn read(
        rt: &ResourceType,
        body: Map<String, Value>,
        promise: Promise,
    ) -> scim::Result<Self> {
        let kept = rt.is_user().then(|| body.clone());
        let password = password_in(rt, &body).cloned();
        let incoming = validate::create(rt, body)?;
        Ok(Self {
            body: kept.filter(|_| incoming.document.external_id().is_some()),
            incoming,
            password,
            promise,
        })
    }

    pub(super) fn password(&self) -> Option<&Value> {
        self.password.as_ref()
    }
}

impl Change {
    /// Makes the resource, without what refers to others.
    pub(super) fn insert(&self, tx: &mut Tx<'_>, terms: &Terms, new: &New) -> Result<Record> {
        if let Some(record) = self.recreated(tx, terms, new)? {
            return Ok(record);
        }
        let document = &new.incoming.document;
        check_growth(None, document)?;
        let record = tx.insert(&NewResource {
            id: &self.id,
            rt: &self.rt,
            owner: Some(terms.owner.name()),
            state: state(&self.rt, document, None),
            document,
        })?;
        if self.rt.is_group() {
            terms.rules.after(tx, Some(Before::default()), &record)?;
        }
        double::note(tx, &terms.owner, &terms.keys, &self.rt, &record)?;
        Ok(record)
    }

    /// The deleted account that a POST names, restored; `None` where it names none.
    fn recreated(&self, tx: &mut Tx<'_>, terms: &Terms, new: &New) -> Result<Option<Record>> {
        let Some(body) = &new.body else {
            return Ok(None);
        };
        let found = terms.former_self(tx, &self.rt, &new.incoming.document)?;
        match found {
            Some(person) if person.id == self.id || new.promise == Promise::None => {
                let groups = terms.rules.privileged();
                let back = life::recreate(tx, &self.rt, groups, &person, body, &new.incoming)?;
                terms.doubles(&self.rt).follow(tx, State::Deleted, &back)?;
                Ok(Some(back))
            }
            None if new.promise == Promise::None || !tx.is_known(&self.id)? => Ok(None),
            Some(_) | None => {
                let detail =
                    "The user whom this restores was changed in the meantime: send it again.";
                Err(scim::Error::new(ErrorKind::Conflict, detail).into())
            }
        }
    }
}

impl Terms {
    /// The deleted account that the body of a POST names, where such a one is to be restored.
    pub(in crate::service) fn former_self(
        &self,
        tx: &mut Tx<'_>,
        rt: &ResourceType,
        document: &Document,
    ) -> Result<Option<Record>> {
        let names = document.external_id().zip(document.text("userName"));
        let (OnRecreate::Restore, Some((external_id, user_name))) = (self.on_recreate, names)
        else {
            return Ok(None);
        };
        life::former_self(tx, rt, self.owner.name(), external_id, user_name)
    }
}
