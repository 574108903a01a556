//! Which words can be names of attributes (RFC 7644 §3.4.2.2, §3.10).

use super::tree::Name;

impl Name {
    /// The name that `word` is: `attr`, `attr.sub`, `$ref`, each with or without a URN before it, or a URN alone.
    /// A URN is not looked at closely, since only a schema can tell where it ends.
    pub fn parse(word: &str) -> Option<Self> {
        let valid = if word.contains(':') {
            is_urn_like(word)
        } else {
            let (attribute, sub) = match word.split_once('.') {
                Some((attribute, sub)) => (attribute, Some(sub)),
                None => (word, None),
            };
            is_attribute_name(attribute) && sub.is_none_or(is_attribute_name)
        };
        valid.then(|| Self(word.to_owned()))
    }
}

/// `ATTRNAME = ALPHA *(nameChar)`, and `$ref` (RFC 7643 §2.1).
fn is_attribute_name(word: &str) -> bool {
    let word = word.strip_prefix('$').unwrap_or(word);
    word.starts_with(|first: char| first.is_ascii_alphabetic())
        && word
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
}

/// Characters of a URI (RFC 3986 §2) except the brackets, which the grammar of filters uses.
fn is_urn_like(word: &str) -> bool {
    word.starts_with(|first: char| first.is_ascii_alphabetic())
        && word.ends_with(|last: char| last.is_ascii_alphanumeric() || matches!(last, '-' | '_'))
        && word
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "-._~:/?#@!$&'*+,;=%".contains(c))
}
