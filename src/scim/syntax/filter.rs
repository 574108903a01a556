//! The grammar of filters, by recursive descent (RFC 7644 §3.4.2.2 Figure 1).

use serde_json::Number;

use super::lexer::{Kind, Lexer, Subject, Token};
use super::tree::{CompareOp, Filter, Literal, Name};
use crate::scim::error::{Error, Result};

/// The longest filter in bytes: 80 times `id eq "…36…" or ` (50 bytes) is 4,000, and a URL holds 8 KiB
/// after percent-encoding.
pub const MAX_FILTER_BYTES: usize = 4096;

/// The most `(`, `not (` and `[` inside each other. A level takes five frames of less than 1 KiB even in a
/// debug build: 32 × 5 KiB = 160 KiB of a 2 MiB stack. People and clients write two or three.
pub const MAX_DEPTH: usize = 32;

/// The most comparisons in one filter. Each is decided for each candidate: 256 × 100,000 (`scim.max_scan`)
/// is 26 million comparisons, a second or two at worst.
pub const MAX_TERMS: usize = 256;

const ATTRIBUTE: &str = "an attribute name, `not (` or `(`";
const OPERATOR: &str = "an operator (eq, ne, co, sw, ew, gt, ge, lt, le or pr)";
const LITERAL: &str = "a value (a string in double quotes, a number, true, false or null)";

impl Filter {
    /// Reads a filter. Operators, `and`, `or`, `not`, `true`, `false` and `null` are read in any case;
    /// `not(` is `not (`; spaces are needed only between words. A word without quotes on the right side
    /// becomes [`Literal::Bare`]. `emails[type eq "work"].value eq "x"`, which is not in the RFC but which
    /// Entra ID sends, is read as `emails[type eq "work" and value eq "x"]`.
    ///
    /// # Errors
    /// `invalidFilter` with the position and what was expected there, or the limit that was passed.
    pub fn parse(text: &str) -> Result<Self> {
        let mut parser = Parser::new(Subject::Filter, text)?;
        let filter = parser.filter()?;
        parser.end("`and`, `or` or the end")?;
        Ok(filter)
    }
}

/// Reads tokens with one token of foresight.
pub(super) struct Parser<'a> {
    lexer: Lexer<'a>,
    next: Token<'a>,
    depth: usize,
    terms: usize,
}

impl<'a> Parser<'a> {
    /// A parser at the start of `text`, whose length is limited.
    pub(super) fn new(subject: Subject, text: &'a str) -> Result<Self> {
        if text.len() > MAX_FILTER_BYTES {
            return Err(subject.error(&format!(
                "is {} bytes long; at most {MAX_FILTER_BYTES} are read",
                text.len()
            )));
        }
        let mut lexer = Lexer::new(subject, text);
        let next = lexer.token()?;
        Ok(Self {
            lexer,
            next,
            depth: 0,
            terms: 0,
        })
    }

    /// `FILTER`: alternatives, each of which is a list of conditions. `and` binds stronger than `or`.
    pub(super) fn filter(&mut self) -> Result<Filter> {
        let mut alternatives = Vec::new();
        loop {
            let mut conditions = Vec::new();
            loop {
                conditions.push(self.condition()?);
                if !self.take_keyword("and")? {
                    break;
                }
            }
            alternatives.push(all(conditions));
            if !self.take_keyword("or")? {
                return Ok(any(alternatives));
            }
        }
    }

    /// `[filter]`, if that comes next.
    pub(super) fn brackets(&mut self) -> Result<Option<Filter>> {
        if self.next.kind != Kind::OpenBracket {
            return Ok(None);
        }
        self.enclosed(&Kind::CloseBracket, "`and`, `or` or `]`")
            .map(Some)
    }

    /// A name, if that comes next.
    pub(super) fn name(&mut self, expected: &str) -> Result<Name> {
        let Kind::Word(word) = self.next.kind else {
            return Err(self.error(expected));
        };
        let Some(name) = Name::parse(word) else {
            return Err(self.error(expected));
        };
        self.advance()?;
        Ok(name)
    }

    /// The `.sub` behind a `]`, if that comes next.
    pub(super) fn sub_attribute(&mut self) -> Result<Option<String>> {
        let Kind::Word(word) = self.next.kind else {
            return Ok(None);
        };
        let Some(sub) = word.strip_prefix('.') else {
            return Ok(None);
        };
        if sub.contains(['.', ':']) || Name::parse(sub).is_none() {
            return Err(self.error("`.` and the name of a sub-attribute"));
        }
        self.advance()?;
        Ok(Some(sub.to_owned()))
    }

    /// Nothing may follow.
    pub(super) fn end(&self, expected: &str) -> Result<()> {
        if self.next.kind == Kind::End {
            Ok(())
        } else {
            Err(self.error(expected))
        }
    }

    fn condition(&mut self) -> Result<Filter> {
        if self.next.kind == Kind::Open {
            return self.group();
        }
        if self.take_keyword("not")? {
            if self.next.kind != Kind::Open {
                return Err(self.error("`(` after `not`"));
            }
            return Ok(Filter::Not(Box::new(self.group()?)));
        }
        if self.at_keyword("and") || self.at_keyword("or") {
            return Err(self.error(ATTRIBUTE));
        }
        let name = self.name(ATTRIBUTE)?;
        self.term(name)
    }

