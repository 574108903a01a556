//! Said into checked: names become attributes, literals operands of their type (RFC 7644 §3.4.2.2).

use crate::scim::error::{Error, Result};
use crate::scim::filter::tree::{AttrRef, Filter, Operand};
use crate::scim::schema::{DataType, Mutability, ResourceType, Returned, Target};
use crate::scim::syntax::{self, CompareOp, Literal, Name};
use crate::scim::value::{fold, parse_time};

/// Checks a filter over whole resources of type `rt`.
///
/// # Errors
/// `invalidFilter` for a name that is no attribute, an attribute that is never read back, an operator or a
/// literal that does not fit the attribute's type, and a value filter where there are no values to filter.
pub fn check(rt: &ResourceType, said: &syntax::Filter) -> Result<Filter> {
    Scope::Resource(rt).filter(said)
}

/// Checks a filter over resources of type `rt` among those of other types (RFC 7644 §3.4.2.1): an attribute that
/// `rt` does not have has no value in any of them. Answers the names of such attributes too.
///
/// # Errors
/// Those of [`check`], but for names that are no attribute.
pub fn check_across(rt: &ResourceType, said: &syntax::Filter) -> Result<(Filter, Vec<Name>)> {
    let mut unknown = Vec::new();
    let filter = across(rt, said, &mut unknown)?;
    Ok((filter, unknown))
}

fn across(rt: &ResourceType, said: &syntax::Filter, unknown: &mut Vec<Name>) -> Result<Filter> {
    let name = match said {
        syntax::Filter::And(parts) => return Ok(Filter::And(each_across(rt, parts, unknown)?)),
        syntax::Filter::Or(parts) => return Ok(Filter::Or(each_across(rt, parts, unknown)?)),
        syntax::Filter::Not(inner) => {
            return Ok(Filter::Not(Box::new(across(rt, inner, unknown)?)));
        }
        syntax::Filter::Present(name)
        | syntax::Filter::ValuePath(name, _)
        | syntax::Filter::Compare(name, ..) => name,
    };
    if rt.resolve(name).is_some() {
        return check(rt, said);
    }
    unknown.push(name.clone());
    let holds = match said {
        syntax::Filter::Compare(_, op, Literal::Null) => *op == CompareOp::Eq,
        syntax::Filter::Compare(_, op, _) => *op == CompareOp::Ne,
        syntax::Filter::And(_)
        | syntax::Filter::Or(_)
        | syntax::Filter::Not(_)
        | syntax::Filter::Present(_)
        | syntax::Filter::ValuePath(..) => false,
    };
    // All of no conditions hold, and none of none does.
    Ok(if holds {
        Filter::And(Vec::new())
    } else {
        Filter::Or(Vec::new())
    })
}

fn each_across(
    rt: &ResourceType,
    parts: &[syntax::Filter],
    unknown: &mut Vec<Name>,
) -> Result<Vec<Filter>> {
    parts.iter().map(|part| across(rt, part, unknown)).collect()
}

/// Checks a filter over the values of `outer`, as it stands in brackets: names are sub-attributes of `outer`, or
/// `value` when its values have none.
///
/// # Errors
/// Those of [`check`].
pub fn check_values(rt: &ResourceType, outer: &AttrRef, said: &syntax::Filter) -> Result<Filter> {
    let attribute = &outer.attribute;
    if outer.sub.is_some() {
        return Err(Error::filter(format!(
            "the values of `{}` have no sub-attributes to filter by",
            outer.path()
        )));
    }
    if !attribute.multi_valued {
        return Err(Error::filter(format!(
            "`{}` has one value only; a filter in brackets selects from many",
            outer.path()
        )));
    }
    Scope::Values { rt, outer }.filter(said)
}

/// What names are looked up in.
#[derive(Clone, Copy)]
enum Scope<'a> {
    Resource(&'a ResourceType),
    Values {
        rt: &'a ResourceType,
        outer: &'a AttrRef,
    },
}

