//! The audit log: rows that are only added, the chain they are sealed into, and their values.

use jiff::Timestamp;

use super::{Tx, time};
use crate::store::Result;
use crate::store::engine::{Param, Row};

const COLUMNS: &str = "a.id, a.at, a.actor, a.request, a.action, a.kind, a.resource, a.owner, a.values_mac, a.mac, a.seq, a.chain, v.json";

/// An entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRow {
    /// Its id; in the order of time.
    pub id: String,
    /// When: the text that `mac` is over, which only a damaged row has otherwise than as a time.
    pub at: String,
    /// Who ([`crate::store::Actor`]).
    pub actor: String,
    /// In which request.
    pub request: String,
    /// What was done.
    pub action: String,
    /// To a resource of which type.
    pub kind: String,
    /// To which.
    pub resource: String,
    /// To which connection that belongs.
    pub owner: Option<String>,
    /// The MAC over `values`; `None` when there never were any.
    pub values_mac: Option<Vec<u8>>,
    /// The MAC over all of the above.
    pub mac: Vec<u8>,
    /// Its place in the chain, once it has one.
    pub seal: Option<Seal>,
    /// What changed, as JSON; `None` when there never was anything, or when it was forgotten.
    pub values: Option<String>,
}

/// A place in the chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seal {
    /// Counted from 1.
    pub seq: i64,
    /// The MAC over the chain before it and the row.
    pub chain: Vec<u8>,
}

/// The end of the chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditHead {
    /// Of the last row that was sealed.
    pub seal: Seal,
    /// The MAC over that.
    pub mac: Vec<u8>,
}

/// What waits to be sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backlog {
    /// How many rows.
    pub count: u64,
    /// The time of the oldest.
    pub oldest: Option<Timestamp>,
}

/// Which entries are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AuditFind<'a> {
    /// About this resource only.
    pub resource: Option<&'a str>,
    /// Not those before this time, as it is stored.
    pub since: &'a str,
    /// Those behind this id.
    pub after: &'a str,
    /// At most so many.
    pub limit: u32,
}

