//! The turns in the life of an account, each one function in a transaction, for every door alike.

mod keep;
mod recreate;

pub(super) use keep::{drop_document, hold, purge, unhold};
pub(super) use recreate::{former_self, recreate};

use serde_json::Value;

use super::Result;
use crate::scim::resource::Document;
use crate::scim::schema::ResourceType;
use crate::scim::{Error, ErrorKind};
use crate::store;
use crate::store::{Record, State, Tx};

/// Shuts an account by a lock that only [`activate`] lifts, whatever an identity provider says meanwhile.
pub(super) fn deactivate(tx: &mut Tx<'_>, rt: &ResourceType, person: &Record) -> Result<Record> {
    if person.locked {
        return Ok(person.clone());
    }
    Ok(tx.lock(rt, person)?)
}

/// Opens an account, whoever shut it.
pub(super) fn activate(tx: &mut Tx<'_>, rt: &ResourceType, person: &Record) -> Result<Record> {
    if person.state == State::Active {
        return Ok(person.clone());
    }
    Ok(tx.unlock(rt, person, &opened(person)?)?)
}

/// Deletes a resource softly: an account can be restored.
pub(super) fn delete(tx: &mut Tx<'_>, rt: &ResourceType, record: &Record) -> Result<Record> {
    Ok(tx.delete(rt, record)?)
}

/// Gives a deleted account back: its id, groups and roles. It is active, unless an administrator locked it.
///
/// # Errors
/// 409 that names who has its name by now; then nothing is changed.
pub(super) fn restore(tx: &mut Tx<'_>, rt: &ResourceType, person: &Record) -> Result<Record> {
    let document = if person.locked {
        person.document()?
    } else {
        opened(person)?
    };
    let restored = tx.scope(|tx| tx.restore(rt, person, &document, State::Active));
    restored.map_err(|error| match error {
        store::Error::Taken {
            path,
            value,
            holder,
        } => {
            let detail = format!(
                "The {path} \"{value}\" is taken by now, by the {} with the id {holder}: nothing was changed. \
                 Rename or delete that one first.",
                rt.name
            );
            Error::new(ErrorKind::Uniqueness, detail).into()
        }
        other => other.into(),
    })
}

/// The document of an account that is to be active.
fn opened(person: &Record) -> Result<Document> {
    let mut document = person.document()?;
    document
        .as_map_mut()
        .insert("active".to_owned(), Value::Bool(true));
    Ok(document)
}
