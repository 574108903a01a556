//! Comparing values as SCIM compares them: folded text, points in time, numbers (RFC 7643 §2.3, RFC 7644 §3.4.2.2).

use std::borrow::Cow;
use std::cmp::Ordering;

use caseless::Caseless;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::Offset;
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

/// The most decimals of a second that are kept: nanoseconds. Further digits are cut, not rounded.
const FRACTION_DIGITS: usize = 9;

/// The widest offset xsd:dateTime allows, `+14:00`, in seconds: 14 × 3,600 = 50,400.
const MAX_OFFSET_SECONDS: i32 = 50_400;

/// The form under which two texts are the same: NFC, and unless `case_exact` full Unicode case folding
/// (`Straße` = `STRASSE`). Folding can leave text decomposed (`ΐ`), so NFC comes last again; `fold` of a
/// folded text is that text.
pub fn fold(text: &str, case_exact: bool) -> String {
    if text.is_ascii() {
        return if case_exact {
            text.to_owned()
        } else {
            text.to_ascii_lowercase()
        };
    }
    if case_exact {
        text.nfc().collect()
    } else {
        text.chars().nfc().default_case_fold().nfc().collect()
    }
}

/// A stored text made ready to be compared with operands that [`fold`] has folded the same way.
/// Costs no allocation for ASCII text, which most identifiers are (except [`Text::contains`]).
pub struct Text<'a>(Form<'a>);

enum Form<'a> {
    /// Compared byte by byte.
    Folded(Cow<'a, str>),
    /// ASCII that is still to be lower-cased.
    AnyCase(&'a str),
}

impl<'a> Text<'a> {
    /// `text` as an attribute with this `caseExact` compares it.
    pub fn new(text: &'a str, case_exact: bool) -> Self {
        Self(match (text.is_ascii(), case_exact) {
            (true, true) => Form::Folded(Cow::Borrowed(text)),
            (true, false) => Form::AnyCase(text),
            (false, true) if is_nfc_quick(text.chars()) == IsNormalized::Yes => {
                Form::Folded(Cow::Borrowed(text))
            }
            (false, _) => Form::Folded(Cow::Owned(fold(text, case_exact))),
        })
    }

    /// Whether it is the text `folded`.
    pub fn equals(&self, folded: &str) -> bool {
        match &self.0 {
            Form::Folded(text) => text == folded,
            Form::AnyCase(text) => text.eq_ignore_ascii_case(folded),
        }
    }

    /// Order by code points of the folded text: independent of language, and the order of the index.
    pub fn order(&self, folded: &str) -> Ordering {
        match &self.0 {
            Form::Folded(text) => text.as_ref().cmp(folded),
            Form::AnyCase(text) => text
                .bytes()
                .map(|byte| byte.to_ascii_lowercase())
                .cmp(folded.bytes()),
        }
    }

    /// Whether it starts with `folded`.
    pub fn starts_with(&self, folded: &str) -> bool {
        match &self.0 {
            Form::Folded(text) => text.starts_with(folded),
            Form::AnyCase(text) => text
                .get(..folded.len())
                .is_some_and(|head| head.eq_ignore_ascii_case(folded)),
        }
    }

    /// Whether it ends with `folded`.
    pub fn ends_with(&self, folded: &str) -> bool {
        match &self.0 {
            Form::Folded(text) => text.ends_with(folded),
            Form::AnyCase(text) => text
                .len()
                .checked_sub(folded.len())
                .and_then(|start| text.get(start..))
                .is_some_and(|tail| tail.eq_ignore_ascii_case(folded)),
        }
    }

    /// Whether `folded` stands somewhere in it. Linear in the length of both: the standard search is, and
    /// a lower-cased copy is cheaper than a search of our own that is not.
    pub fn contains(&self, folded: &str) -> bool {
        match &self.0 {
            Form::Folded(text) => text.contains(folded),
            Form::AnyCase(text) => text.to_ascii_lowercase().contains(folded),
        }
    }
}

/// Reads an xsd:dateTime (RFC 7643 §2.3.5): `2011-05-13T04:42:34.5Z`, `…+02:00`, without a zone = UTC.
/// Any number of decimals, of which nine count; `24:00:00` is the next day's midnight; years 0001–9999.
/// The last day and a half of the year 9999, a usual "never", is past what a [`Timestamp`] holds and becomes its end.
pub fn parse_time(text: &str) -> Option<Timestamp> {
    let mut scan = Scan(text.as_bytes());
    let year = i16::try_from(scan.digits(4)?).ok()?;
    scan.byte(b'-')?;
    let month = scan.two()?;
    scan.byte(b'-')?;
    let day = scan.two()?;
    scan.byte(b'T')?;
    let hour = scan.two()?;
    scan.byte(b':')?;
    let minute = scan.two()?;
    scan.byte(b':')?;
    let second = scan.two()?;
    let nanos = scan.fraction()?;
    let offset = scan.offset()?;
    if year == 0 {
        return None;
    }
    let end_of_day = (hour, minute, second, nanos) == (24, 0, 0, 0);
    let hour = if end_of_day { 0 } else { hour };
    let local = DateTime::new(year, month, day, hour, minute, second, nanos).ok()?;
    let local = if end_of_day {
        local.tomorrow().unwrap_or(DateTime::MAX)
    } else {
        local
    };
    Some(offset.to_timestamp(local).unwrap_or(Timestamp::MAX))
}

/// A point in time as text whose order is the order of time: UTC, nine decimals, always 30 characters.
/// Times before the year 0 (no [`parse_time`] gives one) are taken as its start.
pub fn time_key(time: Timestamp) -> String {
    let utc = Offset::UTC.to_datetime(time);
    if utc.year() < 0 {
        return "0000-01-01T00:00:00.000000000Z".to_owned();
    }
    let mut text = String::with_capacity(30);
    push_clock(&mut text, utc);
    push_digits(&mut text, utc.subsec_nanosecond(), 9);
    text.push('Z');
    text
}

/// Appends a time as it is shown: in UTC, to the millisecond.
pub fn push_time(text: &mut String, time: Timestamp) {
    let utc = Offset::UTC.to_datetime(time);
    push_clock(text, utc);
    push_digits(text, utc.subsec_nanosecond() / 1_000_000, 3);
    text.push('Z');
}

/// `2026-03-01T12:00:00.`, of a year that is not negative.
fn push_clock(text: &mut String, at: DateTime) {
    let parts = [
        (i32::from(at.year()), 4, '-'),
        (at.month().into(), 2, '-'),
        (at.day().into(), 2, 'T'),
        (at.hour().into(), 2, ':'),
        (at.minute().into(), 2, ':'),
        (at.second().into(), 2, '.'),
    ];
    for (number, width, end) in parts {
        push_digits(text, number, width);
        text.push(end);
    }
}

/// Appends the last `width` digits of a number that is not negative.
fn push_digits(text: &mut String, number: i32, width: u32) {
    for place in (0..width).rev() {
        let digit = number / 10_i32.pow(place) % 10;
        text.extend(
            u32::try_from(digit)
                .ok()
                .and_then(|digit| char::from_digit(digit, 10)),
        );
    }
}

/// A number as text whose order is the order of numbers: always 16 hexadecimal digits. `-0` and `0` are one.
pub fn number_key(number: f64) -> String {
    let number = if number == 0.0 { 0.0 } else { number };
    let bits = number.to_bits();
    // IEEE 754 orders positive numbers like their bits; the sign bit and the magnitude of negative
    // ones have to be turned around.
    let ordered = if number.is_sign_negative() {
        !bits
    } else {
        bits ^ (1 << 63)
    };
    format!("{ordered:016x}")
}

/// What is left to read of an xsd:dateTime.
struct Scan<'a>(&'a [u8]);

