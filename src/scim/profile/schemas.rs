//! The `schemas` of a message: missing, unknown, of SCIM 1, or short of an extension (RFC 7643 §3, RFC 7644 §3.1).

use serde_json::{Map, Value};

use super::Quirk;
use super::name;
use super::pass::{At, Pass};

/// The name of the list, in a resource and in a message.
pub(super) const SCHEMAS: &str = "schemas";

/// Undoes the list of a resource that carries the extensions `carried`.
pub(super) fn of_resource(
    pass: &mut Pass<'_>,
    listed: Option<Value>,
    carried: &[String],
) -> Option<Value> {
    let at = At::Top(SCHEMAS);
    let rt = pass.rt;
    let mut urns = match listed {
        None | Some(Value::Null) if pass.would_undo(Quirk::MissingSchema) => Vec::new(),
        Some(Value::String(urn)) if pass.undoes(Quirk::SingleForArray, at) => {
            known_urns(pass, vec![Value::String(urn)])
        }
        Some(Value::Array(urns)) => known_urns(pass, urns),
        other => return other,
    };
    let core = Value::from(&*rt.schema.id);
    if !urns.contains(&core) && pass.undoes(Quirk::MissingSchema, at) {
        urns.insert(0, core);
    }
    for urn in carried {
        let urn = Value::from(urn.as_str());
        if !urns.contains(&urn) && pass.undoes(Quirk::UnlistedExtension, at) {
            urns.push(urn);
        }
    }
    Some(Value::Array(urns))
}

/// Gives the members of a message their names and their `schemas`. What is no object stays as it is.
pub(super) fn message(pass: &mut Pass<'_>, urn: &str, keys: &[&str], body: Value) -> Value {
    match body {
        Value::Object(map) => Value::Object(message_members(pass, urn, keys, map)),
        other => other,
    }
}

/// Like [`message`], of an object.
pub(super) fn message_members(
    pass: &mut Pass<'_>,
    urn: &str,
    keys: &[&str],
    map: Map<String, Value>,
) -> Map<String, Value> {
    let mut named: Map<String, Value> = map
        .into_iter()
        .map(|(key, value)| (member_name(pass, keys, key), value))
        .collect();
    let listed = named.get(SCHEMAS);
    let missing = listed.is_none_or(|value| value.is_null() || *value == Value::Array(Vec::new()));
    if missing && pass.undoes(Quirk::MissingSchema, At::Top(SCHEMAS)) {
        named.insert(SCHEMAS.to_owned(), Value::from(vec![urn]));
    }
    named
}

fn member_name(pass: &mut Pass<'_>, keys: &[&str], said: String) -> String {
    let known = std::iter::once(SCHEMAS)
        .chain(keys.iter().copied())
        .find(|known| known.eq_ignore_ascii_case(&said));
    match known {
        Some(known) if known != said && pass.undoes(Quirk::MessageKeyCase, At::Top(&said)) => {
            known.to_owned()
        }
        _ => said,
    }
}

/// The URNs as this resource type spells them. What is no text stays for the strict code to refuse.
fn known_urns(pass: &mut Pass<'_>, urns: Vec<Value>) -> Vec<Value> {
    let mut kept = Vec::new();
    let mut seen: Vec<String> = Vec::new();
    for (ordinal, urn) in urns.into_iter().enumerate() {
        let list = At::Top(SCHEMAS);
        let at = At::Index(&list, ordinal);
        let Value::String(said) = urn else {
            kept.push(urn);
            continue;
        };
        let Some(urn) = known_urn(pass, &said, at) else {
            if !pass.undoes(Quirk::UnknownSchema, at) {
                kept.push(Value::String(said));
            }
            continue;
        };
        // `seen` holds known URNs only, so that a list of a million others costs one look each.
        if !seen.contains(&urn) {
            seen.push(urn.clone());
        } else if pass.undoes(Quirk::RepeatedSchema, at) {
            continue;
        }
        kept.push(Value::String(urn));
    }
    kept
}

fn known_urn(pass: &mut Pass<'_>, said: &str, at: At<'_>) -> Option<String> {
    let rt = pass.rt;
    if said.eq_ignore_ascii_case(&rt.schema.id) {
        return Some(rt.schema.id.to_string());
    }
    if let Some(extension) = rt.extension(said) {
        return Some(extension.schema.id.to_string());
    }
    let urn = name::scim2_urn(rt, said)?;
    pass.undoes(Quirk::Scim1Urn, at).then(|| urn.to_owned())
}
