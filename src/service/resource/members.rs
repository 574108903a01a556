//! The members of a group and the groups of a user, read and changed beside the document.

use std::collections::HashMap;

use super::asked::{Asked, Kind};
use super::render::Joined;
use crate::scim;
use crate::scim::budget::{WorkBudget, filter_cost};
use crate::scim::filter::{Filter, matches_value};
use crate::scim::patch::{MemberDelta, Unmatched, Whom};
use crate::scim::project::Projection;
use crate::scim::resource::Member;
use crate::scim::schema::ResourceType;
use crate::service::Result;
use crate::store::{GroupRef, Record, StoredMember, Tx, Viewer};

/// How many members are read at once. At about 100 bytes a row, a slice is 100 KiB.
pub(super) const SLICE: u32 = 1_000;

/// How many members a group may have for PATCH to be answered with all of them unasked.
pub(super) const ANSWERED_UNASKED: u32 = 1_000;

/// Reads what is answered with the record; what the projection does not want is not read. Of the members of a group this
/// is the first slice: the others are read where the response is made.
pub(in crate::service) fn joined(
    tx: &mut Tx<'_>,
    viewer: &Viewer,
    rt: &ResourceType,
    record: &Record,
    projection: &Projection,
) -> Result<Joined> {
    let mut joined = Joined::default();
    if rt.is_user() && projection.wants(rt, "groups") {
        joined.groups = tx.groups_of(viewer, &record.id)?;
    }
    if rt.is_group() && projection.wants(rt, "members") {
        joined.members = tx.members(viewer, record, None, SLICE)?;
    }
    Ok(joined)
}

/// The groups of the users of a page, by user, as far as the projections want them.
pub(super) fn groups_of_page(
    tx: &mut Tx<'_>,
    asked: &Asked,
    records: &[Record],
) -> Result<HashMap<String, Vec<GroupRef>>> {
    let wanted: Vec<&str> = asked
        .kinds
        .iter()
        .filter(|kind| kind.rt.is_user() && kind.projection.wants(&kind.rt, "groups"))
        .map(|kind| &*kind.rt.name)
        .collect();
    let ids: Vec<&str> = records
        .iter()
        .filter(|record| wanted.contains(&record.kind.as_str()))
        .map(|record| record.id.as_str())
        .collect();
    Ok(tx.groups_of_all(&asked.viewer, &ids)?)
}

/// [`joined`], with the groups of all users read before.
pub(super) fn joined_with(
    tx: &mut Tx<'_>,
    viewer: &Viewer,
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
    joined(tx, viewer, &kind.rt, record, &kind.projection)
}

/// The estimated cost of reading one member, in nanoseconds.
const READ_COST: u64 = 1_000;

/// The estimated cost of reading one member by its id, or of writing its `display`.
const ROW_COST: u64 = 3_000;

/// Applies changes of members in order; returns how many rows they changed. What a filter looks at or renames is
/// charged to `budget`: the members that a request names itself are not.
///
/// # Errors
/// 413 when `budget` is spent, 400 `noTarget` where nobody is chosen.
pub(super) fn apply(
    tx: &mut Tx<'_>,
    group: &Record,
    deltas: &[MemberDelta],
    budget: &mut WorkBudget,
) -> Result<u64> {
    let mut changed = 0;
    for delta in deltas {
        changed += match delta {
            MemberDelta::Add(members) => tx.add_members(group, members)?,
            MemberDelta::Remove(id) => tx.remove_members(group, std::slice::from_ref(id))?,
            MemberDelta::RemoveWhere(filter) => remove_where(tx, group, filter, budget)?,
            MemberDelta::Clear => tx.clear_members(group)?,
            MemberDelta::Set(members) => tx.set_members(group, members)?,
            MemberDelta::Replace {
                whom,
                with,
                unmatched,
            } => {
                let chosen = chosen(tx, group, whom, *unmatched, budget)?;
                replace(tx, group, chosen, with)?
            }
            MemberDelta::Merge {
                whom,
                with,
                unmatched,
            } => {
                let chosen = chosen(tx, group, whom, *unmatched, budget)?;
                let said = completed(with, &chosen);
                replace(tx, group, chosen, &said)?
            }
            MemberDelta::Display {
                whom,
                display,
                unmatched,
            } => {
                let chosen = chosen(tx, group, whom, *unmatched, budget)?;
                rename(tx, group, chosen, display.as_deref(), budget)?
            }
        };
    }
    Ok(changed)
}

/// Removes the members that `filter` selects; returns how many that were shown are gone.
fn remove_where(
    tx: &mut Tx<'_>,
    group: &Record,
    filter: &Filter,
    budget: &mut WorkBudget,
) -> Result<u64> {
    let terms = filter.terms();
    let mut spent = Ok(());
    let removed = tx.remove_members_where(group, &mut |member| {
        spent = budget.charge(look_cost(member, terms));
        spent.is_ok().then(|| matches(filter, member))
    })?;
    spent?;
    Ok(removed)
}

/// Estimates what it costs to read a member and to evaluate a filter of `terms` comparisons on it.
fn look_cost(member: &StoredMember, terms: usize) -> u64 {
    let texts = [&member.display, &member.kind, &member.resolved];
    let bytes = texts.into_iter().flatten().map(String::len).sum::<usize>() + member.value.len();
    READ_COST + filter_cost(terms, 1, bytes)
}

