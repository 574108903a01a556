//! A search by POST: the message that stands for the query string (RFC 7644 §3.4.3, RFC 9865 §3).

use serde_json::{Map, Value};

use super::error::{Error, Result};
use super::json::kind_of;
use super::message::SEARCH_URN;
use super::query::{ListQuery, Preference, Wanted, of_count, paging, sort_order};

/// The names of the message's members, but for `schemas`.
pub const KEYS: [&str; 8] = [
    "attributes",
    "excludedAttributes",
    "filter",
    "sortBy",
    "sortOrder",
    "startIndex",
    "count",
    "cursor",
];

/// Reads the message; names compare without case, `null` is no value, unknown members are ignored.
///
/// # Errors
/// 400 `invalidSyntax` when `schemas` does not name [`SEARCH_URN`], and the errors of
/// [`ListQuery::from_pairs`], also for a value of the wrong type.
pub fn parse(body: Map<String, Value>) -> Result<ListQuery> {
    let members = Members::read(body)?;
    check_schemas(members.get("schemas"))?;
    let cursor = members.text("cursor")?;
    let count = members.number("count");
    ListQuery {
        filter: members.text("filter")?.map(str::to_owned),
        sort_by: members.text("sortBy")?.map(str::to_owned),
        sort_order: sort_order(members.text("sortOrder")?)?,
        paging: paging(members.number("startIndex")?, cursor)?,
        count: count.map_err(|error| of_count(error, cursor.is_some()))?,
        wanted: Wanted {
            attributes: members.names("attributes")?,
            excluded: members.names("excludedAttributes")?,
            preference: Preference::None,
        },
    }
    .settled()
}

/// The members that have a value, by their canonical names.
struct Members(Map<String, Value>);

impl Members {
    fn read(body: Map<String, Value>) -> Result<Self> {
        let mut known = Map::new();
        for (said, value) in body {
            let name = std::iter::once("schemas")
                .chain(KEYS)
                .find(|name| name.eq_ignore_ascii_case(&said));
            let Some(name) = name.filter(|_| !value.is_null()) else {
                continue;
            };
            if known.insert(name.to_owned(), value).is_some() {
                return Err(Error::syntax(format!("{name} stands twice: send it once.")));
            }
        }
        Ok(Self(known))
    }

    fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    fn text(&self, name: &str) -> Result<Option<&str>> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(other) => Err(Error::value(format!(
                "{name} is {}: send text.",
                kind_of(other)
            ))),
        }
    }

    /// A whole number; a negative one counts as 0, as in a query string.
    fn number(&self, name: &str) -> Result<Option<u64>> {
        let Some(value) = self.get(name) else {
            return Ok(None);
        };
        if let Some(number) = value.as_u64() {
            return Ok(Some(number));
        }
        if value.as_i64().is_some() {
            return Ok(Some(0));
        }
        Err(Error::value(format!(
            "{name} is {value}: send a whole number, without quotes."
        )))
    }

    /// A list of attribute names, as a query string would have it.
    fn names(&self, name: &str) -> Result<Option<String>> {
        let wrong = |found: &str| {
            Error::value(format!("{name} {found}: send an array of attribute names."))
        };
        let elements = match self.get(name) {
            None => return Ok(None),
            Some(Value::Array(elements)) => elements,
            Some(other) => return Err(wrong(&format!("is {}", kind_of(other)))),
        };
        let names: Option<Vec<&str>> = elements.iter().map(Value::as_str).collect();
        let names = names.ok_or_else(|| wrong("holds something else than text"))?;
        Ok((!names.is_empty()).then(|| names.join(",")))
    }
}

fn check_schemas(schemas: Option<&Value>) -> Result<()> {
    let named = |urn: &Value| {
        urn.as_str()
            .is_some_and(|urn| urn.eq_ignore_ascii_case(SEARCH_URN))
    };
    match schemas {
        Some(Value::Array(urns)) if urns.iter().any(named) => Ok(()),
        None => Err(Error::syntax(format!(
            "schemas is missing: send [\"{SEARCH_URN}\"]."
        ))),
        Some(_) => Err(Error::syntax(format!(
            "schemas does not name \"{SEARCH_URN}\"."
        ))),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::scim::ErrorKind;
    use crate::scim::query::{Paging, SortOrder};

    fn read(mut body: Value) -> Result<ListQuery> {
        body["schemas"] = json!([SEARCH_URN]);
        parse(body.as_object().unwrap().clone())
    }

    #[test]
    fn every_member_is_read() {
        let query = read(json!({
            "attributes": ["displayName", "userName"],
            "filter": "displayName sw \"smith\"",
            "sortBy": "userName",
            "SortOrder": "descending",
            "startIndex": -3,
            "count": 10,
            "excludedAttributes": null,
            "flavour": true,
        }))
        .unwrap();
        let expected = ListQuery {
            filter: Some("displayName sw \"smith\"".to_owned()),
            sort_by: Some("userName".to_owned()),
            sort_order: SortOrder::Descending,
            paging: Paging::Index(1),
            count: Some(10),
            wanted: Wanted {
                attributes: Some("displayName,userName".to_owned()),
                ..Wanted::default()
            },
        };
        assert_eq!(query, expected);
        let query = read(json!({ "cursor": "", "attributes": [] })).unwrap();
        assert_eq!(query.paging, Paging::Cursor(None));
        assert_eq!(query.wanted, Wanted::default());
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (body, kind) in [
            (json!({ "filter": 1 }), ErrorKind::InvalidValue),
            (json!({ "filter": " " }), ErrorKind::InvalidFilter),
            (json!({ "count": "10" }), ErrorKind::InvalidValue),
            (json!({ "count": 1.5 }), ErrorKind::InvalidValue),
            (
                json!({ "count": "10", "cursor": "" }),
                ErrorKind::InvalidCount,
            ),
            (json!({ "attributes": "userName" }), ErrorKind::InvalidValue),
            (json!({ "attributes": [1] }), ErrorKind::InvalidValue),
            (json!({ "sortOrder": "up" }), ErrorKind::InvalidValue),
            (
                json!({ "cursor": "", "startIndex": 1 }),
                ErrorKind::InvalidValue,
            ),
            (json!({ "count": 1, "Count": 2 }), ErrorKind::InvalidSyntax),
        ] {
            let shown = body.to_string();
            assert_eq!(read(body).unwrap_err().kind, kind, "{shown}");
        }
        for schemas in [json!(null), json!([]), json!(SEARCH_URN), json!(["urn:x"])] {
            let body = json!({ "schemas": schemas, "filter": "id pr" });
            let error = parse(body.as_object().unwrap().clone()).unwrap_err();
            assert_eq!(error.kind, ErrorKind::InvalidSyntax);
        }
    }
}
