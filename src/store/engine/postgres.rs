//! PostgreSQL: the only file that names its driver.

use std::collections::HashMap;
use std::error::Error as _;
use std::path::Path;
use std::time::Duration;

use bytes::BytesMut;
use postgres::Client;
use postgres::Config;
use postgres::NoTls;
use postgres::Statement;
use postgres::error::Severity;
use postgres::error::SqlState;
use postgres::fallible_iterator::FallibleIterator;
use postgres::types::FromSql;
use postgres::types::IsNull;
use postgres::types::ToSql;
use postgres::types::Type;
use postgres::types::to_sql_checked;

use super::{Access, Dialect, Driver, Engine, Flow, Occasion, Param, Row, mistyped};
use crate::store::{Error, READ_LIMIT, Result, Role, ServerUrl};

/// How many changes are made at once. Thirty-two made 1,900 small changes a second and eight half of that; a server
/// that is set up as it comes takes a hundred connections, and a second gateway wants some too.
const WRITERS: usize = 16;

/// Statements kept prepared on a connection: about 60 fixed ones and the most used filters.
const STATEMENTS: usize = 160;

/// How long one may take to connect before it is given up.
const CONNECT: Duration = Duration::from_secs(5);

/// How many rows of a long answer are fetched at once: of documents of 2 KiB, 500 KiB.
const FETCH: &str = "FETCH 256 FROM scan";

/// How many slots of the counters there are.
const SLOTS: i64 = 64;

/// The collations whose order is that of code points, in the spellings that servers use.
const BY_CODE_POINT: [&str; 5] = ["C", "POSIX", "C.UTF-8", "C.UTF8", "C.utf8"];

const DIALECT: Dialect = Dialect {
    int: "BIGINT",
    bytes: "BYTEA",
    strict: "",
    keyed: "",
    share: "FOR SHARE",
};

/// A database on a server.
pub(crate) struct Postgres {
    config: Config,
    role: Role,
}

impl Postgres {
    /// Reads the URL; nobody is asked yet.
    pub(crate) fn new(url: &ServerUrl, role: Role) -> Result<Self> {
        let mut config: Config = url.expose().parse().map_err(|why: postgres::Error| {
            let why = why.source().map_or_else(String::new, ToString::to_string);
            Error::Open(format!("database.url cannot be read: {why}"))
        })?;
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(CONNECT);
        }
        if config.get_application_name().is_none() {
            config.application_name("muster");
        }
        Ok(Self { config, role })
    }
}

impl Engine for Postgres {
    fn connect(&self, access: Access) -> Result<Box<dyn Driver>> {
        let mut client = self.config.connect(NoTls).map_err(opening)?;
        check(&mut client)?;
        if access == Access::Read && self.role == Role::Serve {
            let limit = READ_LIMIT.as_millis();
            client
                .batch_execute(&format!("SET statement_timeout = {limit}"))
                .map_err(opening)?;
        }
        let slot = client
            .query_one("SELECT pg_backend_pid()", &[])
            .and_then(|row| row.try_get::<_, i32>(0))
            .map_err(opening)?;
        Ok(Box::new(Session {
            client,
            statements: HashMap::new(),
            used: 0,
            state: State::Idle,
            again: false,
            slot: i64::from(slot) % SLOTS,
        }))
    }

    fn side_by_side(&self) -> Option<usize> {
        Some(match self.role {
            Role::Serve => WRITERS,
            Role::Command => 1,
        })
    }

    fn copy(&self, _: &Path) -> Result<Box<dyn Driver>> {
        Err(Error::Other(
            "this database is on a PostgreSQL server: pg_dump copies it while it is in use"
                .to_owned(),
        ))
    }
}

/// Where a transaction stands. The server answers COMMIT with success even where it rolls back instead, so
/// this must be known here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// There is none.
    Idle,
    /// It goes on.
    Open,
    /// A statement failed: it goes on only behind a savepoint.
    Failed,
}

struct Session {
    client: Client,
    /// With when each was last used.
    statements: HashMap<String, (Statement, u64)>,
    used: u64,
    state: State,
    again: bool,
    slot: i64,
}

