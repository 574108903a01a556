//! The parameters of a statement while it is being written.

use crate::store::engine::Param;

/// The parameters of a statement that is being written, in the order of their numbers.
#[derive(Debug, Clone, Default, PartialEq)]
pub(in crate::store) struct Params(Vec<Owned>);

#[derive(Debug, Clone, PartialEq)]
enum Owned {
    Text(String),
    Int(i64),
}

impl Params {
    /// Adds a text; answers its placeholder.
    pub(in crate::store) fn text(&mut self, text: impl Into<String>) -> String {
        self.add(Owned::Text(text.into()))
    }

    /// Adds a number; answers its placeholder.
    pub(in crate::store) fn int(&mut self, number: u64) -> String {
        self.add(Owned::Int(i64::try_from(number).unwrap_or(i64::MAX)))
    }

    /// For [`crate::store::engine::Driver`].
    pub(in crate::store) fn as_params(&self) -> Vec<Param<'_>> {
        self.0
            .iter()
            .map(|param| match param {
                Owned::Text(text) => Param::Text(text),
                Owned::Int(number) => Param::Int(*number),
            })
            .collect()
    }

    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.0.len()
    }

    /// Forgets all but the first `count`.
    pub(super) fn keep(&mut self, count: usize) {
        self.0.truncate(count);
    }

    fn add(&mut self, param: Owned) -> String {
        self.0.push(param);
        format!("${}", self.0.len())
    }
}
