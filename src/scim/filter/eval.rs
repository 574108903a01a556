//! What a filter means: the one place that decides whether a resource or a value fulfils it (RFC 7644 §3.4.2.2).
//!
//! The values of an attribute are all its elements; of a sub-attribute, those of all elements of the outer attribute.
//! `null` is no value. Then:
//!
//! * An operator holds when it holds for at least one value, with one exception:
//! * `ne` holds when there is no value, or when at least one value differs. So for an attribute with at most
//!   one value it is the opposite of `eq`; with many, `emails.type ne "work"` finds who has any other address, and
//!   `not (emails.type eq "work")` who has no work address.
//! * `pr` holds when at least one value is not empty: `""`, `[]`, `{}` and an object of only such are empty, `false` and `0` are not.
//! * `eq null` is not `pr`, `ne null` is `pr`.
//! * A stored value of another type than the attribute's fulfils no comparison, not even `ne`.
//! * Text is compared in its folded form ([`fold`](crate::scim::value::fold)) and ordered by code points,
//!   times by the instant (for co, sw and ew as text), numbers by value.
//! * A value filter holds when one and the same value fulfils all of it.

use std::cmp::Ordering;
use std::slice;

use serde_json::{Map, Value};

use crate::scim::filter::tree::{AttrRef, Filter, Operand};
use crate::scim::schema::Attribute;
use crate::scim::syntax::CompareOp;
use crate::scim::value::{Text, parse_time};

/// Whether a resource fulfils the filter. `document` is the whole resource with canonical names, its `id`, `meta` and
/// `schemas` included; what is not in it (`members` of a group, say) has no value.
pub fn matches(filter: &Filter, document: &Map<String, Value>) -> bool {
    holds(filter, Subject::Resource(document))
}

/// Whether one value of a multi-valued attribute fulfils a filter that [`check_values`](super::check_values) made for
/// that attribute.
pub fn matches_value(filter: &Filter, element: &Value) -> bool {
    holds(filter, Subject::Element(element))
}

/// Every attribute the filter asks for, in order, with repetitions; a value filter gives its outer attribute and then those
/// inside.
pub fn attributes(filter: &Filter) -> impl Iterator<Item = &AttrRef> {
    let mut rest = vec![filter];
    std::iter::from_fn(move || {
        while let Some(next) = rest.pop() {
            match next {
                Filter::And(parts) | Filter::Or(parts) => rest.extend(parts.iter().rev()),
                Filter::Not(inner) => rest.push(inner),
                Filter::Present(attr) | Filter::Compare(attr, ..) => return Some(attr),
                Filter::ValuePath(attr, inner) => {
                    rest.push(inner);
                    return Some(attr);
                }
            }
        }
        None
    })
}

/// What attributes are looked up in.
#[derive(Clone, Copy)]
enum Subject<'d> {
    Resource(&'d Map<String, Value>),
    Element(&'d Value),
}

fn holds(filter: &Filter, subject: Subject<'_>) -> bool {
    match filter {
        Filter::And(parts) => parts.iter().all(|part| holds(part, subject)),
        Filter::Or(parts) => parts.iter().any(|part| holds(part, subject)),
        Filter::Not(inner) => !holds(inner, subject),
        Filter::Present(attr) => is_present(attr, subject),
        Filter::Compare(attr, op, operand) => compares(attr, *op, operand, subject),
        Filter::ValuePath(attr, inner) => {
            values(attr, subject).any(|element| holds(inner, Subject::Element(element)))
        }
    }
}

fn is_present(attr: &AttrRef, subject: Subject<'_>) -> bool {
    values(attr, subject).any(|value| !is_empty(value))
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(_) | Value::Number(_) => false,
        Value::String(text) => text.is_empty(),
        Value::Array(elements) => elements.iter().all(is_empty),
        Value::Object(members) => members.values().all(is_empty),
    }
}

fn compares(attr: &AttrRef, op: CompareOp, operand: &Operand, subject: Subject<'_>) -> bool {
    if *operand == Operand::Null {
        return match op {
            CompareOp::Eq => !is_present(attr, subject),
            CompareOp::Ne => is_present(attr, subject),
            CompareOp::Co
            | CompareOp::Sw
            | CompareOp::Ew
            | CompareOp::Gt
            | CompareOp::Ge
            | CompareOp::Lt
            | CompareOp::Le => false,
        };
    }
    let mut values = values(attr, subject).peekable();
    if op == CompareOp::Ne && values.peek().is_none() {
        return true;
    }
    values.any(|value| value_compares(attr.leaf(), op, operand, value))
}

fn value_compares(leaf: &Attribute, op: CompareOp, operand: &Operand, value: &Value) -> bool {
    match operand {
        Operand::Text(folded) => value
            .as_str()
            .is_some_and(|text| text_compares(op, &Text::new(text, leaf.case_exact), folded)),
        Operand::Boolean(wanted) => value
            .as_bool()
            .is_some_and(|found| order_compares(op, found.cmp(wanted))),
        Operand::Number(wanted) => value
            .as_f64()
            .and_then(|found| found.partial_cmp(wanted))
            .is_some_and(|order| order_compares(op, order)),
        Operand::Time(at) => value
            .as_str()
            .and_then(parse_time)
            .is_some_and(|found| order_compares(op, found.cmp(at))),
        Operand::Null => false,
    }
}

fn text_compares(op: CompareOp, text: &Text<'_>, folded: &str) -> bool {
    match op {
        CompareOp::Eq => text.equals(folded),
        CompareOp::Ne => !text.equals(folded),
        CompareOp::Co => text.contains(folded),
        CompareOp::Sw => text.starts_with(folded),
        CompareOp::Ew => text.ends_with(folded),
        CompareOp::Gt | CompareOp::Ge | CompareOp::Lt | CompareOp::Le => {
            order_compares(op, text.order(folded))
        }
    }
}

fn order_compares(op: CompareOp, order: Ordering) -> bool {
    match op {
        CompareOp::Eq => order.is_eq(),
        CompareOp::Ne => order.is_ne(),
        CompareOp::Gt => order.is_gt(),
        CompareOp::Ge => order.is_ge(),
        CompareOp::Lt => order.is_lt(),
        CompareOp::Le => order.is_le(),
        CompareOp::Co | CompareOp::Sw | CompareOp::Ew => false,
    }
}

/// The values of `attr`, as the head of this file says.
fn values<'d>(attr: &AttrRef, subject: Subject<'d>) -> impl Iterator<Item = &'d Value> {
    let outer = match subject {
        Subject::Resource(document) => {
            let holder = match &attr.extension {
                Some(urn) => document.get(&**urn).and_then(Value::as_object),
                None => Some(document),
            };
            elements(holder.and_then(|holder| holder.get(&attr.attribute.name)))
        }
        Subject::Element(element) => slice::from_ref(element),
    };
    outer
        .iter()
        .flat_map(|element| match &attr.sub {
            Some(sub) => elements(element.get(&sub.name)),
            None => slice::from_ref(element),
        })
        .filter(|value| !value.is_null())
}

fn elements(value: Option<&Value>) -> &[Value] {
    match value {
        None => &[],
        Some(Value::Array(elements)) => elements,
        Some(single) => slice::from_ref(single),
    }
}
