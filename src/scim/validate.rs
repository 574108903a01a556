//! Takes in the body of a POST or PUT: canonical names, checked types, and each attribute treated by
//! its mutability in that context (RFC 7643 §2, §7; RFC 7644 §3.3, §3.5.1).

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;

use serde_json::{Map, Value};

use super::error::{Error, Result};
use super::filter::AttrRef;
use super::resource::{self, Document, Member};
use super::schema::{Attribute, Mutability, ResourceType};
use super::typed;

/// How long the id of a member may be: ours have 36 characters; 512 are at most 2,048 bytes, which fits
/// an index row of any engine beside the id of the group.
pub const MAX_MEMBER_CHARS: usize = 512;

/// What a body says, ready to be stored.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Incoming {
    /// The attributes.
    pub document: Document,
    /// The members of a group, without doubles; empty when the body has none.
    pub members: Vec<Member>,
    /// Whether the body had a password; it is in none of the other fields.
    pub password: bool,
    /// Names in the body that stand for no attribute; they are ignored (RFC 7643 §2.1 leaves it open).
    pub unknown: Vec<String>,
}

/// What becomes of an attribute that a client sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Treatment {
    Take,
    Ignore,
    MustEqual,
}

/// The context of a body.
#[derive(Debug, Clone, Copy)]
enum Context<'d> {
    Create,
    Replace(&'d Document),
}

/// The table of RFC 7644 §3.3 and §3.5.1.
fn treatment(mutability: Mutability, context: Context<'_>) -> Treatment {
    match (mutability, context) {
        (Mutability::ReadOnly, Context::Create | Context::Replace(_)) => Treatment::Ignore,
        (Mutability::Immutable, Context::Replace(_)) => Treatment::MustEqual,
        (Mutability::Immutable, Context::Create)
        | (Mutability::ReadWrite | Mutability::WriteOnly, Context::Create | Context::Replace(_)) => {
            Treatment::Take
        }
    }
}

/// Takes in the body of a POST (RFC 7644 §3.3). A user without `active` is active.
///
/// # Errors
/// 400 `invalidSyntax` without the core URN in `schemas` or with a name twice, 400 `invalidValue` for a
/// wrong type or a missing required attribute.
pub fn create(rt: &ResourceType, body: Map<String, Value>) -> Result<Incoming> {
    let mut incoming = read(rt, body, Context::Create)?;
    if rt.is_user() {
        incoming
            .document
            .as_map_mut()
            .entry("active")
            .or_insert(Value::Bool(true));
    }
    Ok(incoming)
}

/// Takes in the body of a PUT (RFC 7644 §3.5.1): what it leaves out is gone, but for `active` and for
/// immutable attributes, which stay as they are.
///
/// # Errors
/// As [`create`]; 400 `mutability` when an immutable attribute would change.
pub fn replace(
    rt: &ResourceType,
    current: &Document,
    body: Map<String, Value>,
) -> Result<Incoming> {
    let mut incoming = read(rt, body, Context::Replace(current))?;
    keep(rt, current, &mut incoming.document)?;
    Ok(incoming)
}

/// The attributes that a PUT cannot take away.
fn keep(rt: &ResourceType, current: &Document, document: &mut Document) -> Result<()> {
    let old = current.as_map();
    keep_in(&rt.schema.attributes, old, document.as_map_mut());
    if let Some(active) = old.get("active").filter(|_| rt.is_user()) {
        let map = document.as_map_mut();
        map.entry("active").or_insert_with(|| active.clone());
    }
    for extension in &rt.extensions {
        let urn = &*extension.schema.id;
        let Some(old) = old.get(urn).and_then(Value::as_object) else {
            continue;
        };
        let new = document
            .as_map_mut()
            .entry(urn)
            .or_insert_with(|| Value::Object(Map::new()));
        if let Value::Object(new) = new {
            keep_in(&extension.schema.attributes, old, new);
        }
    }
    document.restate_schemas(rt);
    require(rt, document)
}