    fn group(&mut self) -> Result<Filter> {
        self.enclosed(&Kind::Close, "`and`, `or` or `)`")
    }

    /// A filter between the bracket that comes next and `close`.
    fn enclosed(&mut self, close: &Kind<'_>, expected: &str) -> Result<Filter> {
        if self.depth == MAX_DEPTH {
            return Err(self.lexer.subject().error(&format!(
                "has more than {MAX_DEPTH} brackets inside each other"
            )));
        }
        self.depth += 1;
        self.advance()?;
        let filter = self.filter()?;
        if self.next.kind != *close {
            return Err(self.error(expected));
        }
        self.advance()?;
        self.depth -= 1;
        Ok(filter)
    }

    fn term(&mut self, name: Name) -> Result<Filter> {
        if let Some(inner) = self.brackets()? {
            return self.behind_brackets(name, inner);
        }
        self.count_term()?;
        if self.take_keyword("pr")? {
            return Ok(Filter::Present(name));
        }
        let op = self.operator()?;
        Ok(Filter::Compare(name, op, self.literal()?))
    }

    fn behind_brackets(&mut self, name: Name, inner: Filter) -> Result<Filter> {
        let inner = match self.sub_attribute()? {
            None => inner,
            Some(sub) => {
                let term = self.term(Name(sub))?;
                all(vec![inner, term])
            }
        };
        Ok(Filter::ValuePath(name, Box::new(inner)))
    }

    fn count_term(&mut self) -> Result<()> {
        self.terms += 1;
        if self.terms <= MAX_TERMS {
            return Ok(());
        }
        Err(self
            .lexer
            .subject()
            .error(&format!("has more than {MAX_TERMS} comparisons")))
    }

    fn operator(&mut self) -> Result<CompareOp> {
        let Kind::Word(word) = self.next.kind else {
            return Err(self.error(OPERATOR));
        };
        let Some(op) = CompareOp::parse(word) else {
            return Err(self.error(OPERATOR));
        };
        self.advance()?;
        Ok(op)
    }

    fn literal(&mut self) -> Result<Literal> {
        let literal = match &mut self.next.kind {
            Kind::Text(text) => Literal::Text(std::mem::take(text)),
            Kind::Word(word) => literal_of(word),
            Kind::Open | Kind::Close | Kind::OpenBracket | Kind::CloseBracket | Kind::End => {
                return Err(self.error(LITERAL));
            }
        };
        self.advance()?;
        Ok(literal)
    }

    fn at_keyword(&self, keyword: &str) -> bool {
        matches!(self.next.kind, Kind::Word(word) if word.eq_ignore_ascii_case(keyword))
    }

    fn take_keyword(&mut self, keyword: &str) -> Result<bool> {
        let found = self.at_keyword(keyword);
        if found {
            self.advance()?;
        }
        Ok(found)
    }

    fn advance(&mut self) -> Result<()> {
        self.next = self.lexer.token()?;
        Ok(())
    }

    fn error(&self, expected: &str) -> Error {
        self.lexer.error(self.next.start, expected)
    }
}

/// The conditions as one filter; those that are lists of conditions themselves are joined in.
fn all(conditions: Vec<Filter>) -> Filter {
    let parts = conditions.into_iter().flat_map(|condition| {
        if let Filter::And(inner) = condition {
            inner
        } else {
            vec![condition]
        }
    });
    one_or(Filter::And, parts.collect())
}

/// The alternatives as one filter; those that are lists of alternatives themselves are joined in.
fn any(alternatives: Vec<Filter>) -> Filter {
    let parts = alternatives.into_iter().flat_map(|alternative| {
        if let Filter::Or(inner) = alternative {
            inner
        } else {
            vec![alternative]
        }
    });
    one_or(Filter::Or, parts.collect())
}

fn one_or(list: fn(Vec<Filter>) -> Filter, parts: Vec<Filter>) -> Filter {
    match <[Filter; 1]>::try_from(parts) {
        Ok([only]) => only,
        Err(parts) => list(parts),
    }
}

/// What a word on the right side is: a keyword, a JSON number or a word without quotes.
fn literal_of(word: &str) -> Literal {
    if word.eq_ignore_ascii_case("true") {
        Literal::Boolean(true)
    } else if word.eq_ignore_ascii_case("false") {
        Literal::Boolean(false)
    } else if word.eq_ignore_ascii_case("null") {
        Literal::Null
    } else {
        match number_of(word) {
            Some(number) => Literal::Number(number),
            None => Literal::Bare(word.to_owned()),
        }
    }
}

/// The JSON number that `word` is. serde_json knows the grammar; its float may be off by the last bit,
/// the standard library's is not, and only so does what is printed read back the same.
fn number_of(word: &str) -> Option<Number> {
    serde_json::from_str::<Number>(word).ok()?;
    if let Ok(integer) = word.parse::<i64>() {
        return Some(integer.into());
    }
    match word.parse::<u64>() {
        Ok(integer) => Some(integer.into()),
        Err(_) => Number::from_f64(word.parse().ok()?),
    }
}
