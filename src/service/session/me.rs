//! Somebody who is logged in, as pages and applications see them.

use jiff::Timestamp;
use serde_json::Value;

use crate::config::Secret;
use crate::scim::project::Projection;
use crate::scim::resource::Document;
use crate::scim::schema::ResourceType;
use crate::service::personal_token::PersonalScope;
use crate::service::resource::Joined;
use crate::service::role::ADMIN;
use crate::service::{Error, Gateway, Result};
use crate::store::{GroupRef, OfGroup, Record, Session, Tx};

/// What somebody shows to say who they are.
#[derive(Debug, Clone)]
pub enum Credential {
    /// The session cookie.
    Cookie(Secret),
    /// A bearer token: a JWT of ours or a personal access token.
    Bearer(Secret),
}

/// Somebody whose credential holds: an active account.
#[derive(Debug, Clone, PartialEq)]
pub struct Me {
    /// The SCIM id.
    pub id: String,
    /// `userName`
    pub user_name: String,
    /// The primary address.
    pub email: Option<String>,
    /// How the person is called: displayName, or the formatted name, or given and family name, or the user name.
    pub name: String,
    /// The whole user, as SCIM answers it: JSON.
    pub user: String,
    /// `admin`, and those of `roles.map`; sorted.
    pub roles: Vec<String>,
    /// The displayNames of the groups they are a direct member of; sorted.
    pub groups: Vec<String>,
    /// The session; `None` with a personal access token.
    pub session: Option<SessionInfo>,
    /// What the credential may do, where it is a personal access token; `None`: whatever the person may.
    pub scopes: Option<Vec<PersonalScope>>,
    /// When the credential ends at the latest.
    pub expires: Timestamp,
}

/// A session, as its owner sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionInfo {
    /// Its id (`sid`), which opens nothing.
    pub id: String,
    /// When it began.
    pub created: Timestamp,
    /// When it was last used, to the minute.
    pub seen: Timestamp,
    /// When it ends at the latest.
    pub expires: Timestamp,
    /// `local`, `saml` or `ldap`.
    pub method: String,
    /// The address it began from.
    pub address: Option<String>,
    /// The browser it began in.
    pub agent: Option<String>,
}

impl Me {
    /// Whether they are an administrator.
    pub fn is_administrator(&self) -> bool {
        self.roles.iter().any(|role| role == ADMIN)
    }

    /// Whether the credential allows this.
    pub fn may(&self, scope: PersonalScope) -> bool {
        let scopes = self.scopes.as_ref();
        scopes.is_none_or(|scopes| scopes.contains(&scope))
    }
}

impl Gateway {
    /// Who `record` is, and what they may do.
    pub(in crate::service) fn me(
        &self,
        tx: &mut Tx<'_>,
        rt: &ResourceType,
        record: &Record,
        session: Option<SessionInfo>,
        expires: Timestamp,
    ) -> Result<Me> {
        let document = record.document()?;
        let of = tx.groups_held(&record.id)?;
        let roles = self.roles_held(tx, record, &of)?;
        let joined = Joined {
            groups: of.iter().map(group_ref).collect(),
            members: Vec::new(),
        };
        let user = self.render(rt, record, &joined, &Projection::Default)?;
        let user = String::from_utf8(user).map_err(|_| Error::Internal {
            why: format!("the document of {} is no UTF-8", record.id),
        })?;
        let mut groups: Vec<String> = of
            .into_iter()
            .map(|group| group.display.unwrap_or(group.id))
            .collect();
        groups.sort();
        Ok(Me {
            id: record.id.clone(),
            user_name: document.text("userName").unwrap_or_default().to_owned(),
            email: email(&document),
            name: name(&document),
            user,
            roles,
            groups,
            session,
            scopes: None,
            expires,
        })
    }

    /// `admin` and the roles of `roles.map`, sorted.
    pub(in crate::service) fn roles_held(
        &self,
        tx: &mut Tx<'_>,
        record: &Record,
        groups: &[OfGroup],
    ) -> Result<Vec<String>> {
        let brought = match tx.login_state(&record.id)? {
            Some(state) => serde_json::from_str(&state.brought).unwrap_or_default(),
            None => Vec::new(),
        };
        let mut roles = self.role_names().of(groups, &brought);
        if self.admin_groups().is_administrator(tx, record)? {
            roles.insert(ADMIN.to_owned());
        }
        Ok(roles.into_iter().collect())
    }
}

impl From<Session> for SessionInfo {
    fn from(session: Session) -> Self {
        let Session {
            id,
            created,
            seen,
            expires,
            method,
            address,
            agent,
            hash: _,
            resource: _,
            logout: _,
        } = session;
        Self {
            id,
            created,
            seen,
            expires,
            method,
            address,
            agent,
        }
    }
}

fn group_ref(group: &OfGroup) -> GroupRef {
    GroupRef {
        id: group.id.clone(),
        display: group.display.clone(),
    }
}

/// The primary address, or the first.
fn email(document: &Document) -> Option<String> {
    let emails = document.as_map().get("emails")?.as_array()?;
    let is_primary = |email: &&Value| email.get("primary") == Some(&Value::Bool(true));
    let email = emails.iter().find(is_primary).or_else(|| emails.first())?;
    email.get("value")?.as_str().map(str::to_owned)
}

/// How somebody is called.
fn name(document: &Document) -> String {
    let said = |text: Option<&str>| {
        text.map(str::trim)
            .filter(|text| !text.is_empty())
            .map(str::to_owned)
    };
    let part = |key: &str| {
        said(
            document
                .as_map()
                .get("name")
                .and_then(|name| name.get(key)?.as_str()),
        )
    };
    let both = || match (part("givenName"), part("familyName")) {
        (Some(given), Some(family)) => Some(format!("{given} {family}")),
        (given, family) => given.or(family),
    };
    said(document.text("displayName"))
        .or_else(|| part("formatted"))
        .or_else(both)
        .unwrap_or_else(|| document.text("userName").unwrap_or_default().to_owned())
}
