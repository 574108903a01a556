//! The parameters of a request: paging, sorting, projection, and entity tags (RFC 7644 §3.4.2, §3.9, §3.14, RFC 9865 §2).

use super::error::{Error, ErrorKind, Result};

/// The parameters of a list, as text; unknown ones are ignored (Entra sends flags of its own).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ListQuery {
    /// `filter`, percent-decoded; what `+` means in it a client profile decides.
    pub filter: Option<String>,
    /// `sortBy`
    pub sort_by: Option<String>,
    /// `sortOrder`
    pub sort_order: SortOrder,
    /// `startIndex` or `cursor`
    pub paging: Paging,
    /// `count`; `None` where the client leaves it to the server.
    pub count: Option<u64>,
    /// `attributes` and `excludedAttributes`
    pub wanted: Wanted,
}

/// Where a page begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Paging {
    /// At this position, at least 1 (RFC 7644 §3.4.2.4): what holds when the client says nothing.
    Index(u64),
    /// Behind the page that gave out this cursor (RFC 9865 §2); `None`, an empty one, is the first page.
    Cursor(Option<String>),
}

impl Default for Paging {
    fn default() -> Self {
        Self::Index(1)
    }
}

/// What a client prefers to be answered to a change (RFC 7240 §4.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Preference {
    /// It does not say.
    #[default]
    None,
    /// `return=minimal`: no body.
    Minimal,
    /// `return=representation`: the resource.
    Representation,
}

impl Preference {
    /// Reads the `Prefer` headers of a request, joined by commas: the first `return` counts, as RFC 7240 §2 has it
    /// for whatever is said twice. What is unknown is ignored.
    pub fn parse(text: &str) -> Self {
        let said = text.split(',').find_map(|preference| {
            let pair = preference.split(';').next()?;
            let (name, value) = pair.split_once('=')?;
            name.trim()
                .eq_ignore_ascii_case("return")
                .then(|| value.trim().trim_matches('"'))
        });
        match said {
            Some(value) if value.eq_ignore_ascii_case("minimal") => Self::Minimal,
            Some(value) if value.eq_ignore_ascii_case("representation") => Self::Representation,
            Some(_) | None => Self::None,
        }
    }
}

/// `sortOrder` (RFC 7644 §3.4.2.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SortOrder {
    /// The default.
    #[default]
    Ascending,
    /// Largest first.
    Descending,
}

/// `attributes` and `excludedAttributes`, as text (RFC 7644 §3.9).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Wanted {
    /// `attributes`
    pub attributes: Option<String>,
    /// `excludedAttributes`
    pub excluded: Option<String>,
    /// `Prefer`
    pub preference: Preference,
}

impl ListQuery {
    /// Reads decoded name-value pairs; names compare without case.
    ///
    /// # Errors
    /// 400 `invalidValue` for a number that is none, a `sortOrder` that is neither, `cursor` beside
    /// `startIndex`, or a parameter that stands twice; 400 `invalidFilter` for an empty filter; 400
    /// `invalidCount` for a `count` beside a cursor that is no number.
    pub fn from_pairs<'p>(pairs: impl IntoIterator<Item = (&'p str, &'p str)>) -> Result<Self> {
        let mut raw = Raw::default();
        for (name, value) in pairs {
            raw.take(name, value)?;
        }
        let start = number("startIndex", raw.start_index)?;
        let count = number("count", raw.count);
        Self {
            filter: raw.filter.map(str::to_owned),
            sort_by: raw.sort_by.map(str::to_owned),
            sort_order: sort_order(raw.sort_order)?,
            paging: paging(start, raw.cursor)?,
            count: count.map_err(|error| of_count(error, raw.cursor.is_some()))?,
            wanted: raw.wanted(),
        }
        .settled()
    }

    /// What holds however the parameters came: a filter is not empty, and an empty `sortBy` is none.
    ///
    /// # Errors
    /// 400 `invalidFilter`
    pub(super) fn settled(mut self) -> Result<Self> {
        if self.filter.as_deref().is_some_and(is_blank) {
            return Err(Error::filter(
                "filter is empty: leave it out, or send a filter.",
            ));
        }
        self.sort_by = self.sort_by.filter(|name| !is_blank(name));
        Ok(self)
    }
}

