//! Personal access tokens: with them programs speak for a person.

use jiff::Timestamp;

use super::{Tx, stored, time};
use crate::store::Result;
use crate::store::engine::{Param, Row};

const COLUMNS: &str = "id, resource, hash, name, scopes, created, expires, used";

/// A personal access token as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonalToken {
    /// Its public id.
    pub id: String,
    /// Whose it is.
    pub resource: String,
    /// The hash of the token.
    pub hash: Vec<u8>,
    /// What its holder calls it.
    pub name: String,
    /// What it may do.
    pub scopes: Vec<String>,
    /// When it was made.
    pub created: Timestamp,
    /// From when it is no longer taken.
    pub expires: Timestamp,
    /// When it was last used, about.
    pub used: Option<Timestamp>,
}

impl Tx<'_> {
    /// Keeps a token.
    pub fn insert_personal_token(&mut self, new: &PersonalToken) -> Result<()> {
        self.change(|tx| {
            let [created, expires] = [new.created, new.expires].map(stored);
            tx.execute_one(
                "INSERT INTO personal_token (id, resource, hash, name, scopes, created, expires)
                 VALUES ($1, $2, $3, $4, $5, $6, $7)",
                &[
                    (&new.id).into(),
                    (&new.resource).into(),
                    Param::Bytes(&new.hash),
                    (&new.name).into(),
                    (&new.scopes.join(" ")).into(),
                    (&created).into(),
                    (&expires).into(),
                ],
            )
        })
    }

    /// The token with this public id, also an expired one.
    pub fn personal_token(&mut self, id: &str) -> Result<Option<PersonalToken>> {
        let sql = format!("SELECT {COLUMNS} FROM personal_token WHERE id = $1");
        self.first(&sql, &[id.into()], token)
    }

    /// The tokens of a person, oldest first, expired ones too: at most `limit`.
    pub fn personal_tokens(&mut self, of: &str, limit: u32) -> Result<Vec<PersonalToken>> {
        let sql = format!(
            "SELECT {COLUMNS} FROM personal_token WHERE resource = $1 ORDER BY created, id LIMIT $2"
        );
        self.all(&sql, &[of.into(), i64::from(limit).into()], token)
    }

    /// How many tokens a person has, expired ones too.
    pub fn count_personal_tokens(&mut self, of: &str) -> Result<u64> {
        self.number(
            "SELECT count(*) FROM personal_token WHERE resource = $1",
            &[of.into()],
        )
    }

    /// Ends a token of this person; answers `false` when they have none of this id.
    pub fn end_personal_token(&mut self, of: &str, id: &str) -> Result<bool> {
        self.change(|tx| {
            let rows = tx.execute(
                "DELETE FROM personal_token WHERE id = $1 AND resource = $2",
                &[id.into(), of.into()],
            )?;
            Ok(rows == 1)
        })
    }

    /// Notes that a token was used; no error when it is gone.
    pub fn touch_personal_token(&mut self, id: &str, at: Timestamp) -> Result<()> {
        self.change(|tx| {
            tx.execute(
                "UPDATE personal_token SET used = $2 WHERE id = $1",
                &[id.into(), (&stored(at)).into()],
            )
            .map(drop)
        })
    }
}

fn token(row: &dyn Row) -> Result<PersonalToken> {
    Ok(PersonalToken {
        id: row.string(0)?,
        resource: row.string(1)?,
        hash: row.bytes(2)?.to_vec(),
        name: row.string(3)?,
        scopes: row.text(4)?.split_whitespace().map(str::to_owned).collect(),
        created: time(row.text(5)?)?,
        expires: time(row.text(6)?)?,
        used: row.opt_text(7)?.map(time).transpose()?,
    })
}
