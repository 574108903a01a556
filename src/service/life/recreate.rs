//! A create that names somebody who was deleted: the same account comes back, without special rights.

use serde_json::{Map, Value};

use crate::scim::growth::check_growth;
use crate::scim::resource::Document;
use crate::scim::schema::ResourceType;
use crate::scim::validate::{self, Incoming};
use crate::service::Result;
use crate::service::role::PrivilegedGroups;
use crate::store::{Record, State, Tx};

/// The latest deleted account of the connection `owner` that had this `userName` and this `externalId`.
pub(in crate::service) fn former_self(
    tx: &mut Tx<'_>,
    rt: &ResourceType,
    owner: &str,
    external_id: &str,
    user_name: &str,
) -> Result<Option<Record>> {
    if external_id.is_empty() {
        return Ok(None);
    }
    let Some(attr) = rt.attribute("userName") else {
        return Ok(None);
    };
    Ok(tx.former_of_owner(rt, owner, external_id, &attr, user_name)?)
}

/// Restores `person` with what `body` says, as a PUT would: `incoming` is the body as a POST reads it.
/// Built-in roles do not come back, by hand, by a login or by a group, and a lock stays.
///
/// # Errors
/// 409 when the name is taken, 400 when an immutable attribute would change.
pub(in crate::service) fn recreate(
    tx: &mut Tx<'_>,
    rt: &ResourceType,
    groups: &PrivilegedGroups,
    person: &Record,
    body: &Map<String, Value>,
    incoming: &Incoming,
) -> Result<Record> {
    let former = person.document()?;
    let mut document = validate::replace(rt, &former, body.clone())?.document;
    check_growth(Some(&former), &document)?;
    // A POST without `active` makes somebody who is active; a PUT without it would keep what was.
    let active = incoming.document.active().unwrap_or(true);
    document
        .as_map_mut()
        .insert("active".to_owned(), Value::Bool(active));
    tx.revoke_all(&person.id)?;
    groups.forget_member(tx, &person.id)?;
    tx.end_awaiting(&person.id)?;
    Ok(tx.restore(rt, person, &document, wanted(&document))?)
}

fn wanted(document: &Document) -> State {
    match document.active() {
        Some(false) => State::Deactivated,
        Some(true) | None => State::Active,
    }
}
