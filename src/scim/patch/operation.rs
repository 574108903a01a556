//! Reads a PATCH message (RFC 7644 §3.5.2): its shape, its operations and their paths.

use serde_json::{Map, Value};

use super::{Operation, Selection, Target, Verb};
use crate::scim::error::{Error, ErrorKind, Result};
use crate::scim::filter;
use crate::scim::json::{kind_of, shown};
use crate::scim::message::PATCH_URN;
use crate::scim::schema::{Attribute, ResourceType, Target as Named};
use crate::scim::syntax::{CompareOp, Filter, Literal, Name, Path};

/// How many operations one message may have. The largest real ones add the members of a group one
/// operation each; 10,000 of them are a body of about 1 MiB.
pub const MAX_OPERATIONS: usize = 10_000;

pub(super) fn parse(rt: &ResourceType, body: Map<String, Value>) -> Result<Vec<Operation>> {
    let (mut schemas, mut operations) = (Value::Null, Value::Null);
    for (name, value) in body {
        if name.eq_ignore_ascii_case("schemas") {
            schemas = value;
        } else if name.eq_ignore_ascii_case("Operations") {
            operations = value;
        }
    }
    check_schemas(&schemas)?;
    let list = match operations {
        Value::Array(list) if !list.is_empty() => list,
        Value::Array(_) => return Err(Error::syntax("Operations is empty: send at least one.")),
        Value::Null => {
            return Err(Error::syntax(
                "Operations is missing: send an array of operations.",
            ));
        }
        other => {
            return Err(Error::syntax(format!(
                "Operations is {}: send an array.",
                kind_of(&other)
            )));
        }
    };
    list.into_iter()
        .enumerate()
        .map(|(ordinal, value)| operation(rt, value).map_err(|error| at(ordinal, error)))
        .collect()
}

/// Refuses a message of too many operations, as sent: before a profile makes one operation of each value.
///
/// # Errors
/// 413 for more than [`MAX_OPERATIONS`].
pub fn check_size(body: &Map<String, Value>) -> Result<()> {
    let named = |name: &&String| name.eq_ignore_ascii_case("Operations");
    let list = body.keys().find(named).and_then(|name| body.get(name));
    let sent = list.and_then(Value::as_array).map_or(0, Vec::len);
    if sent <= MAX_OPERATIONS {
        return Ok(());
    }
    let detail = format!(
        "The request has {sent} operations, {MAX_OPERATIONS} are allowed: send it in parts."
    );
    Err(Error::new(ErrorKind::TooLarge, detail))
}

/// Says which operation an error is about.
pub(super) fn at(ordinal: usize, mut error: Error) -> Error {
    error
        .detail
        .insert_str(0, &format!("Operations[{ordinal}]: "));
    error
}

fn check_schemas(schemas: &Value) -> Result<()> {
    let names_patch = |urn: &Value| {
        urn.as_str()
            .is_some_and(|urn| urn.eq_ignore_ascii_case(PATCH_URN))
    };
    match schemas {
        Value::Array(urns) if urns.iter().any(names_patch) => Ok(()),
        Value::Null => Err(Error::syntax(format!(
            "schemas is missing: send [\"{PATCH_URN}\"]."
        ))),
        _ => Err(Error::syntax(format!(
            "schemas does not name \"{PATCH_URN}\"."
        ))),
    }
}

fn operation(rt: &ResourceType, value: Value) -> Result<Operation> {
    let members = match value {
        Value::Object(members) => members,
        other => {
            return Err(Error::syntax(format!(
                "is {}: send an object with op, path and value.",
                kind_of(&other)
            )));
        }
    };
    let (mut verb, mut path, mut value) = (None, None, None);
    for (name, member) in members {
        let slot = match name.to_ascii_lowercase().as_str() {
            "op" => &mut verb,
            "path" => &mut path,
            "value" => &mut value,
            _ => continue,
        };
        if slot.replace(member).is_some() {
            return Err(Error::syntax(format!("{name} stands twice.")));
        }
    }
    let verb = read_verb(verb)?;
    let target = read_target(rt, path)?;
    check_value(verb, &target, value.as_ref())?;
    Ok(Operation {
        verb,
        target,
        value: value.unwrap_or(Value::Null),
    })
}

