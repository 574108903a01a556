//! Where commands print: answers on standard output, one line of complaint on standard error.

use std::fmt;
use std::io;
use std::io::ErrorKind;
use std::io::Write;

use crate::config::Faults;
use crate::service::OpenError;

/// Why a command failed and what to do about it, in one line; of a wrong configuration a line each fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    why: String,
    status: u8,
}

/// The command was understood and did not succeed.
const FAILED: u8 = 1;
/// Wrong usage (clap exits with the same number) or wrong settings.
const WRONG: u8 = 2;

impl Failure {
    /// A command that did not succeed. Line breaks become semicolons.
    pub fn new(why: impl fmt::Display) -> Self {
        let why = why.to_string();
        let lines: Vec<&str> = why
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty())
            .collect();
        Self {
            why: lines.join("; "),
            status: FAILED,
        }
    }

    /// Settings, or documents that they name, are wrong.
    pub(super) fn misconfigured(why: impl fmt::Display) -> Self {
        Self {
            why: why.to_string(),
            status: WRONG,
        }
    }

    /// The exit status.
    pub(super) fn status(&self) -> u8 {
        self.status
    }
}

impl From<&Faults> for Failure {
    fn from(faults: &Faults) -> Self {
        Self::misconfigured(faults)
    }
}

impl From<OpenError> for Failure {
    fn from(error: OpenError) -> Self {
        match error {
            OpenError::Misconfigured(faults) => Self::from(&faults),
            OpenError::Failed(why) => Self::new(why),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.why)
    }
}

impl std::error::Error for Failure {}

/// Prints lines on standard output. That the reader has gone (`| head`) is no failure.
pub(super) fn print(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(why) if why.kind() != ErrorKind::BrokenPipe => {
            Err(Failure::new(format!("standard output: {why}")))
        }
        Err(_) | Ok(()) => Ok(()),
    }
}

/// Prints lines on standard error. If that is closed there is nobody to tell.
pub(super) fn complain(why: &str) {
    let mut err = io::stderr().lock();
    for line in why.lines() {
        drop(writeln!(err, "muster: {line}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_is_one_line() {
        assert_eq!(
            Failure::new("it broke\n  because\n\n").to_string(),
            "it broke; because"
        );
    }
}