impl Scan<'_> {
    fn byte(&mut self, wanted: u8) -> Option<()> {
        let (first, rest) = self.0.split_first()?;
        (*first == wanted).then(|| self.0 = rest)
    }

    fn digits(&mut self, count: usize) -> Option<u32> {
        let (head, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        head.iter().try_fold(0, |number: u32, byte| {
            let digit = char::from(*byte).to_digit(10)?;
            number.checked_mul(10)?.checked_add(digit)
        })
    }

    fn two(&mut self) -> Option<i8> {
        i8::try_from(self.digits(2)?).ok()
    }

    /// `.123` as nanoseconds; zero if there is no point.
    fn fraction(&mut self) -> Option<i32> {
        if self.byte(b'.').is_none() {
            return Some(0);
        }
        let count = self.0.iter().take_while(|b| b.is_ascii_digit()).count();
        let kept = count.min(FRACTION_DIGITS);
        if count == 0 {
            return None;
        }
        let head = self.digits(kept)?;
        self.0 = self.0.get(count - kept..)?;
        let scale = 10_u32.checked_pow(u32::try_from(FRACTION_DIGITS - kept).ok()?)?;
        i32::try_from(head.checked_mul(scale)?).ok()
    }

    /// `Z`, `±hh:mm` or nothing, which is taken as UTC; then the end.
    fn offset(&mut self) -> Option<Offset> {
        let sign = match self.0.split_first() {
            None | Some((b'Z', [])) => return Some(Offset::UTC),
            Some((b'+', rest)) => {
                self.0 = rest;
                1
            }
            Some((b'-', rest)) => {
                self.0 = rest;
                -1
            }
            Some(_) => return None,
        };
        let hours = i32::from(self.two()?);
        self.byte(b':')?;
        let minutes = i32::from(self.two()?);
        let seconds = hours * 3600 + minutes * 60;
        if !self.0.is_empty() || minutes > 59 || seconds > MAX_OFFSET_SECONDS {
            return None;
        }
        Offset::from_seconds(sign * seconds).ok()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn folds_by_case_and_normal_form() {
        for (left, right) in [
            ("Ada@Corp.Example", "ada@corp.example"),
            ("Straße", "STRASSE"),
            ("re\u{301}sume\u{301}", "RÉSUMÉ"),
            ("\u{390}", "\u{3aa}\u{301}"),
            ("\u{212a}elvin", "kelvin"),
            ("ΣΊΣΥΦΟΣ", "σίσυφος"),
        ] {
            assert_eq!(fold(left, false), fold(right, false), "{left} {right}");
            assert_ne!(fold(left, true), fold(right, true), "{left} {right}");
        }
        assert_eq!(fold("e\u{301}", true), "é");
        assert_ne!(fold("ı", false), fold("i", false));
    }

    #[test]
    fn reads_times() {
        for (text, key) in [
            ("2011-05-13T04:42:34Z", "2011-05-13T04:42:34.000000000Z"),
            ("2011-05-13T04:42:34", "2011-05-13T04:42:34.000000000Z"),
            (
                "2011-05-13T04:42:34.5+02:00",
                "2011-05-13T02:42:34.500000000Z",
            ),
            (
                "2011-05-13T04:42:34.12345678901-00:30",
                "2011-05-13T05:12:34.123456789Z",
            ),
            (
                "0001-01-03T00:00:00.0000000Z",
                "0001-01-03T00:00:00.000000000Z",
            ),
            (
                "0001-01-01T00:00:00+14:00",
                "0000-12-31T10:00:00.000000000Z",
            ),
            ("2024-02-29T24:00:00Z", "2024-03-01T00:00:00.000000000Z"),
            (
                "9999-12-31T23:59:59.9999999Z",
                "9999-12-30T22:00:00.999999999Z",
            ),
            ("9999-12-31T24:00:00Z", "9999-12-30T22:00:00.999999999Z"),
        ] {
            assert_eq!(
                parse_time(text).map(time_key).as_deref(),
                Some(key),
                "{text}"
            );
        }
    }

    #[test]
    fn refuses_what_is_no_time() {
        for text in [
            "",
            "2011",
            "2011-05-13",
            "2011-05-13 04:42:34Z",
            "2011-05-13T04:42Z",
            "2011-13-13T04:42:34Z",
            "2023-02-29T04:42:34Z",
            "2011-05-13T24:00:01Z",
            "2011-05-13T04:60:34Z",
            "2011-05-13T04:42:34.Z",
            "2011-05-13T04:42:34+0200",
            "2011-05-13T04:42:34+14:01",
            "2011-05-13T04:42:34+02:60",
            "2011-05-13T04:42:34Zx",
            "0000-01-01T00:00:00Z",
            "-0001-01-01T00:00:00Z",
            "+2011-05-13T04:42:34Z",
            "2011-05-1٣T04:42:34Z",
            "20é1-05-13T04:42:34Z",
        ] {
            assert_eq!(parse_time(text), None, "{text}");
        }
        assert_eq!(
            time_key(Timestamp::MIN),
            "0000-01-01T00:00:00.000000000Z",
            "before the year 0"
        );
    }

    #[test]
    fn number_keys_have_one_zero_and_one_width() {
        assert_eq!(number_key(-0.0), number_key(0.0));
        for number in [f64::MIN, -1.0, 0.0, f64::MIN_POSITIVE, f64::MAX] {
            assert_eq!(number_key(number).len(), 16);
        }
    }

    proptest! {
        #[test]
        fn folding_twice_changes_nothing(text in ".{0,12}", case_exact: bool) {
            let once = fold(&text, case_exact);
            prop_assert_eq!(fold(&once, case_exact), once);
        }

        #[test]
        fn text_compares_like_its_folded_form(
            stored in "[a-cA-Cß\u{301}É ]{0,6}",
            operand in "[a-cA-Cß\u{301}É ]{0,3}",
            case_exact: bool,
        ) {
            let (text, operand) = (Text::new(&stored, case_exact), fold(&operand, case_exact));
            let folded = fold(&stored, case_exact);
            prop_assert_eq!(text.equals(&operand), folded == operand);
            prop_assert_eq!(text.order(&operand), folded.cmp(&operand));
            prop_assert_eq!(text.starts_with(&operand), folded.starts_with(&operand));
            prop_assert_eq!(text.ends_with(&operand), folded.ends_with(&operand));
            prop_assert_eq!(text.contains(&operand), folded.contains(&operand));
        }

        #[test]
        fn number_keys_are_in_the_order_of_numbers(
            left in proptest::num::f64::NORMAL | proptest::num::f64::ZERO,
            right in proptest::num::f64::NORMAL | proptest::num::f64::ZERO,
        ) {
            let order = left.partial_cmp(&right);
            prop_assert_eq!(Some(number_key(left).cmp(&number_key(right))), order);
        }

        #[test]
        fn time_keys_are_in_the_order_of_time(
            left in -62_000_000_000_i64..253_000_000_000,
            right in -62_000_000_000_i64..253_000_000_000,
        ) {
            let (a, b) = (Timestamp::from_second(left).unwrap(), Timestamp::from_second(right).unwrap());
            prop_assert_eq!(time_key(a).cmp(&time_key(b)), left.cmp(&right));
            prop_assert_eq!(parse_time(&time_key(a)), Some(a));
        }
    }
}