fn keep_in(attributes: &[Arc<Attribute>], old: &Map<String, Value>, new: &mut Map<String, Value>) {
    for attribute in attributes {
        let name = attribute.name.as_str();
        let Some(value) = old.get(name) else {
            continue;
        };
        if stays(attribute.mutability) {
            new.entry(name).or_insert_with(|| value.clone());
            continue;
        }
        if let (Value::Array(old), Some(Value::Array(new))) = (value, new.get_mut(name)) {
            keep_in_elements(attribute, old, new);
            continue;
        }
        let subs = attribute.sub_attributes.iter();
        for sub in subs.filter(|sub| stays(sub.mutability)) {
            let Some(value) = value.get(&sub.name) else {
                continue;
            };
            let holder = new.entry(name).or_insert_with(|| Value::Object(Map::new()));
            if let Value::Object(holder) = holder {
                holder
                    .entry(sub.name.as_str())
                    .or_insert_with(|| value.clone());
            }
        }
    }
}

/// The elements of an array have no identity but what can be read of them (RFC 7643 §2.4): one that is sent back as it was
/// read keeps the parts that a PUT cannot take away, and one that differs is another.
fn keep_in_elements(attribute: &Attribute, old: &[Value], new: &mut [Value]) {
    let subs = attribute.sub_attributes.iter();
    let kept: Vec<&str> = subs
        .filter(|sub| stays(sub.mutability))
        .map(|sub| sub.name.as_str())
        .collect();
    if kept.is_empty() {
        return;
    }
    let readable = |element: &Value| {
        let parts = element.as_object().into_iter().flatten();
        let parts = parts.filter(|(name, _)| !kept.contains(&name.as_str()));
        let sorted: BTreeMap<&String, String> = parts
            .map(|(name, value)| (name, value.to_string()))
            .collect();
        format!("{sorted:?}")
    };
    let mut former: HashMap<String, VecDeque<&Value>> = HashMap::new();
    for element in old {
        former
            .entry(readable(element))
            .or_default()
            .push_back(element);
    }
    for element in new {
        let same = former
            .get_mut(&readable(element))
            .and_then(VecDeque::pop_front);
        let (Some(same), Value::Object(element)) = (same, element) else {
            continue;
        };
        for name in &kept {
            if let Some(value) = same.get(*name) {
                element.entry(*name).or_insert_with(|| value.clone());
            }
        }
    }
}

/// Whether an attribute that a PUT leaves out stays. What was never read cannot be sent back, so that a
/// client that reads and replaces would lose it.
fn stays(mutability: Mutability) -> bool {
    match mutability {
        Mutability::ReadOnly | Mutability::Immutable | Mutability::WriteOnly => true,
        Mutability::ReadWrite => false,
    }
}

fn read(rt: &ResourceType, body: Map<String, Value>, context: Context<'_>) -> Result<Incoming> {
    check_schemas(rt, &body)?;
    let mut incoming = Incoming::default();
    let mut map = Map::new();
    map.insert("schemas".to_owned(), Value::Null);
    for (name, value) in body {
        if let Some(extension) = rt.extension(&name) {
            let urn = Arc::clone(&extension.schema.id);
            let value = read_extension(rt, &urn, value, context, &mut incoming.unknown)?;
            insert_once(&mut map, &urn, value)?;
            continue;
        }
        let Some(attr) = rt
            .attribute(&name)
            .filter(|attr| attr.sub.is_none() && attr.extension.is_none())
        else {
            incoming.unknown.push(name);
            continue;
        };
        read_attribute(rt, &attr, value, context, &mut map, &mut incoming)?;
    }
    map.retain(|name, value| name == "schemas" || !resource::is_unassigned(value));
    incoming.document = Document::new(map);
    incoming.document.restate_schemas(rt);
    if let Context::Create = context {
        require(rt, &incoming.document)?;
    }
    Ok(incoming)
}

