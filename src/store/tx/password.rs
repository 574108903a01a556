//! Local passwords, and the links with which people set them.

use jiff::Timestamp;

use super::{Tx, stored, time};
use crate::store::engine::{Param, Row};
use crate::store::{Error, Result};

/// A password as it is kept.
#[derive(Clone, PartialEq, Eq)]
pub struct Password {
    /// Its PHC string.
    pub phc: String,
    /// When it was set.
    pub changed: Timestamp,
}

/// Why somebody has a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// They are new here.
    Invitation,
    /// They forgot their password.
    Reset,
}

/// A link with which somebody sets a password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// The hash of the secret in its URL.
    pub hash: Vec<u8>,
    /// Whose password it sets.
    pub resource: String,
    /// Why it was made.
    pub purpose: Purpose,
    /// From when it is no longer taken.
    pub expires: Timestamp,
}

impl Tx<'_> {
    /// The password of a person, in whatever state they are.
    pub fn password(&mut self, id: &str) -> Result<Option<Password>> {
        self.first(
            "SELECT phc, changed FROM password WHERE resource = $1",
            &[id.into()],
            |row| {
                Ok(Password {
                    phc: row.string(0)?,
                    changed: time(row.text(1)?)?,
                })
            },
        )
    }

    /// Sets the password of a person, at the time of the change; their links end.
    pub fn set_password(&mut self, id: &str, phc: &str) -> Result<()> {
        self.change(|tx| {
            let at = stored(tx.at()?);
            tx.execute_one(
                "INSERT INTO password (resource, phc, changed) VALUES ($1, $2, $3)
                 ON CONFLICT (resource) DO UPDATE SET phc = excluded.phc, changed = excluded.changed",
                &[id.into(), phc.into(), (&at).into()],
            )?;
            tx.end_links(id)
        })
    }

    /// Writes the same password with another hash; answers `false` when it is no longer the one of `old`.
    pub fn rehash_password(&mut self, id: &str, old: &str, new: &str) -> Result<bool> {
        self.change(|tx| {
            let rows = tx.execute(
                "UPDATE password SET phc = $3 WHERE resource = $1 AND phc = $2",
                &[id.into(), old.into(), new.into()],
            )?;
            Ok(rows == 1)
        })
    }

    /// Keeps a link.
    pub fn insert_link(&mut self, new: &Link) -> Result<()> {
        self.change(|tx| {
            tx.execute_one(
                "INSERT INTO password_link (hash, resource, purpose, expires) VALUES ($1, $2, $3, $4)",
                &[
                    Param::Bytes(&new.hash),
                    (&new.resource).into(),
                    new.purpose.as_str().into(),
                    (&stored(new.expires)).into(),
                ],
            )
        })
    }

    /// The link with this hash, also an expired one.
    pub fn link(&mut self, hash: &[u8]) -> Result<Option<Link>> {
        self.first(
            "SELECT hash, resource, purpose, expires FROM password_link WHERE hash = $1",
            &[Param::Bytes(hash)],
            link,
        )
    }

    /// Uses a link up; answers `false` when it is gone, as somebody else used it.
    pub fn use_link(&mut self, hash: &[u8]) -> Result<bool> {
        self.change(|tx| {
            let rows = tx.execute(
                "DELETE FROM password_link WHERE hash = $1",
                &[Param::Bytes(hash)],
            )?;
            Ok(rows == 1)
        })
    }

    /// Ends every link of a person.
    pub fn end_links(&mut self, id: &str) -> Result<()> {
        self.change(|tx| {
            tx.execute(
                "DELETE FROM password_link WHERE resource = $1",
                &[id.into()],
            )
            .map(drop)
        })
    }
}

impl Purpose {
    /// As it is stored and recorded.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Invitation => "invitation",
            Self::Reset => "reset",
        }
    }
}

impl std::fmt::Debug for Password {
    /// Without the hash, which belongs into no log.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Password(set {})", self.changed)
    }
}

fn link(row: &dyn Row) -> Result<Link> {
    let purpose = match row.text(2)? {
        "invitation" => Purpose::Invitation,
        "reset" => Purpose::Reset,
        other => {
            return Err(Error::corrupt(
                "password_link",
                row.string(1)?,
                format!("purpose {other}"),
            ));
        }
    };
    Ok(Link {
        hash: row.bytes(0)?.to_vec(),
        resource: row.string(1)?,
        purpose,
        expires: time(row.text(3)?)?,
    })
}
