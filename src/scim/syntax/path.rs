//! The grammar of PATCH paths (RFC 7644 §3.5.2 Figure 7).

use super::filter::{MAX_FILTER_BYTES, Parser};
use super::lexer::Subject;
use super::tree::Path;
use crate::scim::error::Result;

/// The longest path in bytes: most of it is a filter, so it may be as long as one.
pub const MAX_PATH_BYTES: usize = MAX_FILTER_BYTES;

impl Path {
    /// Reads a path: `attr`, `attr.sub`, `attr[filter]` or `attr[filter].sub`, each with or without a URN, or a
    /// schema's URN alone.
    ///
    /// # Errors
    /// `invalidPath` with the position and what was expected there; also when it is the filter inside
    /// that is at fault.
    pub fn parse(text: &str) -> Result<Self> {
        let mut parser = Parser::new(Subject::Path, text)?;
        let name = parser.name("an attribute name")?;
        let filter = parser.brackets()?;
        let sub = match filter {
            Some(_) => parser.sub_attribute()?,
            None => None,
        };
        parser.end(match (&filter, &sub) {
            (None, _) => "`[` or the end",
            (Some(_), None) => "`.` and the name of a sub-attribute, or the end",
            (Some(_), Some(_)) => "the end",
        })?;
        Ok(Self { name, filter, sub })
    }
}
