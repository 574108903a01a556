//! Filters and attribute lists: unquoted literals, text for booleans, plus signs, complex attributes (RFC 7644 §3.4.2.2, §3.9).

use super::Quirk;
use super::name;
use super::pass::{At, Pass};
use super::value;
use crate::scim::Result;
use crate::scim::filter::AttrRef;
use crate::scim::schema::{Attribute, DataType, Target};
use crate::scim::syntax::{CompareOp, Filter, Literal, Name};

/// Where a filter of a query stands in the request.
const FILTER: At<'_> = At::Top("filter");

/// Reads `text` and undoes what is not strict in it.
pub(super) fn undo(pass: &mut Pass<'_>, text: &str) -> Result<Filter> {
    let said = match Filter::parse(text) {
        Ok(filter) => filter,
        Err(fault) => {
            let spaced = with_spaces(text);
            match Filter::parse(&spaced) {
                Ok(filter) if spaced != text && pass.undoes(Quirk::PlusForSpace, FILTER) => filter,
                _ => return Err(fault),
            }
        }
    };
    Ok(of_resource(pass, &said))
}

/// The filter inside `attr[…]`, undone: its names are sub-attributes.
pub(super) fn of_values(pass: &mut Pass<'_>, outer: &AttrRef, said: &Filter, at: At<'_>) -> Filter {
    match said {
        Filter::And(parts) => Filter::And(each(parts, |part| of_values(pass, outer, part, at))),
        Filter::Or(parts) => Filter::Or(each(parts, |part| of_values(pass, outer, part, at))),
        Filter::Not(inner) => Filter::Not(Box::new(of_values(pass, outer, inner, at))),
        Filter::Present(name) => Filter::Present(name.clone()),
        Filter::ValuePath(name, inner) => Filter::ValuePath(name.clone(), inner.clone()),
        Filter::Compare(name, op, said) => {
            let attribute = &outer.attribute;
            let leaf = match attribute.sub(&name.0) {
                Some(sub) => Some(&**sub),
                None if !attribute.is_complex() => Some(&**attribute),
                None => None,
            };
            Filter::Compare(name.clone(), *op, literal(pass, leaf, said, at))
        }
    }
}

/// The names of an attribute list, undone.
pub(super) fn attribute_list(pass: &mut Pass<'_>, text: &str) -> Vec<Name> {
    split_list(text)
        .into_iter()
        .map(|said| {
            let at = At::Top("attributes");
            let said = without_filter(pass, said, at);
            match name::resolve(pass, &said, at) {
                Some((strict, _)) => Name(strict),
                None => Name(said),
            }
        })
        .collect()
}

fn of_resource(pass: &mut Pass<'_>, said: &Filter) -> Filter {
    match said {
        Filter::And(parts) => Filter::And(each(parts, |part| of_resource(pass, part))),
        Filter::Or(parts) => Filter::Or(each(parts, |part| of_resource(pass, part))),
        Filter::Not(inner) => Filter::Not(Box::new(of_resource(pass, inner))),
        Filter::Present(name) => match name::resolve(pass, &name.0, FILTER) {
            Some((strict, _)) => Filter::Present(Name(strict)),
            None => Filter::Present(name.clone()),
        },
        Filter::ValuePath(name, inner) => match name::resolve(pass, &name.0, FILTER) {
            Some((strict, Target::Attribute(attr))) => {
                let inner = of_values(pass, &attr, inner, FILTER);
                Filter::ValuePath(Name(strict), Box::new(inner))
            }
            Some((_, Target::Extension(_))) | None => said.clone(),
        },
        Filter::Compare(name, op, value) => compare(pass, name, *op, value),
    }
}

