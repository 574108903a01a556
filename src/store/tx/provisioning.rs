//! The provisioning log: what clients asked for over SCIM and what became of it.

use jiff::Timestamp;

use super::{Tx, stored, time};
use crate::store::engine::{Param, Row};
use crate::store::{Error, Result};

const COLUMNS: &str = "id, at, nature, connection, request, method, route, operation, resource, status, scim_type, detail, micros, fields, corrected, dropped";

/// What a request was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nature {
    /// It was to change something, and was done.
    Change,
    /// It was refused, or failed.
    Refusal,
    /// It read something.
    Read,
}

/// A SCIM request, or one operation of a Bulk request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogEntry {
    /// Its id, which the store gives; later ones sort after earlier ones.
    pub id: String,
    /// When it was answered.
    pub at: Timestamp,
    /// What it was.
    pub nature: Nature,
    /// The connection; empty where nobody was authenticated.
    pub connection: String,
    /// The id of the request.
    pub request: String,
    /// The HTTP method, or that of the operation.
    pub method: String,
    /// The pattern of the URL.
    pub route: String,
    /// The position in a Bulk request, from 0.
    pub operation: Option<u64>,
    /// The id of the resource that was made, changed, read or asked for.
    pub resource: Option<String>,
    /// The status of the answer.
    pub status: u16,
    /// The `scimType` of a refusal.
    pub scim_type: Option<String>,
    /// What the caller was told.
    pub detail: Option<String>,
    /// How long it took, in microseconds; of a change, until it was written.
    pub micros: u64,
    /// The attributes that changed.
    pub fields: Vec<String>,
    /// The deviations that the profile corrected.
    pub corrected: Vec<String>,
    /// What was left out of the body: a password, attributes that no schema knows.
    pub dropped: Vec<String>,
}

/// Which entries are looked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LogFind {
    /// Those of one connection.
    pub connection: Option<String>,
    /// Those about one resource.
    pub resource: Option<String>,
    /// Those of one nature.
    pub nature: Option<Nature>,
    /// Those before this id; from the newest on without one.
    pub before: Option<String>,
    /// At most so many.
    pub limit: u32,
}

impl Nature {
    const ALL: [Self; 3] = [Self::Change, Self::Refusal, Self::Read];

    fn number(self) -> i64 {
        match self {
            Self::Change => 0,
            Self::Refusal => 1,
            Self::Read => 2,
        }
    }
}

