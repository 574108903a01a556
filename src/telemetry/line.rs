//! Writes an event as one line that holds nothing but printable characters.

use std::fmt::Write;

use jiff::Timestamp;
use serde_json::Value;
use tracing::Level;

use super::fields::Fields;
use super::fields::TEXT_BYTES;

/// What a line says.
pub(super) struct Parts<'e> {
    pub(super) at: Timestamp,
    pub(super) level: Level,
    pub(super) target: &'e str,
    pub(super) message: String,
    pub(super) fields: &'e Fields,
}

/// Longest line with its end; common collectors split longer ones (Docker at 16 KiB).
const LINE_BYTES: usize = 16 * 1024;
/// Kept free for what ends a line: `},"truncated":true}` and the line feed are 20 bytes.
const END_BYTES: usize = 32;

/// `2026-03-01T12:00:00.123Z  INFO muster::http: message name=value`
pub(super) fn text(parts: &Parts<'_>) -> String {
    let mut line = format!("{} {:>5} ", parts.at, parts.level);
    escape(&mut line, parts.target, Quotes::Bare);
    line.push_str(": ");
    escape(&mut line, &parts.message, Quotes::Bare);
    for (name, value) in parts.fields.iter() {
        let mut field = format!(" {name}=");
        match value {
            Value::String(text) if is_plain(text) => field.push_str(text),
            other => write_value(&mut field, other),
        }
        if !fits(&line, &field) {
            line.push_str(" truncated=true");
            break;
        }
        line.push_str(&field);
    }
    line.push('\n');
    line
}

/// `{"timestamp":…,"level":…,"target":…,"message":…,"fields":{…}}`; what does not fit is left out and
/// `"truncated":true` says so.
pub(super) fn json(parts: &Parts<'_>) -> String {
    let mut line = format!(
        r#"{{"timestamp":"{}","level":"{}","target":"#,
        parts.at, parts.level
    );
    escape(&mut line, parts.target, Quotes::Double);
    line.push_str(r#","message":"#);
    escape(&mut line, &parts.message, Quotes::Double);
    line.push_str(r#","fields":{"#);
    let mut end = "}}\n";
    for (ordinal, (name, value)) in parts.fields.iter().enumerate() {
        let mut field = String::from(if ordinal == 0 { "" } else { "," });
        escape(&mut field, name, Quotes::Double);
        field.push(':');
        write_value(&mut field, value);
        if !fits(&line, &field) {
            end = "},\"truncated\":true}\n";
            break;
        }
        line.push_str(&field);
    }
    line.push_str(end);
    line
}

fn fits(line: &str, field: &str) -> bool {
    line.len() + field.len() + END_BYTES <= LINE_BYTES
}

fn write_value(out: &mut String, value: &Value) {
    match value {
        Value::String(text) => escape(out, text, Quotes::Double),
        // Numbers, true, false; null for a number that is none.
        other => {
            // Writing into a String cannot fail.
            let _ = write!(out, "{other}");
        }
    }
}

/// Whether a text stands for itself between spaces.
fn is_plain(text: &str) -> bool {
    let plain = |c: char| !(c.is_whitespace() || is_harmful(c) || matches!(c, '"' | '=' | '\\'));
    !text.is_empty() && text.chars().all(plain)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Quotes {
    /// None: quotes and backslashes stand for themselves.
    Bare,
    /// A JSON string.
    Double,
}

/// Writes a text so that it cannot end the line or command a terminal, and cuts it where the
/// result would be longer than `TEXT_BYTES`.
fn escape(out: &mut String, text: &str, quotes: Quotes) {
    let quote = if quotes == Quotes::Double { "\"" } else { "" };
    out.push_str(quote);
    let end = out.len() + TEXT_BYTES;
    for c in text.chars() {
        if out.len() >= end {
            out.push('…');
            break;
        }
        match c {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '"' | '\\' if quotes == Quotes::Double => out.extend(['\\', c]),
            c if is_harmful(c) => {
                // Writing into a String cannot fail. All of them lie below U+10000.
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push_str(quote);
}

/// Control characters, the line ends of Unicode, and what turns the direction of reading.
fn is_harmful(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}
