//! Who is in a group: one row a member, so that a change costs what changes and not what is there.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::member_change::NAMED;
use super::session::of_group;
use super::{OfGroup, Record, Tx, stored};
use crate::scim::resource::Member;
use crate::scim::value::fold;
use crate::store::engine::{Flow, Param, Row};
use crate::store::viewer::foreign;
use crate::store::{Error, Result, Viewer};

/// Members that are read at once: one slice is some 100 kB, and a read of its own.
const SLICE: usize = 1_000;

const COLUMNS: &str = "member_id, display, type, resolved, hidden";

/// A statement for a viewer that sees everything, and one for a connection that looks. Their text is put together once,
/// not at every request.
struct ViewedQuery {
    every: String,
    own: String,
}

/// The next members: `$1` is the group, `$2` the member before them, then the connection and how many.
static MEMBERS: LazyLock<ViewedQuery> = LazyLock::new(|| {
    let query = |shown: &str, limit: &str| {
        format!(
            "SELECT {COLUMNS} FROM member m
             WHERE group_id = $1 AND member_id > $2 AND hidden = 0{shown} ORDER BY member_id LIMIT {limit}"
        )
    };
    ViewedQuery {
        every: query("", "$3"),
        own: query(&format!(" AND NOT {}", foreign("m", "$3")), "$4"),
    }
});

/// The groups of a member: `$1` is its id, `$2` the connection.
static GROUPS: LazyLock<ViewedQuery> = LazyLock::new(|| {
    let query = |shown: &str| {
        format!(
            "SELECT m.group_id, r.display FROM member m JOIN resource r ON r.id = m.group_id
             WHERE m.member_id = $1 AND m.hidden = 0 AND m.resolved IS NOT NULL AND r.state < 2{shown}
             ORDER BY m.group_id"
        )
    };
    ViewedQuery {
        every: query(""),
        own: query(" AND (r.owner IS NULL OR r.owner = $2)"),
    }
});

/// A member as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredMember {
    /// The id, as sent.
    pub value: String,
    /// `display`, as sent.
    pub display: Option<String>,
    /// `type`, as sent.
    pub kind: Option<String>,
    /// The kind of the resource that the id named when it was added; `None`: it names nobody, for good.
    pub resolved: Option<String>,
}

/// The form of one member row: what decides whether it gives the rights of the group, now or later.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberStanding {
    /// The id, as sent.
    pub id: String,
    /// The kind of the resource that the id named when it was added.
    pub resolved: Option<String>,
    /// Whether the resource is deleted.
    pub hidden: bool,
}

/// A group that a resource is a direct member of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupRef {
    /// The group's id.
    pub id: String,
    /// The group's `displayName`.
    pub display: Option<String>,
}

impl StoredMember {
    /// Returns true if `member`, which has the same id, changes what is answered of this one.
    fn is_described_otherwise(&self, member: &Member) -> bool {
        let resolved = self.resolved.as_ref();
        self.display != member.display
            || self.kind.as_ref().or(resolved) != member.kind.as_ref().or(resolved)
    }
}

/// A row of table `member`.
struct MemberRow {
    member: StoredMember,
    hidden: bool,
}

