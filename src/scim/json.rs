//! Reads a request body: JSON without duplicate names, NUL characters or endless nesting (RFC 8259, RFC 7493).

use std::cell::Cell;
use std::fmt;

use serde::de::{DeserializeSeed, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use super::error::{Error, ErrorKind, Result};

/// How deep arrays and objects may nest. The deepest message of the protocol, a Bulk operation with a
/// PATCH of a complex multi-valued extension attribute, needs 9 levels; 32 leaves room and keeps every
/// recursion over a value far below a 2 MiB stack.
pub const MAX_DEPTH: usize = 32;

/// How many names one object may have: ten times what the largest resource here has with all extensions.
/// A body of 2 MiB could hold 200,000, each of which costs a hundred bytes of memory.
pub const MAX_NAMES: usize = 1_000;

/// The bytes of the largest request body for each value that a body may have. Members of groups, the
/// smallest things that clients send in numbers, have 25 bytes a value. A value takes up to 300 bytes of
/// memory, an object with one name in it: 2 MiB hold 131,072, which are 40 MB and not 300.
const BYTES_PER_VALUE: usize = 16;

/// The number of values that a body may have where bodies have at most so many bytes.
pub fn max_values(max_payload: usize) -> usize {
    max_payload / BYTES_PER_VALUE
}

/// How much of a name or text that the caller sent is repeated in a message.
const SHOWN_CHARS: usize = 64;

/// Parses `body` as one JSON object of at most `max_values` values: objects, arrays and what is in them.
///
/// # Errors
/// 413 when there are more.
/// 400 `invalidSyntax` when it is not UTF-8, not JSON, no object, nests deeper than [`MAX_DEPTH`], has
/// a name twice or more than [`MAX_NAMES`] in one object, or has a NUL or a lone surrogate in a string.
pub fn parse_object(body: &[u8], max_values: usize) -> Result<Map<String, Value>> {
    if body.iter().all(u8::is_ascii_whitespace) {
        return Err(Error::syntax(
            "The request has no body: send a JSON object.",
        ));
    }
    let text = std::str::from_utf8(body).map_err(|fault| {
        Error::syntax(format!(
            "The body is not UTF-8: byte {} is wrong.",
            fault.valid_up_to()
        ))
    })?;
    let mut reader = serde_json::Deserializer::from_str(text);
    let left = Cell::new(max_values);
    let value = Strict::new(&left)
        .deserialize(&mut reader)
        .and_then(|value| reader.end().map(|()| value))
        .map_err(|fault| {
            if left.get() == EXCEEDED {
                return too_many_values(max_values);
            }
            Error::syntax(format!("The body is not usable JSON: {fault}."))
        })?;
    match value {
        Value::Object(members) => Ok(members),
        other => Err(Error::syntax(format!(
            "The body is {}: send a JSON object.",
            kind_of(&other)
        ))),
    }
}

/// Parses `text`, a document of an administrator and not of a client, as any JSON value, as strictly as [`parse_object`]; the error says what is wrong and where.
pub(super) fn parse_value(text: &str) -> std::result::Result<Value, String> {
    let mut reader = serde_json::Deserializer::from_str(text);
    let left = Cell::new(EXCEEDED - 1);
    Strict::new(&left)
        .deserialize(&mut reader)
        .and_then(|value| reader.end().map(|()| value))
        .map_err(|fault| fault.to_string())
}

fn too_many_values(max_values: usize) -> Error {
    let detail = format!(
        "The body has more than {max_values} JSON values, the most that is taken here; send less at once."
    );
    Error::new(ErrorKind::TooLarge, detail)
}

/// What a value is, with its article, for messages.
pub fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

/// The start of what a caller sent, for messages.
pub fn shown(text: &str) -> String {
    text.chars().take(SHOWN_CHARS).collect()
}

/// Builds a [`Value`] and refuses what `serde_json` would let pass.
#[derive(Clone, Copy)]
struct Strict<'c> {
    depth: usize,
    /// How many values there may still be.
    left: &'c Cell<usize>,
}

/// What is left when there were too many values.
const EXCEEDED: usize = usize::MAX;

impl<'c> Strict<'c> {
    fn new(left: &'c Cell<usize>) -> Self {
        Self { depth: 0, left }
    }

    fn count<E: serde::de::Error>(self) -> std::result::Result<(), E> {
        let left = self.left.get().checked_sub(1);
        self.left.set(left.unwrap_or(EXCEEDED));
        left.map(drop).ok_or_else(|| E::custom("too many values"))
    }

    fn deeper<E: serde::de::Error>(self) -> std::result::Result<Self, E> {
        if self.depth == MAX_DEPTH {
            return Err(E::custom(format_args!(
                "nested deeper than {MAX_DEPTH} levels"
            )));
        }
        Ok(Self {
            depth: self.depth + 1,
            ..self
        })
    }
}

fn checked<E: serde::de::Error>(text: &str) -> std::result::Result<(), E> {
    if text.contains('\0') {
        return Err(E::custom(
            "a string holds the NUL character \\u0000, which no attribute may have",
        ));
    }
    Ok(())
}

