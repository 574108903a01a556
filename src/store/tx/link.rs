//! Links: which identity of which source logs into which record.

use jiff::Timestamp;

use super::record::{COLUMNS, record};
use super::{Record, State, Topic, Tx, question_id, stored, time};
use crate::scim::index::cut;
use crate::scim::value::fold;
use crate::store::Result;
use crate::store::engine::Row;

/// An identity, and the record it logs into.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoginLink {
    /// Which source vouches.
    pub source: String,
    /// The immutable id there.
    pub subject: String,
    /// The record, in whatever state.
    pub resource: String,
    /// Since when.
    pub linked: Timestamp,
    /// Since when the record is shut or deleted.
    pub shut: Option<Timestamp>,
}

const LINK: &str = "source, subject, resource, linked, shut";

impl Tx<'_> {
    /// The link of an identity.
    pub fn login_link(&mut self, source: &str, subject: &str) -> Result<Option<LoginLink>> {
        let sql = format!("SELECT {LINK} FROM link WHERE source = $1 AND subject = $2");
        self.first(&sql, &[source.into(), subject.into()], link)
    }

    /// The links of a record.
    pub fn login_links_of(&mut self, resource: &str) -> Result<Vec<LoginLink>> {
        let sql = format!("SELECT {LINK} FROM link WHERE resource = $1 ORDER BY source, subject");
        self.all(&sql, &[resource.into()], link)
    }

    /// Links an identity to a live record, or moves its link there. What let it through is used up.
    pub fn set_login_link(&mut self, source: &str, subject: &str, resource: &str) -> Result<()> {
        self.change(|tx| {
            let at = stored(tx.at()?);
            tx.execute_one(
                "INSERT INTO link (source, subject, resource, linked, shut) VALUES ($1, $2, $3, $4, NULL)
                 ON CONFLICT (source, subject) DO UPDATE
                 SET resource = excluded.resource, linked = excluded.linked, shut = NULL",
                &[source.into(), subject.into(), resource.into(), (&at).into()],
            )?;
            tx.execute("DELETE FROM link_pass WHERE source = $1 AND subject = $2", &[source.into(), subject.into()])?;
            let answered = question_id(Topic::Link, &[source, subject, resource]);
            tx.execute("DELETE FROM inbox WHERE id = $1", &[(&answered).into()]).map(drop)
        })
    }

    /// Forgets the links of a record to a source; answers how many there were.
    pub fn end_login_links(&mut self, source: &str, resource: &str) -> Result<u64> {
        self.change(|tx| {
            tx.execute(
                "DELETE FROM link WHERE resource = $1 AND source = $2",
                &[resource.into(), source.into()],
            )
        })
    }

    /// Lets an identity be linked to a record though the rules forbid it.
    pub fn let_link(&mut self, resource: &str, source: &str, subject: &str) -> Result<()> {
        self.change(|tx| {
            tx.execute(
                "INSERT INTO link_pass (source, subject, resource) VALUES ($1, $2, $3)
                 ON CONFLICT (source, subject, resource) DO NOTHING",
                &[source.into(), subject.into(), resource.into()],
            )
            .map(drop)
        })
    }

    /// Takes back what [`Tx::let_link`] did.
    pub fn forbid_link(&mut self, resource: &str, source: &str, subject: &str) -> Result<()> {
        self.change(|tx| {
            tx.execute(
                "DELETE FROM link_pass WHERE source = $1 AND subject = $2 AND resource = $3",
                &[source.into(), subject.into(), resource.into()],
            )
            .map(drop)
        })
    }

    /// The live records to which this identity was let through by [`Tx::let_link`].
    pub fn let_through(&mut self, source: &str, subject: &str) -> Result<Vec<String>> {
        self.all(
            "SELECT p.resource FROM link_pass p JOIN resource r ON r.id = p.resource
             WHERE p.source = $1 AND p.subject = $2 AND r.state < 2 ORDER BY p.resource",
            &[source.into(), subject.into()],
            |row| row.string(0),
        )
    }

    /// The resources of this kind, deleted ones too, whose `externalId` is `text` when both are folded; the live ones first.
    /// Found are those that are spelled as `text` is, or in small or capital letters throughout.
    pub fn with_folded_external_id(&mut self, kind: &str, text: &str) -> Result<Vec<Record>> {
        let mut keys = [text.to_owned(), text.to_lowercase(), text.to_uppercase()]
            .map(|text| fold(&text, true));
        keys.iter_mut().for_each(cut);
        let sql = format!(
            "SELECT {COLUMNS} FROM resource r LEFT JOIN document d ON d.place = r.place
             WHERE r.kind = $1 AND r.external_id IN ($2, $3, $4) ORDER BY r.state, r.id LIMIT 20"
        );
        let [first, second, third] = &keys;
        let params = [kind.into(), first.into(), second.into(), third.into()];
        let whole = fold(text, false);
        let mut found = self.all(&sql, &params, record)?;
        let mut kept = Vec::new();
        for record in found.drain(..) {
            let document = record.document()?;
            if document.external_id().map(|text| fold(text, false)) == Some(whole.clone()) {
                kept.push(record);
            }
        }
        Ok(kept)
    }

    /// Notes in the links of a resource that it was shut, or opened again.
    pub(super) fn shut_links(&mut self, record: &Record) -> Result<()> {
        let id = (&record.id).into();
        let done = match record.state {
            State::Active => self.execute("UPDATE link SET shut = NULL WHERE resource = $1", &[id]),
            State::Deactivated | State::Deleted => {
                let at = stored(record.modified);
                let sql = "UPDATE link SET shut = $2 WHERE resource = $1 AND shut IS NULL";
                self.execute(sql, &[id, (&at).into()])
            }
        };
        done.map(drop)
    }
}

fn link(row: &dyn Row) -> Result<LoginLink> {
    Ok(LoginLink {
        source: row.string(0)?,
        subject: row.string(1)?,
        resource: row.string(2)?,
        linked: time(row.text(3)?)?,
        shut: row.opt_text(4)?.map(time).transpose()?,
    })
}
