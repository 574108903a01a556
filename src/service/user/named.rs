//! The one person whom somebody names by address, user name or id.

use std::collections::HashSet;
use std::sync::Arc;

use serde_json::Value;

use super::checked;
use crate::scim::filter::Filter;
use crate::scim::schema::ResourceType;
use crate::scim::{Error, ErrorKind};
use crate::service::Result;
use crate::store::{Find, Record, Tx, Viewer};

/// How many of those who match are named, so that one can be chosen.
const SHOWN: u64 = 20;

/// How somebody is named at the command line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Who {
    /// By user name or any e-mail address.
    Email(String),
    /// By user name.
    Name(String),
    /// By SCIM id.
    Id(String),
}

/// Among whom somebody is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Among {
    /// Those who are not deleted.
    Live,
    /// Those who are.
    Deleted,
    /// Those who are not deleted, and if there is nobody, those who are.
    All,
}

/// A name that can be looked up.
#[derive(Clone)]
pub(super) struct Named {
    who: Who,
    filter: Filter,
    rt: Arc<ResourceType>,
    max_scan: u64,
}

impl Named {
    pub(super) fn new(rt: &Arc<ResourceType>, who: &Who, max_scan: u64) -> Result<Self> {
        let quoted = |text: &str| Value::from(text).to_string();
        let text = match who {
            Who::Email(email) => format!("userName eq {0} or emails.value eq {0}", quoted(email)),
            Who::Name(name) => format!("userName eq {}", quoted(name)),
            Who::Id(id) => format!("id eq {}", quoted(id)),
        };
        Ok(Self {
            who: who.clone(),
            filter: checked(rt, &text)?,
            rt: Arc::clone(rt),
            max_scan,
        })
    }

    /// The one person with this name.
    ///
    /// # Errors
    /// 404 when there is nobody, 409 when they are in another state, 400 with the ids when there are several.
    pub(super) fn one(&self, tx: &mut Tx<'_>, among: Among) -> Result<Record> {
        let (first, rest) = match among {
            Among::Live | Among::All => (self.live(tx)?, Among::Deleted),
            Among::Deleted => (self.deleted(tx)?, Among::Live),
        };
        if !first.is_empty() {
            return only(first);
        }
        let other = match rest {
            Among::Deleted => self.deleted(tx)?,
            Among::Live | Among::All => self.live(tx)?,
        };
        let why = match (among, other.is_empty()) {
            (Among::All, false) => return only(other),
            (_, true) => {
                let detail = "There is no such user: see `muster user list` and `muster user list --deleted`.";
                return Err(Error::not_found(detail).into());
            }
            (Among::Live, false) => "The user is deleted: `muster user restore` gives them back.",
            (Among::Deleted, false) => "The user is not deleted: `muster user delete` does that.",
        };
        Err(Error::new(ErrorKind::Conflict, why).into())
    }

    /// Those who are not deleted; some of them, if they are many.
    pub(super) fn live(&self, tx: &mut Tx<'_>) -> Result<Vec<Record>> {
        let found = tx.find(&Find {
            viewer: &Viewer::All,
            rt: &self.rt,
            filter: Some(&self.filter),
            sort: None,
            start_index: 1,
            count: SHOWN,
            max_scan: self.max_scan,
        })?;
        Ok(found.records)
    }

    fn deleted(&self, tx: &mut Tx<'_>) -> Result<Vec<Record>> {
        let (paths, text): (&[&str], _) = match &self.who {
            Who::Id(id) => return Ok(tx.deleted(&self.rt, id)?.into_iter().collect()),
            Who::Name(name) => (&["userName"], name),
            Who::Email(email) => (&["userName", "emails.value"], email),
        };
        let (mut found, mut ids) = (Vec::new(), HashSet::new());
        for path in paths {
            let Some(attr) = self.rt.attribute(path) else {
                continue;
            };
            for record in tx.former(&self.rt, &attr, text)? {
                if ids.insert(record.id.clone()) {
                    found.push(record);
                }
            }
        }
        Ok(found)
    }
}

/// The only one of those who were found.
pub(super) fn only(mut found: Vec<Record>) -> Result<Record> {
    match (found.pop(), found.is_empty()) {
        (Some(record), true) => Ok(record),
        (None, _) => Err(Error::not_found("There is no such user.").into()),
        (Some(last), false) => {
            found.push(last);
            let ids: Vec<String> = found.into_iter().map(|record| record.id).collect();
            let detail = format!(
                "{} users match: name one by --id: {}",
                ids.len(),
                ids.join(", ")
            );
            Err(Error::value(detail).into())
        }
    }
}
