//! The naive PATCH: it knows the few attributes of the cases by heart.

use serde_json::{Map, Value, json};

use super::{At, Outcome, Test};
use crate::scim::error::ErrorKind;
use crate::scim::patch::Verb;
use crate::scim::schema::{ENTERPRISE_URN, USER_URN};

/// What becomes of `start`.
pub(super) fn model(start: &Value, operations: &[(Verb, At, Value)]) -> Outcome<Value> {
    let mut user = start.clone();
    for (verb, at, value) in operations {
        run(&mut user, *verb, at, value)?;
        user = tidy(user);
    }
    match user["userName"].as_str() {
        Some(name) if !name.trim().is_empty() => Ok(user),
        _ => Err(ErrorKind::InvalidValue),
    }
}

fn run(user: &mut Value, verb: Verb, at: &At, value: &Value) -> Outcome<()> {
    match at {
        At::Nowhere => {
            for (name, value) in members(value)? {
                let at = if name == ENTERPRISE_URN {
                    At::Extension
                } else {
                    At::Core(known(name), None)
                };
                run(user, verb, &at, value)?;
            }
            Ok(())
        }
        At::Extension if verb == Verb::Remove || value.is_null() => {
            user[ENTERPRISE_URN] = Value::Null;
            Ok(())
        }
        At::Extension => {
            for (name, value) in members(value)? {
                run(user, verb, &At::InExtension(known(name), None), value)?;
            }
            Ok(())
        }
        At::Core("id" | "groups" | "schemas" | "meta", _) => Err(ErrorKind::Mutability),
        At::Core("userName", None) if verb == Verb::Remove => Err(ErrorKind::Mutability),
        At::Core("emails", sub) => emails(user, verb, None, *sub, value),
        At::Picked(test, sub) => emails(user, verb, Some(test), *sub, value),
        At::Core(name, sub) => single(&mut user[*name], verb, name, *sub, value),
        At::InExtension(name, sub) => {
            if !user[ENTERPRISE_URN].is_object() {
                user[ENTERPRISE_URN] = json!({});
            }
            single(&mut user[ENTERPRISE_URN][*name], verb, name, *sub, value)
        }
    }
}

/// An attribute with one value: text, `active`, or an object of texts.
fn single(
    slot: &mut Value,
    verb: Verb,
    name: &str,
    sub: Option<&str>,
    value: &Value,
) -> Outcome<()> {
    if name == "manager" && sub == Some("displayName") {
        return Err(ErrorKind::Mutability);
    }
    let complex = name == "name" || name == "manager";
    match (verb, complex, sub) {
        (Verb::Remove, _, None) => *slot = Value::Null,
        (Verb::Remove, _, Some(sub)) => {
            if slot.is_object() {
                slot[sub] = Value::Null;
            }
        }
        (_, true, None) if value.is_null() => *slot = Value::Null,
        (_, true, None) => {
            for (sub, value) in members(value)? {
                if sub != "displayName" {
                    single(slot, verb, name, Some(known(sub)), value)?;
                }
            }
        }
        (_, true, Some(sub)) => {
            typed("", value)?;
            if !slot.is_object() {
                *slot = json!({});
            }
            slot[sub] = value.clone();
        }
        (_, false, _) => {
            typed(name, value)?;
            *slot = value.clone();
        }
    }
    Ok(())
}

fn emails(
    user: &mut Value,
    verb: Verb,
    test: Option<&Test>,
    sub: Option<&str>,
    value: &Value,
) -> Outcome<()> {
    let mut list: Vec<Value> = user["emails"].as_array().cloned().unwrap_or_default();
    let chosen = |email: &Value| test.is_none_or(|test| holds(test, email));
    match (verb, test, sub) {
        (Verb::Remove, _, None) => list.retain(|email| !chosen(email)),
        (Verb::Remove, _, Some(sub)) => {
            for email in list.iter_mut().filter(|email| chosen(email)) {
                email[sub] = Value::Null;
            }
        }
        (Verb::Replace, None, None) => list = sent(value)?,
        (Verb::Add, None, None) => {
            let mut new = sent(value)?;
            new.retain(|email| !list.contains(email));
            if new.iter().any(|email| email["primary"] == true) {
                list.iter_mut().for_each(demote);
            }
            list.extend(new);
        }
        (_, Some(_), None) => {
            let mut places = matching(&list, &chosen)?;
            for place in &places {
                if verb == Verb::Replace {
                    list[*place] = one(value)?;
                } else if value.is_null() {
                    list[*place] = Value::Null;
                } else {
                    for (sub, value) in members(value)? {
                        typed(sub, value)?;
                        list[*place][sub] = value.clone();
                    }
                }
            }
            keep_first_primary(&mut list, &mut places);
        }
        (_, _, Some(sub)) => {
            if test.is_none() && list.is_empty() {
                list.push(json!({}));
            }
            let mut places = matching(&list, &chosen)?;
            typed(sub, value)?;
            for place in &places {
                list[*place][sub] = value.clone();
            }
            keep_first_primary(&mut list, &mut places);
        }
    }
    user["emails"] = Value::Array(list);
    Ok(())
}