fn read_attribute(
    rt: &ResourceType,
    attr: &AttrRef,
    value: Value,
    context: Context<'_>,
    map: &mut Map<String, Value>,
    incoming: &mut Incoming,
) -> Result<()> {
    let attribute = &attr.attribute;
    if treatment(attribute.mutability, context) == Treatment::Ignore {
        return Ok(());
    }
    if resource::is_password(rt, attr) {
        incoming.password = !value.is_null();
        return Ok(());
    }
    if rt.is_members(attr) {
        incoming.members = members(attribute, value)?;
        return Ok(());
    }
    let value = typed::canonical(attribute, &attribute.name, value)?;
    compare(attr, &value, context)?;
    insert_once(map, &attribute.name, value)
}

/// The members in a body, in order, each id once; the first mention counts.
///
/// # Errors
/// 400 `invalidValue` when they are not objects with a text `value`.
pub fn members(attribute: &Attribute, value: Value) -> Result<Vec<Member>> {
    let canonical = typed::canonical(attribute, &attribute.name, value)?;
    let Value::Array(elements) = canonical else {
        return Ok(Vec::new());
    };
    let mut seen = std::collections::HashSet::new();
    let mut members = Vec::with_capacity(elements.len());
    for element in elements {
        let text = |name: &str| element.get(name).and_then(Value::as_str).map(str::to_owned);
        let Some(id) = text("value").filter(|id| !id.is_empty()) else {
            return Err(Error::value(
                "A member has no value: send the id of the user or group in it.",
            ));
        };
        if id.chars().count() > MAX_MEMBER_CHARS {
            let detail = format!("A member's value is longer than {MAX_MEMBER_CHARS} characters.");
            return Err(Error::value(detail));
        }
        if seen.insert(id.clone()) {
            members.push(Member {
                value: id,
                display: text("display"),
                kind: text("type"),
            });
        }
    }
    Ok(members)
}

fn read_extension(
    rt: &ResourceType,
    urn: &Arc<str>,
    value: Value,
    context: Context<'_>,
    unknown: &mut Vec<String>,
) -> Result<Value> {
    let members = match value {
        Value::Null => return Ok(Value::Null),
        Value::Object(members) => members,
        other => {
            let kind = super::json::kind_of(&other);
            return Err(Error::value(format!(
                "\"{urn}\" is {kind}: send an object of its attributes."
            )));
        }
    };
    let mut map = Map::new();
    for (name, value) in members {
        let full = format!("{urn}:{name}");
        let Some(attr) = rt.attribute(&full).filter(|attr| attr.sub.is_none()) else {
            unknown.push(full);
            continue;
        };
        if treatment(attr.attribute.mutability, context) == Treatment::Ignore {
            continue;
        }
        let value = typed::canonical(&attr.attribute, &full, value)?;
        compare(&attr, &value, context)?;
        insert_once(&mut map, &attr.attribute.name, value)?;
    }
    map.retain(|_, value| !resource::is_unassigned(value));
    Ok(Value::Object(map))
}

/// An immutable attribute may be repeated as it is, or set where it had no value (RFC 7644 §3.5.1).
fn compare(attr: &AttrRef, value: &Value, context: Context<'_>) -> Result<()> {
    let Context::Replace(current) = context else {
        return Ok(());
    };
    let whole = AttrRef {
        sub: None,
        ..attr.clone()
    };
    let present = current.values(&whole);
    if treatment(attr.attribute.mutability, context) == Treatment::MustEqual {
        let sent: Vec<&Value> = match value {
            Value::Array(elements) => elements.iter().collect(),
            Value::Null => return Ok(()),
            single => vec![single],
        };
        if present.is_empty() || present == sent {
            return Ok(());
        }
        return Err(fixed(&attr.path()));
    }
    let subs = attr.attribute.sub_attributes.iter();
    for sub in subs.filter(|sub| sub.mutability == Mutability::Immutable) {
        let old = present.first().and_then(|present| present.get(&sub.name));
        // Of an array `value.get` gives nothing: whole elements come and go.
        if let (Some(old), Some(new)) = (old, value.get(&sub.name))
            && old != new
        {
            return Err(fixed(&format!("{}.{}", attr.path(), sub.name)));
        }
    }
    Ok(())
}