impl Tx<'_> {
    /// Adds an entry that is not sealed yet, with its values.
    pub fn insert_audit(&mut self, row: &AuditRow) -> Result<()> {
        self.change(|tx| {
            tx.execute_one(
                "INSERT INTO audit (id, at, actor, request, action, kind, resource, owner, values_mac, mac)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
                &[
                    (&row.id).into(),
                    (&row.at).into(),
                    (&row.actor).into(),
                    (&row.request).into(),
                    (&row.action).into(),
                    (&row.kind).into(),
                    (&row.resource).into(),
                    row.owner.as_deref().into(),
                    row.values_mac.as_deref().map_or(Param::Null, Param::Bytes),
                    Param::Bytes(&row.mac),
                ],
            )?;
            let Some(values) = &row.values else {
                return Ok(());
            };
            tx.execute_one(
                "INSERT INTO audit_value (audit, json) VALUES ($1, $2)",
                &[(&row.id).into(), values.into()],
            )
        })
    }

    /// Ids and MACs of the oldest rows that wait to be sealed.
    pub fn audit_unsealed(&mut self, limit: u32) -> Result<Vec<(String, Vec<u8>)>> {
        self.all(
            "SELECT id, mac FROM audit WHERE seq IS NULL ORDER BY id LIMIT $1",
            &[i64::from(limit).into()],
            |row| Ok((row.string(0)?, row.bytes(1)?.to_vec())),
        )
    }

    /// How much waits to be sealed.
    pub fn audit_backlog(&mut self) -> Result<Backlog> {
        let found = self.first(
            "SELECT count(*), MIN(at) FROM audit WHERE seq IS NULL",
            &[],
            |row| {
                Ok(Backlog {
                    count: u64::try_from(row.int(0)?).unwrap_or(0),
                    oldest: row.opt_text(1)?.map(time).transpose()?,
                })
            },
        )?;
        Ok(found.unwrap_or(Backlog {
            count: 0,
            oldest: None,
        }))
    }

    /// The end of the chain; `None` before anything was sealed.
    pub fn audit_head(&mut self) -> Result<Option<AuditHead>> {
        self.first("SELECT seq, chain, mac FROM audit_head", &[], |row| {
            Ok(AuditHead {
                seal: Seal {
                    seq: row.int(0)?,
                    chain: row.bytes(1)?.to_vec(),
                },
                mac: row.bytes(2)?.to_vec(),
            })
        })
    }

    /// Gives a row its place in the chain.
    pub fn seal_audit(&mut self, id: &str, seal: &Seal) -> Result<()> {
        self.change(|tx| {
            tx.execute_one(
                "UPDATE audit SET seq = $2, chain = $3 WHERE id = $1 AND seq IS NULL",
                &[id.into(), seal.seq.into(), Param::Bytes(&seal.chain)],
            )
        })
    }

    /// Writes where the chain ends.
    pub fn set_audit_head(&mut self, head: &AuditHead) -> Result<()> {
        self.change(|tx| {
            tx.execute_one(
                "INSERT INTO audit_head (one, seq, chain, mac) VALUES (1, $1, $2, $3)
                 ON CONFLICT (one) DO UPDATE SET seq = excluded.seq, chain = excluded.chain, mac = excluded.mac",
                &[
                    head.seal.seq.into(),
                    Param::Bytes(&head.seal.chain),
                    Param::Bytes(&head.mac),
                ],
            )
        })
    }

    /// The next rows of the chain behind a place.
    pub fn audit_chain(&mut self, after: i64, limit: u32) -> Result<Vec<AuditRow>> {
        let sql = format!(
            "SELECT {COLUMNS} FROM audit a LEFT JOIN audit_value v ON v.audit = a.id
             WHERE a.seq > $1 ORDER BY a.seq LIMIT $2"
        );
        self.all(&sql, &[after.into(), i64::from(limit).into()], audit)
    }

    /// The next rows behind an id that wait to be sealed.
    pub fn audit_waiting(&mut self, after: &str, limit: u32) -> Result<Vec<AuditRow>> {
        let sql = format!(
            "SELECT {COLUMNS} FROM audit a LEFT JOIN audit_value v ON v.audit = a.id
             WHERE a.seq IS NULL AND a.id > $1 ORDER BY a.id LIMIT $2"
        );
        self.all(&sql, &[after.into(), i64::from(limit).into()], audit)
    }

    /// The next entries, oldest first.
    pub fn audit_find(&mut self, find: &AuditFind<'_>) -> Result<Vec<AuditRow>> {
        let mut params = vec![
            find.after.into(),
            i64::from(find.limit).into(),
            find.since.into(),
        ];
        let condition = match find.resource {
            Some(resource) => {
                params.push(resource.into());
                "AND a.resource = $4"
            }
            None => "",
        };
        let sql = format!(
            "SELECT {COLUMNS} FROM audit a LEFT JOIN audit_value v ON v.audit = a.id
             WHERE a.id > $1 AND a.at >= $3 {condition} ORDER BY a.id LIMIT $2"
        );
        self.all(&sql, &params, audit)
    }

    /// Whether an entry tells of this action on this resource.
    pub fn is_audited(&mut self, resource: &str, action: &str) -> Result<bool> {
        let found = self.first(
            "SELECT 1 FROM audit WHERE resource = $1 AND action = $2 LIMIT 1",
            &[resource.into(), action.into()],
            |row| row.int(0),
        )?;
        Ok(found.is_some())
    }

    /// Forgets all values of all entries about a resource; answers of how many. The entries stay.
    pub fn forget_audit_values(&mut self, resource: &str) -> Result<u64> {
        self.change(|tx| {
            tx.execute(
                "DELETE FROM audit_value WHERE audit IN (SELECT id FROM audit WHERE resource = $1)",
                &[resource.into()],
            )
        })
    }
}

fn audit(row: &dyn Row) -> Result<AuditRow> {
    let bytes = |column| -> Result<Option<Vec<u8>>> {
        if row.is_null(column)? {
            return Ok(None);
        }
        Ok(Some(row.bytes(column)?.to_vec()))
    };
    let seal = if row.is_null(10)? {
        None
    } else {
        let chain = bytes(11)?.unwrap_or_default();
        Some(Seal {
            seq: row.int(10)?,
            chain,
        })
    };
    Ok(AuditRow {
        id: row.string(0)?,
        at: row.string(1)?,
        actor: row.string(2)?,
        request: row.string(3)?,
        action: row.string(4)?,
        kind: row.string(5)?,
        resource: row.string(6)?,
        owner: row.opt_string(7)?,
        values_mac: bytes(8)?,
        mac: row.bytes(9)?.to_vec(),
        seal,
        values: row.opt_string(12)?,
    })
}
