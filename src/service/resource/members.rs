//! The members of a group and the groups of a user, read and changed beside the document.

use std::cell::Cell;
use std::collections::HashMap;

use super::asked::{Asked, Kind};
use super::render::Joined;
use crate::scim;
use crate::scim::ErrorKind;
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

/// Reads what is answered with the record; what the projection does not want is not read.
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
        joined.members = all(tx, viewer, record)?;
    }
    Ok(joined)
}

/// [`joined`], but of the members of a group only the first slice.
pub(super) fn first(
    tx: &mut Tx<'_>,
    viewer: &Viewer,
    rt: &ResourceType,
    record: &Record,
    projection: &Projection,
) -> Result<Joined> {
    if !(rt.is_group() && projection.wants(rt, "members")) {
        return joined(tx, viewer, rt, record, projection);
    }
    Ok(Joined {
        members: tx.members(viewer, record, None, SLICE)?,
        groups: Vec::new(),
    })
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

fn all(tx: &mut Tx<'_>, viewer: &Viewer, group: &Record) -> Result<Vec<StoredMember>> {
    let mut members: Vec<StoredMember> = Vec::new();
    loop {
        let after = members.last().map(|last| last.value.clone());
        let slice = tx.members(viewer, group, after.as_deref(), SLICE)?;
        let last = slice.len() < SLICE as usize;
        members.extend(slice);
        if last {
            return Ok(members);
        }
    }
}

/// How many members the operations of one request may look at where only the filter can tell: ten operations on
/// a group of 100,000, or 100 on one of 10,000. At 2 µs each they keep the writer for two seconds.
const MAX_VISITS: u64 = 1_000_000;

/// Applies changes of members in order; returns how many rows they changed.
pub(super) fn apply(tx: &mut Tx<'_>, group: &Record, deltas: &[MemberDelta]) -> Result<u64> {
    let mut visits = Visits::new(deltas);
    let mut changed = 0;
    for delta in deltas {
        changed += match delta {
            MemberDelta::Add(members) => tx.add_members(group, members)?,
            MemberDelta::Remove(id) => tx.remove_members(group, std::slice::from_ref(id))?,
            MemberDelta::RemoveWhere(filter) => {
                let gone = |member: &StoredMember| visits.see() && matches(filter, member);
                let removed = tx.remove_members_where(group, &gone)?;
                visits.pass()?;
                removed
            }
            MemberDelta::Clear => tx.clear_members(group)?,
            MemberDelta::Set(members) => tx.set_members(group, members)?,
            MemberDelta::Replace {
                whom,
                with,
                unmatched,
            } => {
                let chosen = chosen(tx, group, whom, *unmatched, &mut visits)?;
                replace(tx, group, chosen, with)?
            }
            MemberDelta::Merge {
                whom,
                with,
                unmatched,
            } => {
                let chosen = chosen(tx, group, whom, *unmatched, &mut visits)?;
                let said = completed(with, &chosen);
                replace(tx, group, chosen, &said)?
            }
            MemberDelta::Display {
                whom,
                display,
                unmatched,
            } => {
                let chosen = chosen(tx, group, whom, *unmatched, &mut visits)?;
                name(tx, group, chosen, display.as_deref())?
            }
        };
    }
    Ok(changed)
}

/// Counts the members that filters look at.
struct Visits {
    /// How many operations look at every member, those to come and the present one.
    passes: u64,
    seen: Cell<u64>,
    before: u64,
}

impl Visits {
    fn new(deltas: &[MemberDelta]) -> Self {
        let looks = |delta: &&MemberDelta| match delta {
            MemberDelta::RemoveWhere(_) => true,
            MemberDelta::Replace { whom, .. }
            | MemberDelta::Merge { whom, .. }
            | MemberDelta::Display { whom, .. } => match whom {
                Whom::All | Whom::Where(_) => true,
                Whom::Id(_) => false,
            },
            MemberDelta::Add(_)
            | MemberDelta::Remove(_)
            | MemberDelta::Clear
            | MemberDelta::Set(_) => false,
        };
        Self {
            passes: deltas.iter().filter(looks).count() as u64,
            seen: Cell::new(0),
            before: 0,
        }
    }

    /// One more was looked at.
    fn see(&self) -> bool {
        self.seen.set(self.seen.get() + 1);
        true
    }

    /// Ends one pass over the members. What the passes to come will cost is known from it.
    fn pass(&mut self) -> Result<()> {
        let (seen, left) = (self.seen.get(), self.passes.saturating_sub(1));
        let expected = seen + left.saturating_mul(seen - self.before);
        (self.before, self.passes) = (seen, left);
        if expected <= MAX_VISITS {
            return Ok(());
        }
        let detail = format!(
            "The operations would look at more than {MAX_VISITS} members: name each by its id, as in members[value eq \"…\"], \
             or send fewer operations at once."
        );
        Err(scim::Error::new(ErrorKind::TooLarge, detail).into())
    }
}

/// Whom an operation is about.
fn chosen(
    tx: &mut Tx<'_>,
    group: &Record,
    whom: &Whom,
    unmatched: Unmatched,
    visits: &mut Visits,
) -> Result<Vec<StoredMember>> {
    let chosen = match whom {
        Whom::Id(id) => tx.members_with_id(&group.id, id)?,
        Whom::All | Whom::Where(_) => {
            // A group that is changed is the connection's own by now: it shows what it holds.
            let mut members = all(tx, &Viewer::All, group)?;
            members.retain(|member| {
                visits.see()
                    && match whom {
                        Whom::Where(filter) => matches(filter, member),
                        Whom::All | Whom::Id(_) => true,
                    }
            });
            visits.pass()?;
            members
        }
    };
    if chosen.is_empty() && unmatched == Unmatched::NoTarget {
        let detail = "No member matches the filter in the path.";
        return Err(scim::Error::no_target(detail).into());
    }
    Ok(chosen)
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

fn name(
    tx: &mut Tx<'_>,
    group: &Record,
    chosen: Vec<StoredMember>,
    display: Option<&str>,
) -> Result<u64> {
    let mut changed = 0;
    for member in chosen {
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
