//! An object of a document and its members: wrong kinds of value are noted, and reading goes on.

use serde_json::{Map, Value};

use super::fault::{DocumentFaults, Place};
use crate::scim::json::kind_of;

/// An object at its place. Names of members compare without case, as in every SCIM message (RFC 7643 §2.1).
#[derive(Debug, Clone)]
pub(super) struct Node<'d> {
    pub(super) at: Place,
    members: &'d Map<String, Value>,
}

impl<'d> Node<'d> {
    /// The object that `value` is.
    pub(super) fn read(at: Place, value: &'d Value, faults: &mut DocumentFaults) -> Option<Self> {
        if let Value::Object(members) = value {
            return Some(Self { at, members });
        }
        faults.add(&at, format!("is {}: write an object", kind_of(value)));
        None
    }

    /// The names as written.
    pub(super) fn names(&self) -> impl Iterator<Item = &'d str> + use<'d> {
        self.members.keys().map(String::as_str)
    }

    /// Whether there is such a member.
    pub(super) fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// A text.
    pub(super) fn text(&self, name: &str, faults: &mut DocumentFaults) -> Option<&'d str> {
        match self.get(name)? {
            Value::String(text) => Some(text),
            other => self.misfit(name, other, "a string", faults),
        }
    }

    /// A text that must be there.
    pub(super) fn needed(&self, name: &str, faults: &mut DocumentFaults) -> Option<&'d str> {
        if !self.has(name) {
            faults.add(&self.at.member(name), "is missing");
        }
        self.text(name, faults)
    }

    /// `true` or `false`.
    pub(super) fn flag(&self, name: &str, faults: &mut DocumentFaults) -> Option<bool> {
        match self.get(name)? {
            Value::Bool(truth) => Some(*truth),
            other => self.misfit(name, other, "true or false, without quotes", faults),
        }
    }

    /// One of the words of RFC 7643 §7; the first is what stands there unsaid.
    pub(super) fn word<T: Copy + Default>(
        &self,
        name: &str,
        words: &[(&str, T)],
        faults: &mut DocumentFaults,
    ) -> T {
        let Some(said) = self.text(name, faults) else {
            return T::default();
        };
        if let Some((_, meant)) = words.iter().find(|(word, _)| *word == said) {
            return *meant;
        }
        let all: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        let why = format!("is {said:?}: write one of {}", all.join(", "));
        faults.add(&self.at.member(name), why);
        T::default()
    }

    /// An array of texts.
    pub(super) fn texts(&self, name: &str, faults: &mut DocumentFaults) -> Vec<String> {
        let mut texts = Vec::new();
        for (at, value) in self.elements(name, faults) {
            match value {
                Value::String(text) => texts.push(text.clone()),
                other => faults.add(&at, format!("is {}: write a string", kind_of(other))),
            }
        }
        texts
    }

    /// An array of objects.
    pub(super) fn nodes(&self, name: &str, faults: &mut DocumentFaults) -> Vec<Self> {
        let elements = self.elements(name, faults);
        elements
            .into_iter()
            .filter_map(|(at, value)| Self::read(at, value, faults))
            .collect()
    }

    fn elements(&self, name: &str, faults: &mut DocumentFaults) -> Vec<(Place, &'d Value)> {
        match self.get(name) {
            None => Vec::new(),
            Some(Value::Array(elements)) => {
                let at = self.at.member(name);
                let placed = elements.iter().enumerate();
                placed
                    .map(|(ordinal, value)| (at.element(ordinal), value))
                    .collect()
            }
            Some(other) => self
                .misfit(name, other, "an array", faults)
                .unwrap_or_default(),
        }
    }

    fn get(&self, name: &str) -> Option<&'d Value> {
        let named = |(key, _): &(&String, &Value)| key.eq_ignore_ascii_case(name);
        let (_, value) = self.members.iter().find(named)?;
        (!value.is_null()).then_some(value)
    }

    fn misfit<T>(
        &self,
        name: &str,
        value: &Value,
        wanted: &str,
        faults: &mut DocumentFaults,
    ) -> Option<T> {
        let why = format!("is {}: write {wanted}", kind_of(value));
        faults.add(&self.at.member(name), why);
        None
    }
}
