//! How an entry becomes a row, and what its MACs are over.

use super::Entry;
use crate::scim::value::time_key;
use crate::service::keys::{Keys, same};
use crate::store::{AuditHead, AuditRow, Result, Seal, Tx};

/// The row of an entry of this transaction.
pub(super) fn draft(tx: &mut Tx<'_>, keys: &Keys, entry: &Entry<'_>) -> Result<AuditRow> {
    let id = tx.draw_id()?;
    let cause = tx.cause()?;
    let values = entry.changes.to_json();
    let values_mac = values
        .as_ref()
        .map(|values| values_mac(keys, &id, values.as_bytes()));
    let mut row = AuditRow {
        at: time_key(cause.at),
        actor: cause.actor.to_string(),
        request: cause.request.clone(),
        action: entry.action.to_owned(),
        kind: entry.kind.to_owned(),
        resource: entry.resource.to_owned(),
        owner: entry.owner.map(str::to_owned),
        values_mac,
        mac: Vec::new(),
        seal: None,
        values,
        id,
    };
    row.mac = row_mac(keys, &row);
    Ok(row)
}

/// Whether a row is as it was written.
pub(super) fn is_whole(keys: &Keys, row: &AuditRow) -> bool {
    same(&row.mac, &row_mac(keys, row))
}

/// What is wrong with the values of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Values {
    /// They are those that were written.
    Whole,
    /// They are gone.
    Missing,
    /// They are others.
    Changed,
}

pub(super) fn values(keys: &Keys, row: &AuditRow) -> Values {
    let fits =
        |values: &String, mac: &[u8]| same(mac, &values_mac(keys, &row.id, values.as_bytes()));
    match (&row.values, &row.values_mac) {
        (None, None) => Values::Whole,
        (None, Some(_)) => Values::Missing,
        (Some(values), Some(mac)) if fits(values, mac) => Values::Whole,
        (Some(_), Some(_) | None) => Values::Changed,
    }
}

/// The seal of a row with this MAC behind `before`.
pub(super) fn seal(keys: &Keys, before: Option<&Seal>, mac: &[u8]) -> Seal {
    let seq = before.map_or(0, |seal| seal.seq).saturating_add(1);
    let parts = [
        before.map(|seal| seal.chain.as_slice()),
        Some(&seq.to_be_bytes()[..]),
        Some(mac),
    ];
    Seal {
        seq,
        chain: keys.audit_mac("chain", &parts),
    }
}

/// The row that says where the chain ends.
pub(super) fn head(keys: &Keys, seal: Seal) -> AuditHead {
    let parts = [Some(&seal.seq.to_be_bytes()[..]), Some(&seal.chain)];
    AuditHead {
        mac: keys.audit_mac("head", &parts),
        seal,
    }
}

fn values_mac(keys: &Keys, id: &str, values: &[u8]) -> Vec<u8> {
    keys.audit_mac("values", &[Some(id.as_bytes()), Some(values)])
}

fn row_mac(keys: &Keys, row: &AuditRow) -> Vec<u8> {
    let texts = [
        &row.id,
        &row.at,
        &row.actor,
        &row.request,
        &row.action,
        &row.kind,
        &row.resource,
    ];
    let mut parts: Vec<Option<&[u8]>> = texts.iter().map(|text| Some(text.as_bytes())).collect();
    parts.push(row.owner.as_deref().map(str::as_bytes));
    parts.push(row.values_mac.as_deref());
    keys.audit_mac("row", &parts)
}
