//! What the last login of a person brought: groups of the source, and whether it makes them an administrator.

use jiff::Timestamp;

use super::{Tx, stored, time};
use crate::store::Result;
use crate::store::engine::Row;

/// What a login brought, until the next one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoginState {
    /// Whose it is.
    pub resource: String,
    /// The source that said so.
    pub source: String,
    /// The groups, as a JSON array of names.
    pub brought: String,
    /// Since when it makes them an administrator.
    pub admin: Option<Timestamp>,
}

const COLUMNS: &str = "resource, source, brought, admin";

impl Tx<'_> {
    /// Puts what this login brought in the place of what the last one did.
    pub fn set_login_state(&mut self, new: &LoginState) -> Result<()> {
        self.change(|tx| {
            let admin = new.admin.map(stored);
            tx.execute_one(
                "INSERT INTO login_state (resource, source, brought, admin) VALUES ($1, $2, $3, $4)
                 ON CONFLICT (resource) DO UPDATE
                 SET source = excluded.source, brought = excluded.brought, admin = excluded.admin",
                &[
                    (&new.resource).into(),
                    (&new.source).into(),
                    (&new.brought).into(),
                    admin.as_deref().into(),
                ],
            )
        })
    }

    /// What the last login of a person brought.
    pub fn login_state(&mut self, resource: &str) -> Result<Option<LoginState>> {
        let sql = format!("SELECT {COLUMNS} FROM login_state WHERE resource = $1");
        self.first(&sql, &[resource.into()], state)
    }

    /// Everybody whom their last login made an administrator, in whatever state they are.
    pub fn administrators_by_login(&mut self) -> Result<Vec<LoginState>> {
        let sql =
            format!("SELECT {COLUMNS} FROM login_state WHERE admin IS NOT NULL ORDER BY resource");
        self.all(&sql, &[], state)
    }

    /// Takes the role of an administrator away that a login gave.
    pub(super) fn revoke_by_login(&mut self, resource: &str) -> Result<u64> {
        self.execute(
            "UPDATE login_state SET admin = NULL WHERE resource = $1 AND admin IS NOT NULL",
            &[resource.into()],
        )
    }
}

fn state(row: &dyn Row) -> Result<LoginState> {
    Ok(LoginState {
        resource: row.string(0)?,
        source: row.string(1)?,
        brought: row.string(2)?,
        admin: row.opt_text(3)?.map(time).transpose()?,
    })
}