impl<'de> DeserializeSeed<'de> for Strict<'_> {
    type Value = Value;

    fn deserialize<D>(self, deserializer: D) -> std::result::Result<Value, D::Error>
    where
        D: serde::Deserializer<'de>,
    {
        self.count()?;
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict<'_> {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("JSON")
    }

    fn visit_bool<E>(self, truth: bool) -> std::result::Result<Value, E> {
        Ok(Value::Bool(truth))
    }

    fn visit_i64<E>(self, number: i64) -> std::result::Result<Value, E> {
        Ok(Value::Number(number.into()))
    }

    fn visit_u64<E>(self, number: u64) -> std::result::Result<Value, E> {
        Ok(Value::Number(number.into()))
    }

    fn visit_f64<E: serde::de::Error>(self, number: f64) -> std::result::Result<Value, E> {
        Number::from_f64(number)
            .map(Value::Number)
            .ok_or_else(|| E::custom("a number is out of range"))
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> std::result::Result<Value, E> {
        checked(text)?;
        Ok(Value::String(text.to_owned()))
    }

    fn visit_string<E: serde::de::Error>(self, text: String) -> std::result::Result<Value, E> {
        checked(&text)?;
        Ok(Value::String(text))
    }

    fn visit_unit<E>(self) -> std::result::Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> std::result::Result<Value, A::Error> {
        let inner = self.deeper()?;
        let mut elements = Vec::new();
        while let Some(element) = access.next_element_seed(inner)? {
            elements.push(element);
        }
        Ok(Value::Array(elements))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> std::result::Result<Value, A::Error> {
        let inner = self.deeper()?;
        let mut members = Map::new();
        while let Some(name) = access.next_key::<String>()? {
            checked(&name)?;
            if members.contains_key(&name) {
                return Err(A::Error::custom(format_args!(
                    "the name \"{}\" stands twice in one object",
                    shown(&name)
                )));
            }
            if members.len() == MAX_NAMES {
                return Err(A::Error::custom(format_args!(
                    "an object with more than {MAX_NAMES} names"
                )));
            }
            let value = access.next_value_seed(inner)?;
            members.insert(name, value);
        }
        Ok(Value::Object(members))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MANY: usize = 1_000_000;

    fn refusal(body: &[u8]) -> String {
        parse_object(body, MANY).unwrap_err().detail
    }

    #[test]
    fn keeps_order_and_values() {
        let members =
            parse_object(br#"{"b":1,"a":[true,null,-2.5,"\ud83d\ude00"]}"#, MANY).unwrap();
        assert_eq!(
            Value::Object(members).to_string(),
            r#"{"b":1,"a":[true,null,-2.5,"😀"]}"#
        );
    }

    #[test]
    fn says_what_is_wrong() {
        for (body, word) in [
            (&b""[..], "no body"),
            (b"   ", "no body"),
            (b"[]", "an array"),
            (b"\"x\"", "a string"),
            (b"{", "EOF"),
            (b"{} {}", "trailing"),
            (br#"{"a":1,"a":2}"#, "twice"),
            (br#"{"a":{"b":1,"b":1}}"#, "twice"),
            (br#"{"a":"\u0000"}"#, "NUL"),
            (br#"{"a\u0000":1}"#, "NUL"),
            (br#"{"a":"\ud800"}"#, "hex escape"),
            (br#"{"a":"\udc00"}"#, "surrogate"),
            (b"{\"a\":\"\xff\"}", "UTF-8"),
            (br#"{"a":1e999}"#, "out of range"),
            (b"{'a':1}", "key must be a string"),
        ] {
            let detail = refusal(body);
            assert!(detail.contains(word), "{detail} lacks {word}");
        }
    }

    #[test]
    fn names_end_at_the_limit() {
        let named = |count: usize| {
            let names: Vec<String> = (0..count).map(|name| format!("\"{name}\":1")).collect();
            format!("{{\"a\":[{{{}}}]}}", names.join(",")).into_bytes()
        };
        assert!(parse_object(&named(MAX_NAMES), MANY).is_ok());
        assert!(refusal(&named(MAX_NAMES + 1)).contains("more than 1000 names"));
    }

    #[test]
    fn nesting_ends_at_the_limit() {
        let nested = |depth: usize| {
            format!(
                "{{\"a\":{}{}}}",
                "[".repeat(depth - 1),
                "]".repeat(depth - 1)
            )
            .into_bytes()
        };
        assert!(parse_object(&nested(MAX_DEPTH), MANY).is_ok());
        assert!(refusal(&nested(MAX_DEPTH + 1)).contains("nested deeper than 32"));
        assert!(refusal(&b"[".repeat(1_000_000)).contains("nested deeper"));
    }

    #[test]
    fn values_end_at_the_limit() {
        // An object, an array, and what is in it.
        let body = |count: usize| format!("{{\"a\":[{}0]}}", "[],".repeat(count - 3)).into_bytes();
        assert!(parse_object(&body(100), 100).is_ok());
        let error = parse_object(&body(101), 100).unwrap_err();
        assert_eq!(error.kind, ErrorKind::TooLarge);
        assert!(
            error.detail.contains("more than 100 JSON values"),
            "{error}"
        );
        assert_eq!(max_values(2 * 1024 * 1024), 131_072);
        // What is not JSON stays a matter of syntax.
        let error = parse_object(br#"{"a":"#, 100).unwrap_err();
        assert_eq!(error.kind, ErrorKind::InvalidSyntax);
    }
}
