//! Where commands print: answers on standard output, one line of complaint on standard error.

use std::fmt;
use std::io;
use std::io::ErrorKind;
use std::io::Write;

/// Why a command failed and what to do about it, in one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure(String);

impl Failure {
    /// Line breaks become semicolons.
    pub fn new(why: impl fmt::Display) -> Self {
        let why = why.to_string();
        let lines: Vec<&str> = why
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty())
            .collect();
        Self(lines.join("; "))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
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

/// Prints a line on standard error. If that is closed there is nobody to tell.
pub(super) fn complain(why: &str) {
    drop(writeln!(io::stderr().lock(), "muster: {why}"));
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
