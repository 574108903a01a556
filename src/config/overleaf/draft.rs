//! The settings file while it is written: settings by section, each with what there is to say about it.

use std::fmt::Write as _;

use serde_json::Value;

use super::Imported;

/// Sections in the order in which they are read.
const SECTIONS: [&str; 6] = ["server", "login", "saml", "ldap", "retention", "mail"];

/// Lines of sections, and warnings.
#[derive(Default)]
pub(super) struct Draft {
    lines: Vec<(&'static str, String)>,
    warnings: Vec<String>,
}

/// A value as TOML has it.
pub(super) enum Toml {
    Text(String),
    List(Vec<String>),
    Bool(bool),
    Number(u64),
}

impl Draft {
    /// Sets `section.key`.
    pub(super) fn set(&mut self, key: &'static str, value: &Toml) {
        let (section, name) = key.split_once('.').unwrap_or(("", key));
        self.lines
            .push((section, format!("{name} = {}", value.text())));
    }

    /// Says something in the section of a key.
    pub(super) fn note(&mut self, section: &'static str, text: &str) {
        self.lines.push((section, format!("# {text}")));
    }

    /// Says what is not as it was.
    pub(super) fn warn(&mut self, section: &'static str, text: String) {
        self.lines.push((section, format!("# WARNING: {text}")));
        self.warnings.push(text);
    }

    /// The whole file; `left` are the variables that nothing was made of.
    pub(super) fn finish(self, left: &[String]) -> Imported {
        let mut text = String::from(
            "# Made from the variables of Overleaf Server Pro. Read every WARNING; then `muster check` says what is missing.\n\
             # The file may hold secrets: chmod 600.\n",
        );
        for section in SECTIONS {
            let mut lines = self
                .lines
                .iter()
                .filter(|(of, _)| *of == section)
                .peekable();
            if lines.peek().is_some() {
                // Writing into a String cannot fail.
                let _ = write!(text, "\n[{section}]\n");
                for (_, line) in lines {
                    let _ = writeln!(text, "{line}");
                }
            }
        }
        if !left.is_empty() {
            let _ = write!(
                text,
                "\n# Not about accounts, or not known: {}\n",
                left.join(", ")
            );
        }
        Imported {
            text,
            warnings: self.warnings,
        }
    }
}

impl Toml {
    fn text(&self) -> String {
        match self {
            // A JSON text or list of texts is one of TOML too.
            Self::Text(text) => Value::from(text.as_str()).to_string(),
            Self::List(all) => Value::from(all.as_slice()).to_string(),
            Self::Bool(value) => value.to_string(),
            Self::Number(value) => value.to_string(),
        }
    }
}
