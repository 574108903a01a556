//! What is wrong with a message, before it is a refusal.

use super::super::Refusal;
use super::super::Refused;
use super::super::Trail;

/// A reason code and its explanation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) code: &'static str,
    pub(super) detail: String,
}

impl Fault {
    pub(super) fn new(code: &'static str, detail: impl Into<String>) -> Self {
        Self {
            code,
            detail: detail.into(),
        }
    }
}

/// Notes in the trail what came of a step.
pub(super) fn step<T>(
    trail: &mut Trail,
    name: &'static str,
    result: Result<(T, String), Fault>,
) -> Result<T, Refusal> {
    match result {
        Ok((value, detail)) => {
            trail.pass(name, detail);
            Ok(value)
        }
        Err(fault) => Err(refuse(trail, name, fault)),
    }
}

/// Ends the login with a fault.
pub(super) fn refuse(trail: &mut Trail, name: &'static str, fault: Fault) -> Refusal {
    trail.fail(name, Refused::Denied, fault.code, fault.detail)
}

/// So much of a foreign text is repeated: a URL or an id fits, a novel does not.
const SHOWN: usize = 200;

/// A foreign text for people: short, on one line.
pub(super) fn shown(text: &str) -> String {
    let clean = |c: char| if c.is_control() { '\u{fffd}' } else { c };
    let mut all: String = text.chars().take(SHOWN).map(clean).collect();
    if text.chars().nth(SHOWN).is_some() {
        all.push('…');
    }
    all
}
