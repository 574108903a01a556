//! Users as administrators see them: found by filter, address, name or id, whatever their state.

use serde_json::Value;

use super::error::{Error, Result};
use super::gateway::Gateway;
use super::resource::members;
use crate::scim::project::Projection;
use crate::scim::schema::ResourceType;
use crate::scim::{self, filter, syntax};
use crate::store::{Find, Record, State, Tx};

/// How many users one page of [`Gateway::users`] has: 500 documents of 2 KiB are 1 MiB.
const PAGE: u64 = 500;

/// A user.
#[derive(Debug, Clone, PartialEq)]
pub struct User {
    /// The SCIM id.
    pub id: String,
    /// `userName`
    pub user_name: String,
    /// The primary e-mail address, or the first one.
    pub email: Option<String>,
    /// `active` or `deactivated`
    pub state: &'static str,
    /// The whole resource, as SCIM answers it.
    pub resource: Value,
}

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
                    rt: &rt,
                    filter,
                    sort: None,
                    start_index: start,
                    count: PAGE,
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

    /// The one user whom `who` names.
    ///
    /// # Errors
    /// 404 when there is nobody, 400 with the ids when there are several.
    pub async fn user_named(&self, who: &Who) -> Result<User> {
        let quoted = |text: &str| Value::from(text).to_string();
        let filter = match who {
            Who::Email(email) => format!("userName eq {0} or emails.value eq {0}", quoted(email)),
            Who::Name(name) => format!("userName eq {}", quoted(name)),
            Who::Id(id) => format!("id eq {}", quoted(id)),
        };
        let mut users = self.users(Some(&filter), 1).await?;
        match (users.pop(), users.is_empty()) {
            (Some(user), true) => Ok(user),
            (None, _) => {
                Err(scim::Error::not_found("There is no such user: see `muster user list`.").into())
            }
            (Some(last), false) => {
                users.push(last);
                let ids: Vec<String> = users.into_iter().map(|user| user.id).collect();
                let detail = format!(
                    "{} users match: name one by --id: {}",
                    ids.len(),
                    ids.join(", ")
                );
                Err(scim::Error::value(detail).into())
            }
        }
    }

    fn user(&self, tx: &mut Tx<'_>, rt: &ResourceType, record: &Record) -> Result<User> {
        let joined = members::joined(tx, rt, record, &Projection::Default)?;
        let text = self.render(rt, record, &joined, &Projection::Default)?;
        let resource: Value = serde_json::from_slice(&text).map_err(|_| Error::Internal {
            why: format!("the document of {} is no JSON", record.id),
        })?;
        let text = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_owned);
        Ok(User {
            id: record.id.clone(),
            user_name: text(resource.get("userName")).unwrap_or_default(),
            email: text(primary(&resource).and_then(|email| email.get("value"))),
            state: state(record.state),
            resource,
        })
    }

    fn user_type(&self) -> Result<std::sync::Arc<ResourceType>> {
        let found = self.registry().types().iter().find(|rt| rt.is_user());
        found.cloned().ok_or_else(|| Error::Internal {
            why: "no resource type for users".to_owned(),
        })
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

fn state(state: State) -> &'static str {
    match state {
        State::Active => "active",
        State::Deactivated => "deactivated",
        State::Deleted => "deleted",
    }
}
