//! Reads the attributes of a schema document and the rules that each of them keeps (RFC 7643 §2.1, §7).

use std::sync::Arc;

use super::attribute::{Attribute, DataType, Mutability, Returned, Uniqueness};
use super::common;
use super::fault::DocumentFaults;
use super::node::Node;

/// The longest name of an attribute. With the URN of its schema (200), a sub-attribute (100) and the signs
/// between them a path has at most 402 bytes; that, a key of 2,048, the name of the resource type (100) and an
/// id are below the 2,704 bytes that a PostgreSQL index row may have.
pub(super) const MAX_NAME: usize = 100;

/// The keyword that asks for an index, and how every keyword of ours begins.
const INDEX: &str = "x-muster-index";
const OURS: &str = "x-muster-";

const DATA_TYPES: [(&str, DataType); 8] = [
    ("string", DataType::String),
    ("boolean", DataType::Boolean),
    ("decimal", DataType::Decimal),
    ("integer", DataType::Integer),
    ("dateTime", DataType::DateTime),
    ("binary", DataType::Binary),
    ("reference", DataType::Reference),
    ("complex", DataType::Complex),
];
const MUTABILITIES: [(&str, Mutability); 4] = [
    ("readWrite", Mutability::ReadWrite),
    ("readOnly", Mutability::ReadOnly),
    ("immutable", Mutability::Immutable),
    ("writeOnly", Mutability::WriteOnly),
];
const RETURNEDS: [(&str, Returned); 4] = [
    ("default", Returned::Default),
    ("always", Returned::Always),
    ("never", Returned::Never),
    ("request", Returned::Request),
];
const UNIQUENESSES: [(&str, Uniqueness); 3] = [
    ("none", Uniqueness::None),
    ("server", Uniqueness::Server),
    ("global", Uniqueness::Global),
];

/// Where an attribute stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Level {
    Top,
    Sub,
}

/// The `attributes` of a schema document.
pub(super) fn attributes(schema: &Node<'_>, faults: &mut DocumentFaults) -> Vec<Arc<Attribute>> {
    list(&schema.nodes("attributes", faults), Level::Top, faults)
}

/// Whether `name` is `ALPHA *(nameChar)` of RFC 7643 §2.1, as the grammar of filters reads it.
pub(super) fn is_name(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
        && name.len() <= MAX_NAME
}

/// Notes keywords that look like ours and are not; any other unknown one may have a meaning elsewhere.
pub(super) fn misspelt(node: &Node<'_>, known: &[&str], faults: &mut DocumentFaults) {
    for name in node.names() {
        let ours = name
            .get(..OURS.len())
            .is_some_and(|head| head.eq_ignore_ascii_case(OURS));
        if !ours || known.contains(&name) {
            continue;
        }
        let why = match known {
            [] => "is no keyword here; an attribute may have x-muster-index".to_owned(),
            known => format!("is no keyword: write {}", known.join(" or ")),
        };
        faults.add(&node.at.member(name), why);
    }
}

fn list(nodes: &[Node<'_>], level: Level, faults: &mut DocumentFaults) -> Vec<Arc<Attribute>> {
    let mut all: Vec<Arc<Attribute>> = Vec::with_capacity(nodes.len());
    for node in nodes {
        let Some(attribute) = one(node, level, faults) else {
            continue;
        };
        let same = |other: &Arc<Attribute>| other.name.eq_ignore_ascii_case(&attribute.name);
        if all.iter().any(same) {
            let name = &attribute.name;
            let why = format!("{name:?} stands twice; names compare without case");
            faults.add(&node.at.member("name"), why);
            continue;
        }
        all.push(Arc::new(attribute));
    }
    all
}

fn one(node: &Node<'_>, level: Level, faults: &mut DocumentFaults) -> Option<Attribute> {
    misspelt(node, &[INDEX], faults);
    let name = node.needed("name", faults)?;
    check_name(node, name, level, faults);
    let data_type = node.word("type", &DATA_TYPES, faults);
    let mutability = node.word("mutability", &MUTABILITIES, faults);
    let returned = node.word("returned", &RETURNEDS, faults);
    let exact = matches!(data_type, DataType::Binary | DataType::Reference);
    let attribute = Attribute {
        name: name.to_owned(),
        data_type,
        description: node
            .text("description", faults)
            .unwrap_or_default()
            .to_owned(),
        multi_valued: node.flag("multiValued", faults).unwrap_or(false),
        required: node.flag("required", faults).unwrap_or(false),
        // RFC 7643 §2.3.6 and §2.3.7 say so of these two.
        case_exact: node.flag("caseExact", faults).unwrap_or(exact),
        mutability,
        // What may only be written is never read back, whatever else stands there (RFC 7643 §7).
        returned: match mutability {
            Mutability::WriteOnly => Returned::Never,
            Mutability::ReadOnly | Mutability::ReadWrite | Mutability::Immutable => returned,
        },
        uniqueness: node.word("uniqueness", &UNIQUENESSES, faults),
        canonical_values: node.texts("canonicalValues", faults),
        reference_types: node.texts("referenceTypes", faults),
        sub_attributes: match level {
            Level::Top => list(&node.nodes("subAttributes", faults), Level::Sub, faults),
            Level::Sub => Vec::new(),
        },
        indexed: node.flag(INDEX, faults).unwrap_or(false),
    };
    check_kind(node, &attribute, level, faults);
    if attribute.required && attribute.mutability == Mutability::ReadOnly {
        let why = "a readOnly attribute cannot be required: no client could give it a value";
        faults.add(&node.at.member("required"), why);
    }
    Some(attribute)
}

fn check_name(node: &Node<'_>, name: &str, level: Level, faults: &mut DocumentFaults) {
    let at = node.at.member("name");
    if !is_name(name) && name != "$ref" {
        let why = format!(
            "{name:?} is no attribute name: write a letter and then letters, digits, - and _, {MAX_NAME} at most"
        );
        faults.add(&at, why);
    } else if level == Level::Top && common::is_common(name) {
        let why = format!("every resource has the common attribute {name:?}: take another name");
        faults.add(&at, why);
    }
}

/// What goes with complex attributes only, and what never does.
fn check_kind(node: &Node<'_>, attribute: &Attribute, level: Level, faults: &mut DocumentFaults) {
    let mut refuse = |name: &str, why: &str| faults.add(&node.at.member(name), why);
    match (attribute.is_complex(), level) {
        (true, Level::Sub) => refuse("type", "a sub-attribute cannot be complex"),
        (true, Level::Top) if !node.has("subAttributes") => {
            refuse("subAttributes", "is missing: a complex attribute has some");
        }
        (true, Level::Top) if attribute.sub_attributes.is_empty() => {
            refuse("subAttributes", "a complex attribute has at least one");
        }
        (false, Level::Top | Level::Sub) if node.has("subAttributes") => {
            refuse("subAttributes", "only a complex attribute has some");
        }
        (true | false, Level::Top | Level::Sub) => {}
    }
    if attribute.is_complex() && attribute.uniqueness != Uniqueness::None {
        let why = "a complex attribute cannot be unique: say it of a sub-attribute";
        refuse("uniqueness", why);
    }
    if attribute.is_complex() && attribute.indexed {
        let why = "a complex attribute has no index: say it of a sub-attribute";
        refuse(INDEX, why);
    }
}
