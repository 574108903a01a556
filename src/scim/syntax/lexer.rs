//! Text into tokens: brackets, JSON strings and words.

use crate::scim::error::{Error, ErrorKind, Result};

/// The most characters of the offending text that an error repeats: a word or two, enough to find the place.
const SHOWN_CHARS: usize = 40;

/// Which of the two texts is read; it decides the kind of error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Subject {
    Filter,
    Path,
}

impl Subject {
    /// A refusal of the text as a whole.
    pub(super) fn error(self, detail: &str) -> Error {
        match self {
            Self::Filter => Error::new(ErrorKind::InvalidFilter, format!("the filter {detail}")),
            Self::Path => Error::new(ErrorKind::InvalidPath, format!("the path {detail}")),
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Kind<'a> {
    /// `(`
    Open,
    /// `)`
    Close,
    /// `[`
    OpenBracket,
    /// `]`
    CloseBracket,
    /// A JSON string, unescaped.
    Text(String),
    /// A run of any other characters: a name, an operator, a number, a word without quotes.
    Word(&'a str),
    /// Nothing is left.
    End,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Token<'a> {
    pub(super) kind: Kind<'a>,
    /// Where it starts, in bytes.
    pub(super) start: usize,
}

/// Reads tokens from the front of a text.
#[derive(Debug)]
pub(super) struct Lexer<'a> {
    text: &'a str,
    at: usize,
    subject: Subject,
}

impl<'a> Lexer<'a> {
    pub(super) fn new(subject: Subject, text: &'a str) -> Self {
        Self {
            text,
            at: 0,
            subject,
        }
    }

    /// The next token; after the last one [`Kind::End`] for ever.
    pub(super) fn token(&mut self) -> Result<Token<'a>> {
        let rest = self.rest(self.at).trim_ascii_start();
        let start = self.text.len() - rest.len();
        let (kind, length) = match rest.bytes().next() {
            None => (Kind::End, 0),
            Some(b'(') => (Kind::Open, 1),
            Some(b')') => (Kind::Close, 1),
            Some(b'[') => (Kind::OpenBracket, 1),
            Some(b']') => (Kind::CloseBracket, 1),
            Some(b'"') => self.string(start, rest)?,
            Some(_) => {
                let word = rest.split(ends_word).next().unwrap_or(rest);
                (Kind::Word(word), word.len())
            }
        };
        self.at = start + length;
        Ok(Token { kind, start })
    }

    /// A refusal at byte `start`; its detail counts characters from 1.
    pub(super) fn error(&self, start: usize, expected: &str) -> Error {
        let before = self.text.get(..start).unwrap_or(self.text);
        let position = before.chars().count() + 1;
        let rest = self.rest(start);
        let found = if rest.is_empty() {
            "nothing".to_owned()
        } else {
            let shown: String = rest.chars().take(SHOWN_CHARS).collect();
            let more = if shown.len() < rest.len() { "…" } else { "" };
            format!("`{shown}{more}`")
        };
        self.subject.error(&format!(
            "is not valid at character {position}: expected {expected}, found {found}"
        ))
    }

    pub(super) fn subject(&self) -> Subject {
        self.subject
    }

    fn rest(&self, start: usize) -> &'a str {
        self.text.get(start..).unwrap_or_default()
    }

    fn string(&self, start: usize, rest: &str) -> Result<(Kind<'a>, usize)> {
        let Some(length) = string_length(rest) else {
            return Err(self.error(start, "a string with a closing quote"));
        };
        let quoted = rest.get(..length).unwrap_or_default();
        match serde_json::from_str::<String>(quoted) {
            Ok(text) if text.contains('\0') => {
                Err(self.error(start, "a string without NUL characters"))
            }
            Ok(text) => Ok((Kind::Text(text), length)),
            Err(_) => Err(self.error(start, "a JSON string (look at its escapes)")),
        }
    }
}

/// How many bytes the string takes that `rest` starts with, quotes included.
fn string_length(rest: &str) -> Option<usize> {
    let mut escaped = false;
    for (position, byte) in rest.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return Some(position + 1),
            _ => {}
        }
    }
    None
}

fn ends_word(character: char) -> bool {
    character.is_ascii_whitespace() || matches!(character, '(' | ')' | '[' | ']' | '"')
}