impl Tx<'_> {
    /// Adds an entry, under an id of this transaction.
    pub fn insert_log(&mut self, entry: &LogEntry) -> Result<()> {
        self.change(|tx| {
            let id = tx.draw_id()?;
            let number = |number: u64| Param::Int(i64::try_from(number).unwrap_or(i64::MAX));
            let [fields, corrected, dropped] =
                [&entry.fields, &entry.corrected, &entry.dropped].map(|names| list(names));
            tx.execute_one(
                "INSERT INTO provisioning_log (id, at, nature, connection, request, method, route, operation,
                   resource, status, scim_type, detail, micros, fields, corrected, dropped)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)",
                &[
                    (&id).into(),
                    (&stored(entry.at)).into(),
                    entry.nature.number().into(),
                    (&entry.connection).into(),
                    (&entry.request).into(),
                    (&entry.method).into(),
                    (&entry.route).into(),
                    entry.operation.map_or(Param::Null, number),
                    entry.resource.as_deref().into(),
                    i64::from(entry.status).into(),
                    entry.scim_type.as_deref().into(),
                    entry.detail.as_deref().into(),
                    number(entry.micros),
                    fields.as_deref().into(),
                    corrected.as_deref().into(),
                    dropped.as_deref().into(),
                ],
            )
        })
    }

    /// The entries, newest first.
    pub fn find_log(&mut self, find: &LogFind) -> Result<Vec<LogEntry>> {
        let mut params: Vec<Param<'_>> = vec![i64::from(find.limit).into()];
        let mut conditions = Vec::new();
        let texts = [
            ("connection =", &find.connection),
            ("resource =", &find.resource),
            ("id <", &find.before),
        ];
        for (condition, text) in texts {
            if let Some(text) = text {
                params.push(text.into());
                conditions.push(format!("{condition} ${}", params.len()));
            }
        }
        if let Some(nature) = find.nature {
            conditions.push(format!("nature = {}", nature.number()));
        }
        let condition = match conditions.len() {
            0 => String::new(),
            _ => format!("WHERE {}", conditions.join(" AND ")),
        };
        let sql =
            format!("SELECT {COLUMNS} FROM provisioning_log {condition} ORDER BY id DESC LIMIT $1");
        self.all(&sql, &params, entry)
    }

    /// Counts reads of a connection.
    pub fn count_reads(&mut self, connection: &str, number: u64) -> Result<()> {
        self.change(|tx| {
            let number = i64::try_from(number).unwrap_or(i64::MAX);
            tx.execute_one(
                "INSERT INTO provisioning_read (connection, number) VALUES ($1, $2)
                 ON CONFLICT (connection) DO UPDATE SET number = provisioning_read.number + excluded.number",
                &[connection.into(), number.into()],
            )
        })
    }

    /// How many reads of a connection there were.
    pub fn reads(&mut self, connection: &str) -> Result<u64> {
        self.number(
            "SELECT number FROM provisioning_read WHERE connection = $1",
            &[connection.into()],
        )
    }

    /// Keeps the last `kept` reads of a connection and drops those before.
    pub fn trim_reads(&mut self, connection: &str, kept: u32) -> Result<u64> {
        self.trim("connection = $1 AND nature = 2", connection, kept)
    }

    /// Keeps the last `kept` entries of requests that nobody was authenticated for.
    pub fn trim_strangers(&mut self, kept: u32) -> Result<u64> {
        self.trim("connection = $1", "", kept)
    }

    /// The entry that `skipped` others follow: of all, or of those older than `before`.
    pub fn log_behind(&mut self, before: Option<&str>, skipped: u64) -> Result<Option<String>> {
        let skipped = Param::Int(i64::try_from(skipped).unwrap_or(i64::MAX));
        let (sql, params) = match before {
            None => (
                "SELECT id FROM provisioning_log ORDER BY id DESC LIMIT 1 OFFSET $1",
                vec![skipped],
            ),
            Some(before) => (
                "SELECT id FROM provisioning_log WHERE id < $2 ORDER BY id DESC LIMIT 1 OFFSET $1",
                vec![skipped, before.into()],
            ),
        };
        self.first(sql, &params, |row| row.string(0))
    }

    /// Drops the oldest entries up to and including `last`, at most `limit`; answers how many those were.
    pub fn drop_log(&mut self, last: &str, limit: u32) -> Result<u64> {
        self.change(|tx| {
            tx.execute(
                "DELETE FROM provisioning_log WHERE id IN
                 (SELECT id FROM provisioning_log WHERE id <= $1 ORDER BY id LIMIT $2)",
                &[last.into(), i64::from(limit).into()],
            )
        })
    }

    fn trim(&mut self, condition: &str, connection: &str, kept: u32) -> Result<u64> {
        self.change(|tx| {
            let sql = format!(
                "DELETE FROM provisioning_log WHERE {condition} AND id <= (SELECT id FROM provisioning_log
                 WHERE {condition} ORDER BY id DESC LIMIT 1 OFFSET $2)"
            );
            tx.execute(&sql, &[connection.into(), i64::from(kept).into()])
        })
    }
}

/// Names as they are stored: a JSON array, or nothing.
fn list(names: &[String]) -> Option<String> {
    (!names.is_empty()).then(|| serde_json::Value::from(names).to_string())
}

fn entry(row: &dyn Row) -> Result<LogEntry> {
    let id = row.string(0)?;
    let damaged = |what: &str| Error::corrupt("provisioning_log", &*id, what);
    let names = |column: usize, what: &str| -> Result<Vec<String>> {
        let Some(text) = row.opt_text(column)? else {
            return Ok(Vec::new());
        };
        serde_json::from_str(text).map_err(|_| damaged(what))
    };
    let number = row.int(2)?;
    let nature = Nature::ALL
        .into_iter()
        .find(|nature| nature.number() == number);
    let operation = if row.is_null(7)? {
        None
    } else {
        Some(row.int(7)?)
    };
    Ok(LogEntry {
        at: time(row.text(1)?)?,
        nature: nature.ok_or_else(|| damaged("nature"))?,
        connection: row.string(3)?,
        request: row.string(4)?,
        method: row.string(5)?,
        route: row.string(6)?,
        operation: operation.and_then(|number| u64::try_from(number).ok()),
        resource: row.opt_string(8)?,
        status: u16::try_from(row.int(9)?).map_err(|_| damaged("status"))?,
        scim_type: row.opt_string(10)?,
        detail: row.opt_string(11)?,
        micros: u64::try_from(row.int(12)?).map_err(|_| damaged("micros"))?,
        fields: names(13, "fields")?,
        corrected: names(14, "corrected")?,
        dropped: names(15, "dropped")?,
        id,
    })
}
