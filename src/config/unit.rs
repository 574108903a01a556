//! Sizes (`2 MiB`) and periods (`12h`) as people write them.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// A number of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Size(u64);

/// A length of time, in whole seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Period(u64);

/// Largest first, so that the shortest way of writing is found first.
const SIZES: [(&str, u64); 4] = [
    ("GiB", 1 << 30),
    ("MiB", 1 << 20),
    ("KiB", 1 << 10),
    ("B", 1),
];
const PERIODS: [(&str, u64); 4] = [("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1)];

impl Size {
    /// So many times 1,024 bytes.
    pub const fn kib(count: u32) -> Self {
        Self(count as u64 * 1024)
    }

    /// So many times 1,048,576 bytes.
    pub const fn mib(count: u32) -> Self {
        Self(count as u64 * 1024 * 1024)
    }

    /// In bytes.
    pub const fn bytes(self) -> u64 {
        self.0
    }

    /// In bytes, as lengths in memory are counted.
    pub fn as_usize(self) -> usize {
        usize::try_from(self.0).unwrap_or(usize::MAX)
    }
}

impl Period {
    /// So many seconds.
    pub const fn seconds(count: u64) -> Self {
        Self(count)
    }

    /// The same for timers.
    pub const fn as_duration(self) -> Duration {
        Duration::from_secs(self.0)
    }
}

impl FromStr for Size {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        parse(text, &SIZES, "B").map(Self).ok_or_else(|| {
            format!(
                "{text:?} is not a size: write a whole number and B, KiB, MiB or GiB, such as 2 MiB"
            )
        })
    }
}

impl FromStr for Period {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        parse(text, &PERIODS, "")
            .map(Self)
            .ok_or_else(|| format!("{text:?} is not a length of time: write a whole number and s, m, h or d, such as 12h"))
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (count, unit) = largest(self.0, &SIZES);
        write!(f, "{count} {unit}")
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (count, unit) = largest(self.0, &PERIODS);
        write!(f, "{count}{unit}")
    }
}

/// A whole number and a unit, with or without a space; `bare` is the unit of a number alone.
fn parse(text: &str, units: &[(&str, u64)], bare: &str) -> Option<u64> {
    let text = text.trim();
    let end = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    let (count, unit) = text.split_at_checked(end)?;
    let said = if unit.is_empty() {
        bare
    } else {
        unit.trim_start()
    };
    let (_, factor) = units
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case(said))?;
    count.parse::<u64>().ok()?.checked_mul(*factor)
}

fn largest<'u>(count: u64, units: &[(&'u str, u64)]) -> (u64, &'u str) {
    units
        .iter()
        .find(|(_, factor)| count >= *factor && count.is_multiple_of(*factor))
        .or(units.last())
        .map_or((count, ""), |(name, factor)| (count / factor, name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_and_written_as_people_do() {
        for (text, bytes) in [
            ("2 MiB", 2 << 20),
            ("512kib", 512 << 10),
            ("1 GiB", 1 << 30),
            ("1500", 1500),
            ("7 B", 7),
            ("0", 0),
        ] {
            assert_eq!(text.parse(), Ok(Size(bytes)), "{text}");
        }
        for text in [
            "",
            "MiB",
            "2 MB",
            "-1",
            "1.5 MiB",
            "2 MiB x",
            "99999999999 GiB",
        ] {
            assert!(text.parse::<Size>().is_err(), "{text}");
        }
        assert_eq!(
            [Size::mib(2), Size(1500), Size(0)].map(|s| s.to_string()),
            ["2 MiB", "1500 B", "0 B"]
        );
    }

    #[test]
    fn periods_are_read_and_written_as_people_do() {
        for (text, seconds) in [
            ("60s", 60),
            ("5m", 300),
            ("12h", 43_200),
            ("7 d", 604_800),
            ("365d", 31_536_000),
        ] {
            assert_eq!(text.parse(), Ok(Period(seconds)), "{text}");
        }
        for text in ["", "5", "h", "1w", "1h30m", "-1h", "999999999999999999d"] {
            assert!(text.parse::<Period>().is_err(), "{text}");
        }
        assert_eq!(
            [Period(604_800), Period(90), Period(0)].map(|p| p.to_string()),
            ["7d", "90s", "0s"]
        );
    }
}
