//! What is wrong with the configuration: a list, as all faults are told at once.

use std::fmt;

use super::Origin;

/// One thing that is wrong with the configuration. Never holds the value of a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The setting as it is called where it was given, or none if the source itself is at fault.
    pub name: Option<String>,
    /// Where it was given, if anywhere.
    pub origin: Option<Origin>,
    /// What is wrong and what would mend it.
    pub why: String,
}

impl Fault {
    pub(super) fn at(name: &str, origin: Origin, why: impl Into<String>) -> Self {
        Self {
            name: Some(name.to_owned()),
            origin: Some(origin),
            why: why.into(),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.name, &self.origin) {
            (Some(name), Some(origin)) => write!(f, "{name} ({origin}): {}", self.why),
            (Some(name), None) => write!(f, "{name}: {}", self.why),
            (None, Some(origin)) => write!(f, "{origin}: {}", self.why),
            (None, None) => f.write_str(&self.why),
        }
    }
}

/// Everything that is wrong with the configuration, one line each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Faults(pub Vec<Fault>);

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: Vec<String> = self.0.iter().map(ToString::to_string).collect();
        f.write_str(&lines.join("\n"))
    }
}

impl std::error::Error for Faults {}
