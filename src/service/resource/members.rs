//! The members of a group and the groups of a user, read and changed beside the document.

use std::collections::HashMap;

use super::asked::Kind;
use super::render::Joined;
use crate::scim;
use crate::scim::filter::{Filter, matches_value};
use crate::scim::patch::{MemberDelta, Unmatched};
use crate::scim::project::Projection;
use crate::scim::resource::Member;
use crate::scim::schema::ResourceType;
use crate::service::Result;
use crate::store::{GroupRef, Record, StoredMember, Tx};

/// How many members are read at once. At about 100 bytes a row, a slice is 100 KiB.
const SLICE: u32 = 1_000;

/// How many members a group may have for PATCH to be answered with all of them unasked.
pub(super) const ANSWERED_UNASKED: u32 = 1_000;

/// Reads what is answered with the record; what the projection does not want is not read.
pub(in crate::service) fn joined(
    tx: &mut Tx<'_>,
    rt: &ResourceType,
    record: &Record,
    projection: &Projection,
) -> Result<Joined> {
    let mut joined = Joined::default();
    if rt.is_user() && projection.wants(rt, "groups") {
        joined.groups = tx.groups_of(&record.id)?;
    }
    if rt.is_group() && projection.wants(rt, "members") {
        joined.members = all(tx, &record.id)?;
    }
    Ok(joined)
}

/// The groups of the users of a page, by user, as far as the projections want them.
pub(super) fn groups_of_page(
    tx: &mut Tx<'_>,
    kinds: &[Kind],
    records: &[Record],
) -> Result<HashMap<String, Vec<GroupRef>>> {
    let wanted: Vec<&str> = kinds
        .iter()
        .filter(|kind| kind.rt.is_user() && kind.projection.wants(&kind.rt, "groups"))
        .map(|kind| &*kind.rt.name)
        .collect();
    let ids: Vec<&str> = records
        .iter()
        .filter(|record| wanted.contains(&record.kind.as_str()))
        .map(|record| record.id.as_str())
        .collect();
    Ok(tx.groups_of_all(&ids)?)
}

/// [`joined`], with the groups of all users read before.
pub(super) fn joined_with(
    tx: &mut Tx<'_>,
    kind: &Kind,
    record: &Record,
    groups: &HashMap<String, Vec<GroupRef>>,
) -> Result<Joined> {
    if kind.rt.is_user() {
        return Ok(Joined {
            groups: groups.get(&record.id).cloned().unwrap_or_default(),
            members: Vec::new(),
        });
    }
    joined(tx, &kind.rt, record, &kind.projection)
}

fn all(tx: &mut Tx<'_>, group: &str) -> Result<Vec<StoredMember>> {
    let mut members: Vec<StoredMember> = Vec::new();
    loop {
        let after = members.last().map(|last| last.value.clone());
        let slice = tx.members(group, after.as_deref(), SLICE)?;
        let last = slice.len() < SLICE as usize;
        members.extend(slice);
        if last {
            return Ok(members);
        }
    }
}

/// Applies changes of members in order; returns how many rows they changed.
pub(super) fn apply(tx: &mut Tx<'_>, group: &Record, deltas: &[MemberDelta]) -> Result<u64> {
    let mut changed = 0;
    for delta in deltas {
        changed += match delta {
            MemberDelta::Add(members) => tx.add_members(group, members)?,
            MemberDelta::Remove(id) => tx.remove_members(group, std::slice::from_ref(id))?,
            MemberDelta::RemoveWhere(filter) => {
                tx.remove_members_where(group, &|member| matches(filter, member))?
            }
            MemberDelta::Clear => tx.clear_members(group)?,
            MemberDelta::Set(members) => tx.set_members(group, members)?,
            MemberDelta::Replace {
                filter,
                with,
                unmatched,
            } => replace(tx, group, filter, with, *unmatched)?,
            MemberDelta::Display { filter, display } => tx.set_member_display(
                group,
                &|member| filter.as_ref().is_none_or(|filter| matches(filter, member)),
                display.as_deref(),
            )?,
        };
    }
    Ok(changed)
}

fn replace(
    tx: &mut Tx<'_>,
    group: &Record,
    filter: &Filter,
    with: &Member,
    unmatched: Unmatched,
) -> Result<u64> {
    let removed = tx.remove_members_where(group, &|member| {
        member.value != with.value && matches(filter, member)
    })?;
    let present = removed > 0
        || all(tx, &group.id)?
            .iter()
            .any(|member| matches(filter, member));
    if !present && unmatched == Unmatched::NoTarget {
        let detail = "No member matches the filter in the path.";
        return Err(scim::Error::no_target(detail).into());
    }
    Ok(removed + tx.add_members(group, std::slice::from_ref(with))?)
}

/// A member as the filter sees it: what is answered, without `$ref`.
fn matches(filter: &Filter, member: &StoredMember) -> bool {
    let mut seen = serde_json::Map::new();
    let kind = member.kind.as_ref().or(member.resolved.as_ref());
    let parts = [
        ("value", Some(&member.value)),
        ("display", member.display.as_ref()),
        ("type", kind),
    ];
    for (name, text) in parts {
        if let Some(text) = text {
            seen.insert(name.to_owned(), text.as_str().into());
        }
    }
    matches_value(filter, &serde_json::Value::Object(seen))
}
