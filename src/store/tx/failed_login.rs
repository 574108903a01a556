//! The last logins that were refused, for whoever is asked why.

use jiff::Timestamp;

use super::{Tx, stored, time};
use crate::clock::latest_past;
use crate::store::Result;
use crate::store::engine::Row;

/// How many are kept. Of 2 KiB each, 2 MiB.
pub const FAILED_LOGINS: u32 = 1_000;

/// A login that was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailedLogin {
    /// The number that the person was told.
    pub reference: String,
    /// When.
    pub at: Timestamp,
    /// `local`, `saml` or `ldap`.
    pub method: String,
    /// The stable reason code.
    pub code: String,
    /// The record that was found, if one was.
    pub resource: Option<String>,
    /// The address it was tried from.
    pub address: Option<String>,
    /// The steps, as JSON.
    pub trail: String,
}

impl Tx<'_> {
    /// Keeps logins that were refused, but for those of accounts that were purged in the meantime, and drops those that are
    /// too old or too many. Those that were kept while the clock was ahead would push out every later one: they get the time
    /// of this change.
    pub fn insert_failed_logins(&mut self, new: &[FailedLogin], since: Timestamp) -> Result<()> {
        self.change(|tx| {
            let now = tx.at()?;
            tx.execute(
                "UPDATE failed_login SET at = $1 WHERE at > $2",
                &[(&stored(now)).into(), (&stored(latest_past(now))).into()],
            )?;
            for one in new {
                let is_of_purged = match &one.resource {
                    Some(id) => !tx.is_known(id)?,
                    None => false,
                };
                if !is_of_purged {
                    tx.insert_failed_login(one)?;
                }
            }
            tx.execute(
                "DELETE FROM failed_login WHERE at < $2 OR id NOT IN
                   (SELECT id FROM failed_login ORDER BY at DESC, id DESC LIMIT $1)",
                &[i64::from(FAILED_LOGINS).into(), (&stored(since)).into()],
            )
            .map(drop)
        })
    }

    fn insert_failed_login(&mut self, new: &FailedLogin) -> Result<()> {
        let id = self.draw_id()?;
        self.execute_one(
            "INSERT INTO failed_login (id, reference, at, method, code, resource, address, trail)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
            &[
                (&id).into(),
                (&new.reference).into(),
                (&stored(new.at)).into(),
                (&new.method).into(),
                (&new.code).into(),
                new.resource.as_deref().into(),
                new.address.as_deref().into(),
                (&new.trail).into(),
            ],
        )
    }

    /// The last ones, the latest first; those with one reference, if that is given.
    pub fn failed_logins(
        &mut self,
        reference: Option<&str>,
        limit: u32,
    ) -> Result<Vec<FailedLogin>> {
        self.all(
            "SELECT reference, at, method, code, resource, address, trail FROM failed_login
             WHERE $1 = '' OR reference = $1 ORDER BY at DESC, id DESC LIMIT $2",
            &[
                reference.unwrap_or_default().into(),
                i64::from(limit).into(),
            ],
            failed,
        )
    }
}

fn failed(row: &dyn Row) -> Result<FailedLogin> {
    Ok(FailedLogin {
        reference: row.string(0)?,
        at: time(row.text(1)?)?,
        method: row.string(2)?,
        code: row.string(3)?,
        resource: row.opt_string(4)?,
        address: row.opt_string(5)?,
        trail: row.string(6)?,
    })
}
