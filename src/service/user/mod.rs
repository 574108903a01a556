//! Users as administrators see and change them: found by filter, address, name or id, whatever their state.

mod change;
mod create;
mod named;

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::error::{Error, Result};
use super::gateway::Gateway;
use super::resource::members;
use super::role::{Reason, state_name};
use crate::scim::project::Projection;
use crate::scim::schema::ResourceType;
use crate::scim::{self, filter, syntax};
use crate::store::{Find, Hold, Record, State, Tx, Viewer};

pub(super) use create::check_address;
pub use create::{Made, NewPerson};
pub use named::Who;

/// How many users one page of [`Gateway::users`] has: 500 documents of 2 KiB are 1 MiB.
const PAGE: u32 = 500;

/// A user.
#[derive(Debug, Clone, PartialEq)]
pub struct User {
    /// The SCIM id.
    pub id: String,
    /// `userName`
    pub user_name: String,
    /// The primary e-mail address, or the first one.
    pub email: Option<String>,
    /// `active`, `deactivated` or `deleted`
    pub state: &'static str,
    /// Whether an administrator shut the account: an identity provider cannot open it.
    pub locked: bool,
    /// When it was deleted.
    pub deleted: Option<Timestamp>,
    /// The whole resource, as SCIM answers it.
    pub resource: Value,
}

/// A user, and what else is known about them.
#[derive(Debug, Clone, PartialEq)]
pub struct Person {
    /// The user.
    pub user: User,
    /// The connection they belong to.
    pub owner: Option<String>,
    /// The legal hold that keeps them from purge.
    pub hold: Option<HoldInfo>,
    /// Why they are an administrator, which they are only while they are active.
    pub reasons: Vec<Reason>,
    /// Whether they are one.
    pub administrator: bool,
}

/// A legal hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HoldInfo {
    /// Why.
    pub reason: String,
    /// Who said so.
    pub by: String,
    /// Since when.
    pub since: Timestamp,
}

/// A page of deleted users.
#[derive(Debug, Clone, PartialEq)]
pub struct DeletedPage {
    /// The users, in the order in which they were deleted.
    pub users: Vec<User>,
    /// Where the next page begins; `None`: there is none.
    pub next: Option<(Timestamp, String)>,
}

impl Gateway {
    /// The next users that match, from the 1-based position `start`; empty when there are no more.
    ///
    /// # Errors
    /// 400 for a filter that does not hold together or reads too much.
    pub async fn users(&self, filter: Option<&str>, start: u64) -> Result<Vec<User>> {
        let rt = self.user_type()?;
        let filter = filter.map(|text| checked(&rt, text)).transpose()?;
        let (gateway, max_scan) = (self.clone(), self.settings().scim.max_scan);
        self.store()
            .read(move |tx| {
                let filter = filter.as_ref();
                let found = tx.find(&Find {
                    viewer: &Viewer::All,
                    rt: &rt,
                    filter,
                    sort: None,
                    start_index: start,
                    count: u64::from(PAGE),
                    max_scan,
                })?;
                found
                    .records
                    .iter()
                    .map(|record| gateway.user(tx, &rt, record))
                    .collect()
            })
            .await
    }

    /// The next deleted users that match, behind `after`. A page may be empty though more follow.
    ///
    /// # Errors
    /// 400 for a filter that does not hold together.
    pub async fn deleted_users(
        &self,
        filter: Option<&str>,
        after: Option<(Timestamp, String)>,
    ) -> Result<DeletedPage> {
        let rt = self.user_type()?;
        let filter = filter.map(|text| checked(&rt, text)).transpose()?;
        let gateway = self.clone();
        self.store()
            .read(move |tx| {
                let after = after.as_ref().map(|(at, id)| (*at, id.as_str()));
                let records = tx.deleted_after(&rt, after, Timestamp::MAX, PAGE)?;
                let last = records.last().filter(|_| records.len() >= PAGE as usize);
                let next = last.and_then(|record| Some((record.deleted?, record.id.clone())));
                let mut users = Vec::new();
                for record in &records {
                    let user = gateway.user(tx, &rt, record)?;
                    let whole = user.resource.as_object();
                    if filter.as_ref().is_none_or(|filter| {
                        whole.is_some_and(|whole| filter::matches(filter, whole))
                    }) {
                        users.push(user);
                    }
                }
                Ok::<_, Error>(DeletedPage { users, next })
            })
            .await
    }