impl Wanted {
    /// Reads decoded name-value pairs of a request for one resource.
    ///
    /// # Errors
    /// 400 `invalidValue` for a parameter that stands twice.
    pub fn from_pairs<'p>(pairs: impl IntoIterator<Item = (&'p str, &'p str)>) -> Result<Self> {
        let mut raw = Raw::default();
        for (name, value) in pairs {
            raw.take(name, value)?;
        }
        Ok(raw.wanted())
    }
}

#[derive(Default)]
struct Raw<'p> {
    filter: Option<&'p str>,
    sort_by: Option<&'p str>,
    sort_order: Option<&'p str>,
    start_index: Option<&'p str>,
    count: Option<&'p str>,
    cursor: Option<&'p str>,
    attributes: Option<&'p str>,
    excluded: Option<&'p str>,
}

impl<'p> Raw<'p> {
    fn take(&mut self, name: &'p str, value: &'p str) -> Result<()> {
        let slot = match name.to_ascii_lowercase().as_str() {
            "filter" => &mut self.filter,
            "sortby" => &mut self.sort_by,
            "sortorder" => &mut self.sort_order,
            "startindex" => &mut self.start_index,
            "count" => &mut self.count,
            "cursor" => &mut self.cursor,
            "attributes" => &mut self.attributes,
            "excludedattributes" => &mut self.excluded,
            _ => return Ok(()),
        };
        if slot.replace(value).is_some() {
            return Err(Error::value(format!(
                "The parameter {name} stands twice: send it once."
            )));
        }
        Ok(())
    }

    fn wanted(&self) -> Wanted {
        Wanted {
            attributes: self.attributes.map(str::to_owned),
            excluded: self.excluded.map(str::to_owned),
            preference: Preference::None,
        }
    }
}

fn is_blank(text: &str) -> bool {
    text.trim().is_empty()
}

/// RFC 9865 §2.4 lets clients choose a method by its parameter, so there is no answer to both.
pub(super) fn paging(start: Option<u64>, cursor: Option<&str>) -> Result<Paging> {
    match (start, cursor) {
        (Some(_), Some(_)) => Err(Error::value(
            "Send startIndex or cursor, not both: they are two methods of paging.",
        )),
        (start, None) => Ok(Paging::Index(start.unwrap_or(1).max(1))),
        (None, Some(cursor)) => Ok(Paging::Cursor(
            Some(cursor.to_owned()).filter(|cursor| !cursor.is_empty()),
        )),
    }
}

/// What is wrong with `count` has a name of its own where there is a cursor (RFC 9865 §2.1).
pub(super) fn of_count(error: Error, cursor: bool) -> Error {
    let kind = if cursor {
        ErrorKind::InvalidCount
    } else {
        error.kind
    };
    Error { kind, ..error }
}

pub(super) fn sort_order(text: Option<&str>) -> Result<SortOrder> {
    match text {
        None => Ok(SortOrder::Ascending),
        Some(text) if text.eq_ignore_ascii_case("ascending") => Ok(SortOrder::Ascending),
        Some(text) if text.eq_ignore_ascii_case("descending") => Ok(SortOrder::Descending),
        Some(_) => Err(Error::value(
            "sortOrder is \"ascending\" or \"descending\".",
        )),
    }
}

/// A whole number; a negative one counts as 0 (RFC 7644 §3.4.2.4), one too large as the largest.
fn number(name: &str, text: Option<&str>) -> Result<Option<u64>> {
    let Some(text) = text.map(str::trim) else {
        return Ok(None);
    };
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Error::value(format!("{name} is not a whole number.")));
    }
    if text.starts_with('-') {
        return Ok(Some(0));
    }
    Ok(Some(digits.parse().unwrap_or(u64::MAX)))
}

