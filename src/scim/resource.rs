//! A resource as the gateway keeps it: canonical names, without what the server adds when it answers.

use serde_json::{Map, Value};

use super::filter::AttrRef;
use super::part;
use super::schema::{ENTERPRISE_URN, ResourceType};

/// The attributes of a resource under their canonical names: `schemas`, `externalId`, the core
/// attributes, and each extension as an object under its URN. `id`, `meta`, `groups`, `members` and
/// `password` are never in it: the first three are added when it is answered, members are rows, a
/// password is no attribute anybody reads.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Document(Map<String, Value>);

/// One member of a group, as a client sent it (RFC 7643 §4.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// The id of the member.
    pub value: String,
    /// `display`, as sent.
    pub display: Option<String>,
    /// `type`, as sent.
    pub kind: Option<String>,
}

impl Document {
    /// Takes over a map that is canonical already.
    pub fn new(map: Map<String, Value>) -> Self {
        Self(map)
    }

    /// Reads what [`Document::to_text`] wrote; `None` when the text is no JSON object.
    pub fn parse(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok().map(Self)
    }

    /// Only these of its attributes and extensions, by their canonical names and URNs; the others cost little.
    pub fn parse_parts(text: &str, names: &[&str]) -> Option<Map<String, Value>> {
        part::parse(text, names)
    }

    /// The JSON text, without spaces.
    pub fn to_text(&self) -> String {
        // A map with texts for names always is JSON.
        serde_json::to_string(&self.0).unwrap_or_default()
    }

    /// The attributes.
    pub fn as_map(&self) -> &Map<String, Value> {
        &self.0
    }

    /// The attributes, to change; what is put in must be canonical.
    pub fn as_map_mut(&mut self) -> &mut Map<String, Value> {
        &mut self.0
    }

    /// Gives the attributes away.
    pub fn into_map(self) -> Map<String, Value> {
        self.0
    }

    /// `externalId`.
    pub fn external_id(&self) -> Option<&str> {
        self.0.get("externalId")?.as_str()
    }

    /// `active`, as last written; `None` when it was never written or was removed.
    pub fn active(&self) -> Option<bool> {
        self.0.get("active")?.as_bool()
    }

    /// A text attribute of the core schema, by its canonical name.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name)?.as_str()
    }

    /// The id of the manager (RFC 7643 §4.3).
    pub fn manager(&self) -> Option<&str> {
        self.0
            .get(ENTERPRISE_URN)?
            .get("manager")?
            .get("value")?
            .as_str()
    }

    /// Every single value of `attr`: the elements of arrays, and the sub-attribute of each element
    /// where one is named.
    pub fn values(&self, attr: &AttrRef) -> Vec<&Value> {
        values(&self.0, attr)
    }

    /// Makes `schemas` say what is in the document: the core URN, and the URN of each extension that
    /// has a value (RFC 7643 §3). Extensions without a value go.
    pub fn restate_schemas(&mut self, rt: &ResourceType) {
        let mut urns = vec![Value::from(&*rt.schema.id)];
        for extension in &rt.extensions {
            let urn = &*extension.schema.id;
            match self.0.get(urn) {
                Some(value) if is_unassigned(value) => {
                    self.0.shift_remove(urn);
                }
                Some(_) => urns.push(Value::from(urn)),
                None => {}
            }
        }
        let listed = self.0.entry("schemas").or_insert(Value::Null);
        *listed = Value::Array(urns);
    }
}

/// Every single value of `attr` in a canonical map; see [`Document::values`].
pub fn values<'m>(map: &'m Map<String, Value>, attr: &AttrRef) -> Vec<&'m Value> {
    let holder = match &attr.extension {
        Some(urn) => map.get(&**urn).and_then(Value::as_object),
        None => Some(map),
    };
    let Some(value) = holder.and_then(|holder| holder.get(&attr.attribute.name)) else {
        return Vec::new();
    };
    let elements = single_values(Some(value)).iter();
    match &attr.sub {
        Some(sub) => elements
            .flat_map(|element| single_values(element.get(&sub.name)))
            .collect(),
        None => elements.collect(),
    }
}

/// The elements of an array, or the one value that is none.
fn single_values(value: Option<&Value>) -> &[Value] {
    match value {
        None => &[],
        Some(Value::Array(elements)) => elements,
        Some(single) => std::slice::from_ref(single),
    }
}

/// Whether a value is none: `null`, `[]`, `{}` or an object of such (RFC 7643 §2.5).
pub fn is_unassigned(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(elements) => elements.iter().all(is_unassigned),
        Value::Object(members) => members.values().all(is_unassigned),
        Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

/// The password that a body of type `rt` sets; `Null` is none.
pub fn password_in<'b>(rt: &ResourceType, body: &'b Map<String, Value>) -> Option<&'b Value> {
    let is_one = |name: &str| {
        rt.attribute(name)
            .is_some_and(|attr| is_password(rt, &attr))
    };
    let (_, value) = body.iter().find(|(name, _)| is_one(name))?;
    Some(value).filter(|value| !value.is_null())
}

/// Whether `attr` is the password of the core User, which the document never holds.
pub fn is_password(rt: &ResourceType, attr: &AttrRef) -> bool {
    rt.is_user() && attr.extension.is_none() && attr.attribute.name == "password"
}
