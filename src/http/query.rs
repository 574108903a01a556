//! The query string: percent-decoded here and nothing more; `scim::query` knows what it means.

use std::borrow::Cow;
use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use percent_encoding::percent_decode_str;

use super::error::Error;
use crate::scim;
use crate::scim::ErrorKind;
use crate::scim::query::{ListQuery, Preference, Wanted};

/// The parameters of a request for many resources (RFC 7644 §3.4.2).
pub(super) struct Many(pub(super) ListQuery);

/// The parameters of a request for one resource (RFC 7644 §3.9), and what it prefers (RFC 7240).
pub(super) struct One(pub(super) Wanted);

/// The proof that there is no `filter`.
pub(super) struct Unfiltered;

impl FromRequest for Many {
    type Error = Error;
    type Future = Ready<Result<Self, Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let pairs = pairs(request.query_string());
        let query = pairs.and_then(|pairs| ListQuery::from_pairs(borrowed(&pairs)));
        ready(query.map(Self).map_err(Error::from))
    }
}

impl FromRequest for One {
    type Error = Error;
    type Future = Ready<Result<Self, Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let pairs = pairs(request.query_string());
        let wanted = pairs.and_then(|pairs| Wanted::from_pairs(borrowed(&pairs)));
        let preference = preference(request);
        let preferring = |wanted| {
            Self(Wanted {
                preference,
                ..wanted
            })
        };
        ready(wanted.map(preferring).map_err(Error::from))
    }
}

impl FromRequest for Unfiltered {
    type Error = Error;
    type Future = Ready<Result<Self, Error>>;

    /// "If a "filter" is provided, the service provider SHOULD respond with HTTP status code 403"
    /// (RFC 7644 §4).
    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let pairs = pairs(request.query_string()).unwrap_or_default();
        if pairs
            .iter()
            .any(|(name, _)| name.eq_ignore_ascii_case("filter"))
        {
            let detail =
                "Schemas and resource types cannot be filtered: ask for all, or for one by its id.";
            return ready(Err(Error::new(ErrorKind::Forbidden, detail)));
        }
        ready(Ok(Self))
    }
}

/// Several headers of one name are one list (RFC 9110 §5.3); one that is no text prefers nothing.
fn preference(request: &HttpRequest) -> Preference {
    let lines = request.headers().get_all("Prefer");
    let lines: Vec<&str> = lines.filter_map(|line| line.to_str().ok()).collect();
    Preference::parse(&lines.join(","))
}

type Pairs<'q> = Vec<(Cow<'q, str>, Cow<'q, str>)>;

fn borrowed<'p>(pairs: &'p Pairs<'_>) -> impl Iterator<Item = (&'p str, &'p str)> {
    pairs.iter().map(|(name, value)| (&**name, &**value))
}

/// The decoded pairs of a query string. A `+` stays a `+`: whether a space was meant is for the
/// client's profile to decide.
fn pairs(query: &str) -> scim::Result<Pairs<'_>> {
    let said = query.split('&').filter(|pair| !pair.is_empty());
    said.map(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let name =
            decode(name).ok_or_else(|| bad_encoding("The name of a query parameter", name))?;
        let value = decode(value)
            .ok_or_else(|| bad_encoding(&format!("The query parameter \"{name}\""), &name))?;
        Ok((name, value))
    })
    .collect()
}

/// `None` where a `%` has no two hexadecimal digits behind it, or the result is not UTF-8.
fn decode(text: &str) -> Option<Cow<'_, str>> {
    let encoded = |rest: &str| {
        let mut digits = rest.bytes();
        let both = (digits.next(), digits.next());
        matches!(both, (Some(a), Some(b)) if a.is_ascii_hexdigit() && b.is_ascii_hexdigit())
    };
    if !text.split('%').skip(1).all(encoded) {
        return None;
    }
    percent_decode_str(text).decode_utf8().ok()
}

fn bad_encoding(what: &str, name: &str) -> scim::Error {
    let detail = format!("{what} is not percent-encoded UTF-8.");
    if name.eq_ignore_ascii_case("filter") {
        scim::Error::filter(detail)
    } else {
        scim::Error::value(detail)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_decoded_and_plus_stays_plus() {
        let found = pairs("filter=userName%20eq+%22a%2Bb%22&count=1&&flag&x=a=b").unwrap();
        let expected = [
            ("filter", "userName eq+\"a+b\""),
            ("count", "1"),
            ("flag", ""),
            ("x", "a=b"),
        ];
        assert_eq!(borrowed(&found).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn bad_encodings_are_refused() {
        for query in [
            "a=%",
            "a=%4",
            "a=%zz",
            "a=%+1",
            "%ff=1",
            "a=%c0%af",
            "a=%ed%a0%80",
        ] {
            let kind = pairs(query).unwrap_err().kind;
            assert_eq!(kind, ErrorKind::InvalidValue, "{query}");
        }
        let kind = pairs("Filter=%ff").unwrap_err().kind;
        assert_eq!(kind, ErrorKind::InvalidFilter);
    }
}
