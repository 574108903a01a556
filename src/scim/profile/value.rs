//! Values of attributes: text for booleans, nothing and objects, one for many, JSON inside text.

use serde_json::{Map, Value};

use super::Quirk;
use super::name;
use super::pass::{At, Pass};
use crate::scim::resource::is_unassigned;
use crate::scim::schema::{Attribute, DataType};

/// Sub-attributes that describe a value and are none: what is left with only these says nothing.
const DESCRIBING: [&str; 3] = ["type", "primary", "display"];

/// All of an attribute: a list if it is multi-valued. `null` when nothing of it is left.
pub(super) fn whole(pass: &mut Pass<'_>, attribute: &Attribute, value: Value, at: At<'_>) -> Value {
    if !attribute.multi_valued {
        return one(pass, attribute, value, at);
    }
    let elements = match value {
        Value::Array(elements) => elements,
        Value::Null => return Value::Null,
        Value::String(text) if text.is_empty() => return emptied(pass, text, at),
        single if pass.undoes(Quirk::SingleForArray, at) => vec![single],
        other => return other,
    };
    let mut kept = Vec::with_capacity(elements.len());
    for (ordinal, element) in elements.into_iter().enumerate() {
        let said_nothing = element.is_null();
        let element = one(pass, attribute, element, At::Index(&at, ordinal));
        if said_nothing || !element.is_null() {
            kept.push(element);
        }
    }
    if attribute.sub("primary").is_some() {
        one_primary(pass, &mut kept, at);
    }
    Value::Array(kept)
}

/// One value of an attribute; `null` when nothing of it is left.
pub(super) fn one(pass: &mut Pass<'_>, attribute: &Attribute, value: Value, at: At<'_>) -> Value {
    match (attribute.data_type, value) {
        (DataType::Complex, value) => complex(pass, attribute, value, at),
        (_, Value::String(text)) if text.is_empty() => emptied(pass, text, at),
        (DataType::Boolean, Value::String(text)) => match boolean(&text) {
            Some(boolean) if pass.undoes(Quirk::BooleanText, at) => Value::Bool(boolean),
            _ => Value::String(text),
        },
        (_, value) => value,
    }
}

/// The boolean that `text` spells, in any case.
pub(super) fn boolean(text: &str) -> Option<bool> {
    if text.eq_ignore_ascii_case("true") {
        Some(true)
    } else if text.eq_ignore_ascii_case("false") {
        Some(false)
    } else {
        None
    }
}

/// The member of `map` called `name`, without regard to case.
pub(super) fn member<'m>(map: &'m Map<String, Value>, name: &str) -> Option<&'m Value> {
    map.iter()
        .find(|(key, _)| key.eq_ignore_ascii_case(name))
        .map(|(_, value)| value)
}

fn emptied(pass: &mut Pass<'_>, text: String, at: At<'_>) -> Value {
    if pass.undoes(Quirk::EmptyText, at) {
        Value::Null
    } else {
        Value::String(text)
    }
}

fn complex(pass: &mut Pass<'_>, attribute: &Attribute, value: Value, at: At<'_>) -> Value {
    match value {
        Value::Object(map) => object(pass, attribute, map, at),
        Value::String(text) if text.is_empty() => emptied(pass, text, at),
        Value::String(text) if attribute.sub("value").is_some() => {
            let quirk = if attribute.multi_valued {
                Quirk::BareValue
            } else {
                Quirk::BareManager
            };
            if !pass.undoes(quirk, at) {
                return Value::String(text);
            }
            let map = Map::from_iter([("value".to_owned(), Value::String(text))]);
            object(pass, attribute, map, at)
        }
        Value::Array(elements) if !attribute.multi_valued && elements.len() < 2 => {
            if !pass.undoes(Quirk::BareManager, at) {
                return Value::Array(elements);
            }
            match elements.into_iter().next() {
                // A list in a list is no shape that any client sends; the strict code refuses it.
                Some(Value::Array(inner)) => Value::Array(inner),
                Some(element) => complex(pass, attribute, element, at),
                None => Value::Null,
            }
        }
        other => other,
    }
}

