//! A resource as the store gives it, and how it is read from its row.

use std::borrow::Cow;

use jiff::Timestamp;
use serde_json::Value;

use super::time;
use crate::scim::resource::Document;
use crate::store::engine::Row;
use crate::store::hash::body_hash;
use crate::store::{Error, Result};

/// The columns that [`record`] reads, of resource `r` and its body `b`.
pub(super) const COLUMNS: &str = "r.id, r.kind, r.owner, r.external_id, r.state, r.version, r.created, r.modified, d.json, d.hash, r.locked, r.deleted";

/// The state of an account (CONTRACT section 5); resources that are no accounts are active or deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// In use.
    Active,
    /// Shut, still readable and listed.
    Deactivated,
    /// Gone for SCIM, restorable.
    Deleted,
}

impl State {
    /// The states, in the order of their numbers in the database.
    pub(super) const ALL: [Self; 3] = [Self::Active, Self::Deactivated, Self::Deleted];

    pub(super) fn number(self) -> i64 {
        match self {
            Self::Active => 0,
            Self::Deactivated => 1,
            Self::Deleted => 2,
        }
    }

    pub(super) fn from_number(number: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.number() == number)
    }
}

/// A resource as stored.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// Its id.
    pub id: String,
    /// The name of its resource type.
    pub kind: String,
    /// The connection it belongs to; `None` is nobody.
    pub owner: Option<String>,
    /// The key of `externalId`: in normal form C, at most 512 characters. The value as sent is in the document.
    pub external_id: Option<String>,
    /// Its state.
    pub state: State,
    /// Grows by one with every change.
    pub version: i64,
    /// When it was made.
    pub created: Timestamp,
    /// When it last changed.
    pub modified: Timestamp,
    /// The text of its [`Document`].
    pub body: String,
    /// Whether an administrator shut the account: it is deactivated whatever the document says.
    pub locked: bool,
    /// When it was deleted.
    pub deleted: Option<Timestamp>,
}

impl Record {
    /// The document.
    ///
    /// # Errors
    /// [`Error::Corrupt`] when the body is no JSON object.
    pub fn document(&self) -> Result<Document> {
        Document::parse(&self.body)
            .ok_or_else(|| Error::corrupt("body", &self.id, "no JSON object"))
    }

    /// The document as it is shown and found: a locked account is not active, whatever a client wrote.
    ///
    /// # Errors
    /// As [`Record::document`].
    pub fn shown(&self) -> Result<Document> {
        Ok(self.as_shown(&self.document()?).into_owned())
    }

    /// `document` as it is shown, if it is that of this record.
    pub(super) fn as_shown<'d>(&self, document: &'d Document) -> Cow<'d, Document> {
        if !self.locked {
            return Cow::Borrowed(document);
        }
        let mut shown = document.clone();
        shown
            .as_map_mut()
            .insert("active".to_owned(), Value::Bool(false));
        Cow::Owned(shown)
    }
}

/// Reads [`COLUMNS`]; refuses a body whose hash does not fit.
pub(super) fn record(row: &dyn Row) -> Result<Record> {
    let id = row.string(0)?;
    if row.is_null(8)? {
        return Err(Error::corrupt("body", id, "missing"));
    }
    let body = match row.text(8) {
        Ok(body) if body_hash(&id, body) == row.bytes(9)? => body.to_owned(),
        Ok(_) => return Err(Error::corrupt("body", id, "the hash does not fit")),
        Err(why) => return Err(Error::corrupt("body", id, why.to_string())),
    };
    let damaged = |why: &str| Error::corrupt("resource", &*id, why);
    Ok(Record {
        kind: row.string(1)?,
        owner: row.opt_string(2)?,
        external_id: row.opt_string(3)?,
        state: State::from_number(row.int(4)?).ok_or_else(|| damaged("unknown state"))?,
        version: row.int(5)?,
        created: time(row.text(6)?).map_err(|why| damaged(&why.to_string()))?,
        modified: time(row.text(7)?).map_err(|why| damaged(&why.to_string()))?,
        locked: row.int(10)? != 0,
        deleted: row
            .opt_text(11)?
            .map(time)
            .transpose()
            .map_err(|why| damaged(&why.to_string()))?,
        body,
        id,
    })
}