    pub(super) fn user(&self, tx: &mut Tx<'_>, rt: &ResourceType, record: &Record) -> Result<User> {
        let joined = members::joined(tx, &Viewer::All, rt, record, &Projection::Default)?;
        let text = self.render(rt, record, &joined, &Projection::Default)?;
        let resource: Value = serde_json::from_slice(&text).map_err(|_| Error::Internal {
            why: format!("the document of {} is no JSON", record.id),
        })?;
        let text = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_owned);
        Ok(User {
            id: record.id.clone(),
            user_name: text(resource.get("userName")).unwrap_or_default(),
            email: text(primary(&resource).and_then(|email| email.get("value"))),
            state: state_name(record.state),
            locked: record.locked,
            deleted: record.deleted,
            resource,
        })
    }

    pub(super) fn person(
        &self,
        tx: &mut Tx<'_>,
        rt: &ResourceType,
        record: &Record,
    ) -> Result<Person> {
        let reasons = self.admin_groups().reasons(tx, record)?;
        Ok(Person {
            user: self.user(tx, rt, record)?,
            owner: record.owner.clone(),
            hold: tx.held(&record.id)?.map(HoldInfo::from),
            administrator: record.state == State::Active && !reasons.is_empty(),
            reasons,
        })
    }

    pub(in crate::service) fn user_type(&self) -> Result<Arc<ResourceType>> {
        let found = self.registry().types().iter().find(|rt| rt.is_user());
        found.cloned().ok_or_else(|| Error::Internal {
            why: "no resource type for users".to_owned(),
        })
    }
}

impl User {
    /// For machines: the resource, and under `muster` what SCIM does not show.
    pub fn to_json(&self) -> Value {
        let mut whole = self.resource.clone();
        put(&mut whole, self.own());
        whole
    }

    fn own(&self) -> Map<String, Value> {
        let mut own = Map::new();
        own.insert("state".to_owned(), self.state.into());
        own.insert("locked".to_owned(), self.locked.into());
        if let Some(deleted) = self.deleted {
            own.insert("deleted".to_owned(), deleted.to_string().into());
        }
        own
    }
}

impl Person {
    /// For machines: the resource, and under `muster` what SCIM does not show.
    pub fn to_json(&self) -> Value {
        let mut own = self.user.own();
        own.insert("owner".to_owned(), json!(self.owner));
        own.insert("administrator".to_owned(), self.administrator.into());
        let reasons = self.reasons.iter().map(Reason::to_json).collect();
        own.insert("roles".to_owned(), Value::Array(reasons));
        if let Some(HoldInfo { reason, by, since }) = &self.hold {
            let hold = json!({ "reason": reason, "by": by, "since": since.to_string() });
            own.insert("hold".to_owned(), hold);
        }
        let mut whole = self.user.resource.clone();
        put(&mut whole, own);
        whole
    }
}

impl From<Hold> for HoldInfo {
    fn from(Hold { reason, by, since }: Hold) -> Self {
        Self { reason, by, since }
    }
}

fn put(whole: &mut Value, own: Map<String, Value>) {
    if let Value::Object(members) = whole {
        members.insert("muster".to_owned(), Value::Object(own));
    }
}

fn primary(resource: &Value) -> Option<&Value> {
    let emails = resource.get("emails")?.as_array()?;
    let marked = |email: &&Value| email.get("primary") == Some(&Value::Bool(true));
    emails.iter().find(marked).or_else(|| emails.first())
}

fn checked(rt: &ResourceType, text: &str) -> scim::Result<filter::Filter> {
    filter::check(rt, &syntax::Filter::parse(text)?)
}
