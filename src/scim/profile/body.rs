//! The bodies of POST and PUT: a whole resource, its extensions and its `schemas` (RFC 7644 §3.3, §3.5.1).

use serde_json::{Map, Value};

use super::Quirk;
use super::name;
use super::pass::{At, Pass};
use super::schemas::{self, SCHEMAS};
use super::value;
use crate::scim::resource::is_unassigned;
use crate::scim::schema::{Mutability, Schema, Target};
use crate::scim::syntax::Name;

/// Undoes what is not strict in `body`.
pub(super) fn undo(pass: &mut Pass<'_>, body: Value) -> Value {
    let Value::Object(said) = body else {
        return body;
    };
    let said = without_scim1_keys(pass, said);
    let mut listed = None;
    let mut carried = Vec::new();
    let mut kept = Map::new();
    for (key, value) in said {
        if key.eq_ignore_ascii_case(SCHEMAS) {
            listed = Some(value);
            continue;
        }
        let value = attribute(pass, &key, value, &mut carried);
        if let Some(value) = value {
            kept.insert(key, value);
        }
    }
    if let Some(urns) = schemas::of_resource(pass, listed, &carried) {
        kept.insert(SCHEMAS.to_owned(), urns);
    }
    Value::Object(kept)
}

/// One top-level member; `None` when nothing of it is left. The URN of an extension that has a value goes to `carried`.
fn attribute(
    pass: &mut Pass<'_>,
    key: &str,
    said: Value,
    carried: &mut Vec<String>,
) -> Option<Value> {
    let body = At::Top("");
    let at = At::Key(&body, key);
    match pass.rt.resolve(&Name(key.to_owned())) {
        Some(Target::Extension(schema)) => {
            let value = extension(pass, &schema, said, at);
            if !is_unassigned(&value) {
                carried.push(schema.id.to_string());
            }
            Some(value)
        }
        // A path as key is no attribute of a resource: the strict code ignores it.
        Some(Target::Attribute(attr)) if attr.sub.is_none() && attr.extension.is_none() => {
            if attr.attribute.mutability == Mutability::ReadOnly {
                return Some(said);
            }
            unless_emptied(said, |said| value::whole(pass, &attr.attribute, said, at))
        }
        Some(Target::Attribute(_)) | None => Some(said),
    }
}

fn extension(pass: &mut Pass<'_>, schema: &Schema, said: Value, at: At<'_>) -> Value {
    let Value::Object(said) = said else {
        return said;
    };
    let mut kept = Map::new();
    for (key, value) in said {
        let value = match schema.attribute(&key) {
            Some(attribute) => unless_emptied(value, |value| {
                value::whole(pass, attribute, value, At::Key(&at, &key))
            }),
            None => Some(value),
        };
        if let Some(value) = value {
            kept.insert(key, value);
        }
    }
    Value::Object(kept)
}

/// An explicit `null` stays, since the strict code knows it; what turned out to be none goes.
fn unless_emptied(said: Value, undo: impl FnOnce(Value) -> Value) -> Option<Value> {
    let said_nothing = said.is_null();
    let value = undo(said);
    (said_nothing || !value.is_null()).then_some(value)
}

/// A URN of SCIM 1 as key; where the URN of SCIM 2 is a key too, that one counts.
fn without_scim1_keys(pass: &mut Pass<'_>, said: Map<String, Value>) -> Map<String, Value> {
    let rt = pass.rt;
    if !said.keys().any(|key| name::scim2_urn(rt, key).is_some()) {
        return said;
    }
    let mut kept = Map::new();
    let mut old = Vec::new();
    for (key, value) in said {
        match name::scim2_urn(rt, &key) {
            Some(urn) if rt.extension(urn).is_some() => {
                let body = At::Top("");
                if pass.undoes(Quirk::Scim1Urn, At::Key(&body, &key)) {
                    old.push((urn.to_owned(), value));
                    continue;
                }
                kept.insert(key, value);
            }
            _ => {
                kept.insert(key, value);
            }
        }
    }
    for (urn, value) in old {
        if value::member(&kept, &urn).is_none() {
            kept.insert(urn, value);
        }
    }
    kept
}
