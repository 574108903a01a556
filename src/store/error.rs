//! What can go wrong in the store.

/// Why the store did not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Another live resource holds this unique value (409).
    #[error("{path} \"{value}\" is taken by {holder}")]
    Taken {
        /// The attribute ([`crate::scim::filter::AttrRef::path`]).
        path: String,
        /// The value as folded for the index.
        value: String,
        /// The id of the resource that holds it.
        holder: String,
    },
    /// The resource is no longer at the version that was read.
    #[error("the resource was changed in the meantime")]
    Stale,
    /// More candidates than may be read would have to be read (400 `tooMany`).
    #[error("more than {0} resources would have to be read")]
    TooMany(u64),
    /// A read ran longer than [`super::READ_LIMIT`] and was interrupted.
    #[error("the read took too long")]
    Slow,
    /// The documents of a page take more memory than there is for them now ([`super::Tx::bound_documents`]; 503).
    #[error("the documents of the page take more memory than there is for them now")]
    Large,
    /// The queue is full (503 with `Retry-After`).
    #[error("the store is busy")]
    Full,
    /// The database does not take this now; nothing was acknowledged (503).
    #[error("the store is unavailable: {0}")]
    Unavailable(String),
    /// A row is not what was written (500); `table` and `row` say which.
    #[error("{table} {row} is damaged: {why}")]
    Corrupt {
        /// The table.
        table: &'static str,
        /// The key of the row.
        row: String,
        /// What is wrong with it.
        why: String,
    },
    /// The database cannot be opened: wrong file, wrong settings, made by a newer program.
    #[error("{0}")]
    Open(String),
    /// A defect: of a statement, or of the caller.
    #[error("{0}")]
    Other(String),
}

/// What the functions of this floor return.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// A stored row that does not read.
    pub(crate) fn corrupt(
        table: &'static str,
        row: impl Into<String>,
        why: impl Into<String>,
    ) -> Self {
        Self::Corrupt {
            table,
            row: row.into(),
            why: why.into(),
        }
    }
}
