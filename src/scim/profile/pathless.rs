//! Values without a path: keys that are paths become operations of their own (RFC 7644 §3.5.2).

use serde_json::{Map, Value};

use super::Quirk;
use super::assign;
use super::operation::{Operation, Verb};
use super::pass::{At, Pass};
use super::path::Place;
use super::value;
use crate::scim::filter::AttrRef;
use crate::scim::resource::is_unassigned;
use crate::scim::schema::{Mutability, Target};

/// One member of a value without a path.
enum Piece {
    /// It stays a member.
    Member(String, Value),
    /// It becomes these operations.
    Own(Vec<Operation>),
}

/// What the keys of a value are relative to.
#[derive(Clone, Copy)]
struct Frame<'a> {
    /// The id of the resource.
    id: &'a str,
    verb: Verb,
    /// The URN of an extension whose attributes the keys are.
    urn: Option<&'a str>,
}

/// The strict operations for `verb` of `map` without a path.
pub(super) fn undo(
    pass: &mut Pass<'_>,
    id: &str,
    verb: Verb,
    map: Map<String, Value>,
    at: At<'_>,
) -> Vec<Operation> {
    let frame = Frame {
        id,
        verb,
        urn: None,
    };
    fold(frame, pieces(pass, frame, map, at))
}

/// The strict operations for `verb` of `map` at the extension `urn`.
pub(super) fn of_extension(
    pass: &mut Pass<'_>,
    id: &str,
    verb: Verb,
    urn: &str,
    map: Map<String, Value>,
    at: At<'_>,
) -> Vec<Operation> {
    let frame = Frame {
        id,
        verb,
        urn: Some(urn),
    };
    fold(frame, pieces(pass, frame, map, at))
}

fn pieces(
    pass: &mut Pass<'_>,
    frame: Frame<'_>,
    map: Map<String, Value>,
    at: At<'_>,
) -> Vec<Piece> {
    // An empty object asks for nothing, and the strict code may say so.
    if map.is_empty() {
        return vec![Piece::Own(vec![Operation {
            verb: frame.verb,
            path: frame.urn.map(str::to_owned),
            value: Some(Value::Object(map)),
        }])];
    }
    map.into_iter()
        .filter_map(|(key, value)| {
            let at = At::Key(&at, &key);
            piece(pass, frame, key.clone(), value, at)
        })
        .collect()
}

/// `None` when the member goes.
fn piece(
    pass: &mut Pass<'_>,
    frame: Frame<'_>,
    key: String,
    value: Value,
    at: At<'_>,
) -> Option<Piece> {
    let said = match frame.urn {
        Some(urn) => format!("{urn}:{key}"),
        None => key.clone(),
    };
    if let Value::Object(core) = &value
        && said.eq_ignore_ascii_case(&pass.rt.schema.id)
        && pass.undoes(Quirk::PathKey, at)
    {
        return Some(Piece::Own(undo(
            pass,
            frame.id,
            frame.verb,
            core.clone(),
            at,
        )));
    }
    let Some(place) = Place::parse(pass, &said, at) else {
        let goes = pass.undoes(Quirk::UnknownAttribute, at);
        return (!goes).then_some(Piece::Member(key, value));
    };
    match &place.target {
        Target::Extension(schema) => {
            let urn = schema.id.to_string();
            Some(extension(pass, frame, urn, value, at))
        }
        Target::Attribute(attr) if attr.leaf().mutability == Mutability::ReadOnly => {
            let goes = undo_read_only(pass, frame.id, attr, &value, at);
            (!goes).then_some(Piece::Member(key, value))
        }
        Target::Attribute(attr) => {
            let plain = is_plain(frame, &key, attr) && place.text() == said;
            if !plain && !pass.undoes(Quirk::PathKey, at) {
                return Some(Piece::Member(key, value));
            }
            let strict = assign::write(pass, frame.verb, &place, attr, value, at);
            Some(if plain {
                member_again(frame, key, &said, strict)
            } else {
                Piece::Own(strict)
            })
        }
    }
}

/// Whether `key` is the name of an attribute and no path.
fn is_plain(frame: Frame<'_>, key: &str, attr: &AttrRef) -> bool {
    attr.sub.is_none()
        && attr.extension.is_some() == frame.urn.is_some()
        && !key.contains([':', '.', '['])
}

/// A member whose strict form is one write under its own name can stay a member.
fn member_again(frame: Frame<'_>, key: String, said: &str, strict: Vec<Operation>) -> Piece {
    match <[Operation; 1]>::try_from(strict) {
        Ok(
            [
                Operation {
                    verb,
                    path: Some(path),
                    value: Some(value),
                },
            ],
        ) if verb == frame.verb && path == said => Piece::Member(key, value),
        Ok(other) => Piece::Own(other.into()),
        Err(several) => Piece::Own(several),
    }
}

fn extension(
    pass: &mut Pass<'_>,
    frame: Frame<'_>,
    urn: String,
    value: Value,
    at: At<'_>,
) -> Piece {
    let Value::Object(map) = value else {
        return Piece::Member(urn, value);
    };
    let inner = Frame {
        urn: Some(&urn),
        ..frame
    };
    let mut strict = fold(inner, pieces(pass, inner, map, at));
    let whole = match strict.as_mut_slice() {
        [only] if only.verb == frame.verb && only.path.as_deref() == Some(&urn) => {
            only.value.take()
        }
        _ => None,
    };
    match whole {
        Some(value) => Piece::Member(urn, value),
        None => Piece::Own(strict),
    }
}

/// Whether an attribute that the server sets goes: always, or when it says what the server says.
fn undo_read_only(
    pass: &mut Pass<'_>,
    id: &str,
    attr: &AttrRef,
    value: &Value,
    at: At<'_>,
) -> bool {
    let echo = is_unassigned(value)
        || attr.sub.is_none()
            && match attr.attribute.name.as_str() {
                "id" => value.as_str() == Some(id),
                "schemas" => names_core(pass, value),
                "meta" => is_meta_of(pass, value),
                _ => false,
            };
    let quirk = if echo {
        Quirk::ReadOnlyEcho
    } else {
        Quirk::ReadOnlyChange
    };
    pass.undoes(quirk, at)
}

fn names_core(pass: &Pass<'_>, value: &Value) -> bool {
    value.as_array().is_some_and(|urns| {
        urns.iter()
            .filter_map(Value::as_str)
            .any(|urn| urn.eq_ignore_ascii_case(&pass.rt.schema.id))
    })
}

/// Of `meta`, only the type is known here: times and versions are the store's.
fn is_meta_of(pass: &Pass<'_>, value: &Value) -> bool {
    value.as_object().is_some_and(|meta| {
        value::member(meta, "resourceType").is_none_or(|kind| kind.as_str() == Some(&*pass.rt.name))
    })
}

/// Members that stand together stay one operation; the order is as said.
fn fold(frame: Frame<'_>, pieces: Vec<Piece>) -> Vec<Operation> {
    let mut operations = Vec::new();
    let mut members = Map::new();
    for piece in pieces {
        match piece {
            Piece::Member(key, value) => {
                members.insert(key, value);
            }
            Piece::Own(own) => {
                operations.extend(gathered(frame, &mut members));
                operations.extend(own);
            }
        }
    }
    operations.extend(gathered(frame, &mut members));
    operations
}

fn gathered(frame: Frame<'_>, members: &mut Map<String, Value>) -> Option<Operation> {
    if members.is_empty() {
        return None;
    }
    Some(Operation {
        verb: frame.verb,
        path: frame.urn.map(str::to_owned),
        value: Some(Value::Object(std::mem::take(members))),
    })
}
