//! Connections and their tokens.

use jiff::Timestamp;

use super::{Tx, stored, time};
use crate::store::Result;
use crate::store::engine::{Param, Row};

const TOKEN_COLUMNS: &str = "id, connection, hash, created, expires, revoked, used";

/// A SCIM client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connection {
    /// Its name, unique.
    pub name: String,
    /// The name of its profile; `None` is the default one.
    pub profile: Option<String>,
    /// What it may do.
    pub scopes: Vec<String>,
    /// When it was made.
    pub created: Timestamp,
}

/// A bearer token of a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// Its public id.
    pub id: String,
    /// The name of its connection.
    pub connection: String,
    /// The hash of its secret part.
    pub hash: Vec<u8>,
    /// When it was made.
    pub created: Timestamp,
    /// From when it is no longer taken.
    pub expires: Timestamp,
    /// When it was revoked.
    pub revoked: Option<Timestamp>,
    /// When it was last used, about.
    pub used: Option<Timestamp>,
}

/// A token and its connection, as far as a request needs them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credential {
    /// The hash of the secret part.
    pub hash: Vec<u8>,
    /// When it ends.
    pub expires: Timestamp,
    /// Whether it was revoked.
    pub is_revoked: bool,
    /// When it was last used, as far as that was recorded.
    pub used: Option<Timestamp>,
    /// The name of the connection.
    pub connection: String,
    /// Its profile.
    pub profile: Option<String>,
    /// What it may do, separated by spaces.
    pub scopes: String,
}

impl Tx<'_> {
    /// Makes a connection; answers `false` when there is one of that name, which stays as it is.
    pub fn insert_connection(&mut self, new: &Connection) -> Result<bool> {
        self.change(|tx| {
            let rows = tx.execute(
                "INSERT INTO connection (name, profile, scopes, created) VALUES ($1, $2, $3, $4)
                 ON CONFLICT (name) DO NOTHING",
                &[
                    (&new.name).into(),
                    new.profile.as_deref().into(),
                    (&new.scopes.join(" ")).into(),
                    (&stored(new.created)).into(),
                ],
            )?;
            Ok(rows == 1)
        })
    }

    /// The connection of this name.
    pub fn connection(&mut self, name: &str) -> Result<Option<Connection>> {
        self.first(
            "SELECT name, profile, scopes, created FROM connection WHERE name = $1",
            &[name.into()],
            connection,
        )
    }

    /// All connections, by name.
    pub fn connections(&mut self) -> Result<Vec<Connection>> {
        self.all(
            "SELECT name, profile, scopes, created FROM connection ORDER BY name",
            &[],
            connection,
        )
    }

    /// Writes what a connection may do.
    pub fn set_scopes(&mut self, name: &str, scopes: &[String]) -> Result<()> {
        self.change(|tx| {
            tx.execute_one(
                "UPDATE connection SET scopes = $2 WHERE name = $1",
                &[name.into(), (&scopes.join(" ")).into()],
            )
        })
    }

    /// Stores a token.
    pub fn insert_token(&mut self, new: &Token) -> Result<()> {
        self.change(|tx| {
            let [created, expires] = [new.created, new.expires].map(stored);
            let [revoked, used] = [new.revoked, new.used].map(|at| at.map(stored));
            tx.execute_one(
                "INSERT INTO token (id, connection, hash, created, expires, revoked, used)
                 VALUES ($1, $2, $3, $4, $5, $6, $7)",
                &[
                    (&new.id).into(),
                    (&new.connection).into(),
                    Param::Bytes(&new.hash),
                    (&created).into(),
                    (&expires).into(),
                    revoked.as_deref().into(),
                    used.as_deref().into(),
                ],
            )
        })
    }

    /// The token with this public id, expired or revoked ones too.
    pub fn token(&mut self, id: &str) -> Result<Option<Token>> {
        let sql = format!("SELECT {TOKEN_COLUMNS} FROM token WHERE id = $1");
        self.first(&sql, &[id.into()], token)
    }

    /// What a request that shows the token with this public id is judged by; expired and revoked ones too.
    pub fn credential(&mut self, id: &str) -> Result<Option<Credential>> {
        self.first(
            "SELECT t.hash, t.expires, t.revoked, t.used, c.name, c.profile, c.scopes
             FROM token t JOIN connection c ON c.name = t.connection WHERE t.id = $1",
            &[id.into()],
            |row| {
                Ok(Credential {
                    hash: row.bytes(0)?.to_vec(),
                    expires: time(row.text(1)?)?,
                    is_revoked: !row.is_null(2)?,
                    used: row.opt_text(3)?.map(time).transpose()?,
                    connection: row.string(4)?,
                    profile: row.opt_string(5)?,
                    scopes: row.string(6)?,
                })
            },
        )
    }

    /// All tokens, or those of one connection, by connection and id.
    pub fn tokens(&mut self, connection: Option<&str>) -> Result<Vec<Token>> {
        let (condition, params) = match connection {
            Some(name) => ("WHERE connection = $1", vec![name.into()]),
            None => ("", Vec::new()),
        };
        let sql = format!("SELECT {TOKEN_COLUMNS} FROM token {condition} ORDER BY connection, id");
        self.all(&sql, &params, token)
    }

    /// Lets the tokens of a connection that are live end at `until` at the latest.
    pub fn shorten_tokens(&mut self, connection: &str, until: Timestamp) -> Result<u64> {
        self.change(|tx| {
            tx.execute(
                "UPDATE token SET expires = $1 WHERE connection = $2 AND revoked IS NULL AND expires > $1",
                &[(&stored(until)).into(), connection.into()],
            )
        })
    }

    /// Revokes every token of a connection; answers how many were not revoked before.
    pub fn revoke_tokens(&mut self, connection: &str, at: Timestamp) -> Result<u64> {
        self.change(|tx| {
            tx.execute(
                "UPDATE token SET revoked = $2 WHERE connection = $1 AND revoked IS NULL",
                &[connection.into(), (&stored(at)).into()],
            )
        })
    }

    /// Notes that a token was used; no error when it is gone.
    pub fn touch_token(&mut self, id: &str, at: Timestamp) -> Result<()> {
        self.change(|tx| {
            tx.execute(
                "UPDATE token SET used = $2 WHERE id = $1",
                &[id.into(), (&stored(at)).into()],
            )
            .map(drop)
        })
    }
}

fn connection(row: &dyn Row) -> Result<Connection> {
    Ok(Connection {
        name: row.string(0)?,
        profile: row.opt_string(1)?,
        scopes: row.text(2)?.split_whitespace().map(str::to_owned).collect(),
        created: time(row.text(3)?)?,
    })
}

fn token(row: &dyn Row) -> Result<Token> {
    Ok(Token {
        id: row.string(0)?,
        connection: row.string(1)?,
        hash: row.bytes(2)?.to_vec(),
        created: time(row.text(3)?)?,
        expires: time(row.text(4)?)?,
        revoked: row.opt_text(5)?.map(time).transpose()?,
        used: row.opt_text(6)?.map(time).transpose()?,
    })
}
