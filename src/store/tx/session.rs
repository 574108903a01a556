//! Sessions: found by the hash of their cookie, or by their id.

use jiff::Timestamp;

use super::record::{COLUMNS, record};
use super::{Record, Tx, stored, time};
use crate::clock::latest_past;
use crate::scim::schema::ResourceType;
use crate::store::Result;
use crate::store::engine::{Param, Row};

const SESSION: &str = "s.hash, s.id, s.resource, s.created, s.seen, s.expires, s.method, s.address, s.agent, s.logout";

/// A session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// The hash of its cookie.
    pub hash: Vec<u8>,
    /// Its id, which opens nothing.
    pub id: String,
    /// Whose it is.
    pub resource: String,
    /// When it began.
    pub created: Timestamp,
    /// When it was last used, to the minute.
    pub seen: Timestamp,
    /// When it ends at the latest.
    pub expires: Timestamp,
    /// By which method it began.
    pub method: String,
    /// From which address.
    pub address: Option<String>,
    /// In which browser.
    pub agent: Option<String>,
    /// What single logout needs to know, as JSON.
    pub logout: Option<String>,
}

/// How a session is named at the identity provider that began it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionName<'a> {
    /// The source of the identity.
    pub issuer: &'a str,
    /// The NameID.
    pub name_id: &'a str,
    /// The SessionIndex; `None` names all sessions of this NameID.
    pub index: Option<&'a str>,
}

/// A group that somebody is in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfGroup {
    /// Its id.
    pub id: String,
    /// The key of its `externalId`.
    pub external_id: Option<String>,
    /// Its `displayName`.
    pub display: Option<String>,
}

