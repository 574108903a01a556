//! The steps of a login with what came of each: one list, told to the person, to the log and to whoever tries a login.

use std::fmt;

/// One named step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// A stable name, such as `ldap.search` or `saml.audience`.
    pub name: &'static str,
    /// What came of it.
    pub result: StepResult,
    /// For administrators: what was expected and found. It holds no secret.
    pub detail: String,
}

/// What came of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StepResult {
    /// It went as it should.
    Passed,
    /// It is told only, such as an attribute that nothing reads.
    Noted,
    /// It ended the login.
    Failed,
}

/// The steps so far, in the order in which they were taken.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Trail(Vec<Step>);

/// Why a login is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {detail}")]
pub struct Refusal {
    /// A stable, documented reason, such as `ldap.credentials`: what tests and administrators go by.
    pub code: &'static str,
    /// What the person is told.
    pub refused: Refused,
    /// For administrators: what was expected, what came, what to change. It holds no secret.
    pub detail: String,
}

/// How a refusal looks to the person, who must not learn from it what exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// Wrong name or password: the same answer for every fault of that kind.
    Credentials,
    /// The proof is right or at least complete, and leads nowhere: ask an administrator.
    Denied,
    /// Who they are is proved, and their account is shut or deleted.
    Deactivated,
    /// The directory or identity provider cannot be asked now: try again later.
    Unavailable,
}

impl Trail {
    /// A step that went as it should.
    pub fn pass(&mut self, name: &'static str, detail: impl Into<String>) {
        self.push(name, StepResult::Passed, detail.into());
    }

    /// A step that is only told.
    pub fn note(&mut self, name: &'static str, detail: impl Into<String>) {
        self.push(name, StepResult::Noted, detail.into());
    }

    /// The step that ended the login, with the refusal to return.
    pub fn fail(
        &mut self,
        name: &'static str,
        refused: Refused,
        code: &'static str,
        detail: impl Into<String>,
    ) -> Refusal {
        let detail = detail.into();
        self.push(name, StepResult::Failed, detail.clone());
        Refusal {
            code,
            refused,
            detail,
        }
    }

    /// The steps so far.
    pub fn steps(&self) -> &[Step] {
        &self.0
    }

    fn push(&mut self, name: &'static str, result: StepResult, detail: String) {
        self.0.push(Step {
            name,
            result,
            detail,
        });
    }
}

impl fmt::Display for StepResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Passed => "ok",
            Self::Noted => "note",
            Self::Failed => "failed",
        })
    }
}
