//! What administrators do to users: shut, open, delete, restore, purge, hold, make administrators.

use serde_json::Value;

use super::named::{Among, Named};
use super::{Person, Who};
use crate::scim::schema::ResourceType;
use crate::scim::{Error, ErrorKind};
use crate::service::audit::{self, Changes};
use crate::service::{Gateway, Result, life, role};
use crate::store::{Actor, Record, Tx};

/// A change of one person, in a transaction; answers the person as they are now.
type Turn = fn(&mut Tx<'_>, &ResourceType, &Record) -> Result<Record>;

impl Gateway {
    /// The one user whom `who` names, deleted ones if there is no other.
    ///
    /// # Errors
    /// 404 when there is nobody, 400 with the ids when there are several.
    pub async fn user_named(&self, who: &Who) -> Result<Person> {
        let (gateway, rt) = (self.clone(), self.user_type()?);
        let named = self.named(&rt, who)?;
        self.store()
            .read(move |tx| {
                let record = named.one(tx, Among::All)?;
                gateway.person(tx, &rt, &record)
            })
            .await
    }

    /// Shuts an account by a lock of its own, which no identity provider lifts.
    ///
    /// # Errors
    /// As [`Gateway::user_named`]; 409 for somebody who is deleted.
    pub async fn deactivate_user(&self, actor: Actor, who: &Who) -> Result<Person> {
        self.turn(actor, who, Among::Live, "user.deactivate", life::deactivate)
            .await
    }

    /// Opens an account, whoever shut it.
    ///
    /// # Errors
    /// As [`Gateway::deactivate_user`].
    pub async fn activate_user(&self, actor: Actor, who: &Who) -> Result<Person> {
        self.turn(actor, who, Among::Live, "user.activate", life::activate)
            .await
    }

    /// Deletes an account softly.
    ///
    /// # Errors
    /// As [`Gateway::deactivate_user`].
    pub async fn delete_user(&self, actor: Actor, who: &Who) -> Result<Person> {
        self.turn(actor, who, Among::Live, "user.delete", life::delete)
            .await
    }

    /// Gives a deleted account back, with its id, groups and roles.
    ///
    /// # Errors
    /// As [`Gateway::user_named`]; 409 for somebody who is not deleted, or whose name is taken by now.
    pub async fn restore_user(&self, actor: Actor, who: &Who) -> Result<Person> {
        self.turn(actor, who, Among::Deleted, "user.restore", life::restore)
            .await
    }

    /// Makes somebody an administrator.
    ///
    /// # Errors
    /// As [`Gateway::deactivate_user`].
    pub async fn make_administrator(&self, actor: Actor, who: &Who) -> Result<Person> {
        self.turn(actor, who, Among::Live, "role.grant", |tx, _, person| {
            role::give(tx, person)?;
            Ok(person.clone())
        })
        .await
    }

    /// Takes the role of an administrator away that was given by hand; what a group gives stays.
    ///
    /// # Errors
    /// As [`Gateway::user_named`]; 409 when it was not given by hand.
    pub async fn unmake_administrator(&self, actor: Actor, who: &Who) -> Result<Person> {
        self.turn(actor, who, Among::All, "role.revoke", |tx, _, person| {
            if role::take(tx, person)? {
                return Ok(person.clone());
            }
            let detail = "The user was not made an administrator by hand: see `muster user show`.";
            Err(Error::new(ErrorKind::Conflict, detail).into())
        })
        .await
    }

    /// Keeps somebody from purge.
    ///
    /// # Errors
    /// As [`Gateway::user_named`]; 409 when they are held already.
    pub async fn hold_user(&self, actor: Actor, who: &Who, reason: &str) -> Result<Person> {
        let (gateway, rt) = (self.clone(), self.user_type()?);
        let (named, reason) = (self.named(&rt, who)?, reason.trim().to_owned());
        if reason.is_empty() {
            return Err(Error::value("A legal hold needs a reason.").into());
        }
        self.store()
            .write(self.cause(actor, ""), move |tx| {
                let record = named.one(tx, Among::All)?;
                if !life::hold(tx, &record, &reason)? {
                    let detail = "The user is held already: see `muster user show`.";
                    return Err(Error::new(ErrorKind::Conflict, detail).into());
                }
                let changes = Changes::default().set("hold", Value::Null, reason.as_str());
                audit::record_as(tx, gateway.keys(), "user.hold", &record, &changes)?;
                gateway.person(tx, &rt, &record)
            })
            .await
    }

    /// Ends a legal hold.
    ///
    /// # Errors
    /// As [`Gateway::user_named`]; 409 when there is none.
    pub async fn unhold_user(&self, actor: Actor, who: &Who) -> Result<Person> {
        self.turn(actor, who, Among::All, "user.unhold", |tx, _, person| {
            if life::unhold(tx, person)? {
                return Ok(person.clone());
            }
            let detail = "The user is not under a legal hold.";
            Err(Error::new(ErrorKind::Conflict, detail).into())
        })
        .await
    }

    /// Removes a deleted account for good; answers its id.
    ///
    /// # Errors
    /// As [`Gateway::user_named`]; 409 for somebody who is not deleted, or is held.
    pub async fn purge_user(&self, actor: Actor, who: &Who) -> Result<String> {
        let (gateway, rt) = (self.clone(), self.user_type()?);
        let named = self.named(&rt, who)?;
        self.store()
            .write(self.cause(actor, ""), move |tx| {
                let record = named.one(tx, Among::Deleted)?;
                life::purge(tx, gateway.keys(), &record)?;
                Ok(record.id)
            })
            .await
    }

    /// Runs a turn in the life of one person and records it under its name, unless it changed nothing.
    async fn turn(
        &self,
        actor: Actor,
        who: &Who,
        among: Among,
        action: &'static str,
        turn: Turn,
    ) -> Result<Person> {
        let (gateway, rt) = (self.clone(), self.user_type()?);
        let named = self.named(&rt, who)?;
        self.store()
            .write(self.cause(actor, ""), move |tx| {
                let before = named.one(tx, among)?;
                let record = turn(tx, &rt, &before)?;
                gateway.doubles(&rt).follow(tx, before.state, &record)?;
                let of_state = action.starts_with("user.") && action != "user.unhold";
                if !of_state || record != before {
                    let changes = Changes::default();
                    audit::record_as(tx, gateway.keys(), action, &record, &changes)?;
                }
                gateway.person(tx, &rt, &record)
            })
            .await
    }

    fn named(&self, rt: &std::sync::Arc<ResourceType>, who: &Who) -> Result<Named> {
        Named::new(rt, who, self.settings().scim.max_scan)
    }
}
