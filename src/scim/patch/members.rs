//! Operations on `Group.members`, as changes of rows.

use serde_json::Value;

use super::{Operation, Selection, Unmatched, Verb};
use crate::scim::error::{Error, Result};
use crate::scim::filter::{AttrRef, Filter};
use crate::scim::resource::Member;
use crate::scim::schema::Attribute;
use crate::scim::validate;

/// A change of the members of a group; to be applied in order.
#[derive(Debug, Clone, PartialEq)]
pub enum MemberDelta {
    /// These are members too; those that are already stay as they are, but for a new `display`.
    Add(Vec<Member>),
    /// The member with this id is none any more.
    Remove(String),
    /// Nobody whom the filter matches is a member any more.
    RemoveWhere(Filter),
    /// Nobody is a member any more.
    Clear,
    /// These and nobody else are members.
    Set(Vec<Member>),
    /// Whom the filter matches is replaced by this member.
    Replace {
        /// Selects members.
        filter: Filter,
        /// Who takes their place.
        with: Member,
        /// What to do when the filter selects nobody.
        unmatched: Unmatched,
    },
    /// The `display` of those whom the filter (or, without one, all) matches.
    Display {
        /// Selects members.
        filter: Option<Filter>,
        /// The new text; `None` removes it.
        display: Option<String>,
    },
}

/// What an operation on `members` or one of its sub-attributes changes.
pub(super) fn delta(attr: &AttrRef, operation: &Operation) -> Result<MemberDelta> {
    if let Some(sub) = &attr.sub {
        return display(sub, operation, None);
    }
    match operation.verb {
        Verb::Remove => Ok(MemberDelta::Clear),
        Verb::Add => listed(attr, &operation.value).map(MemberDelta::Add),
        Verb::Replace => listed(attr, &operation.value).map(MemberDelta::Set),
    }
}

/// What an operation on `members[filter]` changes.
pub(super) fn selected(
    selection: &Selection,
    operation: &Operation,
    unmatched: Unmatched,
) -> Result<MemberDelta> {
    if let Some(sub) = &selection.sub {
        return display(sub, operation, Some(selection.filter.clone()));
    }
    match operation.verb {
        Verb::Remove => Ok(match only_id(selection) {
            Some(id) => MemberDelta::Remove(id),
            None => MemberDelta::RemoveWhere(selection.filter.clone()),
        }),
        Verb::Add | Verb::Replace => {
            let mut value = operation.value.clone();
            if let Value::Object(members) = &mut value {
                for (name, seeded) in &selection.seed {
                    members
                        .entry(name.clone())
                        .or_insert_with(|| seeded.clone());
                }
            }
            let mut sent = listed(&selection.attr, &value)?.into_iter();
            let (Some(with), None) = (sent.next(), sent.next()) else {
                return Err(Error::value(
                    "A value filter on members takes exactly one member as value.",
                ));
            };
            Ok(MemberDelta::Replace {
                filter: selection.filter.clone(),
                with,
                unmatched,
            })
        }
    }
}

/// The id, where the filter is `value eq "id"` and nothing else.
fn only_id(selection: &Selection) -> Option<String> {
    let id = selection.seed.get("value")?.as_str()?;
    match (&selection.filter, selection.seed.len()) {
        (Filter::Compare(..), 1) => Some(id.to_owned()),
        _ => None,
    }
}

fn listed(attr: &AttrRef, value: &Value) -> Result<Vec<Member>> {
    let list = match value {
        Value::Object(_) => Value::Array(vec![value.clone()]),
        other => other.clone(),
    };
    validate::members(&attr.attribute, list)
}

fn display(sub: &Attribute, operation: &Operation, filter: Option<Filter>) -> Result<MemberDelta> {
    if sub.name != "display" {
        return Err(Error::mutability(format!(
            "members.{} is immutable: remove the member and add another.",
            sub.name
        )));
    }
    let display = match (operation.verb, &operation.value) {
        (Verb::Remove, _) | (Verb::Add | Verb::Replace, Value::Null) => None,
        (Verb::Add | Verb::Replace, Value::String(text)) => Some(text.clone()),
        (Verb::Add | Verb::Replace, _) => {
            return Err(Error::value("members.display takes a string."));
        }
    };
    Ok(MemberDelta::Display { filter, display })
}
