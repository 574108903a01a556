//! Some members of a JSON object, the others skipped without being built: for a thousand documents one after the other.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::{Map, Value};

/// The members of the object `text` that have these names; `None` when it is no JSON object.
pub(super) fn parse(text: &str, names: &[&str]) -> Option<Map<String, Value>> {
    let mut reader = serde_json::Deserializer::from_str(text);
    let found = reader.deserialize_map(Members(names)).ok()?;
    reader.end().ok()?;
    Some(found)
}

struct Members<'n>(&'n [&'n str]);

impl<'de> Visitor<'de> for Members<'_> {
    type Value = Map<String, Value>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut found = Map::new();
        while let Some(name) = map.next_key_seed(Name(self.0))? {
            match name {
                Some(name) => drop(found.insert(name.to_owned(), map.next_value()?)),
                None => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(found)
    }
}

/// A name that is one of these, or any other.
struct Name<'n>(&'n [&'n str]);

impl<'de, 'n> DeserializeSeed<'de> for Name<'n> {
    type Value = Option<&'n str>;

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<Self::Value, D::Error> {
        reader.deserialize_str(self)
    }
}

impl<'n> Visitor<'_> for Name<'n> {
    type Value = Option<&'n str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(self.0.iter().copied().find(|name| *name == text))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_what_is_named_is_read() {
        let text = r#"{"a":[1,{"b":null}],"urn:x":{"c":"d"},"e\u0066":true,"g":"h"}"#;
        let found = |names: &[&str]| parse(text, names).map(Value::Object);
        assert_eq!(found(&[]), Some(json!({})));
        assert_eq!(
            found(&["urn:x", "ef", "none"]),
            Some(json!({ "urn:x": { "c": "d" }, "ef": true }))
        );
        let all = serde_json::from_str::<Value>(text).ok();
        assert_eq!(found(&["g", "a", "urn:x", "ef"]), all);
        for broken in ["", "[]", "{\"a\":1", "{\"a\":1} x", "{\"a\":}"] {
            assert_eq!(parse(broken, &["a"]), None, "{broken}");
        }
    }
}
