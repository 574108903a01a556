//! The limit of a write: a loop that commits in groups, in one thread and without a question, the rows that the
//! gateway wrote for users.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};

use crate::Result;
use crate::measure::per_second;
use crate::seed::digits;

/// The word by which this program is told to be that loop.
pub(crate) const COMMAND: &str = "bare-store";

/// Users whose rows are taken as samples.
const SAMPLES: i64 = 100;
/// Users that are written; their rows are made before the clock starts.
const USERS: u64 = 20_000;

/// Where the rows of a user are: table, and the column with the user's id.
const TABLES: [(&str, &str); 7] = [
    ("resource", "id"),
    ("document", "resource"),
    ("unique_key", "resource"),
    ("attribute", "resource"),
    ("audit", "resource"),
    ("audit_value", "audit"),
    ("provisioning_log", "resource"),
];

/// Users a second, committed in groups of `group`, as the store in `folder` has them; in a process of its own.
pub(crate) fn measure(folder: &Path, group: u64) -> Result<f64> {
    let ran = Command::new(std::env::current_exe()?)
        .arg(COMMAND)
        .arg(folder)
        .args([group.to_string(), USERS.to_string()])
        .output()?;
    if !ran.status.success() {
        return Err(String::from_utf8_lossy(&ran.stderr).into_owned().into());
    }
    Ok(String::from_utf8(ran.stdout)?.trim().parse()?)
}

/// One run; prints users a second.
pub(crate) fn run(folder: &Path, group: &str, users: &str) -> Result<()> {
    let (group, users): (u64, u64) = (group.parse()?, users.parse()?);
    let samples = Samples::read(&Connection::open(folder.join("muster.db"))?)?;
    let file = folder.join(COMMAND);
    for end in ["", "-wal", "-shm"] {
        drop(fs::remove_file(format!("{}{end}", file.display())));
    }
    let connection = Connection::open(&file)?;
    connection.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;")?;
    connection.execute_batch(&samples.schema)?;
    let made: Vec<Vec<Row>> = (0..users).map(|n| samples.user(n)).collect();
    let took = commit(&connection, &samples.inserts, &made, group)?;
    println!("{}", per_second(users, took));
    Ok(())
}

fn commit(
    connection: &Connection,
    inserts: &[String],
    users: &[Vec<Row>],
    group: u64,
) -> Result<Duration> {
    let started = Instant::now();
    for users in users.chunks(usize::try_from(group)?) {
        connection.execute_batch("BEGIN IMMEDIATE")?;
        for row in users.iter().flatten() {
            let sql = inserts.get(row.table).ok_or("no such table")?;
            let mut statement = connection.prepare_cached(sql)?;
            statement.execute(params_from_iter(&row.values))?;
        }
        connection.execute_batch("COMMIT")?;
    }
    Ok(started.elapsed())
}

struct Row {
    /// The position in [`TABLES`].
    table: usize,
    values: Vec<Value>,
}

/// What the gateway wrote for some users.
struct Samples {
    schema: String,
    inserts: Vec<String>,
    users: Vec<Sample>,
}

struct Sample {
    /// The texts that are another user's in each copy: ids and the number in its names.
    own: Vec<String>,
    rows: Vec<Row>,
}

impl Samples {
    fn read(from: &Connection) -> Result<Self> {
        let mut schema = from.prepare(
            "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' ORDER BY rowid",
        )?;
        let schema: Vec<String> = schema
            .query_map([], |row| row.get(0))?
            .collect::<std::result::Result<_, _>>()?;
        let mut inserts = Vec::new();
        for (table, _) in TABLES {
            let columns = from
                .prepare(&format!("SELECT * FROM {table}"))?
                .column_count();
            inserts.push(format!(
                "INSERT INTO {table} VALUES ({})",
                vec!["?"; columns].join(", ")
            ));
        }
        let mut ids =
            from.prepare("SELECT id FROM resource WHERE kind = 'User' ORDER BY id DESC LIMIT ?1")?;
        let ids: Vec<String> = ids
            .query_map([SAMPLES], |row| row.get(0))?
            .collect::<std::result::Result<_, _>>()?;
        Ok(Self {
            schema: schema.join(";\n"),
            inserts,
            users: ids
                .iter()
                .map(|id| Sample::read(from, id))
                .collect::<Result<_>>()?,
        })
    }

    /// The rows of the `n`th user: those of a sample under texts of its own.
    fn user(&self, n: u64) -> Vec<Row> {
        let position = usize::try_from(n).unwrap_or(0) % self.users.len().max(1);
        let Some(sample) = self.users.get(position) else {
            return Vec::new();
        };
        let ours: Vec<String> = sample.own.iter().map(|own| renamed(own, n)).collect();
        let copy = |value: &Value| match value {
            Value::Text(text) => {
                let mut text = text.clone();
                for (own, ours) in sample.own.iter().zip(&ours) {
                    text = text.replace(own, ours);
                }
                Value::Text(text)
            }
            other => other.clone(),
        };
        let rows = sample.rows.iter().map(|row| Row {
            table: row.table,
            values: row.values.iter().map(copy).collect(),
        });
        rows.collect()
    }
}

/// Of the same length and kind, and after all others in order, as new ids are.
fn renamed(own: &str, n: u64) -> String {
    let (head, tail) = own.split_at_checked(8).unwrap_or((own, ""));
    if tail.is_empty() {
        digits(n + 50_000_000)
    } else {
        format!("{n:08x}{tail}") + &head[head.len()..]
    }
}

impl Sample {
    fn read(from: &Connection, id: &str) -> Result<Self> {
        let mut own = vec![id.to_owned()];
        let mut rows = Vec::new();
        for (position, (table, column)) in TABLES.iter().enumerate() {
            let key = if *table == "audit_value" {
                own.last()
            } else {
                own.first()
            };
            let mut found = from.prepare(&format!("SELECT * FROM {table} WHERE {column} = ?1"))?;
            let columns: Vec<String> = found.column_names().map(str::to_owned).collect();
            let mut found = found.query([key])?;
            while let Some(row) = found.next()? {
                let mut values = Vec::new();
                for (at, column) in columns.iter().enumerate() {
                    // As it was written: the place in the chain comes later, and that of a document is drawn.
                    let later = match *table {
                        "audit" => ["seq", "chain"].contains(&column.as_str()),
                        "document" => column == "place",
                        _ => false,
                    };
                    values.push(if later { Value::Null } else { row.get(at)? });
                }
                if let (true, Some(Value::Text(id))) = (
                    table.starts_with("audit") || *table == "provisioning_log",
                    values.first(),
                ) && !own.contains(id)
                {
                    own.push(id.clone());
                }
                rows.push(Row {
                    table: position,
                    values,
                });
            }
        }
        let number = rows.iter().find_map(|row| match row.values.as_slice() {
            [_, Value::Text(path), Value::Text(name), ..] if path == "userName" => name
                .split('@')
                .next()?
                .strip_prefix("user")
                .map(str::to_owned),
            _ => None,
        });
        own.push(number.ok_or("a user without a number in the name")?);
        Ok(Self { own, rows })
    }
}
