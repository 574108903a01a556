//! Writes single values: add, replace and remove of attributes, sub-attributes and selected elements
//! (RFC 7644 §3.5.2.1–§3.5.2.3).

use serde_json::{Map, Value};

use super::{Selection, Unmatched};
use crate::scim::error::{Error, Result};
use crate::scim::filter::{AttrRef, matches_value};
use crate::scim::json::kind_of;
use crate::scim::resource::is_unassigned;
use crate::scim::schema::{Attribute, Mutability};
use crate::scim::typed;

/// Refuses readOnly targets (§3.5.2).
pub(super) fn allowed(attr: &AttrRef) -> Result<()> {
    let read_only = |attribute: &Attribute| attribute.mutability == Mutability::ReadOnly;
    if read_only(&attr.attribute) || attr.sub.as_deref().is_some_and(read_only) {
        return Err(Error::mutability(format!(
            "{} is readOnly: the server sets it.",
            attr.path()
        )));
    }
    Ok(())
}

/// `add` (§3.5.2.1): appends to what has many values, sets what has one, merges into an object.
pub(super) fn add(holder: &mut Map<String, Value>, attr: &AttrRef, value: &Value) -> Result<()> {
    if attr.sub.is_some() || !attr.attribute.multi_valued {
        return replace(holder, attr, value);
    }
    let new = elements(attr, value)?;
    let present = array(holder, attr)?;
    let new = typed::unknown_in(present, new);
    let mut all = present.clone();
    if new.iter().any(is_primary) {
        clear_primary(&mut all);
    }
    all.extend(new);
    typed::merge_doubles(&attr.attribute, &mut all);
    if all == *present {
        return Ok(());
    }
    if !present.is_empty() {
        fixed(attr, Some(&Value::Null))?;
    }
    *present = all;
    Ok(())
}

/// `replace` (§3.5.2.3): sets the attribute; of an object only the sub-attributes that are given.
pub(super) fn replace(
    holder: &mut Map<String, Value>,
    attr: &AttrRef,
    value: &Value,
) -> Result<()> {
    if let Some(sub) = &attr.sub {
        return set_sub(holder, attr, sub, value);
    }
    let attribute = &attr.attribute;
    let name = attribute.name.as_str();
    if attribute.is_complex() && !attribute.multi_valued {
        let entry = holder.entry(name).or_insert(Value::Null);
        let mut merged = entry.clone();
        merge_into(attribute, &mut merged, value)?;
        fixed_unless_same(attr, Some(&*entry), &merged)?;
        subs_fixed(attr, entry, &merged)?;
        *entry = merged;
        return Ok(());
    }
    let new = if attribute.multi_valued {
        Value::Array(elements(attr, value)?)
    } else {
        typed::element(attribute, &attr.path(), value.clone())?
    };
    fixed_unless_same(attr, holder.get(name), &new)?;
    holder.insert(name.to_owned(), new);
    Ok(())
}

/// `remove` (§3.5.2.2) of an attribute, or of a sub-attribute in every value.
pub(super) fn remove(holder: &mut Map<String, Value>, attr: &AttrRef) -> Result<()> {
    required(attr.leaf(), attr)?;
    let name = attr.attribute.name.as_str();
    fixed(attr, present(holder, attr))?;
    let Some(sub) = &attr.sub else {
        if let Some(value) = holder.get(name) {
            subs_fixed(attr, value, &Value::Null)?;
        }
        holder.shift_remove(name);
        return Ok(());
    };
    for element in each(holder, name) {
        drop_sub(element, sub);
    }
    prune(holder, &attr.attribute);
    Ok(())
}

/// `remove` of the selected elements, or of a sub-attribute in them; nothing selected is no error.
pub(super) fn remove_selected(
    holder: &mut Map<String, Value>,
    selection: &Selection,
) -> Result<()> {
    let attribute = &selection.attr.attribute;
    let elements = array(holder, &selection.attr)?;
    if let Some(sub) = &selection.sub {
        required(sub, &selection.attr)?;
        for element in elements
            .iter_mut()
            .filter(|element| matches_value(&selection.filter, element))
        {
            drop_sub(element, sub);
        }
    } else {
        let before = elements.len();
        elements.retain(|element| !matches_value(&selection.filter, element));
        if elements.len() < before {
            fixed(&selection.attr, Some(&Value::Null))?;
        }
        if elements.is_empty() {
            required(attribute, &selection.attr)?;
        }
    }
    prune(holder, attribute);
    Ok(())
}

/// How one element takes a value.
type Writer = fn(&Attribute, &mut Value, &Value) -> Result<()>;