impl Session {
    /// The statement, prepared once for a connection.
    fn prepared(&mut self, sql: &str, params: &[Param<'_>]) -> Result<Statement> {
        self.used += 1;
        if let Some((statement, used)) = self.statements.get_mut(sql) {
            *used = self.used;
            return Ok(statement.clone());
        }
        let types: Vec<Type> = params.iter().map(wire_type).collect();
        let statement = self
            .client
            .prepare_typed(&DIALECT.fill(sql), &types)
            .map_err(|why| self.failed(&why))?;
        if self.statements.len() >= STATEMENTS {
            let oldest = self.statements.iter().min_by_key(|(_, (_, used))| *used);
            if let Some(oldest) = oldest.map(|(sql, _)| sql.clone()) {
                self.statements.remove(&oldest);
            }
        }
        self.statements
            .insert(sql.to_owned(), (statement.clone(), self.used));
        Ok(statement)
    }

    /// Prepares, and makes sure that the statement takes these parameters.
    fn fitting(&mut self, sql: &str, params: &[Param<'_>]) -> Result<Statement> {
        let statement = self.prepared(sql, params)?;
        let takes = statement.params().len();
        if takes == params.len() {
            return Ok(statement);
        }
        Err(Error::Other(format!(
            "{} parameters for a statement with {takes}",
            params.len()
        )))
    }

    /// Runs statements that answer nothing.
    fn run(&mut self, sql: &str) -> Result<()> {
        self.client
            .batch_execute(sql)
            .map_err(|why| self.failed(&why))
    }

    /// What an error means, and what it did to the transaction.
    fn failed(&mut self, error: &postgres::Error) -> Error {
        if self.state == State::Open {
            self.state = State::Failed;
        }
        let clash = matches!(
            error.code(),
            Some(&SqlState::T_R_SERIALIZATION_FAILURE | &SqlState::T_R_DEADLOCK_DETECTED)
        );
        // Nothing of a transaction that was cut off before its commit is in the database.
        self.again |= clash || self.client.is_closed() || !is_refusal(error);
        meaning(error)
    }
}

impl Driver for Session {
    fn execute(&mut self, sql: &str, params: &[Param<'_>]) -> Result<u64> {
        let statement = self.fitting(sql, params)?;
        let params: Vec<&(dyn ToSql + Sync)> = params.iter().map(|param| param as _).collect();
        self.client
            .execute(&statement, &params)
            .map_err(|why| self.failed(&why))
    }

    fn query(
        &mut self,
        sql: &str,
        params: &[Param<'_>],
        each: &mut dyn FnMut(&dyn Row) -> Result<Flow>,
    ) -> Result<()> {
        let statement = self.fitting(sql, params)?;
        let fault = match self.client.query_raw(&statement, params.iter()) {
            Ok(mut rows) => loop {
                match rows.next() {
                    Ok(Some(row)) if each(&row)? == Flow::Next => {}
                    Ok(_) => return Ok(()),
                    Err(why) => break why,
                }
            },
            Err(why) => why,
        };
        Err(self.failed(&fault))
    }

    /// With a cursor: what is not fetched is neither read by the server nor sent.
    fn scan(
        &mut self,
        sql: &str,
        params: &[Param<'_>],
        each: &mut dyn FnMut(&dyn Row) -> Result<Flow>,
    ) -> Result<()> {
        self.execute(&format!("DECLARE scan NO SCROLL CURSOR FOR {sql}"), params)?;
        let mut flow = Flow::Next;
        while flow == Flow::Next {
            let mut rows = 0_u32;
            let fetched = self.query(FETCH, &[], &mut |row| {
                rows += 1;
                flow = each(row)?;
                Ok(flow)
            });
            if let Err(why) = fetched {
                if self.state == State::Open {
                    self.run("CLOSE scan")?;
                }
                return Err(why);
            }
            if rows == 0 {
                break;
            }
        }
        self.run("CLOSE scan")
    }

    fn batch(&mut self, sql: &str) -> Result<()> {
        let done = self.client.batch_execute(&DIALECT.fill(sql));
        done.map_err(|why| {
            // Two that make the same table at once: one of them fails, whatever IF NOT EXISTS says.
            self.again |= matches!(
                why.code(),
                Some(&SqlState::UNIQUE_VIOLATION | &SqlState::DUPLICATE_TABLE)
            );
            self.failed(&why)
        })
    }

    fn begin(&mut self, access: Access) -> Result<()> {
        self.again = false;
        self.run(match access {
            // Every statement of it sees the same.
            Access::Read => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
            // Every statement sees what was committed before it: what was locked is then read as it is.
            Access::Write => "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE",
        })?;
        self.state = State::Open;
        Ok(())
    }

    fn commit(&mut self) -> Result<()> {
        if self.state == State::Failed {
            return Err(Error::Other(
                "a statement of the transaction failed, so it cannot be committed".to_owned(),
            ));
        }
        if let Err(error) = self.client.batch_execute("COMMIT") {
            let meaning = self.failed(&error);
            if is_refusal(&error) {
                return Err(meaning);
            }
            // It may have been done before the connection was lost.
            self.again = false;
            return Err(Error::Unavailable(
                "the connection was lost during a commit: nobody knows whether the change was made"
                    .to_owned(),
            ));
        }
        self.state = State::Idle;
        Ok(())
    }

    fn rollback(&mut self) {
        let open = match self.state {
            State::Idle => false,
            State::Open | State::Failed => true,
        };
        if open && self.client.batch_execute("ROLLBACK").is_ok() {
            self.state = State::Idle;
        }
    }

    fn in_transaction(&self) -> bool {
        match self.state {
            State::Idle => false,
            State::Open | State::Failed => true,
        }
    }

    fn again(&self) -> bool {
        self.again
    }

    fn lock(&mut self, sql: &str, params: &[Param<'_>]) -> Result<()> {
        self.query(&format!("{sql} FOR UPDATE OF r"), params, &mut |_| {
            Ok(Flow::Next)
        })
    }

    fn slot(&self) -> i64 {
        self.slot
    }

    fn integrity(&mut self) -> Result<Vec<String>> {
        let mut faults = Vec::new();
        self.query(
            "SELECT conrelid::regclass::text || ': ' || conname FROM pg_constraint WHERE NOT convalidated",
            &[],
            &mut |row| {
                faults.push(format!("{} is not validated", row.text(0)?));
                Ok(Flow::Next)
            },
        )?;
        Ok(faults)
    }

    fn tidy(&mut self, occasion: Occasion) -> Result<()> {
        match occasion {
            Occasion::Busy | Occasion::Idle | Occasion::Close => Ok(()),
        }
    }

    fn effort(&self) -> u64 {
        0
    }

    fn savepoint(&mut self) -> Result<()> {
        self.run("SAVEPOINT scope")
    }

    fn release(&mut self) -> Result<()> {
        self.run("RELEASE SAVEPOINT scope")
    }

    fn undo(&mut self) -> Result<()> {
        self.run("ROLLBACK TO SAVEPOINT scope; RELEASE SAVEPOINT scope")?;
        self.state = State::Open;
        Ok(())
    }
}

impl Row for postgres::Row {
    fn text(&self, column: usize) -> Result<&str> {
        self.try_get(column).map_err(|why| unread(column, &why))
    }

    fn int(&self, column: usize) -> Result<i64> {
        // A literal in a statement is an INTEGER.
        match self.columns().get(column).map(postgres::Column::type_) {
            Some(&Type::INT4) => self.try_get::<_, i32>(column).map(i64::from),
            Some(_) | None => self.try_get(column),
        }
        .map_err(|why| unread(column, &why))
    }

    fn bytes(&self, column: usize) -> Result<&[u8]> {
        self.try_get(column).map_err(|why| unread(column, &why))
    }

    fn is_null(&self, column: usize) -> Result<bool> {
        self.try_get::<_, Option<Anything>>(column)
            .map(|value| value.is_none())
            .map_err(|why| unread(column, &why))
    }
}

/// A value that is there, whatever it is.
struct Anything;

impl FromSql<'_> for Anything {
    fn from_sql(
        _: &Type,
        _: &[u8],
    ) -> std::result::Result<Self, Box<dyn std::error::Error + Sync + Send>> {
        Ok(Self)
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

impl ToSql for Param<'_> {
    fn to_sql(
        &self,
        ty: &Type,
        out: &mut BytesMut,
    ) -> std::result::Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        match self {
            Self::Null => Ok(IsNull::Yes),
            Self::Int(number) => number.to_sql_checked(ty, out),
            // No stored text has this sign, which JSON and filters refuse and the server does not take: what stands
            // in its place here can be looked for in vain, or told in a log.
            Self::Text(text) if text.contains('\0') => {
                text.replace('\0', "\u{fffd}").to_sql_checked(ty, out)
            }
            Self::Text(text) => text.to_sql_checked(ty, out),
            Self::Bytes(bytes) => bytes.to_sql_checked(ty, out),
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

/// What a parameter is told to be; the statement decides what NULL is.
fn wire_type(param: &Param<'_>) -> Type {
    match param {
        Param::Null => Type::UNKNOWN,
        Param::Int(_) => Type::INT8,
        Param::Text(_) => Type::TEXT,
        Param::Bytes(_) => Type::BYTEA,
    }
}

/// Refuses a database that sorts otherwise than by code point, or cannot hold every text.
fn check(client: &mut Client) -> Result<()> {
    // Servers before 15 have no provider but the C library.
    let row = client
        .query_one(
            "SELECT d.datcollate::text, COALESCE(to_jsonb(d) ->> 'datlocprovider', 'c'),
               pg_encoding_to_char(d.encoding)::text, d.datname::text
             FROM pg_database d WHERE d.datname = current_database()",
            &[],
        )
        .map_err(opening)?;
    let text = |column: usize| row.try_get::<_, &str>(column).map_err(opening);
    let (collation, provider, encoding, name) = (text(0)?, text(1)?, text(2)?, text(3)?);
    if provider != "i" && BY_CODE_POINT.contains(&collation) && encoding == "UTF8" {
        return Ok(());
    }
    Err(Error::Open(format!(
        "the database {name} has encoding {encoding} and sorts by {collation}{}, but must have UTF8 and sort by \
         code point: make it with CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C'",
        if provider == "i" { " of ICU" } else { "" }
    )))
}

#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
fn opening(error: postgres::Error) -> Error {
    Error::Open(format!("the database: {}", told(&error)))
}

fn unread(column: usize, error: &postgres::Error) -> Error {
    mistyped(column, told(error))
}

/// What the server or the driver said; neither repeats a password.
fn told(error: &postgres::Error) -> String {
    if let Some(said) = error.as_db_error() {
        return format!("{} ({})", said.message(), said.code().code());
    }
    match error.source() {
        Some(why) => format!("{error}: {why}"),
        None => error.to_string(),
    }
}

/// Whether the server refused a statement, and the connection goes on.
fn is_refusal(error: &postgres::Error) -> bool {
    error
        .as_db_error()
        .is_some_and(|said| said.parsed_severity() == Some(Severity::Error))
}

/// What an error is to the store.
fn meaning(error: &postgres::Error) -> Error {
    let Some(code) = error.code() else {
        return if error.is_closed() || error.source().is_some_and(|why| why.is::<std::io::Error>())
        {
            Error::Unavailable(told(error))
        } else {
            Error::Other(told(error))
        };
    };
    match (code, code.code().get(..2).unwrap_or_default()) {
        (&SqlState::QUERY_CANCELED, _) => Error::Slow,
        (&SqlState::DATA_CORRUPTED | &SqlState::INDEX_CORRUPTED, _) => {
            Error::corrupt("database", "", told(error))
        }
        // No connection, a clash, out of resources, locked, shutting down, a broken disk; or a server that only reads.
        (&SqlState::READ_ONLY_SQL_TRANSACTION, _)
        | (_, "08" | "40" | "53" | "55" | "57" | "58") => Error::Unavailable(told(error)),
        (_, _) => Error::Other(told(error)),
    }
}

#[cfg(test)]
mod tests;
