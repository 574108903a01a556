//! Roles: given by hand, or by membership in a group; held by live, active accounts only.

use jiff::Timestamp;

use super::{Tx, stored, time};
use crate::scim::index::cut;
use crate::scim::value::fold;
use crate::store::Result;
use crate::store::engine::{Param, Row};

/// The row that every change locks which could take the last administrator away.
const ADMINISTRATORS: &str = "administrators";

/// A role that somebody was given by hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// Whose it is.
    pub resource: String,
    /// Who gave it ([`crate::store::Actor::label`]).
    pub by: String,
    /// When.
    pub since: Timestamp,
}

/// Who has a role: people of `kind` who were given it by hand or by a login, or are direct members of one of `groups`.
#[derive(Debug, Clone, Copy)]
pub struct Holders<'a> {
    /// The role.
    pub role: &'a str,
    /// The name of the resource type of people.
    pub kind: &'a str,
    /// The ids of the live groups that give it.
    pub groups: &'a [String],
    /// Whether a login gives it too.
    pub by_login: bool,
}

impl Tx<'_> {
    /// Gives a role by hand; answers `false` when it was given before.
    pub fn grant(&mut self, id: &str, role: &str) -> Result<bool> {
        self.change(|tx| {
            let (at, by) = (stored(tx.at()?), tx.by()?);
            let rows = tx.execute(
                "INSERT INTO role_grant (resource, role, given_by, given) VALUES ($1, $2, $3, $4)
                 ON CONFLICT (resource, role) DO NOTHING",
                &[id.into(), role.into(), (&by).into(), (&at).into()],
            )?;
            // Only one role is given by hand, and with the first administrator the launchpad has done its work.
            tx.end_launchpad()?;
            Ok(rows == 1)
        })
    }

    /// Takes a role away that was given by hand; answers `false` when it was not.
    pub fn revoke(&mut self, id: &str, role: &str) -> Result<bool> {
        self.change(|tx| {
            let rows = tx.execute(
                "DELETE FROM role_grant WHERE resource = $1 AND role = $2",
                &[id.into(), role.into()],
            )?;
            Ok(rows == 1)
        })
    }

    /// Takes every role away that somebody was given by hand or by a login.
    pub fn revoke_all(&mut self, id: &str) -> Result<u64> {
        self.change(|tx| {
            let by_hand = tx.execute("DELETE FROM role_grant WHERE resource = $1", &[id.into()])?;
            Ok(by_hand + tx.revoke_by_login(id)?)
        })
    }

    /// How somebody was given a role by hand.
    pub fn granted(&mut self, id: &str, role: &str) -> Result<Option<Grant>> {
        self.first(
            "SELECT resource, given_by, given FROM role_grant WHERE resource = $1 AND role = $2",
            &[id.into(), role.into()],
            grant,
        )
    }

    /// Everybody who was given a role by hand, in whatever state they are.
    pub fn grants(&mut self, role: &str) -> Result<Vec<Grant>> {
        self.all(
            "SELECT resource, given_by, given FROM role_grant WHERE role = $1 ORDER BY resource",
            &[role.into()],
            grant,
        )
    }

    /// Whether `id` is a member of the group that gives rights: shown, and resolved to a resource of this kind.
    pub fn is_member(&mut self, group: &str, id: &str, kind: &str) -> Result<bool> {
        let found = self.first(
            "SELECT 1 FROM member
             WHERE group_id = $1 AND member_id = $2 AND hidden = 0 AND resolved = $3",
            &[group.into(), id.into(), kind.into()],
            |row| row.int(0),
        )?;
        Ok(found.is_some())
    }

    /// Whether anybody has the role, or anybody else than `except`. CROSS JOIN is a plain join that tells SQLite to begin
    /// at the left: with the few that are given the role, and not with all users.
    pub fn any_holder(&mut self, of: Holders<'_>, except: Option<&str>) -> Result<bool> {
        let except = except.unwrap_or("");
        let by_hand = self.first(
            "SELECT 1 FROM role_grant g CROSS JOIN resource r
             WHERE r.id = g.resource AND g.role = $1 AND r.kind = $2 AND r.state = 0 AND r.id <> $3 LIMIT 1",
            &[of.role.into(), of.kind.into(), except.into()],
            |row| row.int(0),
        )?;
        if by_hand.is_some() {
            return Ok(true);
        }
        if of.by_login && self.any_by_login(of, except)? {
            return Ok(true);
        }
        for group in of.groups {
            let member = self.first(
                "SELECT 1 FROM member m CROSS JOIN resource r
                 WHERE r.id = m.member_id AND m.group_id = $1 AND m.hidden = 0 AND m.resolved = $2 AND r.state = 0 AND r.id <> $3
                 LIMIT 1",
                &[group.into(), of.kind.into(), except.into()],
                |row| row.int(0),
            )?;
            if member.is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn any_by_login(&mut self, of: Holders<'_>, except: &str) -> Result<bool> {
        let found = self.first(
            "SELECT 1 FROM login_state l CROSS JOIN resource r
             WHERE r.id = l.resource AND l.admin IS NOT NULL AND r.kind = $1 AND r.state = 0 AND r.id <> $2 LIMIT 1",
            &[of.kind.into(), except.into()],
            |row| row.int(0),
        )?;
        Ok(found.is_some())
    }

    /// How many people have the role; somebody who has it in two ways is one.
    pub fn count_holders(&mut self, of: Holders<'_>) -> Result<u64> {
        let mut params: Vec<Param<'_>> = vec![of.role.into(), of.kind.into()];
        let mut marks = Vec::with_capacity(of.groups.len());
        for group in of.groups {
            params.push(group.into());
            marks.push(format!("${}", params.len()));
        }
        let by_group = if marks.is_empty() {
            String::new()
        } else {
            format!(
                "UNION SELECT r.id FROM member m CROSS JOIN resource r
                 WHERE r.id = m.member_id AND m.group_id IN ({}) AND m.hidden = 0 AND m.resolved = $2 AND r.state = 0",
                marks.join(", ")
            )
        };
        let by_login = if of.by_login {
            "UNION SELECT r.id FROM login_state l CROSS JOIN resource r
             WHERE r.id = l.resource AND l.admin IS NOT NULL AND r.kind = $2 AND r.state = 0"
        } else {
            ""
        };
        self.number(
            &format!(
                "SELECT count(*) FROM (SELECT r.id FROM role_grant g CROSS JOIN resource r
                   WHERE r.id = g.resource AND g.role = $1 AND r.kind = $2 AND r.state = 0 {by_group} {by_login}) AS holders"
            ),
            &params,
        )
    }

    /// How many active people are direct members of a group.
    pub fn count_active_members(&mut self, group: &str, kind: &str) -> Result<u64> {
        self.number(
            "SELECT count(*) FROM member m CROSS JOIN resource r
             WHERE r.id = m.member_id AND m.group_id = $1 AND m.hidden = 0 AND m.resolved = $2 AND r.state = 0",
            &[group.into(), kind.into()],
        )
    }

    /// The ids of the live resources of this kind with this `externalId`.
    pub fn with_external_id(&mut self, kind: &str, external_id: &str) -> Result<Vec<String>> {
        let mut key = fold(external_id, true);
        cut(&mut key);
        self.all(
            "SELECT id FROM resource WHERE kind = $1 AND external_id = $2 AND state < 2 ORDER BY id",
            &[kind.into(), (&key).into()],
            |row| row.string(0),
        )
    }

    /// Whether there is a live resource of this kind with this id.
    pub fn is_live(&mut self, kind: &str, id: &str) -> Result<bool> {
        let sql = "SELECT 1 FROM resource WHERE id = $1 AND kind = $2 AND state < 2";
        let found = self.first(sql, &[id.into(), kind.into()], |row| row.int(0))?;
        Ok(found.is_some())
    }

    /// Waits until no other change is under way that could take the last administrator away, and keeps
    /// others waiting until the end of this one.
    pub fn lock_administrators(&mut self) -> Result<()> {
        let sql = "SELECT r.name FROM named_lock r WHERE r.name = $1";
        self.keep_rows(sql, &[ADMINISTRATORS.into()])
    }
}

fn grant(row: &dyn Row) -> Result<Grant> {
    Ok(Grant {
        resource: row.string(0)?,
        by: row.string(1)?,
        since: time(row.text(2)?)?,
    })
}