impl Tx<'_> {
    /// Adds members that are not there yet; answers how many were added. One that is there stays as it is. The id of a
    /// resource that the owner of the group does not see resolves to nobody.
    pub fn add_members(&mut self, group: &Record, members: &[Member]) -> Result<u64> {
        self.change(|tx| tx.add_member_rows(group, members.iter()))
    }

    /// Removes members by id, compared without case; answers how many that were shown are gone.
    pub fn remove_members(&mut self, group: &Record, ids: &[String]) -> Result<u64> {
        self.change(|tx| {
            let mut removed = 0;
            for id in ids {
                let rows = tx.like(&group.id, id)?;
                let ids: Vec<&str> = rows.iter().map(|row| row.member.value.as_str()).collect();
                removed += tx.remove_member_rows(group, &ids)?;
            }
            Ok(removed)
        })
    }

    /// Removes the members that `gone` says, hidden ones too, until it returns `None`; answers how many that were
    /// shown are gone.
    pub fn remove_members_where(
        &mut self,
        group: &Record,
        gone: &mut dyn FnMut(&StoredMember) -> Option<bool>,
    ) -> Result<u64> {
        self.change(|tx| {
            let mut removed = 0;
            tx.each_slice(group, &mut |tx, slice| {
                let mut ids = Vec::new();
                for row in slice {
                    match gone(&row.member) {
                        Some(true) => ids.push(row.member.value.as_str()),
                        Some(false) => {}
                        None => return Ok(Flow::Stop),
                    }
                }
                removed += tx.remove_member_rows(group, &ids)?;
                Ok(Flow::Next)
            })?;
            Ok(removed)
        })
    }

    /// Removes all members; answers how many that were shown are gone.
    pub fn clear_members(&mut self, group: &Record) -> Result<u64> {
        self.change(|tx| {
            tx.execute(
                "DELETE FROM member WHERE group_id = $1 AND hidden = 1",
                &[(&group.id).into()],
            )?;
            let named = tx.members(&Viewer::All, group, None, NAMED)?;
            let removed = tx.execute(
                "DELETE FROM member WHERE group_id = $1",
                &[(&group.id).into()],
            )?;
            let ids = named.into_iter().map(|member| member.value);
            tx.members.removed.add_many(removed, ids);
            Ok(removed)
        })
    }

    /// Makes the members exactly these; answers how many rows that are shown came, went or changed.
    /// One named twice counts as named last.
    pub fn set_members(&mut self, group: &Record, members: &[Member]) -> Result<u64> {
        let mut wanted: HashMap<&str, &Member> = members
            .iter()
            .map(|member| (member.value.as_str(), member))
            .collect();
        self.change(|tx| {
            let mut changed = 0;
            tx.each_slice(group, &mut |tx, slice| {
                let mut gone = Vec::new();
                for row in slice {
                    match wanted.remove(row.member.value.as_str()) {
                        None => gone.push(row.member.value.as_str()),
                        Some(member)
                            if !row.hidden && row.member.is_described_otherwise(member) =>
                        {
                            changed += tx.describe_member(group, member)?;
                        }
                        Some(_) => {}
                    }
                }
                changed += tx.remove_member_rows(group, &gone)?;
                Ok(Flow::Next)
            })?;
            // In the order in which they were named.
            let new = members
                .iter()
                .filter_map(|member| wanted.remove(member.value.as_str()));
            Ok(changed + tx.add_member_rows(group, new)?)
        })
    }

    /// The members that are shown and have this id, compared without case.
    pub fn members_with_id(&mut self, group_id: &str, id: &str) -> Result<Vec<StoredMember>> {
        let rows = self.like(group_id, id)?;
        let shown = rows.into_iter().filter(|row| !row.hidden);
        Ok(shown.map(|row| row.member).collect())
    }

    /// The next members of a group behind `after`, at most `limit`, in the order of their ids: the ids are
    /// drawn in the order of time, and a slice behind an id is the same slice whatever was added before it.
    /// In a group of nobody `viewer` does not see those of other connections; in its own, ids are as it sent them.
    pub fn members(
        &mut self,
        viewer: &Viewer,
        group: &Record,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Vec<StoredMember>> {
        let (of, behind) = ((&group.id).into(), after.unwrap_or("").into());
        let limit = i64::from(limit).into();
        let read = |row: &dyn Row| Ok(member_row(row)?.member);
        match (viewer.connection(), &group.owner) {
            (Some(name), None) => self.all(&MEMBERS.own, &[of, behind, name.into(), limit], read),
            (None, _) | (Some(_), Some(_)) => self.all(&MEMBERS.every, &[of, behind, limit], read),
        }
    }

    /// The live groups that the resource `id` is a direct member of, and that `viewer` sees, in the order of their ids.
    pub fn groups_of(&mut self, viewer: &Viewer, id: &str) -> Result<Vec<GroupRef>> {
        let read = |row: &dyn Row| {
            Ok(GroupRef {
                id: row.string(0)?,
                display: row.opt_string(1)?,
            })
        };
        match viewer.connection() {
            None => self.all(&GROUPS.every, &[id.into()], read),
            Some(name) => self.all(&GROUPS.own, &[id.into(), name.into()], read),
        }
    }

    /// Hides a resource in all groups: it was deleted.
    pub(super) fn hide_memberships(&mut self, id: &str) -> Result<()> {
        self.touch_groups(id, 0)?;
        self.execute(
            "UPDATE member SET hidden = 1 WHERE member_id = $1 AND resolved IS NOT NULL AND hidden = 0",
            &[id.into()],
        )
        .map(drop)
    }

    /// Shows a resource again in the groups that remember it: it was restored.
    pub(super) fn show_memberships(&mut self, id: &str) -> Result<()> {
        self.touch_groups(id, 1)?;
        self.execute(
            "UPDATE member SET hidden = 0 WHERE member_id = $1 AND hidden = 1",
            &[id.into()],
        )
        .map(drop)
    }

    /// Gives the groups that show (`hidden` 0) or hide (1) a member their next version, as that is about to change: who
    /// has read one must not be told that it is as it was. One statement, however many they are; each costs about as
    /// much as its row of the member does.
    fn touch_groups(&mut self, id: &str, hidden: i64) -> Result<()> {
        let at = stored(self.at()?);
        self.execute(
            "UPDATE resource SET version = version + 1, modified = $3 WHERE state < 2 AND id IN
             (SELECT group_id FROM member WHERE member_id = $1 AND resolved IS NOT NULL AND hidden = $2)",
            &[id.into(), hidden.into(), (&at).into()],
        )
        .map(drop)
    }

    /// Removes a member from groups, in whatever form its row is there; a group that showed it gets its next
    /// version.
    pub fn forget_member(&mut self, id: &str, groups: &[String]) -> Result<()> {
        self.change(|tx| {
            let at = stored(tx.at()?);
            for group in groups {
                let mut shown = false;
                for row in tx.like(group, id)? {
                    shown |= !row.hidden;
                    tx.execute(
                        "DELETE FROM member WHERE group_id = $1 AND member_id = $2",
                        &[group.into(), (&row.member.value).into()],
                    )?;
                }
                if shown {
                    tx.execute(
                        "UPDATE resource SET version = version + 1, modified = $2 WHERE id = $1 AND state < 2",
                        &[group.into(), (&at).into()],
                    )?;
                }
            }
            Ok(())
        })
    }

    /// The live groups with a row for this id, compared without case: hidden, resolved or not.
    pub fn groups_naming(&mut self, id: &str) -> Result<Vec<OfGroup>> {
        let folded = fold(id, false);
        let mut groups = Vec::new();
        for column in ["member_id", "folded"] {
            let sql = format!(
                "SELECT m.group_id, r.external_id, r.display FROM member m JOIN resource r ON r.id = m.group_id
                 WHERE m.{column} = $1 AND r.state < 2 ORDER BY m.group_id"
            );
            groups.extend(self.all(&sql, &[(&folded).into()], of_group)?);
        }
        groups.sort_by(|one, other| one.id.cmp(&other.id));
        groups.dedup();
        Ok(groups)
    }

    /// The rows of all members of a group, hidden ones too, in the order of their ids.
    pub fn member_standings(&mut self, group: &str) -> Result<Vec<MemberStanding>> {
        let sql = format!("SELECT {COLUMNS} FROM member WHERE group_id = $1 ORDER BY member_id");
        self.all(&sql, &[group.into()], |row| {
            let row = member_row(row)?;
            Ok(MemberStanding {
                id: row.member.value,
                resolved: row.member.resolved,
                hidden: row.hidden,
            })
        })
    }

    /// Writes `display` and `type` of a member that is shown; answers 1 if that changes what is answered: a
    /// `type` that says what the id stands for anyway is none.
    pub fn describe_member(&mut self, group: &Record, member: &Member) -> Result<u64> {
        let params: [Param<'_>; 4] = [
            (&group.id).into(),
            (&member.value).into(),
            member.display.as_deref().into(),
            member.kind.as_deref().into(),
        ];
        self.change(|tx| {
            let described = tx.execute(
                "UPDATE member SET display = $3, type = $4
                 WHERE group_id = $1 AND member_id = $2 AND hidden = 0
                 AND (display IS DISTINCT FROM $3
                 OR COALESCE(type, resolved) IS DISTINCT FROM COALESCE($4, resolved))",
                &params,
            )?;
            tx.members.described += described;
            Ok(described)
        })
    }

    /// The rows, hidden ones too, whose id is `id` without regard to case.
    fn like(&mut self, group_id: &str, id: &str) -> Result<Vec<MemberRow>> {
        let folded = fold(id, false);
        // Asked for more than the id, SQLite would read the whole group instead of this index.
        let mut ids = self.all(
            "SELECT member_id FROM member WHERE group_id = $1 AND folded = $2",
            &[group_id.into(), (&folded).into()],
            |row| row.string(0),
        )?;
        ids.push(folded);
        let sql = format!("SELECT {COLUMNS} FROM member WHERE group_id = $1 AND member_id = $2");
        let mut rows = Vec::with_capacity(1);
        for id in ids {
            rows.extend(self.first(&sql, &[group_id.into(), (&id).into()], member_row)?);
        }
        Ok(rows)
    }

    /// Shows the rows of a group, hidden ones too, slice by slice to `each`, which may change them.
    fn each_slice(
        &mut self,
        group: &Record,
        each: &mut dyn FnMut(&mut Self, &[MemberRow]) -> Result<Flow>,
    ) -> Result<()> {
        let mut after = None;
        loop {
            let slice = self.slice(&group.id, after.as_deref())?;
            if each(self, &slice)? == Flow::Stop || slice.len() < SLICE {
                return Ok(());
            }
            after = slice.into_iter().next_back().map(|last| last.member.value);
        }
    }

    /// The next rows of a group behind `after`, hidden ones too.
    fn slice(&mut self, group_id: &str, after: Option<&str>) -> Result<Vec<MemberRow>> {
        let sql = format!(
            "SELECT {COLUMNS} FROM member WHERE group_id = $1 AND member_id > $2 ORDER BY member_id LIMIT {SLICE}"
        );
        self.all(
            &sql,
            &[group_id.into(), after.unwrap_or("").into()],
            member_row,
        )
    }
}

fn member_row(row: &dyn Row) -> Result<MemberRow> {
    let value = row.string(0)?;
    let hidden = match row.int(4)? {
        0 => false,
        1 => true,
        _ => return Err(Error::corrupt("member", value, "hidden")),
    };
    Ok(MemberRow {
        member: StoredMember {
            value,
            display: row.opt_string(1)?,
            kind: row.opt_string(2)?,
            resolved: row.opt_string(3)?,
        },
        hidden,
    })
}