fn object(
    pass: &mut Pass<'_>,
    attribute: &Attribute,
    map: Map<String, Value>,
    at: At<'_>,
) -> Value {
    let mut map = map;
    undo_manager_id(pass, attribute, &mut map, at);
    undo_role_json(pass, attribute, &mut map, at);
    undo_member_reference(pass, attribute, &mut map, at);
    let mut kept = Map::new();
    let mut emptied_value = false;
    let mut emptied_any = false;
    for (key, value) in map {
        let Some(sub) = attribute.sub(&key) else {
            kept.insert(key, value);
            continue;
        };
        let said_nothing = value.is_null();
        let value = whole(pass, sub, value, At::Key(&at, &key));
        if value.is_null() && !said_nothing {
            emptied_any = true;
            emptied_value |= sub.name == "value";
        } else {
            kept.insert(key, value);
        }
    }
    if emptied_value || (emptied_any && says_nothing(&kept)) {
        return Value::Null;
    }
    Value::Object(kept)
}

fn says_nothing(map: &Map<String, Value>) -> bool {
    map.iter().all(|(key, value)| {
        is_unassigned(value) || DESCRIBING.iter().any(|name| key.eq_ignore_ascii_case(name))
    })
}

/// Of two primary values the last stays so: it is what the client said last.
fn one_primary(pass: &mut Pass<'_>, elements: &mut [Value], at: At<'_>) {
    let mut later = false;
    for (ordinal, element) in elements.iter_mut().enumerate().rev() {
        let Some(map) = element.as_object_mut() else {
            continue;
        };
        let primary = map.iter_mut().find(|(key, value)| {
            key.eq_ignore_ascii_case("primary") && **value == Value::Bool(true)
        });
        let Some((_, primary)) = primary else {
            continue;
        };
        if later && pass.undoes(Quirk::TwoPrimaries, At::Index(&at, ordinal)) {
            *primary = Value::Bool(false);
        }
        later = true;
    }
}

fn undo_manager_id(
    pass: &mut Pass<'_>,
    attribute: &Attribute,
    map: &mut Map<String, Value>,
    at: At<'_>,
) {
    let Some(key) = map
        .keys()
        .find(|key| name::is_manager_id(&attribute.name, key))
        .cloned()
    else {
        return;
    };
    if !pass.undoes(Quirk::ManagerId, At::Key(&at, &key)) {
        return;
    }
    let id = map.shift_remove(&key).unwrap_or_default();
    if member(map, "value").is_none() {
        map.insert("value".to_owned(), id);
    }
}

/// The longest text that is read as a role: three names of 1 KiB each, and what stands around them. A
/// longer text is one value, and not a tree of a hundred times its size.
const MAX_ROLE_JSON: usize = 4 * 1024;

fn undo_role_json(
    pass: &mut Pass<'_>,
    attribute: &Attribute,
    map: &mut Map<String, Value>,
    at: At<'_>,
) {
    if attribute.name != "roles" {
        return;
    }
    let Some((key, text)) = map.iter().find_map(|(key, value)| {
        let text = value
            .as_str()
            .filter(|text| text.len() <= MAX_ROLE_JSON && text.trim_start().starts_with('{'))?;
        key.eq_ignore_ascii_case("value").then_some((key, text))
    }) else {
        return;
    };
    let Ok(Value::Object(role)) = serde_json::from_str(text) else {
        return;
    };
    let Some(value) = role.get("value").filter(|value| value.is_string()) else {
        return;
    };
    let key = key.clone();
    if !pass.undoes(Quirk::RoleJson, At::Key(&at, &key)) {
        return;
    }
    map.insert(key, value.clone());
    let display = role.get("displayName").filter(|name| name.is_string());
    if let Some(display) = display
        && member(map, "display").is_none()
    {
        map.insert("display".to_owned(), display.clone());
    }
}

/// A member is known by its `value`, and the server answers an absolute `$ref` of its own.
fn undo_member_reference(
    pass: &mut Pass<'_>,
    attribute: &Attribute,
    map: &mut Map<String, Value>,
    at: At<'_>,
) {
    if attribute.name != "members" {
        return;
    }
    let Some((key, reference)) = map.iter().find_map(|(key, value)| {
        let reference = value.as_str()?;
        key.eq_ignore_ascii_case("$ref")
            .then(|| (key.clone(), reference.to_owned()))
    }) else {
        return;
    };
    let nameless = member(map, "value").is_none_or(Value::is_null);
    if reference.contains("://") && !nameless {
        return;
    }
    let id = reference.rsplit('/').next().unwrap_or_default();
    if id.is_empty() && nameless {
        return;
    }
    if pass.undoes(Quirk::MemberReference, At::Key(&at, &key)) {
        map.shift_remove(&key);
        if nameless {
            map.retain(|key, _| !key.eq_ignore_ascii_case("value"));
            map.insert("value".to_owned(), Value::from(id));
        }
    }
}
