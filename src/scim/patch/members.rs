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
    /// The chosen are replaced by this member.
    Replace {
        /// Who is replaced.
        whom: Whom,
        /// Who takes their place.
        with: Member,
        /// What to do when nobody is chosen.
        unmatched: Unmatched,
    },
    /// The chosen get what this member says about itself, and keep what it does not say.
    Merge {
        /// Who is changed.
        whom: Whom,
        /// What is said of them.
        with: Member,
        /// What to do when nobody is chosen.
        unmatched: Unmatched,
    },
    /// The `display` of the chosen.
    Display {
        /// Who is changed.
        whom: Whom,
        /// The new text; `None` removes it.
        display: Option<String>,
        /// What to do when nobody is chosen; `Create` makes nobody a member either.
        unmatched: Unmatched,
    },
}

/// Which members are chosen.
#[derive(Debug, Clone, PartialEq)]
pub enum Whom {
    /// All of them; that there is none is no error.
    All,
    /// The one with this id, compared without case; found without reading the others.
    Id(String),
    /// Those whom the filter matches.
    Where(Filter),
}

/// What an operation on `members` or one of its sub-attributes changes.
pub(super) fn delta(attr: &AttrRef, operation: &Operation) -> Result<MemberDelta> {
    if let Some(sub) = &attr.sub {
        return display(sub, operation, Whom::All, Unmatched::Create);
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
        return display(sub, operation, whom(selection), unmatched);
    }
    match operation.verb {
        Verb::Remove => Ok(match whom(selection) {
            Whom::All => MemberDelta::Clear,
            Whom::Id(id) => MemberDelta::Remove(id),
            Whom::Where(filter) => MemberDelta::RemoveWhere(filter),
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
            let whom = whom(selection);
            Ok(if operation.verb == Verb::Add {
                MemberDelta::Merge {
                    whom,
                    with,
                    unmatched,
                }
            } else {
                MemberDelta::Replace {
                    whom,
                    with,
                    unmatched,
                }
            })
        }
    }
}

/// An id, where the filter is `value eq "id"` and nothing else.
fn whom(selection: &Selection) -> Whom {
    let id = selection.seed.get("value").and_then(Value::as_str);
    match (&selection.filter, id) {
        (Filter::Compare(..), Some(id)) => Whom::Id(id.to_owned()),
        (filter, _) => Whom::Where(filter.clone()),
    }
}

/// Returns true if a selection names one member by its id.
pub(super) fn names_one(selection: &Selection) -> bool {
    matches!(whom(selection), Whom::Id(_))
}

fn listed(attr: &AttrRef, value: &Value) -> Result<Vec<Member>> {
    let list = match value {
        Value::Object(_) => Value::Array(vec![value.clone()]),
        other => other.clone(),
    };
    validate::members(&attr.attribute, list)
}

fn display(
    sub: &Attribute,
    operation: &Operation,
    whom: Whom,
    unmatched: Unmatched,
) -> Result<MemberDelta> {
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
    let unmatched = match operation.verb {
        Verb::Remove => Unmatched::Create,
        Verb::Add | Verb::Replace => unmatched,
    };
    Ok(MemberDelta::Display {
        whom,
        display,
        unmatched,
    })
}