/// `add` and `replace` on `attr[filter]` and `attr[filter].sub`; without a match, what the profile says.
pub(super) fn write_selected(
    holder: &mut Map<String, Value>,
    selection: &Selection,
    value: &Value,
    unmatched: Unmatched,
    writer: Writer,
) -> Result<()> {
    let attribute = &selection.attr.attribute;
    let elements = array(holder, &selection.attr)?;
    let before = elements.clone();
    let mut chosen: Vec<usize> = (0..)
        .zip(elements.iter())
        .filter(|(_, element)| matches_value(&selection.filter, element))
        .map(|(ordinal, _)| ordinal)
        .collect();
    if chosen.is_empty() {
        if unmatched == Unmatched::NoTarget {
            let detail = format!(
                "No value of {} matches the filter in the path.",
                selection.attr.path()
            );
            return Err(Error::no_target(detail));
        }
        chosen.push(elements.len());
        elements.push(Value::Object(selection.seed.clone()));
    }
    for ordinal in &chosen {
        let Some(element) = elements.get_mut(*ordinal) else {
            continue;
        };
        match &selection.sub {
            Some(sub) => put_sub(attribute, element, sub, value)?,
            None => writer(attribute, element, value)?,
        }
    }
    settle_primary(elements, &chosen);
    if !attribute.is_complex() {
        let mut seen = std::collections::HashSet::new();
        elements.retain(|element| seen.insert(element.to_string()));
    }
    if *elements != before && !before.is_empty() {
        fixed(&selection.attr, Some(&Value::Null))?;
    }
    prune(holder, attribute);
    Ok(())
}

/// Merges the sub-attributes that `value` gives into `element`; `null` removes one.
pub(super) fn merge_into(attribute: &Attribute, element: &mut Value, value: &Value) -> Result<()> {
    if !attribute.is_complex() {
        return put_instead(attribute, element, value);
    }
    let sent = match value {
        Value::Object(sent) => sent,
        Value::Null => {
            *element = Value::Null;
            return Ok(());
        }
        other => {
            let (name, kind) = (&attribute.name, kind_of(other));
            return Err(Error::value(format!(
                "{name} takes an object of sub-attributes, not {kind}."
            )));
        }
    };
    for (name, value) in sent {
        let Some(sub) = attribute.sub(name) else {
            continue;
        };
        if sub.mutability != Mutability::ReadOnly {
            put_sub(attribute, element, sub, value)?;
        }
    }
    Ok(())
}

/// Puts `value` in the place of `element`.
pub(super) fn put_instead(attribute: &Attribute, element: &mut Value, value: &Value) -> Result<()> {
    *element = typed::element(attribute, &attribute.name, value.clone())?;
    Ok(())
}

fn set_sub(
    holder: &mut Map<String, Value>,
    attr: &AttrRef,
    sub: &Attribute,
    value: &Value,
) -> Result<()> {
    let attribute = &attr.attribute;
    let name = attribute.name.as_str();
    if attribute.multi_valued {
        let elements = array(holder, attr)?;
        if elements.is_empty() {
            elements.push(Value::Object(Map::new()));
        }
    } else {
        holder
            .entry(name)
            .or_insert_with(|| Value::Object(Map::new()));
    }
    for element in each(holder, name) {
        put_sub(attribute, element, sub, value)?;
    }
    if attribute.multi_valued {
        let elements = array(holder, attr)?;
        let all: Vec<usize> = (0..elements.len()).collect();
        settle_primary(elements, &all);
    }
    prune(holder, attribute);
    Ok(())
}

fn put_sub(
    attribute: &Attribute,
    element: &mut Value,
    sub: &Attribute,
    value: &Value,
) -> Result<()> {
    let path = format!("{}.{}", attribute.name, sub.name);
    let new = typed::canonical(sub, &path, value.clone())?;
    if !element.is_object() {
        *element = Value::Object(Map::new());
    }
    let Value::Object(members) = element else {
        return Ok(());
    };
    let present = members.get(&sub.name);
    if sub.mutability == Mutability::Immutable && present.is_some_and(|present| *present != new) {
        return Err(Error::mutability(format!(
            "{path} is immutable and has another value already."
        )));
    }
    if is_unassigned(&new) {
        members.shift_remove(&sub.name);
    } else {
        members.insert(sub.name.clone(), new);
    }
    Ok(())
}

