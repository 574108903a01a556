//! How the road ends early: refused, or failed.

use crate::login::{Refusal, Refused, Trail};
use crate::service::Error;

/// Why the road goes no further.
pub(super) enum Stop {
    /// The login is refused.
    Refused(Box<Stopped>),
    /// The store or the gateway failed.
    Failed(Error),
}

/// A refusal, and what an administrator has to know or to decide about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stopped {
    pub(super) refusal: Refusal,
    /// The record that was found.
    pub(super) resource: Option<String>,
    /// The records one of which may be let through.
    pub(super) waiting: Vec<String>,
}

impl Stopped {
    /// Returns a refusal about which nothing else is known.
    pub(super) fn new(refusal: Refusal) -> Self {
        Self {
            refusal,
            resource: None,
            waiting: Vec::new(),
        }
    }
}

/// What a part of the road comes to.
pub(super) type Road<T> = Result<T, Stop>;

impl<E: Into<Error>> From<E> for Stop {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

impl Stop {
    /// The step that ends the road.
    pub(super) fn at(
        trail: &mut Trail,
        step: &'static str,
        refused: Refused,
        code: &'static str,
        detail: impl Into<String>,
    ) -> Self {
        Self::refused(trail.fail(step, refused, code, detail))
    }

    /// The road ends by a refusal.
    pub(super) fn refused(refusal: Refusal) -> Self {
        Self::Refused(Box::new(Stopped::new(refusal)))
    }

    /// And this is the record that was found.
    pub(super) fn of(mut self, id: &str) -> Self {
        if let Self::Refused(stopped) = &mut self {
            stopped.resource = Some(id.to_owned());
        }
        self
    }

    /// And an administrator may let the login through to one of these.
    pub(super) fn waiting_for(mut self, ids: Vec<String>) -> Self {
        if let Self::Refused(stopped) = &mut self {
            stopped.waiting = ids;
        }
        self
    }
}

/// Splits refusals, which are an outcome, from failures, which undo the transaction.
pub(super) fn outcome<T>(road: Road<T>) -> Result<Result<T, Stopped>, Error> {
    match road {
        Ok(done) => Ok(Ok(done)),
        Err(Stop::Refused(stopped)) => Ok(Err(*stopped)),
        Err(Stop::Failed(error)) => Err(error),
    }
}
