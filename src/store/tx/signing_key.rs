//! The keys that sign JWTs: one a period, whichever replica comes first.

use super::Tx;
use crate::store::Result;
use crate::store::engine::{Param, Row};

const COLUMNS: &str = "kid, sealer, period, public, sealed";

/// A key that signs JWTs.
#[derive(Clone, PartialEq, Eq)]
pub struct SigningKey {
    /// Its name in the head of a token.
    pub kid: String,
    /// What stands for the secret that opens it.
    pub sealer: String,
    /// The period in which it signs.
    pub period: i64,
    /// Its public half, as a JWK.
    pub public: String,
    /// Its private half, sealed.
    pub sealed: Vec<u8>,
}

impl Tx<'_> {
    /// Keeps a new key, unless there is one for its period already.
    pub fn insert_signing_key(&mut self, new: &SigningKey) -> Result<()> {
        self.change(|tx| {
            tx.execute(
                "INSERT INTO signing_key (kid, sealer, period, public, sealed) VALUES ($1, $2, $3, $4, $5)
                 ON CONFLICT (sealer, period) DO NOTHING",
                &[
                    (&new.kid).into(),
                    (&new.sealer).into(),
                    new.period.into(),
                    (&new.public).into(),
                    Param::Bytes(&new.sealed),
                ],
            )
            .map(drop)
        })
    }

    /// The keys that this secret opens, the oldest first.
    pub fn signing_keys(&mut self, sealer: &str) -> Result<Vec<SigningKey>> {
        let sql = format!("SELECT {COLUMNS} FROM signing_key WHERE sealer = $1 ORDER BY period");
        self.all(&sql, &[sealer.into()], key)
    }

    /// The key of this name that this secret opens.
    pub fn signing_key(&mut self, sealer: &str, kid: &str) -> Result<Option<SigningKey>> {
        let sql = format!("SELECT {COLUMNS} FROM signing_key WHERE sealer = $1 AND kid = $2");
        self.first(&sql, &[sealer.into(), kid.into()], key)
    }

    /// Forgets the keys of periods before this one, whoever opens them.
    pub fn drop_signing_keys(&mut self, before: i64) -> Result<u64> {
        self.change(|tx| {
            tx.execute(
                "DELETE FROM signing_key WHERE period < $1",
                &[before.into()],
            )
        })
    }
}

impl std::fmt::Debug for SigningKey {
    /// Without the private half, be it sealed.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SigningKey({} of period {})", self.kid, self.period)
    }
}

fn key(row: &dyn Row) -> Result<SigningKey> {
    Ok(SigningKey {
        kid: row.string(0)?,
        sealer: row.string(1)?,
        period: row.int(2)?,
        public: row.string(3)?,
        sealed: row.bytes(4)?.to_vec(),
    })
}
