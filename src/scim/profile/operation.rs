//! PATCH messages: the members of the message and of its operations (RFC 7644 §3.5.2).

use serde_json::{Map, Value};

use super::Quirk;
use super::assign;
use super::pass::{At, Pass};
use super::path::Place;
use super::pathless;
use super::remove;
use super::schemas;
use crate::scim::message::PATCH_URN;

/// The name of the list of operations.
const OPERATIONS: &str = "Operations";

/// What an operation does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verb {
    /// `add`
    Add,
    /// `replace`
    Replace,
    /// `remove`
    Remove,
}

/// One strict operation.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Operation {
    pub(super) verb: Verb,
    pub(super) path: Option<String>,
    pub(super) value: Option<Value>,
}

impl Verb {
    fn parse(text: &str) -> Option<Self> {
        [Self::Add, Self::Replace, Self::Remove]
            .into_iter()
            .find(|verb| verb.as_str().eq_ignore_ascii_case(text))
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::Add => "add",
            Self::Replace => "replace",
            Self::Remove => "remove",
        }
    }
}

impl Operation {
    /// `add` or `replace` of `value` at `path`.
    pub(super) fn write(verb: Verb, path: impl Into<String>, value: Value) -> Self {
        Self {
            verb,
            path: Some(path.into()),
            value: Some(value),
        }
    }

    /// `remove` of `path`.
    pub(super) fn remove(path: impl Into<String>) -> Self {
        Self {
            verb: Verb::Remove,
            path: Some(path.into()),
            value: None,
        }
    }

    fn into_value(self) -> Value {
        let mut map = Map::new();
        map.insert("op".to_owned(), Value::from(self.verb.as_str()));
        if let Some(path) = self.path {
            map.insert("path".to_owned(), Value::String(path));
        }
        if let Some(value) = self.value {
            map.insert("value".to_owned(), value);
        }
        Value::Object(map)
    }
}

/// Undoes what is not strict in `body`, a PATCH of the resource `id`.
pub(super) fn undo(pass: &mut Pass<'_>, id: &str, body: Value) -> Value {
    let Value::Object(map) = body else {
        return body;
    };
    let mut map = schemas::message_members(pass, PATCH_URN, &[OPERATIONS], map);
    if let Some(said) = map.get_mut(OPERATIONS) {
        *said = operations(pass, id, said.take());
    }
    Value::Object(map)
}

fn operations(pass: &mut Pass<'_>, id: &str, said: Value) -> Value {
    let list = At::Top(OPERATIONS);
    let said = match said {
        Value::Array(operations) => operations,
        Value::Object(operation) if pass.undoes(Quirk::SingleForArray, list) => {
            vec![Value::Object(operation)]
        }
        other => return other,
    };
    let asked = !said.is_empty();
    let mut kept = Vec::with_capacity(said.len());
    for (ordinal, operation) in said.into_iter().enumerate() {
        let at = At::Index(&list, ordinal);
        match operation {
            Value::Object(map) => each(pass, id, map, at, &mut kept),
            other => kept.push(other),
        }
    }
    if asked && kept.is_empty() {
        let nothing = Operation {
            verb: Verb::Replace,
            path: None,
            value: Some(Value::Object(Map::new())),
        };
        kept.push(nothing.into_value());
    }
    Value::Array(kept)
}

fn each(
    pass: &mut Pass<'_>,
    id: &str,
    said: Map<String, Value>,
    at: At<'_>,
    kept: &mut Vec<Value>,
) {
    let said = operation_members(pass, said, at);
    match read(pass, said, at) {
        Ok(operation) => {
            let strict = strict(pass, id, operation, at);
            kept.extend(strict.into_iter().map(Operation::into_value));
        }
        Err(unreadable) => kept.push(Value::Object(unreadable)),
    }
}

/// The operation that `said` is, or `said` for the strict code to refuse.
fn read(
    pass: &mut Pass<'_>,
    said: Map<String, Value>,
    at: At<'_>,
) -> Result<Operation, Map<String, Value>> {
    let mut said = said;
    let Some((verb, as_said)) = said
        .get("op")
        .and_then(Value::as_str)
        .and_then(|text| Some((Verb::parse(text)?, text == Verb::parse(text)?.as_str())))
    else {
        return Err(said);
    };
    let path = match said.get("path") {
        None => None,
        Some(Value::String(path)) => Some(path.clone()),
        Some(_) => return Err(said),
    };
    if !as_said && !pass.undoes(Quirk::OperationCase, At::Key(&at, "op")) {
        return Err(said);
    }
    Ok(Operation {
        verb,
        path,
        value: said.shift_remove("value"),
    })
}

/// Only `op`, `path` and `value`, so spelled, and only where they say something.
fn operation_members(
    pass: &mut Pass<'_>,
    said: Map<String, Value>,
    at: At<'_>,
) -> Map<String, Value> {
    let removes = said.iter().any(|(key, value)| {
        let verb = value.as_str().and_then(Verb::parse);
        key.eq_ignore_ascii_case("op") && verb == Some(Verb::Remove)
    });
    let mut kept = Map::new();
    for (key, value) in said {
        let at = At::Key(&at, &key);
        let known = ["op", "path", "value"]
            .into_iter()
            .find(|known| known.eq_ignore_ascii_case(&key));
        let idle = match known {
            None => true,
            Some("path") => value.is_null(),
            Some("value") => value.is_null() && removes,
            Some(_) => false,
        };
        if idle && pass.undoes(Quirk::IdleOperationMember, at) {
            continue;
        }
        let empty = known == Some("path") && value.as_str() == Some("");
        if empty && pass.undoes(Quirk::EmptyText, at) {
            continue;
        }
        match known {
            Some(known) if known != key && pass.undoes(Quirk::MessageKeyCase, at) => {
                kept.insert(known.to_owned(), value);
            }
            _ => {
                kept.insert(key, value);
            }
        }
    }
    kept
}

fn strict(pass: &mut Pass<'_>, id: &str, said: Operation, at: At<'_>) -> Vec<Operation> {
    let Operation { verb, path, value } = said;
    let Some(path) = path else {
        return match (verb, value) {
            (Verb::Add | Verb::Replace, Some(Value::Object(map))) => {
                pathless::undo(pass, id, verb, map, At::Key(&at, "value"))
            }
            (verb, value) => vec![Operation {
                verb,
                path: None,
                value,
            }],
        };
    };
    let Some(place) = Place::parse(pass, &path, At::Key(&at, "path")) else {
        // No attribute in any spelling: the strict code says so.
        return vec![Operation {
            verb,
            path: Some(path),
            value,
        }];
    };
    let at = At::Key(&at, "value");
    match (verb, value) {
        (Verb::Remove, Some(value)) => remove::undo(pass, &place, value, at),
        (Verb::Add | Verb::Replace, Some(value)) => assign::undo(pass, id, verb, &place, value, at),
        (verb, None) => vec![Operation {
            verb,
            path: Some(place.text()),
            value: None,
        }],
    }
}