/// The entity tags of an `If-Match` or `If-None-Match` header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EntityTags {
    /// `*`: any version.
    Any,
    /// These opaque tags, without quotes and without `W/`: tags are compared weakly here.
    These(Vec<String>),
}

impl EntityTags {
    /// Reads the header's text (RFC 9110 §8.8.3); tags without quotes are taken as they are, as some
    /// clients send `meta.version` back bare.
    ///
    /// # Errors
    /// 400 `invalidValue` when there is no tag in it.
    pub fn parse(text: &str) -> Result<Self> {
        if text.trim() == "*" {
            return Ok(Self::Any);
        }
        let tags: Vec<String> = text
            .split(',')
            .map(|tag| {
                tag.trim()
                    .trim_start_matches("W/")
                    .trim_matches('"')
                    .to_owned()
            })
            .filter(|tag| !tag.is_empty())
            .collect();
        if tags.is_empty() {
            return Err(Error::value(
                "If-Match and If-None-Match take \"*\" or entity tags such as W/\"1\".",
            ));
        }
        Ok(Self::These(tags))
    }

    /// Whether the present version (without quotes) is one of them.
    pub fn matches(&self, version: &str) -> bool {
        match self {
            Self::Any => true,
            Self::These(tags) => tags.iter().any(|tag| tag == version),
        }
    }
}

/// The conditions of a request (RFC 7644 §3.14).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Conditions {
    /// `If-Match`
    pub if_match: Option<EntityTags>,
    /// `If-None-Match`
    pub if_none_match: Option<EntityTags>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_clamped_and_words_refused() {
        let read = |text| number("count", Some(text));
        assert_eq!(read("-5"), Ok(Some(0)));
        assert_eq!(read("007"), Ok(Some(7)));
        assert_eq!(read("99999999999999999999999"), Ok(Some(u64::MAX)));
        for text in ["", "x", "1.5", "-", "1e3"] {
            assert!(read(text).is_err(), "{text}");
        }
    }

    #[test]
    fn names_have_no_case_and_stand_once() {
        let query = ListQuery::from_pairs([("startindex", "0"), ("aadOptscim062020", "")]).unwrap();
        assert_eq!(query.paging, Paging::Index(1));
        assert!(ListQuery::from_pairs([("count", "1"), ("Count", "2")]).is_err());
        assert!(ListQuery::from_pairs([("filter", " ")]).is_err());
    }

    #[test]
    fn a_cursor_is_another_method_of_paging() {
        let read = |pairs: &[(&'static str, &'static str)]| {
            ListQuery::from_pairs(pairs.iter().copied()).map(|query| query.paging)
        };
        assert_eq!(read(&[("cursor", "")]), Ok(Paging::Cursor(None)));
        assert_eq!(
            read(&[("Cursor", "x")]),
            Ok(Paging::Cursor(Some("x".to_owned())))
        );
        let both = read(&[("cursor", ""), ("startIndex", "1")]).unwrap_err();
        assert_eq!(both.kind, ErrorKind::InvalidValue);
        let count = read(&[("cursor", ""), ("count", "x")]).unwrap_err();
        assert_eq!(count.kind, ErrorKind::InvalidCount);
    }

    #[test]
    fn the_first_return_of_prefer_counts() {
        for (text, preference) in [
            ("return=minimal", Preference::Minimal),
            (" Return = \"minimal\" ; x=1", Preference::Minimal),
            (
                "respond-async, return=representation, return=minimal",
                Preference::Representation,
            ),
            ("return=nothing", Preference::None),
            ("returns=minimal", Preference::None),
            ("", Preference::None),
        ] {
            assert_eq!(Preference::parse(text), preference, "{text}");
        }
    }

    #[test]
    fn tags_compare_weakly() {
        let tags = EntityTags::parse("W/\"3\", \"7\"").unwrap();
        assert!(tags.matches("3") && tags.matches("7") && !tags.matches("4"));
        assert!(EntityTags::parse(" * ").unwrap().matches("1"));
        assert!(EntityTags::parse("").is_err());
    }
}
