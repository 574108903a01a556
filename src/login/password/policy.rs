//! What may be a password: long enough, not too long, not one that everybody tries first.

use std::fmt;

use unicode_normalization::UnicodeNormalization;

use super::common;

/// The least number of characters.
pub const MIN_CHARS: usize = 8;
/// The most: longer than any sentence that somebody types, and at four bytes each 1 KiB.
pub const MAX_CHARS: usize = 256;

/// A password that may be set, prepared as RFC 8265 §4.2 (OpaqueString) says: spaces of all kinds are one kind,
/// Unicode in its normal form C, nothing folded and nothing cut.
#[derive(Clone, PartialEq, Eq)]
pub struct NewPassword(String);

/// A password as somebody typed it to log in, prepared the same way.
#[derive(Clone)]
pub struct Typed {
    prepared: String,
    is_whole: bool,
}

/// Why a password may not be set. The text is for the person who chose it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Weak {
    /// Fewer than [`MIN_CHARS`].
    #[error("The password is too short: take at least {MIN_CHARS} characters, better a few words.")]
    Short,
    /// More than [`MAX_CHARS`].
    #[error("The password is too long: take at most {MAX_CHARS} characters.")]
    Long,
    /// A NUL, a line break or another character that no keyboard types.
    #[error("The password holds a control character, such as a line break: leave it out.")]
    Control,
    /// Among those that are tried first.
    #[error(
        "That password is among the first ones that others try: take another, better a few words that do not belong together."
    )]
    Common,
    /// Made of what everybody knows about the person.
    #[error("The password is made of your own name or address: take another.")]
    Personal,
}

impl NewPassword {
    /// Checks a password; `personal` is what others know of the person: names and addresses.
    ///
    /// # Errors
    /// [`Weak`].
    pub fn check(text: &str, personal: &[&str]) -> Result<Self, Weak> {
        let prepared = prepared(text);
        if prepared.chars().any(char::is_control) {
            return Err(Weak::Control);
        }
        match prepared.chars().count() {
            0..MIN_CHARS => return Err(Weak::Short),
            MIN_CHARS..=MAX_CHARS => {}
            _ => return Err(Weak::Long),
        }
        if common::is_common(&prepared) {
            return Err(Weak::Common);
        }
        if common::is_personal(&prepared, personal) {
            return Err(Weak::Personal);
        }
        Ok(Self(prepared))
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl Typed {
    /// Whatever was typed. What is too long for any password is cut and never right: its length buys no work.
    pub fn new(text: &str) -> Self {
        let mut chars = text.chars();
        let start: String = chars.by_ref().take(4 * MAX_CHARS).collect();
        Self {
            prepared: prepared(&start),
            is_whole: chars.next().is_none(),
        }
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        self.prepared.as_bytes()
    }

    pub(super) fn may_be_right(&self) -> bool {
        self.is_whole
    }
}

impl fmt::Debug for NewPassword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NewPassword(…)")
    }
}

impl fmt::Debug for Typed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Typed(…)")
    }
}

fn prepared(text: &str) -> String {
    let is_space = |c: char| c.is_whitespace() && !c.is_control();
    text.nfc()
        .map(|c| if is_space(c) { ' ' } else { c })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn weak(text: &str) -> Option<Weak> {
        NewPassword::check(text, &["ada.lovelace@example.org", "Ada", "Lovelace"]).err()
    }

    #[test]
    fn length_is_counted_in_characters() {
        assert_eq!(weak("xk4-Qp9"), Some(Weak::Short));
        assert_eq!(weak("xk4-Qp9z"), None);
        // Eight letters of three bytes each; as four letters with accents they would be too few.
        assert_eq!(weak("ありがとう先生方"), None);
        assert_eq!(weak("e\u{301}e\u{300}a\u{301}o\u{301}"), Some(Weak::Short));
        let long = "wörter ".repeat(50);
        assert_eq!(weak(&long[..]), Some(Weak::Long));
        let longest: String = long.chars().take(MAX_CHARS).collect();
        assert_eq!(weak(&longest), None);
    }

    #[test]
    fn no_kind_of_character_is_asked_for_and_controls_are_refused() {
        assert_eq!(weak("correct horse battery"), None);
        for control in [
            "with\0nul inside",
            "with\nline break",
            "with\u{7f}delete",
            "tab\tinside it",
        ] {
            assert_eq!(weak(control), Some(Weak::Control), "{control:?}");
        }
    }

    #[test]
    fn what_everybody_knows_is_refused() {
        for known in [
            "ada.lovelace",
            "Lovelace1!",
            "AdaLovelace",
            "lovelaceada2024",
            "example.org",
        ] {
            assert_eq!(weak(known), Some(Weak::Personal), "{known}");
        }
        assert_eq!(weak("lovelace wrote the first program"), None);
    }

    #[test]
    fn nothing_of_a_password_is_shown_by_accident() {
        let password = NewPassword::check("correct horse battery", &[]).unwrap();
        assert!(!format!("{password:?}{:?}", Typed::new("correct horse")).contains("horse"));
    }
}