fn compare(pass: &mut Pass<'_>, name: &Name, op: CompareOp, said: &Literal) -> Filter {
    let Some((strict, Target::Attribute(attr))) = name::resolve(pass, &name.0, FILTER) else {
        let said = literal(pass, None, said, FILTER);
        return Filter::Compare(name.clone(), op, said);
    };
    let value = attr.leaf().sub("value").filter(|_| *said != Literal::Null);
    match value {
        Some(value) if pass.undoes(Quirk::ComplexComparison, FILTER) => {
            let said = literal(pass, Some(value), said, FILTER);
            Filter::Compare(Name(format!("{strict}.value")), op, said)
        }
        _ => {
            let said = literal(pass, Some(attr.leaf()), said, FILTER);
            Filter::Compare(Name(strict), op, said)
        }
    }
}

/// A literal as the type of the attribute wants it; `None` when there is no such attribute.
fn literal(
    pass: &mut Pass<'_>,
    attribute: Option<&Attribute>,
    said: &Literal,
    at: At<'_>,
) -> Literal {
    let data_type = attribute.map(|attribute| attribute.data_type);
    match (data_type, said) {
        (Some(DataType::Boolean), Literal::Text(text) | Literal::Bare(text)) => {
            match value::boolean(text) {
                Some(boolean) if pass.undoes(Quirk::BooleanText, at) => Literal::Boolean(boolean),
                _ => said.clone(),
            }
        }
        (_, Literal::Bare(text)) => unquoted(pass, text.clone(), said, at),
        (
            Some(DataType::String | DataType::DateTime | DataType::Binary | DataType::Reference),
            Literal::Number(number),
        ) => unquoted(pass, number.to_string(), said, at),
        (
            Some(DataType::String | DataType::DateTime | DataType::Binary | DataType::Reference),
            Literal::Boolean(boolean),
        ) => unquoted(pass, boolean.to_string(), said, at),
        _ => said.clone(),
    }
}

fn unquoted(pass: &mut Pass<'_>, text: String, said: &Literal, at: At<'_>) -> Literal {
    if pass.undoes(Quirk::UnquotedLiteral, at) {
        Literal::Text(text)
    } else {
        said.clone()
    }
}

fn each(parts: &[Filter], undo: impl FnMut(&Filter) -> Filter) -> Vec<Filter> {
    parts.iter().map(undo).collect()
}

/// `text` with a space for each plus sign outside of quotes. The offset of a time keeps its own.
fn with_spaces(text: &str) -> String {
    let mut spaced = String::with_capacity(text.len());
    let mut quoted = false;
    let mut escaped = false;
    for (start, character) in text.char_indices() {
        match character {
            '"' if !escaped => quoted = !quoted,
            '+' if !quoted && !is_offset(text, start) => {
                spaced.push(' ');
                continue;
            }
            _ => {}
        }
        escaped = quoted && character == '\\' && !escaped;
        spaced.push(character);
    }
    spaced
}

/// Whether the plus sign at `start` begins the offset of a time, as in `21:38+02:00`.
fn is_offset(text: &str, start: usize) -> bool {
    let behind_digit = text
        .get(..start)
        .is_some_and(|before| before.ends_with(|last: char| last.is_ascii_digit()));
    let offset = text.get(start + 1..start + 6).map(str::as_bytes);
    behind_digit
        && offset.is_some_and(|offset| {
            offset
                .iter()
                .enumerate()
                .all(|(ordinal, byte)| match ordinal {
                    2 => *byte == b':',
                    _ => byte.is_ascii_digit(),
                })
        })
}

/// The parts between the commas; those inside a value filter do not count.
fn split_list(text: &str) -> Vec<&str> {
    let mut depth = 0_u32;
    text.split(move |character: char| {
        match character {
            '[' => depth = depth.saturating_add(1),
            ']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        character == ',' && depth == 0
    })
    .map(str::trim)
    .filter(|part| !part.is_empty())
    .collect()
}

fn without_filter(pass: &mut Pass<'_>, said: &str, at: At<'_>) -> String {
    let parts = said.split_once('[').and_then(|(attribute, rest)| {
        let (_, sub) = rest.rsplit_once(']')?;
        Some((attribute, sub))
    });
    match parts {
        Some((attribute, sub)) if pass.undoes(Quirk::FilterInAttributes, at) => {
            format!("{attribute}{sub}")
        }
        _ => said.to_owned(),
    }
}
