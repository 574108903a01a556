//! What a service call can end with, and how the faults of the store are told.

use crate::clock::NoRandom;
use crate::scim;
use crate::scim::ErrorKind;
use crate::service::inbox::Matter;
use crate::store;

/// Why a call was refused or failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The caller can mend it, and reads this.
    #[error(transparent)]
    Scim(#[from] scim::Error),
    /// Refused until an administrator decides: the question is put into the inbox after the transaction was undone.
    #[error("{}", .0.refusal)]
    Undecided(Box<Undecided>),
    /// Not now: the caller should try again. The text is for the log.
    #[error("{why}")]
    Unavailable {
        /// What the log reads.
        why: String,
    },
    /// 429: too often. The caller should wait so many seconds.
    #[error("too many requests")]
    Limited {
        /// Seconds, at least 1.
        retry_after: u64,
    },
    /// A fault of the gateway. The caller reads a request id, the log this text.
    #[error("{why}")]
    Internal {
        /// What the log reads.
        why: String,
    },
}

/// A refusal that an administrator can lift.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undecided {
    /// What the caller reads.
    pub refusal: scim::Error,
    pub(super) matter: Matter,
}

/// What service calls return.
pub type Result<T> = std::result::Result<T, Error>;

impl From<store::Error> for Error {
    fn from(error: store::Error) -> Self {
        let refused = |kind, detail: &str| Self::Scim(scim::Error::new(kind, detail));
        match error {
            store::Error::Taken { path, value, .. } => Self::Scim(scim::Error::new(
                ErrorKind::Uniqueness,
                format!("Another resource has the {path} \"{value}\" already."),
            )),
            store::Error::Stale => refused(
                ErrorKind::PreconditionFailed,
                "The resource was changed in the meantime: read it again and repeat the change.",
            ),
            store::Error::TooMany(limit) => Self::Scim(scim::Error::new(
                ErrorKind::TooMany,
                format!(
                    "The filter or sort has no index and would read more than {limit} resources: \
                     filter by id, userName, externalId, an e-mail or a name."
                ),
            )),
            store::Error::Slow => refused(
                ErrorKind::TooMany,
                "The filter or sort takes too long: filter by id, userName, externalId, an e-mail or a name.",
            ),
            store::Error::Full | store::Error::Large | store::Error::Unavailable(_) => {
                Self::Unavailable {
                    why: error.to_string(),
                }
            }
            store::Error::Corrupt { .. } | store::Error::Open(_) | store::Error::Other(_) => {
                Self::Internal {
                    why: error.to_string(),
                }
            }
        }
    }
}

impl From<NoRandom> for Error {
    fn from(fault: NoRandom) -> Self {
        Self::Internal {
            why: fault.to_string(),
        }
    }
}
