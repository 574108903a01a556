//! What becomes of one variable: a table says it, row by row.

use super::draft::{Draft, Toml};
use super::variables::{Variables, full};

/// One row.
pub(super) struct Rule {
    /// The name without the prefix.
    pub(super) name: &'static str,
    pub(super) then: Then,
}

/// What becomes of the value.
pub(super) enum Then {
    /// It is the value of this setting.
    Text(&'static str),
    /// It is a list: separated by commas, or JSON.
    List(&'static str),
    /// It is `true` or `false`.
    Bool(&'static str),
    /// The gateway does it differently, which is to be known.
    Warn(&'static str),
    /// Only this value is to be known.
    WarnIf(&'static str, &'static str),
    /// Nothing: the gateway needs no such setting.
    Needless,
}

/// Takes the variables of a table. What is not in it stays.
pub(super) fn take(
    variables: &mut Variables,
    draft: &mut Draft,
    section: &'static str,
    table: &[Rule],
) {
    for rule in table {
        let Some(value) = variables.take(rule.name) else {
            continue;
        };
        match &rule.then {
            Then::Text(key) => draft.set(key, &Toml::Text(value)),
            Then::List(key) => draft.set(key, &Toml::List(list(&value))),
            Then::Bool(key) => draft.set(key, &Toml::Bool(is_true(&value))),
            Then::Warn(why) => draft.warn(section, format!("{}: {why}", full(rule.name))),
            Then::WarnIf(bad, why) if value.eq_ignore_ascii_case(bad) => {
                draft.warn(section, format!("{}={value}: {why}", full(rule.name)));
            }
            Then::WarnIf(..) | Then::Needless => {}
        }
    }
}

/// `true`, as Overleaf reads it.
pub(super) fn is_true(value: &str) -> bool {
    value.trim().eq_ignore_ascii_case("true")
}

/// A JSON array of texts, or texts between commas.
pub(super) fn list(value: &str) -> Vec<String> {
    if let Ok(all) = serde_json::from_str(value) {
        return all;
    }
    let parts = value.split(',').map(str::trim);
    parts
        .filter(|part| !part.is_empty())
        .map(str::to_owned)
        .collect()
}