fn matching(list: &[Value], chosen: &dyn Fn(&Value) -> bool) -> Outcome<Vec<usize>> {
    let places: Vec<usize> = (0..list.len())
        .filter(|place| chosen(&list[*place]))
        .collect();
    if places.is_empty() {
        return Err(ErrorKind::NoTarget);
    }
    Ok(places)
}

fn keep_first_primary(list: &mut [Value], places: &mut Vec<usize>) {
    places.retain(|place| list[*place]["primary"] == true);
    let Some(first) = places.first() else { return };
    for (place, email) in list.iter_mut().enumerate() {
        if place != *first {
            demote(email);
        }
    }
}

fn demote(email: &mut Value) {
    if email["primary"] == true {
        email["primary"] = json!(false);
    }
}

fn holds(test: &Test, email: &Value) -> bool {
    match test {
        Test::Is(sub, wanted) => match (&email[*sub], wanted) {
            (Value::String(found), Value::String(wanted)) => {
                found.to_lowercase() == wanted.to_lowercase()
            }
            (found, wanted) => found == wanted,
        },
        Test::Has(sub) => !email[*sub].is_null() && email[*sub] != "",
        Test::Not(inner) => !holds(inner, email),
        Test::Both(one, other) => holds(one, email) && holds(other, email),
    }
}

/// The e-mails of a value: a list or one of them, each once, one of them primary at most.
fn sent(value: &Value) -> Outcome<Vec<Value>> {
    let list = match value {
        Value::Null => Vec::new(),
        Value::Array(list) => list.clone(),
        single => vec![single.clone()],
    };
    let list = list.iter().map(one).collect::<Outcome<Vec<Value>>>()?;
    let list = unified(list);
    if list.iter().filter(|email| email["primary"] == true).count() > 1 {
        return Err(ErrorKind::InvalidValue);
    }
    Ok(list)
}

fn one(value: &Value) -> Outcome<Value> {
    if value.is_null() {
        return Ok(Value::Null);
    }
    for (sub, value) in members(value)? {
        typed(sub, value)?;
    }
    Ok(value.clone())
}

/// What says the same is there once; the later one's parts count.
fn unified(list: Vec<Value>) -> Vec<Value> {
    let mut kept: Vec<Value> = Vec::new();
    for email in list
        .into_iter()
        .map(without_nulls)
        .filter(|email| *email != json!({}) && !email.is_null())
    {
        let same = |other: &&mut Value| {
            **other == email
                || (!email["value"].is_null()
                    && other["value"] == email["value"]
                    && other["type"] == email["type"])
        };
        match kept.iter_mut().find(same) {
            Some(other) => {
                for (name, value) in email.as_object().unwrap() {
                    other[name] = value.clone();
                }
            }
            None => kept.push(email),
        }
    }
    kept
}

fn without_nulls(mut value: Value) -> Value {
    if let Value::Object(members) = &mut value {
        members.retain(|_, value| !value.is_null());
    }
    value
}

/// The user without what has no value, and with `schemas` as they must be.
fn tidy(mut user: Value) -> Value {
    if let Value::Array(list) = user["emails"].take() {
        user["emails"] = Value::Array(unified(list));
    }
    let extension = &mut user[ENTERPRISE_URN];
    extension["manager"] = without_nulls(extension["manager"].take());
    *extension = without_empty(extension.take());
    user["name"] = without_nulls(user["name"].take());
    let mut user = without_empty(user);
    user["schemas"] = match user.get(ENTERPRISE_URN) {
        Some(_) => json!([USER_URN, ENTERPRISE_URN]),
        None => json!([USER_URN]),
    };
    user
}

fn without_empty(mut value: Value) -> Value {
    if let Value::Object(members) = &mut value {
        members.retain(|_, value| !value.is_null() && *value != json!({}) && *value != json!([]));
    }
    value
}

fn members(value: &Value) -> Outcome<&Map<String, Value>> {
    value.as_object().ok_or(ErrorKind::InvalidValue)
}

fn typed(name: &str, value: &Value) -> Outcome<()> {
    let fits = match name {
        "active" | "primary" => value.is_boolean(),
        _ => value.is_string(),
    };
    if fits || value.is_null() {
        Ok(())
    } else {
        Err(ErrorKind::InvalidValue)
    }
}

const NAMES: [&str; 16] = [
    "id",
    "groups",
    "schemas",
    "meta",
    "userName",
    "title",
    "active",
    "name",
    "givenName",
    "familyName",
    "emails",
    "department",
    "costCenter",
    "manager",
    "value",
    "displayName",
];

fn known(name: &str) -> &'static str {
    NAMES.into_iter().find(|known| *known == name).unwrap()
}