/// Returns the members that an operation is about.
fn chosen(
    tx: &mut Tx<'_>,
    group: &Record,
    whom: &Whom,
    unmatched: Unmatched,
    budget: &mut WorkBudget,
) -> Result<Vec<StoredMember>> {
    let chosen = match whom {
        Whom::Id(id) => {
            let found = tx.members_with_id(&group.id, id)?;
            // Many ids may differ in case alone, and one operation then names them all.
            let others = found.len().saturating_sub(1) as u64;
            budget.charge(others.saturating_mul(ROW_COST))?;
            found
        }
        Whom::All => selected(tx, group, None, budget)?,
        Whom::Where(filter) => selected(tx, group, Some(filter), budget)?,
    };
    if chosen.is_empty() && unmatched == Unmatched::NoTarget {
        let detail = "No member matches the filter in the path.";
        return Err(scim::Error::no_target(detail).into());
    }
    Ok(chosen)
}

/// Returns the members that are shown and match `filter`.
fn selected(
    tx: &mut Tx<'_>,
    group: &Record,
    filter: Option<&Filter>,
    budget: &mut WorkBudget,
) -> Result<Vec<StoredMember>> {
    let terms = filter.map_or(0, Filter::terms);
    let (mut selected, mut after) = (Vec::new(), None);
    loop {
        // A group that is changed is the connection's own by now: it shows what it holds.
        let slice = tx.members(&Viewer::All, group, after.as_deref(), SLICE)?;
        after = slice.last().map(|last| last.value.clone());
        let is_last = slice.len() < SLICE as usize;
        for member in slice {
            budget.charge(look_cost(&member, terms))?;
            if filter.is_none_or(|filter| matches(filter, &member)) {
                selected.push(member);
            }
        }
        if is_last {
            return Ok(selected);
        }
    }
}

/// What is not said of a member stays as it is.
fn completed(with: &Member, chosen: &[StoredMember]) -> Member {
    let present = chosen.iter().find(|member| member.value == with.value);
    let kept = |said: &Option<String>, part: fn(&StoredMember) -> Option<String>| {
        said.clone().or_else(|| present.and_then(part))
    };
    Member {
        value: with.value.clone(),
        display: kept(&with.display, |member| member.display.clone()),
        kind: kept(&with.kind, |member| member.kind.clone()),
    }
}

fn replace(
    tx: &mut Tx<'_>,
    group: &Record,
    chosen: Vec<StoredMember>,
    with: &Member,
) -> Result<u64> {
    let others = chosen.into_iter().map(|member| member.value);
    let others: Vec<String> = others.filter(|id| *id != with.value).collect();
    let removed = tx.remove_members(group, &others)?;
    Ok(removed
        + match tx.add_members(group, std::slice::from_ref(with))? {
            0 => tx.describe_member(group, with)?,
            added => added,
        })
}

/// Gives the chosen members another `display`; those that have it already cost nothing.
fn rename(
    tx: &mut Tx<'_>,
    group: &Record,
    chosen: Vec<StoredMember>,
    display: Option<&str>,
    budget: &mut WorkBudget,
) -> Result<u64> {
    let (mut changed, mut renamed) = (0, 0_u64);
    for member in chosen {
        if member.display.as_deref() == display {
            continue;
        }
        renamed += 1;
        // The request itself pays for the first one, whom it may have named.
        if renamed > 1 {
            budget.charge(ROW_COST)?;
        }
        let named = Member {
            value: member.value,
            display: display.map(str::to_owned),
            kind: member.kind,
        };
        changed += tx.describe_member(group, &named)?;
    }
    Ok(changed)
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::json;

    use super::*;
    use crate::scim::resource::Document;
    use crate::scim::schema::{GroupNames, Registry};
    use crate::scim::syntax::Name;
    use crate::store::{Actor, Cause, NewResource, Options, Place, Role, State, Store};

    /// A group of so many members, and what it costs to read what `projection` wants of it.
    async fn effort(count: usize, projection: impl Fn(&ResourceType) -> Projection) -> u64 {
        let folder = tempfile::tempdir().unwrap();
        let at = "2026-03-01T12:00:00Z".parse().unwrap();
        let store = Store::open(&Options {
            place: Place::File(folder.path().join("muster.db")),
            readers: Some(1),
            role: Role::Serve,
            at,
        })
        .unwrap();
        let registry = Registry::standard(GroupNames::Unique).unwrap();
        let rt = Arc::clone(registry.by_name("Group").unwrap());
        let projection = projection(&rt);
        let cause = Cause {
            id: "test".to_owned(),
            actor: Actor::System,
            request: "test".to_owned(),
            at,
        };
        let effort = store.write(cause, move |tx| {
            let body = json!({ "displayName": "staff" });
            let record = tx.insert(&NewResource {
                id: "01900000-0000-7000-8000-000000000001",
                rt: &rt,
                owner: None,
                state: State::Active,
                document: &Document::new(body.as_object().unwrap().clone()),
            })?;
            let members: Vec<Member> = (0..count)
                .map(|number| Member {
                    value: number.to_string(),
                    display: None,
                    kind: None,
                })
                .collect();
            tx.add_members(&record, &members)?;
            let before = tx.effort();
            joined(tx, &Viewer::All, &rt, &record, &projection)?;
            Ok::<_, crate::service::Error>(tx.effort() - before)
        });
        effort.await.unwrap()
    }

    #[tokio::test]
    async fn members_that_nobody_wants_are_not_read() {
        let named = |name: &str| vec![Name(name.to_owned())];
        let without = |rt: &ResourceType| Projection::new(rt, &[], &named("members")).unwrap();
        let only = |rt: &ResourceType| Projection::new(rt, &named("displayName"), &[]).unwrap();
        assert_eq!(effort(1_000, without).await, 0);
        assert_eq!(effort(1_000, only).await, 0);
        let one = effort(1, |_| Projection::Default).await;
        assert!(effort(1_000, |_| Projection::Default).await > one * 10);
    }
}