/// The elements that a value stands for; one object may stand for an array of one.
fn elements(attr: &AttrRef, value: &Value) -> Result<Vec<Value>> {
    let list = match value {
        Value::Array(_) | Value::Null => value.clone(),
        single => Value::Array(vec![single.clone()]),
    };
    match typed::canonical(&attr.attribute, &attr.path(), list)? {
        Value::Array(elements) => Ok(elements),
        _ => Ok(Vec::new()),
    }
}

/// The array called `name`; made when it is not there.
fn array<'h>(holder: &'h mut Map<String, Value>, attr: &AttrRef) -> Result<&'h mut Vec<Value>> {
    let entry = holder
        .entry(&attr.attribute.name)
        .or_insert_with(|| Value::Array(Vec::new()));
    entry
        .as_array_mut()
        .ok_or_else(|| Error::no_target(format!("{} has one value only.", attr.path())))
}

/// Each value of the attribute called `name`.
fn each<'h>(
    holder: &'h mut Map<String, Value>,
    name: &str,
) -> Box<dyn Iterator<Item = &'h mut Value> + 'h> {
    match holder.get_mut(name) {
        Some(Value::Array(elements)) => Box::new(elements.iter_mut()),
        Some(single) => Box::new(std::iter::once(single)),
        None => Box::new(std::iter::empty()),
    }
}

fn drop_sub(element: &mut Value, sub: &Attribute) {
    if let Value::Object(members) = element {
        members.shift_remove(&sub.name);
    }
}

/// Drops elements without a value, makes those one that became the same, and drops the attribute when
/// none is left (§3.5.2.2).
fn prune(holder: &mut Map<String, Value>, attribute: &Attribute) {
    let name = attribute.name.as_str();
    if let Some(Value::Array(elements)) = holder.get_mut(name) {
        elements.retain(|element| !is_unassigned(element));
        typed::merge_doubles(attribute, elements);
    }
    if holder.get(name).is_some_and(is_unassigned) {
        holder.shift_remove(name);
    }
}

fn is_primary(element: &Value) -> bool {
    element.get("primary") == Some(&Value::Bool(true))
}

fn clear_primary(elements: &mut [Value]) {
    for element in elements.iter_mut().filter(|element| is_primary(element)) {
        if let Value::Object(members) = element {
            members.insert("primary".to_owned(), Value::Bool(false));
        }
    }
}

/// A value that was just made primary takes that from the others (§3.5.2).
fn settle_primary(elements: &mut [Value], chosen: &[usize]) {
    let Some(first) = chosen
        .iter()
        .copied()
        .find(|ordinal| elements.get(*ordinal).is_some_and(is_primary))
    else {
        return;
    };
    for (ordinal, element) in elements.iter_mut().enumerate() {
        if ordinal != first {
            clear_primary(std::slice::from_mut(element));
        }
    }
}

fn required(attribute: &Attribute, attr: &AttrRef) -> Result<()> {
    if attribute.required {
        return Err(Error::mutability(format!(
            "{} is required and cannot be removed.",
            attr.path()
        )));
    }
    Ok(())
}

/// Refuses to change an immutable attribute that has a value.
fn fixed(attr: &AttrRef, present: Option<&Value>) -> Result<()> {
    if attr.leaf().mutability == Mutability::Immutable && present.is_some() {
        return Err(Error::mutability(format!(
            "{} is immutable and has a value.",
            attr.path()
        )));
    }
    Ok(())
}

/// The value that `attr` has, if any of its elements has one.
fn present<'h>(holder: &'h Map<String, Value>, attr: &AttrRef) -> Option<&'h Value> {
    let value = holder.get(&attr.attribute.name)?;
    let Some(sub) = &attr.sub else {
        return Some(value);
    };
    match value {
        Value::Array(elements) => elements.iter().find_map(|one| one.get(&sub.name)),
        single => single.get(&sub.name),
    }
}

/// Refuses to lose or change an immutable sub-attribute of the one object that is there. Elements of an array
/// come and go as a whole, as members of a group do.
fn subs_fixed(attr: &AttrRef, present: &Value, new: &Value) -> Result<()> {
    for sub in &attr.attribute.sub_attributes {
        let value = present.get(&sub.name);
        if sub.mutability == Mutability::Immutable && value.is_some() && value != new.get(&sub.name)
        {
            let (path, name) = (attr.path(), &sub.name);
            return Err(Error::mutability(format!(
                "{path}.{name} is immutable and has a value."
            )));
        }
    }
    Ok(())
}

fn fixed_unless_same(attr: &AttrRef, present: Option<&Value>, new: &Value) -> Result<()> {
    match present {
        Some(present) if !is_unassigned(present) && present != new => fixed(attr, Some(present)),
        Some(_) | None => Ok(()),
    }
}