impl Scope<'_> {
    fn resource_type(&self) -> &ResourceType {
        match self {
            Self::Resource(rt) | Self::Values { rt, .. } => rt,
        }
    }

    fn filter(self, said: &syntax::Filter) -> Result<Filter> {
        Ok(match said {
            syntax::Filter::And(parts) => Filter::And(self.filters(parts)?),
            syntax::Filter::Or(parts) => Filter::Or(self.filters(parts)?),
            syntax::Filter::Not(inner) => Filter::Not(Box::new(self.filter(inner)?)),
            syntax::Filter::Present(name) => Filter::Present(self.attribute(name)?),
            syntax::Filter::Compare(name, op, literal) => {
                let attr = self.attribute(name)?;
                let operand = Comparison { name, op: *op }.operand(&attr, literal)?;
                Filter::Compare(attr, *op, operand)
            }
            syntax::Filter::ValuePath(name, inner) => self.value_path(name, inner)?,
        })
    }

    fn filters(self, parts: &[syntax::Filter]) -> Result<Vec<Filter>> {
        parts.iter().map(|part| self.filter(part)).collect()
    }

    fn value_path(self, name: &Name, inner: &syntax::Filter) -> Result<Filter> {
        match self {
            Self::Resource(rt) => {
                let outer = self.attribute(name)?;
                let inner = check_values(rt, &outer, inner)?;
                Ok(Filter::ValuePath(outer, Box::new(inner)))
            }
            Self::Values { .. } => Err(Error::filter(format!(
                "`{name}[…]` cannot stand inside another pair of brackets"
            ))),
        }
    }

    fn attribute(self, name: &Name) -> Result<AttrRef> {
        let attr = match self {
            Self::Resource(rt) => match rt.resolve(name) {
                Some(Target::Attribute(attr)) => attr,
                Some(Target::Extension(_)) => {
                    return Err(Error::filter(format!(
                        "`{name}` is a schema, not an attribute; to find resources that have it, use `schemas eq`"
                    )));
                }
                None => return Err(unknown(rt, name)),
            },
            Self::Values { rt, outer } => of_value(outer, name).ok_or_else(|| {
                Error::filter(format!(
                    "the values of `{}` of {} have no sub-attribute `{name}`",
                    outer.path(),
                    rt.name
                ))
            })?,
        };
        if is_hidden(&attr) {
            return Err(Error::filter(format!(
                "`{name}` is never read back, so no filter may ask for it"
            )));
        }
        if is_made_up(self.resource_type(), &attr) {
            return Err(Error::filter(format!(
                "`{name}` is put together when a resource is answered; filter by `id` or `value`"
            )));
        }
        Ok(attr)
    }
}

/// The attribute that `name` means inside the brackets behind `outer`.
fn of_value(outer: &AttrRef, name: &Name) -> Option<AttrRef> {
    let sub = if outer.attribute.is_complex() {
        Some(outer.attribute.sub(&name.0)?.clone())
    } else if name.0.eq_ignore_ascii_case("value") {
        None
    } else {
        return None;
    };
    Some(AttrRef {
        sub,
        ..outer.clone()
    })
}

fn unknown(rt: &ResourceType, name: &Name) -> Error {
    let first = name.0.split('.').next().unwrap_or_default();
    let owner = rt
        .extensions
        .iter()
        .find(|extension| extension.schema.attribute(first).is_some());
    let hint = match owner {
        Some(extension) => format!("; did you mean `{}:{name}`?", extension.schema.id),
        None => String::new(),
    };
    Error::filter(format!("{} has no attribute `{name}`{hint}", rt.name))
}

/// A filter on what is never answered would answer it, one guess at a time (RFC 7643 §7, `returned`).
fn is_hidden(attr: &AttrRef) -> bool {
    [Some(&attr.attribute), attr.sub.as_ref()]
        .into_iter()
        .flatten()
        .any(|part| part.returned == Returned::Never || part.mutability == Mutability::WriteOnly)
}

/// URLs of this server's resources are stored nowhere, and here nobody knows the server's own: a filter
/// would find nothing, and its opposite everything.
fn is_made_up(rt: &ResourceType, attr: &AttrRef) -> bool {
    let Some(sub) = &attr.sub else {
        return false;
    };
    let joined = match attr.attribute.name.as_str() {
        "members" => rt.is_members(attr),
        "groups" => rt.is_user() && attr.extension.is_none(),
        _ => false,
    };
    let meta = rt.common().contains(&attr.attribute);
    (joined && sub.name == "$ref") || (meta && sub.name == "location")
}

/// What kinds of comparison an operator makes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Family {
    /// eq, ne
    Equality,
    /// co, sw, ew
    Substring,
    /// gt, ge, lt, le
    Order,
}

impl Family {
    fn of(op: CompareOp) -> Self {
        match op {
            CompareOp::Eq | CompareOp::Ne => Self::Equality,
            CompareOp::Co | CompareOp::Sw | CompareOp::Ew => Self::Substring,
            CompareOp::Gt | CompareOp::Ge | CompareOp::Lt | CompareOp::Le => Self::Order,
        }
    }

