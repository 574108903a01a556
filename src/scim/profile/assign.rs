//! Values of `add` and `replace`: strict, and `remove` where they are empty (RFC 7644 §3.5.2.1, §3.5.2.3).

use serde_json::{Map, Value};

use super::Quirk;
use super::operation::{Operation, Verb};
use super::pass::{At, Pass};
use super::path::{Extent, Place};
use super::pathless;
use super::value;
use crate::scim::filter::AttrRef;
use crate::scim::schema::{Attribute, Target};

/// The strict operations for `verb` of `value` at `place`.
pub(super) fn undo(
    pass: &mut Pass<'_>,
    id: &str,
    verb: Verb,
    place: &Place,
    value: Value,
    at: At<'_>,
) -> Vec<Operation> {
    match (&place.target, value) {
        (Target::Extension(schema), Value::Object(map)) => {
            pathless::of_extension(pass, id, verb, &schema.id, map, at)
        }
        (Target::Extension(_), value) => vec![Operation::write(verb, place.text(), value)],
        (Target::Attribute(attr), value) => write(pass, verb, place, attr, value, at),
    }
}

/// The strict operations for `verb` of `value` at an attribute.
pub(super) fn write(
    pass: &mut Pass<'_>,
    verb: Verb,
    place: &Place,
    attr: &AttrRef,
    value: Value,
    at: At<'_>,
) -> Vec<Operation> {
    let path = place.text();
    let Some((attribute, extent)) = place.part(attr) else {
        return vec![Operation::write(verb, path, value)];
    };
    let empty = value.as_str() == Some("");
    if value.is_null() || (empty && attribute.required) {
        return vec![Operation::write(verb, path, value)];
    }
    let merges = attribute.is_complex() && (extent == Extent::Element || !attribute.multi_valued);
    let mut cleared = Vec::new();
    let value = match value {
        Value::Object(map) if merges => {
            Value::Object(without_empty(pass, attribute, map, at, &mut cleared))
        }
        other => other,
    };
    let nothing_left = !cleared.is_empty() && value == Value::Object(Map::new());
    let mut operations = Vec::new();
    if !nothing_left {
        let value = match extent {
            Extent::All => value::whole(pass, attribute, value, at),
            Extent::Element => value::one(pass, attribute, value, at),
        };
        operations.extend(written(pass, verb, place, attr, attribute, value, at));
    }
    let base = place.text();
    operations.extend(
        cleared
            .iter()
            .map(|sub| Operation::remove(format!("{base}.{sub}"))),
    );
    operations
}

/// The operation that writes `value`, which is `null` when nothing of it is left.
fn written(
    pass: &mut Pass<'_>,
    verb: Verb,
    place: &Place,
    attr: &AttrRef,
    attribute: &Attribute,
    value: Value,
    at: At<'_>,
) -> Option<Operation> {
    let many = attribute.multi_valued && place.filter.is_none();
    let adds_nothing = value.is_null() || value == Value::Array(Vec::new());
    if verb == Verb::Add && many && adds_nothing && pass.undoes(Quirk::EmptyText, at) {
        return None;
    }
    if value.is_null() {
        return Some(Operation::remove(cleared_path(place, attr)));
    }
    Some(Operation::write(verb, place.text(), value))
}

/// What goes when a value becomes empty: an element, or a manager, with an empty `value` says nothing
/// and goes whole. Not so `emails.value`, which would take all addresses with it.
fn cleared_path(place: &Place, attr: &AttrRef) -> String {
    let is_value = |sub: &str| sub.eq_ignore_ascii_case("value");
    if place.sub.as_deref().is_some_and(is_value) {
        return place.selection();
    }
    let single_value =
        !attr.attribute.multi_valued && attr.sub.as_ref().is_some_and(|sub| is_value(&sub.name));
    match place.name.rsplit_once('.') {
        Some((outer, _)) if single_value => outer.to_owned(),
        _ => place.text(),
    }
}

/// `map` without its empty text, whose names go to `cleared`: a merge would leave the old values there.
/// An empty `value` stays, it empties the whole.
fn without_empty(
    pass: &mut Pass<'_>,
    attribute: &Attribute,
    map: Map<String, Value>,
    at: At<'_>,
    cleared: &mut Vec<String>,
) -> Map<String, Value> {
    let mut kept = Map::new();
    for (key, value) in map {
        let sub = attribute.sub(&key).filter(|sub| sub.name != "value");
        match sub {
            Some(sub)
                if value.as_str() == Some("")
                    && pass.undoes(Quirk::EmptyText, At::Key(&at, &key)) =>
            {
                cleared.push(sub.name.clone());
            }
            _ => {
                kept.insert(key, value);
            }
        }
    }
    kept
}
