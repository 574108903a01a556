//! What is logged: a level, and others for parts of the program.

use std::fmt;
use std::str::FromStr;

use tracing::level_filters::LevelFilter;

/// A level for everything, and levels for modules named by their path: `info,muster::store=debug`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogFilter {
    level: LevelFilter,
    targets: Vec<(String, LevelFilter)>,
}

const LEVELS: [(&str, LevelFilter); 6] = [
    ("off", LevelFilter::OFF),
    ("error", LevelFilter::ERROR),
    ("warn", LevelFilter::WARN),
    ("info", LevelFilter::INFO),
    ("debug", LevelFilter::DEBUG),
    ("trace", LevelFilter::TRACE),
];

impl LogFilter {
    /// The level of everything that is not named.
    pub fn level(&self) -> LevelFilter {
        self.level
    }

    /// Module paths with a level of their own, as written.
    pub fn targets(&self) -> &[(String, LevelFilter)] {
        &self.targets
    }
}

impl FromStr for LogFilter {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut filter = Self {
            level: LevelFilter::INFO,
            targets: Vec::new(),
        };
        for part in text.split(',').map(str::trim) {
            match part.split_once('=') {
                None => filter.level = level(part)?,
                Some((target, said)) if is_target(target) => {
                    filter.targets.push((target.to_owned(), level(said)?));
                }
                Some((target, _)) => {
                    return Err(format!(
                        "{target:?} is not the path of a module, such as muster::store"
                    ));
                }
            }
        }
        Ok(filter)
    }
}

impl fmt::Display for LogFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.level)?;
        self.targets
            .iter()
            .try_for_each(|(target, level)| write!(f, ",{target}={level}"))
    }
}

fn level(said: &str) -> Result<LevelFilter, String> {
    LEVELS
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case(said))
        .map(|(_, level)| *level)
        .ok_or_else(|| {
            format!(
                "{said:?} is none of the levels {}",
                LEVELS.map(|(name, _)| name).join(", ")
            )
        })
}

fn is_target(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b':')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_given_for_all_and_for_parts() {
        let filter: LogFilter = "warn, muster=debug,h2=off".parse().unwrap();
        assert_eq!(filter.level(), LevelFilter::WARN);
        assert_eq!(filter.to_string(), "warn,muster=debug,h2=off");
    }

    #[test]
    fn a_slip_is_an_error_and_never_silence() {
        insta::assert_snapshot!("inof".parse::<LogFilter>().unwrap_err(), @r#""inof" is none of the levels off, error, warn, info, debug, trace"#);
        for said in ["", "info,", "muster=", "=info", "a b=info", "muster=loud"] {
            assert!(said.parse::<LogFilter>().is_err(), "{said}");
        }
    }
}