impl Tx<'_> {
    /// Begins a session.
    pub fn begin_session(&mut self, new: &Session, name: Option<SessionName<'_>>) -> Result<()> {
        self.change(|tx| {
            tx.execute_one(
                "INSERT INTO session (hash, id, resource, created, seen, expires, method, address, agent, issuer, name_id,
                   session_index, logout)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
                &[
                    Param::Bytes(&new.hash),
                    (&new.id).into(),
                    (&new.resource).into(),
                    (&stored(new.created)).into(),
                    (&stored(new.seen)).into(),
                    (&stored(new.expires)).into(),
                    (&new.method).into(),
                    new.address.as_deref().into(),
                    new.agent.as_deref().into(),
                    name.map(|name| name.issuer).into(),
                    name.map(|name| name.name_id).into(),
                    name.and_then(|name| name.index).into(),
                    new.logout.as_deref().into(),
                ],
            )
        })
    }

    /// The session of the cookie with this hash.
    pub fn session(&mut self, hash: &[u8]) -> Result<Option<Session>> {
        let sql = format!("SELECT {SESSION} FROM session s WHERE s.hash = $1");
        self.first(&sql, &[Param::Bytes(hash)], session)
    }

    /// The session with this id.
    pub fn session_by_id(&mut self, id: &str) -> Result<Option<Session>> {
        let sql = format!("SELECT {SESSION} FROM session s WHERE s.id = $1");
        self.first(&sql, &[id.into()], session)
    }

    /// The sessions of somebody, the latest first.
    pub fn sessions_of(&mut self, resource: &str) -> Result<Vec<Session>> {
        let sql =
            format!("SELECT {SESSION} FROM session s WHERE s.resource = $1 ORDER BY s.id DESC");
        self.all(&sql, &[resource.into()], session)
    }

    /// The sessions that are named so at their identity provider, and begun by it.
    pub fn sessions_named(&mut self, name: SessionName<'_>) -> Result<Vec<Session>> {
        let sql = format!(
            "SELECT {SESSION} FROM session s
             WHERE s.issuer = $1 AND s.name_id = $2 AND ($3 = '' OR s.session_index = $3) ORDER BY s.id"
        );
        let index = name.index.unwrap_or_default();
        self.all(
            &sql,
            &[name.issuer.into(), name.name_id.into(), index.into()],
            session,
        )
    }

    /// Whose session it is, as an active resource of type `rt`; `None` when it is none.
    pub fn holder(&mut self, rt: &ResourceType, resource: &str) -> Result<Option<Record>> {
        let sql = format!(
            "SELECT {COLUMNS} FROM resource r LEFT JOIN document d ON d.place = r.place
             WHERE r.id = $1 AND r.kind = $2 AND r.state = 0"
        );
        self.first(&sql, &[resource.into(), (&*rt.name).into()], record)
    }

    /// Notes that a session was used at `at`. A use that was noted while the clock was ahead is replaced.
    pub fn touch_session(&mut self, id: &str, at: Timestamp) -> Result<()> {
        self.change(|tx| {
            let latest = stored(latest_past(tx.at()?));
            tx.execute(
                "UPDATE session SET seen = $2 WHERE id = $1 AND (seen < $2 OR seen > $3)",
                &[id.into(), (&stored(at)).into(), (&latest).into()],
            )
            .map(drop)
        })
    }

    /// Ends a session; answers whether there was one.
    pub fn end_session(&mut self, id: &str) -> Result<bool> {
        self.change(|tx| {
            let rows = tx.execute("DELETE FROM session WHERE id = $1", &[id.into()])?;
            Ok(rows == 1)
        })
    }

    /// Ends the sessions of somebody, all or all but `except`; answers how many those were.
    pub fn end_sessions_of(&mut self, resource: &str, except: Option<&str>) -> Result<u64> {
        self.change(|tx| {
            tx.execute(
                "DELETE FROM session WHERE resource = $1 AND id <> $2",
                &[resource.into(), except.unwrap_or_default().into()],
            )
        })
    }

    /// Ends the oldest sessions of somebody who has more than `most`.
    pub fn end_oldest_sessions(&mut self, resource: &str, most: u32) -> Result<u64> {
        self.change(|tx| {
            tx.execute(
                "DELETE FROM session WHERE resource = $1 AND id <=
                   (SELECT id FROM session WHERE resource = $1 ORDER BY id DESC LIMIT 1 OFFSET $2)",
                &[resource.into(), i64::from(most).into()],
            )
        })
    }

    /// The live groups that somebody is a direct member of, with all that a group is named by.
    pub fn groups_held(&mut self, resource: &str) -> Result<Vec<OfGroup>> {
        self.all(
            "SELECT m.group_id, r.external_id, r.display FROM member m JOIN resource r ON r.id = m.group_id
             WHERE m.member_id = $1 AND m.hidden = 0 AND m.resolved IS NOT NULL AND r.state < 2
             ORDER BY m.group_id",
            &[resource.into()],
            of_group,
        )
    }

    /// Forgets some of the sessions that ended before `at`, were not used since `idle` or began while the clock was ahead;
    /// answers how many. Uses that were noted while the clock was ahead are noted for `at`.
    pub fn drop_ended_sessions(
        &mut self,
        at: Timestamp,
        idle: Timestamp,
        limit: u32,
    ) -> Result<u64> {
        self.change(|tx| {
            let latest = stored(latest_past(at));
            let (at, idle) = (stored(at), stored(idle));
            tx.execute(
                "UPDATE session SET seen = $1 WHERE seen > $2",
                &[(&at).into(), (&latest).into()],
            )?;
            tx.execute(
                "DELETE FROM session WHERE id IN
                   (SELECT id FROM session WHERE expires <= $1 OR seen <= $2 OR created > $4 ORDER BY id LIMIT $3)",
                &[
                    (&at).into(),
                    (&idle).into(),
                    i64::from(limit).into(),
                    (&latest).into(),
                ],
            )
        })
    }
}

/// Reads a group with all that it is named by.
pub(super) fn of_group(row: &dyn Row) -> Result<OfGroup> {
    Ok(OfGroup {
        id: row.string(0)?,
        external_id: row.opt_string(1)?,
        display: row.opt_string(2)?,
    })
}

fn session(row: &dyn Row) -> Result<Session> {
    Ok(Session {
        hash: row.bytes(0)?.to_vec(),
        id: row.string(1)?,
        resource: row.string(2)?,
        created: time(row.text(3)?)?,
        seen: time(row.text(4)?)?,
        expires: time(row.text(5)?)?,
        method: row.string(6)?,
        address: row.opt_string(7)?,
        agent: row.opt_string(8)?,
        logout: row.opt_string(9)?,
    })
}
