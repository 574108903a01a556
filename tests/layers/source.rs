//! Reads a Rust file as far as the rules need it: words, marks, string literals, and the paths it names.

use std::iter::Peekable;
use std::str::Chars;

/// One piece of a source file; comments, lifetimes and white space are gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Kind {
    /// An identifier, a keyword or a number.
    Word(String),
    /// The inside of a string literal of any sort.
    Text(String),
    /// `::`
    Colons,
    /// Any other single character.
    Mark(char),
}

/// A piece and the line it begins on, counted from one.
#[derive(Debug, Clone)]
pub(crate) struct Token {
    pub(crate) kind: Kind,
    pub(crate) line: usize,
}

impl Token {
    pub(crate) fn word(&self) -> Option<&str> {
        match &self.kind {
            Kind::Word(word) => Some(word),
            Kind::Text(_) | Kind::Colons | Kind::Mark(_) => None,
        }
    }

    pub(crate) fn is_mark(&self, mark: char) -> bool {
        self.kind == Kind::Mark(mark)
    }

    pub(crate) fn is_word(&self, word: &str) -> bool {
        self.word() == Some(word)
    }
}

/// A path that a file names, with `super`, `self` and use groups resolved: `crate` first for the gateway's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Named {
    pub(crate) path: Vec<String>,
    pub(crate) line: usize,
}

/// A source file of the house.
pub(crate) struct Source {
    /// From the root of the repository, with `/`: `src/scim/error.rs`.
    pub(crate) name: String,
    pub(crate) text: String,
    pub(crate) tokens: Vec<Token>,
    pub(crate) named: Vec<Named>,
}

impl Source {
    pub(crate) fn new(name: &str, text: &str) -> Self {
        let tokens = tokens(text);
        let named = Namer::new(name, &tokens).run();
        Self {
            name: name.to_owned(),
            text: text.to_owned(),
            tokens,
            named,
        }
    }

    /// The floor this file stands on: `scim` for `src/scim/error.rs`, `main` for `src/main.rs`.
    pub(crate) fn floor(&self) -> Option<&str> {
        let inside = self.name.strip_prefix("src/")?;
        let first = inside.split('/').next()?;
        Some(first.strip_suffix(".rs").unwrap_or(first))
    }
}

/// Splits a file into its tokens.
pub(crate) fn tokens(text: &str) -> Vec<Token> {
    Lexer {
        rest: text.chars().peekable(),
        line: 1,
        found: Vec::new(),
    }
    .run()
}

struct Lexer<'a> {
    rest: Peekable<Chars<'a>>,
    line: usize,
    found: Vec<Token>,
}

