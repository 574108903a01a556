//! The course of one login: its steps so far, kept outside of the task that may hang or break off.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::login::{Refusal, Refused, Trail};

/// The trail, and the step that is being taken.
#[derive(Clone)]
pub(super) struct Course(Arc<Mutex<State>>);

struct State {
    trail: Trail,
    at: &'static str,
}

/// Why an attempt with one server ended.
#[derive(Debug)]
pub(super) enum Stop {
    /// The answer is no, whichever server is asked.
    Refused(Refusal),
    /// This server cannot be asked; the next one may.
    Unreachable {
        /// The reason code.
        code: &'static str,
        /// For administrators.
        why: String,
    },
}

impl Course {
    pub(super) fn new(trail: Trail) -> Self {
        let at = "ldap.connect";
        Self(Arc::new(Mutex::new(State { trail, at })))
    }

    /// What is done from now on belongs to this step.
    pub(super) fn begin(&self, step: &'static str) {
        self.state().at = step;
    }

    /// The step went as it should.
    pub(super) fn pass(&self, detail: impl Into<String>) {
        let mut state = self.state();
        let at = state.at;
        state.trail.pass(at, detail);
    }

    /// Something to be told about the step.
    pub(super) fn note(&self, detail: impl Into<String>) {
        let mut state = self.state();
        let at = state.at;
        state.trail.note(at, detail);
    }

    /// The step ended the login.
    pub(super) fn fail(
        &self,
        refused: Refused,
        code: &'static str,
        detail: impl Into<String>,
    ) -> Refusal {
        let mut state = self.state();
        let at = state.at;
        state.trail.fail(at, refused, code, detail)
    }

    /// As [`Course::fail`], for whoever is inside of an attempt.
    pub(super) fn stop(
        &self,
        refused: Refused,
        code: &'static str,
        detail: impl Into<String>,
    ) -> Stop {
        Stop::Refused(self.fail(refused, code, detail))
    }

    /// Hands the trail back.
    pub(super) fn end(&self) -> Trail {
        std::mem::take(&mut self.state().trail)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Each change is whole, whatever happened to a task that made one.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Stop {
    /// The server cannot be asked.
    pub(super) fn unavailable(why: impl fmt::Display) -> Self {
        Self::Unreachable {
            code: "ldap.unavailable",
            why: why.to_string(),
        }
    }

    /// The connection to it is not safe.
    pub(super) fn tls(why: impl fmt::Display) -> Self {
        Self::Unreachable {
            code: "ldap.tls",
            why: why.to_string(),
        }
    }
}
