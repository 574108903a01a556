//! The paths of PATCH operations, resolved (RFC 7644 §3.5.2 Figure 7).

use super::filter;
use super::name;
use super::pass::{At, Pass};
use crate::scim::filter::AttrRef;
use crate::scim::schema::{Attribute, Target};
use crate::scim::syntax::{Filter, Path};

/// What a path stands for, in its strict spelling.
pub(super) struct Place {
    /// The name before the filter.
    pub(super) name: String,
    /// What the name stands for.
    pub(super) target: Target,
    /// The value filter.
    pub(super) filter: Option<Filter>,
    /// The sub-attribute behind the value filter.
    pub(super) sub: Option<String>,
    /// The path as it was said, when its spelling was strict.
    strict: Option<String>,
}

impl Place {
    /// Reads a path; `None` when it is none, or names no attribute in any spelling.
    pub(super) fn parse(pass: &mut Pass<'_>, text: &str, at: At<'_>) -> Option<Self> {
        let path = Path::parse(text).ok()?;
        let (name, target) = name::resolve(pass, &path.name.0, at)?;
        let filter = match (&path.filter, &target) {
            (Some(said), Target::Attribute(attr)) => Some(filter::of_values(pass, attr, said, at)),
            (said, _) => said.clone(),
        };
        let strict = name == path.name.0 && filter == path.filter;
        Some(Self {
            name,
            target,
            filter,
            sub: path.sub,
            strict: strict.then(|| text.to_owned()),
        })
    }

    /// The strict path.
    pub(super) fn text(&self) -> String {
        match &self.strict {
            Some(text) => text.clone(),
            None => print(&self.name, self.filter.as_ref(), self.sub.as_deref()),
        }
    }

    /// The strict path without the sub-attribute behind its filter.
    pub(super) fn selection(&self) -> String {
        print(&self.name, self.filter.as_ref(), None)
    }

    /// The attribute whose value is written, and whether all of it or one element is.
    pub(super) fn part<'p>(&'p self, attr: &'p AttrRef) -> Option<(&'p Attribute, Extent)> {
        match (&self.filter, &self.sub) {
            (Some(_), Some(sub)) => Some((attr.attribute.sub(sub)?, Extent::All)),
            (Some(_), None) => Some((&attr.attribute, Extent::Element)),
            (None, _) => Some((attr.leaf(), Extent::All)),
        }
    }
}

/// How much of an attribute an operation writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Extent {
    /// All of it.
    All,
    /// The elements that a filter selects, each by its own.
    Element,
}

fn print(name: &str, filter: Option<&Filter>, sub: Option<&str>) -> String {
    let mut text = name.to_owned();
    if let Some(filter) = filter {
        text.push('[');
        text.push_str(&filter.to_string());
        text.push(']');
    }
    if let Some(sub) = sub {
        text.push('.');
        text.push_str(sub);
    }
    text
}
