//! `remove` with a value: only the listed values go, never all of them (RFC 7644 §3.5.2.2).

use serde_json::{Map, Value};

use super::Quirk;
use super::operation::{Operation, Verb};
use super::pass::{At, Pass};
use super::path::Place;
use super::value;
use crate::scim::filter::AttrRef;
use crate::scim::resource::is_unassigned;
use crate::scim::schema::{Attribute, Target};
use crate::scim::syntax::{CompareOp, Filter, Literal, Name};

/// The strict operations for `remove` of `said` at `place`; none when `said` is empty. What cannot be
/// told apart by a filter stays with its value, and the strict code refuses it.
pub(super) fn undo(pass: &mut Pass<'_>, place: &Place, said: Value, at: At<'_>) -> Vec<Operation> {
    let Target::Attribute(attr) = &place.target else {
        return vec![with_value(place, said)];
    };
    if !pass.undoes(Quirk::RemoveWithValue, at) {
        return vec![with_value(place, said)];
    }
    if place.filter.is_some() {
        return vec![Operation::remove(place.text())];
    }
    match (attr.attribute.multi_valued, &attr.sub) {
        (true, None) => listed(pass, place, attr, said, at),
        (true, Some(sub)) => match literal(&said) {
            Some(literal) => {
                let filter = equal(&sub.name, literal);
                let outer = place.name.rsplit_once('.').map(|(outer, _)| outer);
                let outer = outer.unwrap_or(&place.name);
                let whole = sub.name == "value";
                let tail = if whole {
                    String::new()
                } else {
                    format!(".{}", sub.name)
                };
                vec![Operation::remove(format!("{outer}[{filter}]{tail}"))]
            }
            None => vec![with_value(place, said)],
        },
        (false, None) if attr.attribute.is_complex() => parts(place, &attr.attribute, &said),
        (false, _) => vec![Operation::remove(place.text())],
    }
}

fn with_value(place: &Place, value: Value) -> Operation {
    Operation {
        verb: Verb::Remove,
        path: Some(place.text()),
        value: Some(value),
    }
}

/// One operation for each listed value of a multi-valued attribute.
fn listed(
    pass: &mut Pass<'_>,
    place: &Place,
    attr: &AttrRef,
    said: Value,
    at: At<'_>,
) -> Vec<Operation> {
    let attribute = &attr.attribute;
    let elements = match value::whole(pass, attribute, said, at) {
        Value::Array(elements) => elements,
        Value::Null => return Vec::new(),
        other => return vec![with_value(place, other)],
    };
    elements
        .into_iter()
        .filter(|element| !is_unassigned(element))
        .map(|element| match selector(attribute, &element) {
            Some(filter) => Operation::remove(format!("{}[{filter}]", place.name)),
            None => with_value(place, element),
        })
        .collect()
}

/// The filter that selects what `element` lists. A member is known by its `value` alone; of other
/// attributes two elements may share one, and `type` tells them apart.
fn selector(attribute: &Attribute, element: &Value) -> Option<Filter> {
    let Value::Object(map) = element else {
        return Some(equal("value", literal(element)?));
    };
    let part = |name: &str| Some(equal(name, literal(value::member(map, name)?)?));
    match part("value") {
        Some(by_value) if attribute.name == "members" => Some(by_value),
        Some(by_value) => Some(match part("type") {
            Some(by_type) => Filter::And(vec![by_value, by_type]),
            None => by_value,
        }),
        None => all_parts(attribute, map),
    }
}

/// An element without `value`, such as an address, is known by all that is said of it.
fn all_parts(attribute: &Attribute, map: &Map<String, Value>) -> Option<Filter> {
    let mut parts = Vec::new();
    for (key, value) in map.iter().filter(|(_, value)| !value.is_null()) {
        let Some(sub) = attribute.sub(key) else {
            continue;
        };
        parts.push(equal(&sub.name, literal(value)?));
    }
    match parts.len() {
        0 => None,
        1 => parts.pop(),
        _ => Some(Filter::And(parts)),
    }
}

/// Of a single complex value, the listed sub-attributes; all of it when its `value` is listed, or when
/// what is listed is no object.
fn parts(place: &Place, attribute: &Attribute, said: &Value) -> Vec<Operation> {
    let path = place.text();
    match said {
        Value::Object(map) if !map.is_empty() && value::member(map, "value").is_none() => map
            .keys()
            .filter_map(|key| attribute.sub(key))
            .map(|sub| Operation::remove(format!("{path}.{}", sub.name)))
            .collect(),
        _ => vec![Operation::remove(path)],
    }
}

fn equal(name: &str, literal: Literal) -> Filter {
    Filter::Compare(Name(name.to_owned()), CompareOp::Eq, literal)
}

fn literal(value: &Value) -> Option<Literal> {
    match value {
        Value::String(text) => Some(Literal::Text(text.clone())),
        Value::Bool(boolean) => Some(Literal::Boolean(*boolean)),
        Value::Number(number) => Some(Literal::Number(number.clone())),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}
