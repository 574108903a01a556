//! How often something may happen: `500/s`, `20/min`, `0` for no limit.

use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;
use std::time::Duration;

/// So many times in a second, a minute or an hour; or no limit at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate(Option<(NonZeroU32, Unit)>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unit {
    Second,
    Minute,
    Hour,
}

impl Rate {
    /// How often, in which time; `None` is no limit.
    pub fn limit(self) -> Option<(NonZeroU32, Duration)> {
        let (times, unit) = self.0?;
        let seconds = match unit {
            Unit::Second => 1,
            Unit::Minute => 60,
            Unit::Hour => 3_600,
        };
        Some((times, Duration::from_secs(seconds)))
    }
}

impl FromStr for Rate {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || {
            format!(
                "{text:?} is not a rate: write how often and s, min or h, such as 20/min, or 0 for no limit"
            )
        };
        if text.trim() == "0" {
            return Ok(Self(None));
        }
        let (times, unit) = text.split_once('/').ok_or_else(wrong)?;
        let unit = match unit.trim().to_ascii_lowercase().as_str() {
            "s" => Unit::Second,
            "m" | "min" => Unit::Minute,
            "h" => Unit::Hour,
            _ => return Err(wrong()),
        };
        let times: u32 = times.trim().parse().map_err(|_| wrong())?;
        Ok(Self(NonZeroU32::new(times).map(|times| (times, unit))))
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            None => f.write_str("0"),
            Some((times, Unit::Second)) => write!(f, "{times}/s"),
            Some((times, Unit::Minute)) => write!(f, "{times}/min"),
            Some((times, Unit::Hour)) => write!(f, "{times}/h"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_read_and_written_as_people_do() {
        for (text, shown) in [
            ("500/s", "500/s"),
            ("20 / min", "20/min"),
            ("7/H", "7/h"),
            ("0", "0"),
            ("0/s", "0"),
        ] {
            assert_eq!(text.parse::<Rate>().unwrap().to_string(), shown);
        }
        for text in ["", "5", "x/s", "5/d", "-1/s", "1.5/s"] {
            assert!(text.parse::<Rate>().is_err(), "{text}");
        }
    }
}
