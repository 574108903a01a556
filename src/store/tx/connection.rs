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
            |row| connection(row, 0),
        )
    }

    /// All connections, by name.
    pub fn connections(&mut self) -> Result<Vec<Connection>> {
        self.all(
            "SELECT name, profile, scopes, created FROM connection ORDER BY name",
            &[],
            |row| connection(row, 0),
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

    /// The token with this public id and its connection, if `proves` says that its hash is the right one. That is
    /// asked once, with nothing when there is no such token, and nothing else is done for one that proves nothing: who
    /// asks cannot tell by the time whether a token is there.
    pub fn credential(
        &mut self,
        id: &str,
        proves: impl Fn(Option<&[u8]>) -> bool,
    ) -> Result<Option<(Token, Connection)>> {
        let found = self.first(
            "SELECT t.id, t.connection, t.hash, t.created, t.expires, t.revoked, t.used,
               c.name, c.profile, c.scopes, c.created
             FROM token t JOIN connection c ON c.name = t.connection WHERE t.id = $1",
            &[id.into()],
            |row| {
                if !proves(Some(row.bytes(2)?)) {
                    return Ok(None);
                }
                Ok(Some((token(row)?, connection(row, 7)?)))
            },
        )?;
        if found.is_none() {
            proves(None);
        }
        Ok(found.flatten())
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

    /// Revokes one token; answers 1 if it was not revoked before.
    pub fn revoke_token(&mut self, id: &str, at: Timestamp) -> Result<u64> {
        self.change(|tx| {
            tx.execute(
                "UPDATE token SET revoked = $2 WHERE id = $1 AND revoked IS NULL",
                &[id.into(), (&stored(at)).into()],
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

/// Reads a connection whose columns begin at `from`.
fn connection(row: &dyn Row, from: usize) -> Result<Connection> {
    let scopes = row.text(from + 2)?.split_whitespace();
    Ok(Connection {
        name: row.string(from)?,
        profile: row.opt_string(from + 1)?,
        scopes: scopes.map(str::to_owned).collect(),
        created: time(row.text(from + 3)?)?,
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
