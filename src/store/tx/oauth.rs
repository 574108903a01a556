//! Access tokens of `/oauth/token`, and the assertions that are taken for them.

use jiff::Timestamp;

use super::{Tx, stored, time};
use crate::store::Result;
use crate::store::engine::{Param, Row};

const FEDERATION_COLUMNS: &str = "connection, issuer, subject, audience, tenant, keys, created";

/// How many access tokens that have ended one new one sweeps away: more than one, so that they cannot pile up.
const SWEPT: i64 = 100;

/// Which assertion is a credential of a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Federation {
    /// The connection.
    pub connection: String,
    /// `iss`
    pub issuer: String,
    /// `sub`
    pub subject: String,
    /// `aud`
    pub audience: String,
    /// `tid`, where one is asked for.
    pub tenant: Option<String>,
    /// The URL of the issuer's keys.
    pub keys: String,
    /// Since when.
    pub created: Timestamp,
}

/// An access token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessToken {
    /// Its public id.
    pub id: String,
    /// The name of its connection.
    pub connection: String,
    /// The hash of the whole.
    pub hash: Vec<u8>,
    /// What it was given for.
    pub credential: String,
    /// From when it is no longer taken.
    pub expires: Timestamp,
}

impl Tx<'_> {
    /// Takes these assertions for a connection, and no longer those it had.
    pub fn set_federation(&mut self, new: &Federation) -> Result<()> {
        self.change(|tx| {
            tx.execute_one(
                "INSERT INTO federation (connection, issuer, subject, audience, tenant, keys, created)
                 VALUES ($1, $2, $3, $4, $5, $6, $7)
                 ON CONFLICT (connection) DO UPDATE SET issuer = $2, subject = $3, audience = $4, tenant = $5,
                   keys = $6, created = $7",
                &[
                    (&new.connection).into(),
                    (&new.issuer).into(),
                    (&new.subject).into(),
                    (&new.audience).into(),
                    new.tenant.as_deref().into(),
                    (&new.keys).into(),
                    (&stored(new.created)).into(),
                ],
            )
        })
    }

    /// Takes no assertions for a connection any more; answers `false` when it took none.
    pub fn drop_federation(&mut self, connection: &str) -> Result<bool> {
        self.change(|tx| {
            let sql = "DELETE FROM federation WHERE connection = $1";
            Ok(tx.execute(sql, &[connection.into()])? == 1)
        })
    }

    /// What a connection takes.
    pub fn federation(&mut self, connection: &str) -> Result<Option<Federation>> {
        let sql = format!("SELECT {FEDERATION_COLUMNS} FROM federation WHERE connection = $1");
        self.first(&sql, &[connection.into()], federation)
    }

    /// For whom assertions of this issuer about this subject are taken; audiences tell them apart.
    pub fn federations_of(&mut self, issuer: &str, subject: &str) -> Result<Vec<Federation>> {
        let sql = format!(
            "SELECT {FEDERATION_COLUMNS} FROM federation WHERE issuer = $1 AND subject = $2
             ORDER BY audience"
        );
        self.all(&sql, &[issuer.into(), subject.into()], federation)
    }

    /// All of them, by connection.
    pub fn federations(&mut self) -> Result<Vec<Federation>> {
        let sql = format!("SELECT {FEDERATION_COLUMNS} FROM federation ORDER BY connection");
        self.all(&sql, &[], federation)
    }

    /// Stores an access token, and sweeps some away that have ended.
    pub fn insert_access_token(&mut self, new: &AccessToken) -> Result<()> {
        self.change(|tx| {
            let now = stored(tx.at()?);
            tx.execute(
                "DELETE FROM oauth_token WHERE id IN
                   (SELECT id FROM oauth_token WHERE expires <= $1 ORDER BY expires LIMIT $2)",
                &[(&now).into(), SWEPT.into()],
            )?;
            tx.execute_one(
                "INSERT INTO oauth_token (id, connection, hash, credential, expires)
                 VALUES ($1, $2, $3, $4, $5)",
                &[
                    (&new.id).into(),
                    (&new.connection).into(),
                    Param::Bytes(&new.hash),
                    (&new.credential).into(),
                    (&stored(new.expires)).into(),
                ],
            )
        })
    }

    /// The access token with this public id, one that has ended too.
    pub fn access_token(&mut self, id: &str) -> Result<Option<AccessToken>> {
        self.first(
            "SELECT id, connection, hash, credential, expires FROM oauth_token WHERE id = $1",
            &[id.into()],
            |row| {
                Ok(AccessToken {
                    id: row.string(0)?,
                    connection: row.string(1)?,
                    hash: row.bytes(2)?.to_vec(),
                    credential: row.string(3)?,
                    expires: time(row.text(4)?)?,
                })
            },
        )
    }

    /// Ends every access token of a connection; answers how many there were.
    pub fn drop_access_tokens(&mut self, connection: &str) -> Result<u64> {
        self.change(|tx| {
            let sql = "DELETE FROM oauth_token WHERE connection = $1";
            tx.execute(sql, &[connection.into()])
        })
    }
}

fn federation(row: &dyn Row) -> Result<Federation> {
    Ok(Federation {
        connection: row.string(0)?,
        issuer: row.string(1)?,
        subject: row.string(2)?,
        audience: row.string(3)?,
        tenant: row.opt_string(4)?,
        keys: row.string(5)?,
        created: time(row.text(6)?)?,
    })
}
