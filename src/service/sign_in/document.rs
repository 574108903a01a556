//! The documents of accounts that logins make and change.

use serde_json::{Map, Value, json};

use super::road::Guide;
use super::stop::{Road, Stop};
use crate::login::{Identity, Refused, Trail};
use crate::scim::resource::Document;
use crate::scim::schema::ResourceType;
use crate::scim::validate;
use crate::scim::value::fold;
use crate::service::Result;
use crate::store::{Record, Tx, Viewer};

impl Guide {
    /// The document of the account that is made.
    pub(super) fn fresh(
        &self,
        tx: &mut Tx<'_>,
        identity: &Identity,
        trail: &mut Trail,
    ) -> Road<Document> {
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
        let folded = fold(&identity.user_name, false);
        if let Some(holder) = tx.lookup(&Viewer::All, &self.rt, "userName", &folded)? {
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
    pub(super) fn details(
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
}

/// The refusal of an account whose name somebody else has.
fn name_taken(trail: &mut Trail, name: &str, holder: &str) -> Stop {
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
