//! Where commands print: answers on standard output, one line of complaint on standard error.

use std::borrow::Cow;
use std::fmt;
use std::fmt::Write as _;
use std::io;
use std::io::ErrorKind;
use std::io::Write;
use std::ops::RangeInclusive;

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

/// The characters that have no width and change the direction of text (Unicode UAX 9): with them, a name is read as another.
const BIDI: [RangeInclusive<char>; 4] = [
    '\u{61c}'..='\u{61c}',
    '\u{200e}'..='\u{200f}',
    '\u{202a}'..='\u{202e}',
    '\u{2066}'..='\u{2069}',
];

/// Whether a terminal would obey a character instead of showing it: C0, DEL, C1, line separators, and direction.
fn is_obeyed(c: char) -> bool {
    let is_separator = matches!(c, '\u{2028}' | '\u{2029}');
    c.is_control() || is_separator || BIDI.iter().any(|range| range.contains(&c))
}

/// Escapes what a terminal would obey as JSON does, `\u009b`: in JSON that is the same text.
fn escape(text: &str, is_layout: impl Fn(char) -> bool) -> Cow<'_, str> {
    let obeyed = |c: char| is_obeyed(c) && !is_layout(c);
    if !text.chars().any(obeyed) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if obeyed(c) {
            // Writing to a String cannot fail.
            let _ = write!(escaped, "\\u{:04x}", u32::from(c));
        } else {
            escaped.push(c);
        }
    }
    Cow::Owned(escaped)
}

/// One value that came from outside, on one line, so that a terminal obeys nothing of it.
pub(super) fn shown(value: &str) -> Cow<'_, str> {
    escape(value, |_| false)
}

/// Prints lines on standard output. That the reader has gone (`| head`) is no failure. Whatever was forgotten to be escaped
/// before is escaped here.
pub(super) fn print(text: &str) -> Result<(), Failure> {
    let text = escape(text, |c| c == '\n');
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
        drop(writeln!(err, "muster: {}", shown(line)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_would_obey_is_escaped_and_all_else_is_not() {
        let plain = "é 中 \u{1f600} \u{200d} tab";
        assert_eq!(shown(plain), plain);
        assert_eq!(
            shown("a\u{1b}b\u{9b}c\u{7f}\u{85}\u{202e}\u{2066}\u{200f}\u{61c}\u{2028}\n"),
            r"a\u001bb\u009bc\u007f\u0085\u202e\u2066\u200f\u061c\u2028\u000a"
        );
        let json = serde_json::json!({ "a": "\u{9b}\u{202e}" });
        let printed = escape(&format!("{json:#}\n"), |c| c == '\n').into_owned();
        assert!(printed.is_ascii() && printed.lines().count() == 3);
        let read: serde_json::Value = serde_json::from_str(&printed).unwrap();
        assert_eq!(read, json, "it is the same JSON");
    }

    #[test]
    fn a_failure_is_one_line() {
        assert_eq!(
            Failure::new("it broke\n  because\n\n").to_string(),
            "it broke; because"
        );
    }
}
