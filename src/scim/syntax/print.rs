//! Trees back into text that parses to the same tree.

use std::fmt;
use std::fmt::{Display, Formatter};

use super::tree::{CompareOp, Filter, Literal, Name, Path};

impl Display for Filter {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::And(parts) => list(out, parts, " and ", |part| {
                matches!(part, Self::And(_) | Self::Or(_))
            }),
            Self::Or(parts) => list(out, parts, " or ", |part| matches!(part, Self::Or(_))),
            Self::Not(inner) => write!(out, "not ({inner})"),
            Self::Present(name) => write!(out, "{name} pr"),
            Self::Compare(name, op, literal) => write!(out, "{name} {op} {literal}"),
            Self::ValuePath(name, inner) => write!(out, "{name}[{inner}]"),
        }
    }
}

impl Display for Path {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        write!(out, "{}", self.name)?;
        if let Some(filter) = &self.filter {
            write!(out, "[{filter}]")?;
        }
        if let Some(sub) = &self.sub {
            write!(out, ".{sub}")?;
        }
        Ok(())
    }
}

impl Display for Name {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl Display for Literal {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => {
                let quoted = serde_json::to_string(text).map_err(|_| fmt::Error)?;
                out.write_str(&quoted)
            }
            Self::Number(number) => write!(out, "{number}"),
            Self::Boolean(boolean) => write!(out, "{boolean}"),
            Self::Null => out.write_str("null"),
            Self::Bare(word) => out.write_str(word),
        }
    }
}

impl Display for CompareOp {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

impl CompareOp {
    /// Every operator.
    pub const ALL: [Self; 9] = [
        Self::Eq,
        Self::Ne,
        Self::Co,
        Self::Sw,
        Self::Ew,
        Self::Gt,
        Self::Ge,
        Self::Lt,
        Self::Le,
    ];

    /// As it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Eq => "eq",
            Self::Ne => "ne",
            Self::Co => "co",
            Self::Sw => "sw",
            Self::Ew => "ew",
            Self::Gt => "gt",
            Self::Ge => "ge",
            Self::Lt => "lt",
            Self::Le => "le",
        }
    }

    /// The operator that `word` is, in any case.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|op| op.as_str().eq_ignore_ascii_case(word))
    }
}

/// The parts of a list, in parentheses only where they are needed: each counts towards the depth.
fn list(
    out: &mut Formatter<'_>,
    parts: &[Filter],
    separator: &str,
    enclosed: fn(&Filter) -> bool,
) -> fmt::Result {
    for (ordinal, part) in parts.iter().enumerate() {
        if ordinal > 0 {
            out.write_str(separator)?;
        }
        if enclosed(part) {
            write!(out, "({part})")?;
        } else {
            write!(out, "{part}")?;
        }
    }
    Ok(())
}
