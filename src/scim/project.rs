//! What of a resource is answered: `attributes` and `excludedAttributes` against `returned`
//! (RFC 7644 §3.9, RFC 7643 §7).

use std::sync::Arc;

use serde_json::{Map, Value};

use super::error::{Error, Result};
use super::filter::AttrRef;
use super::schema::{Attribute, ResourceType, Returned, Target};
use super::syntax::Name;

/// How many names `attributes` or `excludedAttributes` may list: three times what the largest schema
/// here has.
pub const MAX_NAMES: usize = 200;

/// A choice of attributes.
#[derive(Debug, Clone, PartialEq)]
pub enum Projection {
    /// Neither parameter: all that is returned by default.
    Default,
    /// `attributes`: these, and what is always returned.
    Only(Vec<Target>),
    /// `excludedAttributes`: the default without these.
    Without(Vec<Target>),
}

impl Projection {
    /// Takes the names of the two parameters; those that stand for nothing in `rt` select nothing, and
    /// an empty list counts as none.
    ///
    /// # Errors
    /// 400 `invalidValue` when both are given or one lists more than [`MAX_NAMES`].
    pub fn new(rt: &ResourceType, attributes: &[Name], excluded: &[Name]) -> Result<Self> {
        match (attributes.is_empty(), excluded.is_empty()) {
            (false, false) => Err(Error::value(
                "Send attributes or excludedAttributes, not both.",
            )),
            (false, true) => targets(rt, attributes).map(Self::Only),
            (true, false) => targets(rt, excluded).map(Self::Without),
            (true, true) => Ok(Self::Default),
        }
    }

    /// Whether the answer is the whole document as it is stored, as long as `rt` has no attribute that
    /// is returned on request or never.
    pub fn is_default(&self) -> bool {
        *self == Self::Default
    }

    /// Whether any part of the core attribute called `name` is answered: `members` and `groups` are
    /// not even read otherwise.
    pub fn wants(&self, rt: &ResourceType, name: &str) -> bool {
        let Some(attr) = rt.attribute(name) else {
            return false;
        };
        match self.choice(&attr) {
            Choice::Whole | Choice::Subs(_) => true,
            Choice::Nothing => false,
        }
    }

    /// Leaves in `resource` what is answered. Its names must be canonical.
    pub fn apply(&self, rt: &ResourceType, resource: &mut Map<String, Value>) {
        let mut kept = Map::with_capacity(resource.len());
        for (name, value) in std::mem::take(resource) {
            if let Some(extension) = rt.extension(&name) {
                let urn = Arc::clone(&extension.schema.id);
                if let Value::Object(members) = value {
                    let members = self.members(rt, Some(&urn), members);
                    if !members.is_empty() {
                        kept.insert(name, Value::Object(members));
                    }
                }
                continue;
            }
            let one = std::iter::once((name, value)).collect();
            kept.extend(self.members(rt, None, one));
        }
        *resource = kept;
    }

    fn members(
        &self,
        rt: &ResourceType,
        urn: Option<&Arc<str>>,
        members: Map<String, Value>,
    ) -> Map<String, Value> {
        let mut kept = Map::with_capacity(members.len());
        for (name, value) in members {
            let full = urn.map_or_else(|| name.clone(), |urn| format!("{urn}:{name}"));
            let Some(attr) = rt.attribute(&full) else {
                continue;
            };
            match self.choice(&attr) {
                Choice::Whole => {
                    kept.insert(name, strip(&attr.attribute, value));
                }
                Choice::Subs(chosen) => {
                    kept.insert(name, subs(&attr.attribute, &chosen, value));
                }
                Choice::Nothing => {}
            }
        }
        kept
    }

    /// The table of `returned` and the two parameters.
    fn choice(&self, attr: &AttrRef) -> Choice {
        let attribute = &*attr.attribute;
        match (attribute.returned, self) {
            (Returned::Never, _) | (Returned::Request, Self::Default | Self::Without(_)) => {
                Choice::Nothing
            }
            (Returned::Always, _) | (Returned::Default, Self::Default) => Choice::Whole,
            (Returned::Default | Returned::Request, Self::Only(named)) => only(attr, named),
            (Returned::Default, Self::Without(named)) => without(attr, named),
        }
    }
}

enum Choice {
    Whole,
    /// These sub-attributes, by canonical name, and those always returned.
    Subs(Vec<String>),
    Nothing,
}

fn only(attr: &AttrRef, named: &[Target]) -> Choice {
    let mut chosen = Vec::new();
    for target in named {
        match mention(attr, target) {
            Mention::None => {}
            Mention::Whole => return Choice::Whole,
            Mention::Sub(name) => chosen.push(name),
        }
    }
    if chosen.is_empty() {
        Choice::Nothing
    } else {
        Choice::Subs(chosen)
    }
}

fn without(attr: &AttrRef, excluded: &[Target]) -> Choice {
    let mut dropped = Vec::new();
    for target in excluded {
        match mention(attr, target) {
            Mention::None => {}
            Mention::Whole => return Choice::Nothing,
            Mention::Sub(name) => dropped.push(name),
        }
    }
    if dropped.is_empty() {
        return Choice::Whole;
    }
    let stays =
        |sub: &&Arc<Attribute>| sub.returned == Returned::Default && !dropped.contains(&sub.name);
    let names = attr
        .attribute
        .sub_attributes
        .iter()
        .filter(stays)
        .map(|sub| sub.name.clone());
    Choice::Subs(names.collect())
}

enum Mention {
    None,
    Whole,
    Sub(String),
}

fn mention(attr: &AttrRef, target: &Target) -> Mention {
    match target {
        Target::Extension(schema) if attr.extension.as_deref() == Some(&*schema.id) => {
            Mention::Whole
        }
        Target::Attribute(named)
            if named.extension == attr.extension && named.attribute.name == attr.attribute.name =>
        {
            named
                .sub
                .as_ref()
                .map_or(Mention::Whole, |sub| Mention::Sub(sub.name.clone()))
        }
        Target::Extension(_) | Target::Attribute(_) => Mention::None,
    }
}

/// Leaves the chosen sub-attributes and those that are always returned.
fn subs(attribute: &Attribute, chosen: &[String], value: Value) -> Value {
    filter_subs(value, &|name| {
        attribute.sub(name).is_some_and(|sub| match sub.returned {
            Returned::Always => true,
            Returned::Never => false,
            Returned::Default | Returned::Request => chosen.contains(&sub.name),
        })
    })
}

/// Leaves what is returned when the whole attribute is.
fn strip(attribute: &Attribute, value: Value) -> Value {
    let plain = |sub: &Arc<Attribute>| matches!(sub.returned, Returned::Always | Returned::Default);
    if attribute.sub_attributes.iter().all(plain) {
        return value;
    }
    filter_subs(value, &|name| attribute.sub(name).is_some_and(plain))
}

fn filter_subs(value: Value, keep: &dyn Fn(&str) -> bool) -> Value {
    match value {
        Value::Array(elements) => Value::Array(
            elements
                .into_iter()
                .map(|element| filter_subs(element, keep))
                .collect(),
        ),
        Value::Object(mut members) => {
            members.retain(|name, _| keep(name));
            Value::Object(members)
        }
        other => other,
    }
}

fn targets(rt: &ResourceType, names: &[Name]) -> Result<Vec<Target>> {
    if names.len() > MAX_NAMES {
        return Err(Error::value(format!(
            "More than {MAX_NAMES} attribute names: send fewer."
        )));
    }
    Ok(names.iter().filter_map(|name| rt.resolve(name)).collect())
}