fn read_verb(op: Option<Value>) -> Result<Verb> {
    let Some(Value::String(op)) = op else {
        return Err(Error::syntax(
            "op is missing or no string: send \"add\", \"remove\" or \"replace\".",
        ));
    };
    match op.to_ascii_lowercase().as_str() {
        "add" => Ok(Verb::Add),
        "replace" => Ok(Verb::Replace),
        "remove" => Ok(Verb::Remove),
        _ => Err(Error::syntax(format!(
            "op is \"{}\": send \"add\", \"remove\" or \"replace\".",
            shown(&op)
        ))),
    }
}

/// What §3.5.2.1 to §3.5.2.3 say about `value` being there.
fn check_value(verb: Verb, target: &Target, value: Option<&Value>) -> Result<()> {
    match (verb, target, value) {
        (Verb::Remove, Target::Resource, _) => Err(Error::no_target(
            "remove needs a path that says what to remove.",
        )),
        (Verb::Remove, _, Some(value)) if !value.is_null() => Err(Error::syntax(
            "remove takes no value: select what to remove with a filter in the path, as in members[value eq \"…\"].",
        )),
        (Verb::Add | Verb::Replace, _, None) => Err(Error::value("value is missing.")),
        (Verb::Add | Verb::Replace | Verb::Remove, _, _) => Ok(()),
    }
}

fn read_target(rt: &ResourceType, path: Option<Value>) -> Result<Target> {
    let text = match path {
        None | Some(Value::Null) => return Ok(Target::Resource),
        Some(Value::String(text)) => text,
        Some(other) => {
            return Err(Error::path(format!(
                "path is {}: send a string.",
                kind_of(&other)
            )));
        }
    };
    let path = Path::parse(&text)?;
    let Some(named) = rt.resolve(&path.name) else {
        return Err(Error::path(format!(
            "The path {} names no attribute of {}.",
            path.name.0, rt.name
        )));
    };
    match (named, path.filter) {
        (Named::Extension(schema), None) => Ok(Target::Extension(schema)),
        (Named::Extension(_), Some(_)) => Err(Error::path(
            "A value filter cannot follow the URN of an extension.",
        )),
        (Named::Attribute(attr), None) => Ok(Target::Attribute(attr)),
        (Named::Attribute(attr), Some(said)) => {
            let sub = match path.sub {
                None => None,
                Some(name) => Some(attr.attribute.sub(&name).cloned().ok_or_else(|| {
                    Error::path(format!("{} has no sub-attribute {name}.", attr.path()))
                })?),
            };
            let filter = filter::check_values(rt, &attr, &said).map_err(|error| Error {
                kind: path_kind(error.kind),
                ..error
            })?;
            let seed = seed(&attr.attribute, &said);
            Ok(Target::Values(Selection {
                attr,
                filter,
                seed,
                sub,
            }))
        }
    }
}

/// A filter that cannot be checked makes the path a wrong one (RFC 7644 §3.12, `invalidPath`), but
/// for a literal of the wrong type, which stays `invalidFilter`.
fn path_kind(kind: ErrorKind) -> ErrorKind {
    if kind == ErrorKind::InvalidPath {
        ErrorKind::InvalidPath
    } else {
        ErrorKind::InvalidFilter
    }
}

/// The values that every match of the filter has: its `eq` terms joined by `and`.
fn seed(attribute: &Attribute, said: &Filter) -> Map<String, Value> {
    let mut seed = Map::new();
    collect_seed(attribute, said, &mut seed);
    seed
}

fn collect_seed(attribute: &Attribute, said: &Filter, seed: &mut Map<String, Value>) {
    match said {
        Filter::And(terms) => terms
            .iter()
            .for_each(|term| collect_seed(attribute, term, seed)),
        Filter::Compare(Name(name), CompareOp::Eq, literal) => {
            let value = match literal {
                Literal::Text(text) => Value::from(text.as_str()),
                Literal::Number(number) => Value::Number(number.clone()),
                Literal::Boolean(truth) => Value::Bool(*truth),
                Literal::Null | Literal::Bare(_) => return,
            };
            if let Some(sub) = attribute.sub(name) {
                seed.insert(sub.name.clone(), value);
            }
        }
        Filter::Compare(..)
        | Filter::Or(_)
        | Filter::Not(_)
        | Filter::Present(_)
        | Filter::ValuePath(..) => {}
    }
}
