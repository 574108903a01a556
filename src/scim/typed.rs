//! Checks a value against the data type of its attribute and spells its names canonically (RFC 7643 §2.3).

use std::collections::BTreeMap;
use std::collections::HashMap;
use std::collections::HashSet;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde_json::{Map, Value};

use super::error::{Error, Result};
use super::json::kind_of;
use super::schema::{Attribute, DataType, Mutability};
use super::value::parse_time;

/// 2⁵³ − 1: up to here every JSON reader keeps whole numbers exactly (RFC 8259 §6), and so do our keys.
pub(super) const MAX_INTEGER: u64 = (1 << 53) - 1;

/// The canonical form of a value of `attribute`: sub-attributes under their names, unknown and readOnly
/// ones left out, the same element of an array once, `null` for no value.
///
/// # Errors
/// 400 `invalidValue` when the type is wrong, `invalidSyntax` when a sub-attribute stands twice; `path`
/// is how the message names the attribute.
pub(super) fn canonical(attribute: &Attribute, path: &str, value: Value) -> Result<Value> {
    if !attribute.multi_valued {
        return element(attribute, path, value);
    }
    let sent = match value {
        Value::Null => return Ok(Value::Null),
        Value::Array(sent) => sent,
        other => {
            return Err(Error::value(format!(
                "{path} is {}: send an array.",
                kind_of(&other)
            )));
        }
    };
    let mut elements = Vec::with_capacity(sent.len());
    for one in sent {
        let one = element(attribute, path, one)?;
        if !super::resource::is_unassigned(&one) {
            elements.push(one);
        }
    }
    merge_doubles(attribute, &mut elements);
    one_primary(path, &elements)?;
    Ok(Value::Array(elements))
}

/// The canonical form of one element of a multi-valued attribute, or of a single value.
///
/// # Errors
/// As [`canonical`].
pub(super) fn element(attribute: &Attribute, path: &str, value: Value) -> Result<Value> {
    if value.is_null() {
        return Ok(Value::Null);
    }
    if attribute.is_complex() {
        return match value {
            Value::Object(members) => complex(attribute, path, members),
            other => Err(Error::value(format!(
                "{path} is {}: send an object with sub-attributes.",
                kind_of(&other)
            ))),
        };
    }
    check_simple(attribute, path, &value)?;
    Ok(value)
}

fn complex(attribute: &Attribute, path: &str, members: Map<String, Value>) -> Result<Value> {
    let mut map = Map::new();
    for (name, value) in members {
        let Some(sub) = attribute.sub(&name) else {
            continue;
        };
        if sub.mutability == Mutability::ReadOnly {
            continue;
        }
        let path = format!("{path}.{}", sub.name);
        let value = canonical(sub, &path, value)?;
        if super::resource::is_unassigned(&value) {
            continue;
        }
        if map.insert(sub.name.clone(), value).is_some() {
            return Err(Error::syntax(format!("{path} stands twice in one value.")));
        }
    }
    Ok(Value::Object(map))
}

fn check_simple(attribute: &Attribute, path: &str, value: &Value) -> Result<()> {
    let wanted = match attribute.data_type {
        DataType::String | DataType::Reference => (value.is_string(), "a string"),
        DataType::Boolean => (value.is_boolean(), "true or false"),
        DataType::Integer => (
            value
                .as_i64()
                .is_some_and(|number| number.unsigned_abs() <= MAX_INTEGER),
            "a whole number from -9007199254740991 to 9007199254740991",
        ),
        DataType::Decimal => (value.is_number(), "a number"),
        DataType::DateTime => (
            value
                .as_str()
                .is_some_and(|text| parse_time(text).is_some()),
            "a date and time such as 2026-01-31T08:00:00Z",
        ),
        DataType::Binary => (value.as_str().is_some_and(is_base64), "a base64 string"),
        DataType::Complex => (value.is_object(), "an object"),
    };
    match wanted {
        (true, _) => Ok(()),
        (false, wanted) => Err(Error::value(format!(
            "{path} is {}: send {wanted}.",
            shown(value)
        ))),
    }
}

/// How a message shows a value of the wrong type: its kind, and the text of short strings.
fn shown(value: &Value) -> String {
    match value.as_str() {
        Some(text) if text.chars().count() <= 40 => format!("the string \"{text}\""),
        Some(_) | None => kind_of(value).to_owned(),
    }
}

/// Base64 in either alphabet, padded or not, with line breaks as certificates have them.
fn is_base64(text: &str) -> bool {
    const LENIENT: GeneralPurposeConfig =
        GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, LENIENT);
    const URL_SAFE: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, LENIENT);
    let compact: String = text.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    STANDARD.decode(&compact).is_ok() || URL_SAFE.decode(&compact).is_ok()
}

/// Makes elements that are the same value one: equal ones, and those that agree in `type` and `value` where
/// the attribute has both (RFC 7643 §2.4: a pair is returned once). The later one's sub-attributes are
/// written over the earlier one's.
pub(super) fn merge_doubles(attribute: &Attribute, elements: &mut Vec<Value>) {
    if elements.len() < 2 {
        return;
    }
    let paired = attribute.sub("type").is_some() && attribute.sub("value").is_some();
    let mut places = HashMap::with_capacity(elements.len());
    let mut kept: Vec<Value> = Vec::with_capacity(elements.len());
    for element in std::mem::take(elements) {
        let place = *places
            .entry(identity(paired, &element))
            .or_insert(kept.len());
        match (kept.get_mut(place), element) {
            (Some(Value::Object(earlier)), Value::Object(later)) => earlier.extend(later),
            (Some(_), _) => {}
            (None, element) => kept.push(element),
        }
    }
    *elements = kept;
}

/// The elements of `new` that are not in `present` word for word.
pub(super) fn unknown_in(present: &[Value], new: Vec<Value>) -> Vec<Value> {
    let known: HashSet<String> = present.iter().map(|one| identity(false, one)).collect();
    new.into_iter()
        .filter(|one| !known.contains(&identity(false, one)))
        .collect()
}

/// What tells an element from others: its type and value, or all of it in whatever order.
fn identity(paired: bool, element: &Value) -> String {
    let Value::Object(members) = element else {
        return element.to_string();
    };
    match members.get("value") {
        Some(value) if paired => {
            let kind = members.get("type").unwrap_or(&Value::Null);
            format!("{kind} {value}")
        }
        Some(_) | None => {
            let sorted: BTreeMap<&String, &Value> = members.iter().collect();
            format!("{sorted:?}")
        }
    }
}

/// At most one element is the primary one (RFC 7643 §2.4).
fn one_primary(path: &str, elements: &[Value]) -> Result<()> {
    let primary = |element: &&Value| element.get("primary") == Some(&Value::Bool(true));
    if elements.iter().filter(primary).count() > 1 {
        return Err(Error::value(format!(
            "{path} has more than one value with primary true: leave one."
        )));
    }
    Ok(())
}