impl Lexer<'_> {
    fn run(mut self) -> Vec<Token> {
        while let Some(c) = self.next() {
            match c {
                '/' if self.rest.peek() == Some(&'/') => self.skip_line(),
                '/' if self.rest.peek() == Some(&'*') => self.skip_block(),
                '"' => self.quoted(self.line),
                '\'' => self.quote(),
                ':' if self.rest.peek() == Some(&':') => {
                    self.next();
                    self.push(Kind::Colons, self.line);
                }
                c if c.is_alphanumeric() || c == '_' => self.word(c),
                c if c.is_whitespace() => {}
                c => self.push(Kind::Mark(c), self.line),
            }
        }
        self.found
    }

    fn next(&mut self) -> Option<char> {
        let c = self.rest.next()?;
        if c == '\n' {
            self.line += 1;
        }
        Some(c)
    }

    fn push(&mut self, kind: Kind, line: usize) {
        self.found.push(Token { kind, line });
    }

    fn skip_line(&mut self) {
        while self.next().is_some_and(|c| c != '\n') {}
    }

    fn skip_block(&mut self) {
        self.next();
        let mut depth = 1;
        while depth > 0 {
            match self.next() {
                Some('*') if self.rest.peek() == Some(&'/') => {
                    self.next();
                    depth -= 1;
                }
                Some('/') if self.rest.peek() == Some(&'*') => {
                    self.next();
                    depth += 1;
                }
                Some(_) => {}
                None => return,
            }
        }
    }

    /// A word, or the prefix of a raw, byte or C string.
    fn word(&mut self, first: char) {
        let line = self.line;
        let mut word = String::from(first);
        while let Some(&c) = self.rest.peek() {
            if !(c.is_alphanumeric() || c == '_') {
                break;
            }
            word.push(c);
            self.next();
        }
        match (word.as_str(), self.rest.peek()) {
            ("b" | "c", Some('"')) => {
                self.next();
                self.quoted(line);
            }
            ("b", Some('\'')) => {
                self.next();
                self.quote();
            }
            ("r" | "br" | "cr", Some('"' | '#')) => self.raw(line),
            _ => self.push(Kind::Word(word), line),
        }
    }

    fn quoted(&mut self, line: usize) {
        let mut text = String::new();
        while let Some(c) = self.next() {
            match c {
                '"' => break,
                '\\' => {
                    self.next();
                    text.push(' ');
                }
                c => text.push(c),
            }
        }
        self.push(Kind::Text(text), line);
    }

    /// `r"…"`, `r#"…"#`; `r#name` is a word.
    fn raw(&mut self, line: usize) {
        let mut hashes = 0;
        while self.rest.peek() == Some(&'#') {
            self.next();
            hashes += 1;
        }
        if self.rest.peek() != Some(&'"') {
            return;
        }
        self.next();
        let end = format!("\"{}", "#".repeat(hashes));
        let mut text = String::new();
        while let Some(c) = self.next() {
            text.push(c);
            if let Some(inside) = text.strip_suffix(&end) {
                text.truncate(inside.len());
                break;
            }
        }
        self.push(Kind::Text(text), line);
    }

    /// A character literal or a lifetime; neither interests any rule.
    fn quote(&mut self) {
        match self.next() {
            Some('\\') => {
                self.next();
                while self.next().is_some_and(|c| c != '\'') {}
            }
            Some(_) if self.rest.peek() == Some(&'\'') => {
                self.next();
            }
            _ => {
                while self
                    .rest
                    .peek()
                    .is_some_and(|c| c.is_alphanumeric() || *c == '_')
                {
                    self.next();
                }
            }
        }
    }
}

/// Collects the paths of a file, knowing which module each stands in.
struct Namer<'a> {
    tokens: &'a [Token],
    /// The module of the file itself, below `crate`.
    file: Vec<String>,
    /// Inline modules around the current token, with the brace depth each ends at.
    inline: Vec<(String, usize)>,
    depth: usize,
    found: Vec<Named>,
    is_main: bool,
}

impl<'a> Namer<'a> {
    fn new(name: &str, tokens: &'a [Token]) -> Self {
        let inside = name.strip_prefix("src/").unwrap_or(name);
        let inside = inside.strip_suffix(".rs").unwrap_or(inside);
        let file = inside
            .split('/')
            .filter(|part| !matches!(*part, "mod" | "lib" | "main"))
            .map(str::to_owned)
            .collect();
        Self {
            tokens,
            file,
            inline: Vec::new(),
            depth: 0,
            found: Vec::new(),
            is_main: name == "src/main.rs",
        }
    }

    fn run(mut self) -> Vec<Named> {
        let mut at = 0;
        while let Some(token) = self.tokens.get(at) {
            at = match &token.kind {
                Kind::Word(word) if word == "use" => self.tree(at + 1, &[]),
                Kind::Word(word) if word == "mod" => self.module(at),
                Kind::Word(_) if !self.continues(at) => self.inline_path(at),
                Kind::Mark('{') => {
                    self.depth += 1;
                    at + 1
                }
                Kind::Mark('}') => {
                    self.depth = self.depth.saturating_sub(1);
                    let depth = self.depth;
                    self.inline.retain(|(_, end)| *end < depth);
                    at + 1
                }
                Kind::Word(_) | Kind::Text(_) | Kind::Colons | Kind::Mark(_) => at + 1,
            };
        }
        self.found
    }

