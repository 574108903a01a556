//! Rows of members that come and go: many in a statement, as a request may name a hundred thousand.

use std::sync::LazyLock;

use super::{Record, Tx};
use crate::scim::resource::Member;
use crate::scim::value::fold;
use crate::store::Result;
use crate::store::engine::Param;

/// Rows in one statement. Past some ten the statement itself costs little; the lists are all of this length, the last row
/// repeated until they are, so that the statement stays prepared.
const AT_ONCE: usize = 16;

/// Up to so many rows have a statement each, which costs less than a list filled up.
const FEW: usize = 4;

/// The statements of either size.
static INSERTIONS: LazyLock<[String; 2]> = LazyLock::new(|| [insertion(1), insertion(AT_ONCE)]);
static REMOVALS: LazyLock<[String; 2]> = LazyLock::new(|| [removal(1), removal(AT_ONCE)]);

impl Tx<'_> {
    /// Adds rows; answers how many were not there. An empty id is no member.
    pub(super) fn add_member_rows<'m>(
        &mut self,
        group: &Record,
        members: impl Iterator<Item = &'m Member>,
    ) -> Result<u64> {
        let named: Vec<&Member> = members.filter(|member| !member.value.is_empty()).collect();
        let mut added = 0;
        if named.len() <= FEW {
            for member in named {
                added += self.add_member_row(group, member)?;
            }
            return Ok(added);
        }
        let (size, sql) = statement(named.len(), &INSERTIONS);
        for chunk in named.chunks(size) {
            let folded: Vec<Option<String>> = chunk.iter().map(|one| folded_id(one)).collect();
            let rows = chunk.iter().zip(&folded).map(|(member, folded)| {
                [
                    Param::from(&member.value),
                    member.display.as_deref().into(),
                    member.kind.as_deref().into(),
                    folded.as_deref().into(),
                ]
            });
            // A group of nobody's may have anybody in it.
            let mut params = Vec::with_capacity(2 + 4 * size);
            params.push((&group.id).into());
            params.push(group.owner.as_deref().unwrap_or("").into());
            params.extend(filled(rows, size).flatten());
            self.touched = true;
            let new = self.all(sql, &params, |row| row.string(0))?;
            added += new.len() as u64;
            self.members.added.add_many(new.len() as u64, new);
        }
        Ok(added)
    }

    /// Adds one row; returns 1 if it was not there. The usual change of a group adds one member, so this allocates little.
    fn add_member_row(&mut self, group: &Record, member: &Member) -> Result<u64> {
        let folded = folded_id(member);
        let params = [
            (&group.id).into(),
            group.owner.as_deref().unwrap_or("").into(),
            (&member.value).into(),
            member.display.as_deref().into(),
            member.kind.as_deref().into(),
            folded.as_deref().into(),
        ];
        let [sql, _] = &*INSERTIONS;
        self.touched = true;
        let new = self.first(sql, &params, |row| row.string(0))?;
        let added = u64::from(new.is_some());
        self.members.added.add_many(added, new);
        Ok(added)
    }

    /// Removes rows; answers how many of them were shown.
    pub(super) fn remove_member_rows(&mut self, group: &Record, ids: &[&str]) -> Result<u64> {
        let (size, sql) = statement(ids.len(), &REMOVALS);
        let mut removed = 0;
        for chunk in ids.chunks(size) {
            let mut params = Vec::with_capacity(1 + size);
            params.push((&group.id).into());
            params.extend(filled(chunk.iter().copied().map(Param::Text), size));
            self.touched = true;
            let gone = self.all(sql, &params, |row| Ok((row.string(0)?, row.int(1)?)))?;
            let shown = gone.into_iter().filter(|(_, hidden)| *hidden == 0);
            let shown: Vec<String> = shown.map(|(id, _)| id).collect();
            removed += shown.len() as u64;
            self.members.removed.add_many(shown.len() as u64, shown);
        }
        Ok(removed)
    }
}

/// How many rows each statement has, and which it is.
fn statement(rows: usize, [one, many]: &[String; 2]) -> (usize, &str) {
    if rows <= FEW {
        (1, one.as_str())
    } else {
        (AT_ONCE, many.as_str())
    }
}

/// The rows, the last one repeated until there are `size`.
fn filled<T: Copy>(rows: impl Iterator<Item = T>, size: usize) -> impl Iterator<Item = T> {
    let mut rows = rows.fuse();
    let mut last = None;
    std::iter::from_fn(move || {
        last = rows.next().or(last);
        last
    })
    .take(size)
}

/// `folded` of a row: the id without regard to case, where that is another.
fn folded_id(member: &Member) -> Option<String> {
    let mut bytes = member.value.bytes();
    if bytes.all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase()) {
        return None;
    }
    Some(fold(&member.value, false)).filter(|folded| *folded != member.value)
}

fn insertion(rows: usize) -> String {
    let row = |number: usize| {
        let first = 3 + 4 * number;
        format!("(${first}, ${}, ${}, ${})", first + 1, first + 2, first + 3)
    };
    let rows: Vec<String> = (0..rows).map(row).collect();
    format!(
        "INSERT INTO member (group_id, member_id, display, type, folded, hidden, resolved)
         SELECT $1, v.column1, v.column2, v.column3, v.column4, 0, (SELECT r.kind FROM resource r
           WHERE r.id = v.column1 AND r.state < 2 AND ($2 = '' OR r.owner IS NULL OR r.owner = $2) {{share}})
         FROM (VALUES {}) v WHERE true
         ON CONFLICT (group_id, member_id) DO NOTHING RETURNING member_id",
        rows.join(", ")
    )
}

fn removal(rows: usize) -> String {
    let ids: Vec<String> = (0..rows).map(|number| format!("${}", 2 + number)).collect();
    format!(
        "DELETE FROM member WHERE group_id = $1 AND member_id IN ({}) RETURNING member_id, hidden",
        ids.join(", ")
    )
}
