//! What was said: filters and paths as parsed, not yet checked against any schema (RFC 7644 §3.4.2.2, §3.5.2).

/// A name as written: `userName`, `name.givenName`, `urn:…:User:emails.value`, a bare schema URN.
/// Which part is URN, attribute and sub-attribute is decided against a schema, not here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name(pub String);

/// The operators that compare an attribute with a literal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CompareOp {
    /// equal
    Eq,
    /// not equal
    Ne,
    /// contains
    Co,
    /// starts with
    Sw,
    /// ends with
    Ew,
    /// greater than
    Gt,
    /// greater than or equal
    Ge,
    /// less than
    Lt,
    /// less than or equal
    Le,
}

/// The right side of a comparison.
#[derive(Debug, Clone, PartialEq)]
pub enum Literal {
    /// A JSON string.
    Text(String),
    /// A JSON number.
    Number(serde_json::Number),
    /// `true` or `false`.
    Boolean(bool),
    /// `null`.
    Null,
    /// A word without quotes: no RFC allows it, some clients send it; a profile turns it into `Text`,
    /// checking refuses it.
    Bare(String),
}

/// A filter as parsed. `And` and `Or` are flat lists of two or more.
#[derive(Debug, Clone, PartialEq)]
pub enum Filter {
    /// All of them hold.
    And(Vec<Filter>),
    /// One of them holds.
    Or(Vec<Filter>),
    /// It does not hold.
    Not(Box<Filter>),
    /// `name pr`
    Present(Name),
    /// `name op literal`
    Compare(Name, CompareOp, Literal),
    /// `name[filter]`: one and the same value fulfils all of the inner filter.
    ValuePath(Name, Box<Filter>),
}

/// The path of a PATCH operation as parsed: `name`, `name[filter]` or `name[filter].sub`.
#[derive(Debug, Clone, PartialEq)]
pub struct Path {
    /// The attribute, possibly with `.sub` when there is no filter.
    pub name: Name,
    /// Selects values of a multi-valued attribute.
    pub filter: Option<Filter>,
    /// The sub-attribute behind a value filter.
    pub sub: Option<String>,
}