    /// Whether the word at `at` is the tail of a path or a field.
    fn continues(&self, at: usize) -> bool {
        at.checked_sub(1)
            .and_then(|before| self.tokens.get(before))
            .is_some_and(|token| token.kind == Kind::Colons || token.is_mark('.'))
    }

    /// `mod name {`: what follows stands one module deeper. `mod name;` names nothing.
    fn module(&mut self, at: usize) -> usize {
        let name = self.tokens.get(at + 1).and_then(Token::word);
        let opens = self
            .tokens
            .get(at + 2)
            .is_some_and(|token| token.is_mark('{'));
        if let (Some(name), true) = (name, opens) {
            self.inline.push((name.to_owned(), self.depth));
            self.depth += 1;
            return at + 3;
        }
        // The name of a module in a file of its own is no path.
        at + 2
    }

    /// A path outside of `use`: `crate::store::Store`, `std::env::var`, or a single word.
    fn inline_path(&mut self, at: usize) -> usize {
        let mut path = Vec::new();
        let mut next = at;
        while let Some(word) = self.tokens.get(next).and_then(Token::word) {
            path.push(word.to_owned());
            next += 1;
            if self.tokens.get(next).map(|token| &token.kind) != Some(&Kind::Colons) {
                break;
            }
            next += 1;
        }
        self.emit(&path, at);
        next
    }

    /// One tree of a `use`, from `at` on; answers where it ends.
    fn tree(&mut self, at: usize, prefix: &[String]) -> usize {
        let mut path = prefix.to_vec();
        let mut next = at;
        while let Some(token) = self.tokens.get(next) {
            match &token.kind {
                Kind::Colons => next += 1,
                Kind::Word(word) if word == "as" => next += 2,
                Kind::Word(word) => {
                    path.push(word.clone());
                    next += 1;
                }
                Kind::Mark('*') => {
                    path.push("*".to_owned());
                    next += 1;
                }
                Kind::Mark('{') => return self.group(next + 1, &path),
                Kind::Text(_) | Kind::Mark(_) => break,
            }
        }
        self.emit(&path, at);
        next
    }

    fn group(&mut self, at: usize, prefix: &[String]) -> usize {
        let mut next = at;
        while let Some(token) = self.tokens.get(next) {
            next = match &token.kind {
                Kind::Mark('}') => return next + 1,
                Kind::Mark(',') => next + 1,
                Kind::Mark(';') => return next,
                Kind::Word(_) | Kind::Text(_) | Kind::Colons | Kind::Mark(_) => {
                    self.tree(next, prefix).max(next + 1)
                }
            };
        }
        next
    }

    fn emit(&mut self, path: &[String], at: usize) {
        let line = self.tokens.get(at).map_or(0, |token| token.line);
        let path = self.resolve(path);
        if !path.is_empty() {
            self.found.push(Named { path, line });
        }
    }

    /// Turns `self::`, `super::` and, in `main`, `muster::` into a path from `crate`.
    fn resolve(&self, path: &[String]) -> Vec<String> {
        let first = path.first().map(String::as_str);
        if self.is_main && first == Some("muster") {
            return std::iter::once("crate".to_owned())
                .chain(path.iter().skip(1).cloned())
                .collect();
        }
        // A lone `self` is a receiver, not a module.
        if path.len() < 2 || !matches!(first, Some("self" | "super")) {
            return path.to_vec();
        }
        let mut base = vec!["crate".to_owned()];
        base.extend(self.file.iter().cloned());
        base.extend(self.inline.iter().map(|(name, _)| name.clone()));
        let mut rest = path;
        while let Some((word, tail)) = rest.split_first() {
            match word.as_str() {
                "self" => {}
                "super" if base.len() > 1 => {
                    base.pop();
                }
                _ => break,
            }
            rest = tail;
        }
        base.extend(rest.iter().cloned());
        base
    }
}
