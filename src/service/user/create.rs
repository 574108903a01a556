//! A user made by an administrator: belongs to nobody until a connection adopts them.

use std::sync::Arc;

use serde_json::{Value, json};

use super::named::{Named, only};
use super::{Person, Who};
use crate::scim;
use crate::scim::resource::Document;
use crate::scim::schema::ResourceType;
use crate::scim::validate;
use crate::service::audit::{self, Changes};
use crate::service::password::{SetLink, keep_link};
use crate::service::role::state_name;
use crate::service::{Error, Gateway, Result, role};
use crate::store::{Actor, Link, NewResource, Record, State, Tx};

/// Who is to be made.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NewPerson {
    /// Their address.
    pub email: String,
    /// Their user name; `None` is the address.
    pub user_name: Option<String>,
    /// Their given name.
    pub given_name: Option<String>,
    /// Their family name.
    pub family_name: Option<String>,
    /// Whether they are to be an administrator.
    pub administrator: bool,
}

impl NewPerson {
    fn user_name(&self) -> &str {
        self.user_name.as_deref().unwrap_or(&self.email)
    }

    /// The body that SCIM would send.
    fn body(&self, urn: &str) -> Value {
        let mut body = json!({
            "schemas": [urn],
            "userName": self.user_name(),
            "emails": [{ "value": self.email, "type": "work", "primary": true }],
            "active": true,
        });
        let name: serde_json::Map<String, Value> = [
            ("givenName", &self.given_name),
            ("familyName", &self.family_name),
        ]
        .into_iter()
        .filter_map(|(key, text)| Some((key.to_owned(), text.as_deref()?.into())))
        .collect();
        if let (Value::Object(members), false) = (&mut body, name.is_empty()) {
            members.insert("name".to_owned(), Value::Object(name));
        }
        body
    }
}

/// A user who was made, or was there already.
#[derive(Debug, Clone)]
pub struct Made {
    /// Who.
    pub person: Person,
    /// Whether they are new.
    pub is_new: bool,
    /// Where they set their password, or log in; `None` for somebody whose account is shut.
    pub link: Option<SetLink>,
}

/// A user to be made, prepared outside of the transaction.
pub(in crate::service) struct Making {
    rt: Arc<ResourceType>,
    by_email: Named,
    by_name: Named,
    document: Document,
    id: String,
    administrator: bool,
}

impl Gateway {
    /// Makes a user if there is none with this address or user name, and a link with which they set their password.
    ///
    /// # Errors
    /// 400 for what is no address, or when several have it.
    pub async fn create_user(&self, actor: Actor, new: &NewPerson) -> Result<Made> {
        let making = self.making(new)?;
        let cause = self.cause(actor, "");
        let drawn = self.draw_invitation(&making.id, cause.at)?;
        let (gateway, link) = (
            self.clone(),
            drawn.as_ref().map(|drawn| drawn.link().clone()),
        );
        let (person, is_new) = self
            .store()
            .write(cause, move |tx| {
                let (record, is_new) = making.run(&gateway, tx)?;
                if let (Some(link), State::Active) = (&link, record.state) {
                    let resource = record.id.clone();
                    let link = Link {
                        resource,
                        ..link.clone()
                    };
                    keep_link(tx, gateway.keys(), &record, &link)?;
                }
                Ok::<_, Error>((gateway.person(tx, &making.rt, &record)?, is_new))
            })
            .await?;
        let is_open = person.user.state == state_name(State::Active);
        let link = is_open.then(|| self.invitation(drawn.as_ref()));
        Ok(Made {
            person,
            is_new,
            link,
        })
    }

    /// Prepares a user to be made.
    ///
    /// # Errors
    /// 400 for what is no address.
    pub(in crate::service) fn making(&self, new: &NewPerson) -> Result<Making> {
        check_address(&new.email)?;
        let rt = self.user_type()?;
        let max_scan = self.settings().scim.max_scan;
        let Value::Object(body) = new.body(&rt.schema.id) else {
            return Err(Error::Internal {
                why: "a user is no object".to_owned(),
            });
        };
        Ok(Making {
            by_email: Named::new(&rt, &Who::Email(new.email.clone()), max_scan)?,
            by_name: Named::new(&rt, &Who::Name(new.user_name().to_owned()), max_scan)?,
            document: validate::create(&rt, body)?.document,
            id: self.clock().id(),
            administrator: new.administrator,
            rt,
        })
    }
}

impl Making {
    /// Makes the user, or finds the one that is there; answers whether they are new. An administrator made so is one
    /// whose first login takes the record over.
    pub(in crate::service) fn run(
        &self,
        gateway: &Gateway,
        tx: &mut Tx<'_>,
    ) -> Result<(Record, bool)> {
        let mut found = self.by_email.live(tx)?;
        for record in self.by_name.live(tx)? {
            if found.iter().all(|other| other.id != record.id) {
                found.push(record);
            }
        }
        let is_new = found.is_empty();
        let record = if is_new {
            let made = tx.insert(&NewResource {
                id: &self.id,
                rt: &self.rt,
                owner: None,
                state: State::Active,
                document: &self.document,
            })?;
            let changes = Changes::between(None, Some(&self.document));
            audit::record_change(tx, gateway.keys(), None, &made, &changes)?;
            made
        } else {
            only(found)?
        };
        if self.administrator {
            tx.await_login(&record.id)?;
            if role::give(tx, &record)? {
                let changes = Changes::default();
                audit::record_as(tx, gateway.keys(), "role.grant", &record, &changes)?;
            }
        }
        Ok((record, is_new))
    }

    /// The type of what is made.
    pub(in crate::service) fn rt(&self) -> &ResourceType {
        &self.rt
    }
}

/// An address has something on both sides of its last `@`, and no spaces: what is finer, only mail can tell.
pub(in crate::service) fn check_address(address: &str) -> Result<()> {
    let sides = address.rsplit_once('@');
    let fits = sides.is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty());
    if fits && !address.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return Ok(());
    }
    let shown: String = address.chars().take(64).collect();
    let detail = format!("\"{shown}\" is no e-mail address.");
    Err(scim::Error::value(detail).into())
}
