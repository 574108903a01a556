//! Readiness: changes can be made now, and if not, why.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::Gateway;
use crate::clock::Stopwatch;
use crate::store::Actor;

/// The shortest time between two attempts to make a change for nothing but to learn if one can be made. Anybody may
/// ask for readiness; an attempt begins a transaction and writes nothing.
const ATTEMPT_EVERY: Duration = Duration::from_secs(1);

/// Why changes cannot be made now. The texts tell strangers nothing about this machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotReady {
    /// What is written would be lost with the process.
    #[error("a file of the database was deleted or replaced while it was in use")]
    FilesReplaced,
    /// It cannot even be read.
    #[error("the database does not answer")]
    DatabaseSilent,
    /// It can be read only.
    #[error("the last change could not be committed")]
    ChangesFail,
}

/// The last attempt to make a change.
#[derive(Default)]
pub(super) struct Attempts(Mutex<Option<Stopwatch>>);

impl Attempts {
    /// Returns true at most once in [`ATTEMPT_EVERY`].
    fn is_due(&self) -> bool {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let due = last.is_none_or(|last| last.elapsed() >= ATTEMPT_EVERY);
        if due {
            *last = Some(Stopwatch::start());
        }
        due
    }
}

impl Gateway {
    /// Checks that changes can be made now. In doubt it tries, at most once a second.
    ///
    /// # Errors
    /// Why they cannot be made.
    pub async fn check_ready(&self) -> Result<(), NotReady> {
        if !self.compare_files().await {
            return Err(NotReady::FilesReplaced);
        }
        if let Err(error) = self.ping().await {
            tracing::warn!(%error, "not ready");
            return Err(NotReady::DatabaseSilent);
        }
        if self.is_ready() {
            Ok(())
        } else {
            Err(NotReady::ChangesFail)
        }
    }

    /// Returns true if the files of the database are those that were opened. The writer learns at its next change that
    /// they were replaced, or that changes can be made again; so one is made for that.
    pub async fn compare_files(&self) -> bool {
        let unchanged = self.store().check_files().is_ok();
        if self.is_ready() != unchanged {
            self.try_change().await;
        }
        unchanged
    }

    /// Commits a change of nothing, unless that was done a moment ago.
    async fn try_change(&self) {
        if !self.attempts().is_due() {
            return;
        }
        let cause = self.cause(Actor::System, "");
        let tried = self
            .store()
            .write(cause, |_| Ok::<_, crate::store::Error>(()))
            .await;
        if let Err(error) = tried {
            tracing::warn!(%error, "a change that writes nothing could not be committed");
        }
    }
}