    /// RFC 7644 §3.4.2.2 Table 3: order is refused for booleans and binaries; parts are parts of text.
    /// With a complex attribute the operator is not what is wrong.
    fn fits(self, data_type: DataType) -> bool {
        match data_type {
            DataType::String | DataType::Reference | DataType::DateTime | DataType::Complex => true,
            DataType::Binary => self != Self::Order,
            DataType::Boolean => self == Self::Equality,
            DataType::Integer | DataType::Decimal => self != Self::Substring,
        }
    }
}

/// What an error repeats of the comparison at fault.
#[derive(Clone, Copy)]
struct Comparison<'a> {
    name: &'a Name,
    op: CompareOp,
}

impl Comparison<'_> {
    fn operand(self, attr: &AttrRef, literal: &Literal) -> Result<Operand> {
        let (name, op) = (self.name, self.op);
        let leaf = attr.leaf();
        match literal {
            Literal::Null if Family::of(op) == Family::Equality => return Ok(Operand::Null),
            Literal::Null => {
                return Err(Error::filter(format!(
                    "`{name} {op} null`: null can be compared with eq and ne only"
                )));
            }
            Literal::Bare(word) => {
                return Err(Error::filter(format!(
                    "`{word}` has to be in double quotes: `{name} {op} \"{word}\"`"
                )));
            }
            Literal::Text(_) | Literal::Number(_) | Literal::Boolean(_) => {}
        }
        if !Family::of(op).fits(leaf.data_type) {
            return Err(Error::filter(format!(
                "`{op}` cannot be used with `{name}`, which is {}",
                described(leaf.data_type)
            )));
        }
        match leaf.data_type {
            DataType::String | DataType::Reference | DataType::Binary => {
                self.text(literal, leaf.case_exact)
            }
            DataType::Boolean => self.boolean(literal),
            DataType::Integer | DataType::Decimal => self.number(literal),
            DataType::DateTime => self.time(literal, leaf.case_exact),
            DataType::Complex => Err(self.complex(attr)),
        }
    }

    fn text(self, literal: &Literal, case_exact: bool) -> Result<Operand> {
        match literal {
            Literal::Text(text) => Ok(Operand::Text(fold(text, case_exact))),
            Literal::Number(_) | Literal::Boolean(_) | Literal::Null | Literal::Bare(_) => {
                Err(self.misfit("text: put the value in double quotes"))
            }
        }
    }

    fn boolean(self, literal: &Literal) -> Result<Operand> {
        match literal {
            Literal::Boolean(boolean) => Ok(Operand::Boolean(*boolean)),
            Literal::Text(_) | Literal::Number(_) | Literal::Null | Literal::Bare(_) => {
                Err(self.misfit("a boolean: compare it with true or false, without quotes"))
            }
        }
    }

    fn number(self, literal: &Literal) -> Result<Operand> {
        let number = match literal {
            Literal::Number(number) => number.as_f64(),
            Literal::Text(_) | Literal::Boolean(_) | Literal::Null | Literal::Bare(_) => None,
        };
        number
            .map(Operand::Number)
            .ok_or_else(|| self.misfit("a number: compare it with one, without quotes"))
    }

    /// co, sw and ew look at the text of a time, of which any part will do.
    fn time(self, literal: &Literal, case_exact: bool) -> Result<Operand> {
        let misfit = || self.misfit("a time: compare it with one such as \"2026-05-13T04:42:34Z\"");
        let Literal::Text(text) = literal else {
            return Err(misfit());
        };
        if Family::of(self.op) == Family::Substring {
            return Ok(Operand::Text(fold(text, case_exact)));
        }
        parse_time(text).map(Operand::Time).ok_or_else(misfit)
    }

    fn misfit(self, is: &str) -> Error {
        Error::filter(format!("`{}` is {is}", self.name))
    }

    fn complex(self, attr: &AttrRef) -> Error {
        let leaf = attr.leaf();
        let example = leaf.sub("value").or_else(|| leaf.sub_attributes.first());
        let example = example.map_or("value", |sub| sub.name.as_str());
        let name = self.name;
        Error::filter(format!(
            "`{name}` is complex: compare one of its sub-attributes, such as `{name}.{example}`"
        ))
    }
}

fn described(data_type: DataType) -> &'static str {
    match data_type {
        DataType::String => "text",
        DataType::Boolean => "a boolean",
        DataType::Decimal | DataType::Integer => "a number",
        DataType::DateTime => "a time",
        DataType::Binary => "binary",
        DataType::Reference => "a reference",
        DataType::Complex => "complex",
    }
}
