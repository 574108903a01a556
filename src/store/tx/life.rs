//! The turns in the life of an account that are not in its document: locked, unlocked, restored, purged.

use super::{Record, State, Tx};
use crate::scim::resource::Document;
use crate::scim::schema::ResourceType;
use crate::store::keys::external_key;
use crate::store::{Error, Result};

/// What stands about a resource in tables of its own, but for its own row: all of it goes with a purge.
const BELONGINGS: [&str; 20] = [
    "DELETE FROM login_place WHERE resource = $1",
    "DELETE FROM link WHERE resource = $1",
    "DELETE FROM link_pass WHERE resource = $1",
    "DELETE FROM login_state WHERE resource = $1",
    "DELETE FROM failed_login WHERE resource = $1",
    "DELETE FROM former_key WHERE resource = $1",
    "DELETE FROM unique_key WHERE resource = $1",
    "DELETE FROM attribute WHERE resource = $1",
    "DELETE FROM member WHERE group_id = $1",
    "DELETE FROM member WHERE member_id = $1",
    "DELETE FROM role_grant WHERE resource = $1",
    "DELETE FROM legal_hold WHERE resource = $1",
    "DELETE FROM activity WHERE resource = $1",
    "DELETE FROM inbox WHERE resource = $1",
    "DELETE FROM inbox WHERE other = $1",
    "DELETE FROM password WHERE resource = $1",
    "DELETE FROM own_address WHERE resource = $1",
    "DELETE FROM awaited WHERE resource = $1",
    "DELETE FROM document WHERE resource = $1",
    // What clients were told about it may quote what it held.
    "UPDATE provisioning_log SET detail = NULL WHERE resource = $1",
];

impl Tx<'_> {
    /// Shuts a live account, whatever its document says and will say.
    ///
    /// # Errors
    /// [`Error::Stale`] when the resource is no longer at the version of `old`.
    pub fn lock(&mut self, rt: &ResourceType, old: &Record) -> Result<Record> {
        self.change(|tx| {
            let document = old.document()?;
            let new = Record {
                state: State::Deactivated,
                locked: true,
                version: old.version + 1,
                modified: tx.at()?,
                ..old.clone()
            };
            tx.rewrite(rt, old, new, &document)
        })
    }

    /// Lifts the lock of a live account, if there is one, and opens it; `document` is what is known of it from now on.
    ///
    /// # Errors
    /// As [`Tx::update`].
    pub fn unlock(
        &mut self,
        rt: &ResourceType,
        old: &Record,
        document: &Document,
    ) -> Result<Record> {
        self.change(|tx| {
            if old.state == State::Deleted {
                return Err(Error::Stale);
            }
            let new = Record {
                external_id: external_key(document),
                body: document.to_text(),
                state: State::Active,
                locked: false,
                version: old.version + 1,
                modified: tx.at()?,
                ..old.clone()
            };
            tx.rewrite(rt, old, new, document)
        })
    }

    /// Makes a deleted account live again, with the memberships that groups still remember. A locked one
    /// stays shut, whatever `state` says.
    ///
    /// # Errors
    /// [`Error::Taken`] when somebody else has its name by now; [`Error::Stale`].
    pub fn restore(
        &mut self,
        rt: &ResourceType,
        old: &Record,
        document: &Document,
        state: State,
    ) -> Result<Record> {
        self.change(|tx| {
            if old.state != State::Deleted {
                return Err(Error::Stale);
            }
            let new = Record {
                external_id: external_key(document),
                body: document.to_text(),
                state: if old.locked {
                    State::Deactivated
                } else {
                    state
                },
                deleted: None,
                version: old.version + 1,
                modified: tx.at()?,
                ..old.clone()
            };
            let new = tx.rewrite(rt, old, new, document)?;
            tx.drop_former(&new.id)?;
            tx.show_memberships(&new.id)?;
            Ok(new)
        })
    }

    /// Removes a deleted resource for good, with all that is known about it. Its id stays where others
    /// refer to it in documents of their own.
    ///
    /// # Errors
    /// [`Error::Stale`] when it is not deleted, or no longer at the version of `old`.
    pub fn purge(&mut self, old: &Record) -> Result<()> {
        self.change(|tx| {
            tx.end_holdings(&old.id)?;
            tx.drop_belongings(&old.id)?;
            let rows = tx.execute(
                "DELETE FROM resource WHERE id = $1 AND kind = $2 AND version = $3 AND state = 2",
                &[(&old.id).into(), (&old.kind).into(), old.version.into()],
            )?;
            if rows != 1 {
                return Err(Error::Stale);
            }
            tx.count_one(old, -1)
        })
    }

    /// Removes the document of a deleted resource, and what it was found by. What is left is its id, without a
    /// time of deletion: it is in no list of deleted resources from then on.
    ///
    /// # Errors
    /// As [`Tx::purge`].
    pub fn drop_document(&mut self, old: &Record) -> Result<()> {
        self.change(|tx| {
            let rows = tx.execute(
                "UPDATE resource SET place = NULL, deleted = NULL, external_id = NULL, display = NULL
                 WHERE id = $1 AND kind = $2 AND version = $3 AND state = 2",
                &[(&old.id).into(), (&old.kind).into(), old.version.into()],
            )?;
            if rows != 1 {
                return Err(Error::Stale);
            }
            tx.execute(
                "DELETE FROM document WHERE resource = $1",
                &[(&old.id).into()],
            )
            .map(drop)
        })
    }

    /// Removes ids of this kind that [`Tx::drop_document`] has kept, at most `limit`; answers how many. Those that a
    /// name is pinned to stay.
    pub fn purge_dropped(&mut self, kind: &str, limit: u32) -> Result<u64> {
        self.change(|tx| {
            let found = tx.all(
                "SELECT r.id, r.owner FROM resource r WHERE r.kind = $1 AND r.state = 2 AND r.deleted IS NULL
                 AND NOT EXISTS (SELECT 1 FROM group_pin p WHERE p.group_id = r.id) ORDER BY r.id LIMIT $2",
                &[kind.into(), i64::from(limit).into()],
                |row| Ok((row.string(0)?, row.opt_string(1)?)),
            )?;
            for (id, owner) in &found {
                tx.drop_belongings(id)?;
                tx.execute_one(
                    "DELETE FROM resource WHERE id = $1 AND state = 2",
                    &[id.into()],
                )?;
                tx.count(kind, owner.as_deref(), State::Deleted, -1)?;
            }
            Ok(found.len() as u64)
        })
    }

    fn drop_belongings(&mut self, id: &str) -> Result<()> {
        for sql in BELONGINGS {
            self.execute(sql, &[id.into()])?;
        }
        Ok(())
    }
}
