//! A user made by an administrator: belongs to nobody until a connection adopts them.

use serde_json::{Value, json};

use super::named::{Named, only};
use super::{Person, Who};
use crate::scim::validate;
use crate::scim::{self};
use crate::service::audit::{self, Changes};
use crate::service::{Error, Gateway, Result, role};
use crate::store::{Actor, NewResource, State};

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

impl Gateway {
    /// Makes a user if there is none with this address or user name; answers who that is, and whether they
    /// are new.
    ///
    /// # Errors
    /// 400 for what is no address, or when several have it.
    pub async fn create_user(&self, actor: Actor, new: &NewPerson) -> Result<(Person, bool)> {
        check_address(&new.email)?;
        let rt = self.user_type()?;
        let max_scan = self.settings().scim.max_scan;
        let [by_email, by_name] = [
            Named::new(&rt, &Who::Email(new.email.clone()), max_scan)?,
            Named::new(&rt, &Who::Name(new.user_name().to_owned()), max_scan)?,
        ];
        let Value::Object(body) = new.body(&rt.schema.id) else {
            return Err(Error::Internal {
                why: "a user is no object".to_owned(),
            });
        };
        let document = validate::create(&rt, body)?.document;
        let (gateway, id, admin) = (self.clone(), self.clock().id(), new.administrator);
        self.store()
            .write(self.cause(actor, ""), move |tx| {
                let mut found = by_email.live(tx)?;
                for record in by_name.live(tx)? {
                    if found.iter().all(|other| other.id != record.id) {
                        found.push(record);
                    }
                }
                let is_new = found.is_empty();
                let record = if is_new {
                    let made = tx.insert(&NewResource {
                        id: &id,
                        rt: &rt,
                        owner: None,
                        state: State::Active,
                        document: &document,
                    })?;
                    let changes = Changes::between(None, Some(&document));
                    audit::record_change(tx, gateway.keys(), None, &made, &changes)?;
                    made
                } else {
                    only(found)?
                };
                if admin && role::give(tx, &record)? {
                    let changes = Changes::default();
                    audit::record_as(tx, gateway.keys(), "role.grant", &record, &changes)?;
                }
                Ok((gateway.person(tx, &rt, &record)?, is_new))
            })
            .await
    }
}

/// An address has something on both sides of its last `@`, and no spaces: what is finer, only mail can tell.
fn check_address(address: &str) -> Result<()> {
    let sides = address.rsplit_once('@');
    let fits = sides.is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty());
    if fits && !address.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return Ok(());
    }
    let shown: String = address.chars().take(64).collect();
    let detail = format!("\"{shown}\" is no e-mail address.");
    Err(scim::Error::value(detail).into())
}
