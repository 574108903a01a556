//! The variables of a file, one a line: `NAME=value`, `export NAME="value"`, `- NAME=value` or `NAME: value`.

use std::collections::BTreeMap;

/// Variables by their name without the prefix, until they are taken.
pub(super) struct Variables {
    unread: BTreeMap<String, String>,
}

/// What a variable of Overleaf begins with, now and before 5.0.
const PREFIXES: [&str; 2] = ["OVERLEAF_", "SHARELATEX_"];
/// The variables that have no prefix and are about accounts.
const BARE: [&str; 2] = ["EXTERNAL_AUTH", "ENABLE_CRON_RESOURCE_DELETION"];

impl Variables {
    /// Reads what looks like a variable of Overleaf; other lines are nothing to us. The last of several counts, as in a shell.
    pub(super) fn read(text: &str) -> Self {
        Self {
            unread: text.lines().filter_map(line).collect(),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.unread.is_empty()
    }

    /// The value of a variable, which is then read; empty counts as not set.
    pub(super) fn take(&mut self, name: &str) -> Option<String> {
        self.unread.remove(name).filter(|value| !value.is_empty())
    }

    /// Whether any variable begins so.
    pub(super) fn has(&self, name: &str) -> bool {
        self.unread.get(name).is_some_and(|value| !value.is_empty())
    }

    /// The variables that were not read, by the name Overleaf 5 has for them.
    pub(super) fn left(&self) -> Vec<String> {
        self.unread.keys().map(|name| full(name)).collect()
    }
}

/// The name of a variable as Overleaf has it.
pub(super) fn full(name: &str) -> String {
    if BARE.contains(&name) {
        return name.to_owned();
    }
    format!("OVERLEAF_{name}")
}

fn line(text: &str) -> Option<(String, String)> {
    let text = text.trim().trim_start_matches("- ").trim_start();
    let text = text.strip_prefix("export ").unwrap_or(text);
    let end = text.find(|c: char| !(c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_'))?;
    let (name, rest) = text.split_at_checked(end)?;
    let name = if BARE.contains(&name) {
        name
    } else {
        PREFIXES
            .iter()
            .find_map(|prefix| name.strip_prefix(prefix))?
    };
    let rest = rest.trim_start();
    let value = rest.strip_prefix('=').or_else(|| rest.strip_prefix(':'))?;
    Some((name.to_owned(), unquoted(value.trim())))
}

/// Without the quotes around it; outside of quotes a comment ends the value.
fn unquoted(value: &str) -> String {
    for quote in ['"', '\''] {
        if let Some(inside) = value.strip_prefix(quote)
            && let Some((inside, _)) = inside.rsplit_once(quote)
        {
            return inside.to_owned();
        }
    }
    let end = value.find(" #").unwrap_or(value.len());
    value.get(..end).unwrap_or(value).trim_end().to_owned()
}
