//! Logins by SAML: messages that were used, and the identity provider's last good metadata.

use jiff::{SignedDuration, Timestamp};

use super::{Tx, stored, time};
use crate::store::Result;
use crate::store::engine::Row;

/// How many rows that have ended one new one sweeps away: more than one, so that they cannot pile up.
const SWEPT: i64 = 20;

/// How much longer than it would be good a message is remembered: a clock that was ahead for a while must not make one
/// that was used good again. One row a login, of about 150 bytes.
const KEPT_LONGER: SignedDuration = SignedDuration::from_hours(24);

/// Metadata that was good when it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SamlMetadata {
    /// The place it was read from.
    pub source: String,
    /// The entity id of the identity provider.
    pub entity_id: String,
    /// The document.
    pub document: String,
    /// The hash of the document.
    pub hash: String,
    /// When it was read last.
    pub read: Timestamp,
    /// Why what stands at that place now is not taken.
    pub alarm: Option<String>,
}

impl Tx<'_> {
    /// Notes that a message of an issuer was used; `false` when it was before.
    pub fn use_saml_message(&mut self, issuer: &str, id: &str, until: Timestamp) -> Result<bool> {
        self.change(|tx| {
            let now = tx.at()?.checked_sub(KEPT_LONGER);
            let now = stored(now.unwrap_or(Timestamp::UNIX_EPOCH));
            tx.execute(
                "DELETE FROM saml_replay WHERE (issuer, id) IN
                   (SELECT issuer, id FROM saml_replay WHERE expires <= $1 ORDER BY expires LIMIT $2)",
                &[(&now).into(), SWEPT.into()],
            )?;
            let rows = tx.execute(
                "INSERT INTO saml_replay (issuer, id, expires) VALUES ($1, $2, $3) ON CONFLICT (issuer, id) DO NOTHING",
                &[issuer.into(), id.into(), (&stored(until)).into()],
            )?;
            Ok(rows == 1)
        })
    }

    /// Whether a message of an issuer was used.
    pub fn is_saml_message_used(&mut self, issuer: &str, id: &str) -> Result<bool> {
        let found = self.first(
            "SELECT id FROM saml_replay WHERE issuer = $1 AND id = $2",
            &[issuer.into(), id.into()],
            |row| row.string(0),
        )?;
        Ok(found.is_some())
    }

    /// The last good metadata from a place.
    pub fn saml_metadata(&mut self, source: &str) -> Result<Option<SamlMetadata>> {
        self.first(
            "SELECT source, entity_id, document, hash, read, alarm FROM metadata WHERE source = $1",
            &[source.into()],
            metadata,
        )
    }

    /// The hash of the last good metadata from a place.
    pub fn saml_metadata_hash(&mut self, source: &str) -> Result<Option<String>> {
        self.first(
            "SELECT hash FROM metadata WHERE source = $1",
            &[source.into()],
            |row| row.string(0),
        )
    }

    /// Keeps metadata in place of what was kept from there.
    pub fn keep_saml_metadata(&mut self, new: &SamlMetadata) -> Result<()> {
        self.change(|tx| {
            tx.execute_one(
                "INSERT INTO metadata (source, entity_id, document, hash, read, alarm) VALUES ($1, $2, $3, $4, $5, $6)
                 ON CONFLICT (source) DO UPDATE SET entity_id = $2, document = $3, hash = $4, read = $5, alarm = $6",
                &[
                    (&new.source).into(),
                    (&new.entity_id).into(),
                    (&new.document).into(),
                    (&new.hash).into(),
                    (&stored(new.read)).into(),
                    new.alarm.as_deref().into(),
                ],
            )
        })
    }
}

fn metadata(row: &dyn Row) -> Result<SamlMetadata> {
    Ok(SamlMetadata {
        source: row.string(0)?,
        entity_id: row.string(1)?,
        document: row.string(2)?,
        hash: row.string(3)?,
        read: time(row.text(4)?)?,
        alarm: row.opt_string(5)?,
    })
}