fn fixed(path: &str) -> Error {
    Error::mutability(format!(
        "{path} is immutable and has another value already."
    ))
}

fn insert_once(map: &mut Map<String, Value>, name: &str, value: Value) -> Result<()> {
    if map.get(name).is_some_and(|present| !present.is_null()) {
        return Err(Error::syntax(format!(
            "The attribute {name} stands twice in the body."
        )));
    }
    map.insert(name.to_owned(), value);
    Ok(())
}

/// `schemas` must name the core schema (RFC 7643 §3); further URNs are taken from what is in the body.
fn check_schemas(rt: &ResourceType, body: &Map<String, Value>) -> Result<()> {
    let core = &*rt.schema.id;
    let sent = body
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case("schemas"));
    let listed = match sent {
        Some((_, Value::Array(urns))) => urns,
        Some((_, Value::Null)) | None => {
            return Err(Error::syntax(format!(
                "schemas is missing: send [\"{core}\"]."
            )));
        }
        Some((_, other)) => {
            let kind = super::json::kind_of(other);
            return Err(Error::syntax(format!(
                "schemas is {kind}: send an array with \"{core}\"."
            )));
        }
    };
    if listed.iter().any(|urn| !urn.is_string()) {
        return Err(Error::syntax(
            "schemas holds something that is not a string.",
        ));
    }
    let names_core = |urn: &Value| {
        urn.as_str()
            .is_some_and(|urn| urn.eq_ignore_ascii_case(core))
    };
    if listed.iter().any(names_core) {
        return Ok(());
    }
    Err(Error::syntax(format!(
        "schemas does not name \"{core}\", the schema of this endpoint."
    )))
}

/// Every required attribute of the core schema and of the extensions in use or required has a value.
///
/// # Errors
/// 400 `invalidValue` that names the attribute.
pub fn require(rt: &ResourceType, document: &Document) -> Result<()> {
    require_in(&rt.schema.attributes, document.as_map(), "")?;
    for extension in &rt.extensions {
        let urn = &*extension.schema.id;
        match document.as_map().get(urn).and_then(Value::as_object) {
            Some(map) => require_in(&extension.schema.attributes, map, &format!("{urn}:"))?,
            None if extension.required => {
                return Err(Error::value(format!(
                    "The extension \"{urn}\" is required here."
                )));
            }
            None => {}
        }
    }
    Ok(())
}

fn require_in(attributes: &[Arc<Attribute>], map: &Map<String, Value>, prefix: &str) -> Result<()> {
    for attribute in attributes {
        let value = map.get(&attribute.name);
        let blank = match value {
            None => true,
            Some(Value::String(text)) => text.trim().is_empty(),
            Some(other) => resource::is_unassigned(other),
        };
        if attribute.required && blank && attribute.mutability != Mutability::ReadOnly {
            return Err(Error::value(format!(
                "{prefix}{} is required and has no value.",
                attribute.name
            )));
        }
        if let Some(value) = value {
            require_subs(attribute, value, prefix)?;
        }
    }
    Ok(())
}

fn require_subs(attribute: &Attribute, value: &Value, prefix: &str) -> Result<()> {
    let elements = match value {
        Value::Array(elements) => elements.as_slice(),
        single => std::slice::from_ref(single),
    };
    for sub in attribute.sub_attributes.iter().filter(|sub| sub.required) {
        if elements
            .iter()
            .any(|element| element.get(&sub.name).is_none_or(resource::is_unassigned))
        {
            let name = &attribute.name;
            return Err(Error::value(format!(
                "{prefix}{name}.{} is required and has no value.",
                sub.name
            )));
        }
    }
    Ok(())
}
