//! From a checked filter to an SQL condition over resource `r` that no match fails, and whether it is exact.
//!
//! The evaluator decides what a filter means; a condition may let through too much, never too little.

mod condition;
mod leaf;
mod params;
mod place;

pub(super) use condition::IdSet;
pub(super) use leaf::unique;
pub(super) use params::Params;
pub(super) use place::{Order, order};

use condition::{Condition, all, any};

use crate::scim::filter::{Filter, Operand};
use crate::scim::schema::ResourceType;
use crate::scim::syntax::CompareOp;
use crate::store::Viewer;

/// How many comparisons are compiled. SQLite takes expressions 1,000 deep, and `a OR b OR …` is as deep as
/// it is long; what is beyond is left to the evaluator.
const CONDITIONS: u32 = 400;

/// How many conditions ask every resource for its keys where that decides all. Each is a look-up of 0.7 us; more of them
/// would cost more than to read the documents and let the evaluator decide.
const ASKING: u32 = 8;

/// The same where documents are read anyway: what such a condition leaves out must save more than it costs.
const ASKING_BESIDE: u32 = 3;

/// What indexes can say about a filter.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Narrow {
    /// A condition that is true for every match; `None`: no index helps.
    pub(super) sql: Option<String>,
    /// The ids for which it is true, where that can be said without asking each resource.
    pub(super) ids: Option<IdSet>,
    /// Whether it is true for nothing else.
    pub(super) exact: bool,
}

impl Narrow {
    /// What there is to say without a filter.
    pub(super) fn everything() -> Self {
        Self {
            sql: None,
            ids: None,
            exact: true,
        }
    }
}

/// Compiles `filter`. The first parameter must be the kind of the resources already.
/// Conditions on other resources than `r`, the groups of a user, are about those that `viewer` sees.
pub(super) fn compile(
    viewer: &Viewer,
    rt: &ResourceType,
    filter: &Filter,
    params: &mut Params,
) -> Narrow {
    let before = params.count();
    let found = narrow(viewer, rt, filter, params, ASKING);
    if found.exact {
        return found;
    }
    params.keep(before);
    narrow(viewer, rt, filter, params, ASKING_BESIDE)
}

fn narrow(
    viewer: &Viewer,
    rt: &ResourceType,
    filter: &Filter,
    params: &mut Params,
    asking: u32,
) -> Narrow {
    let mut compiler = Compiler {
        viewer,
        rt,
        params,
        left: CONDITIONS,
        asking,
    };
    let found = compiler.attempt(filter, Compiler::filter);
    found.map_or(
        Narrow {
            sql: None,
            ids: None,
            exact: false,
        },
        |condition| Narrow {
            sql: Some(condition.sql),
            ids: condition.ids,
            exact: condition.exact,
        },
    )
}

struct Compiler<'c> {
    viewer: &'c Viewer,
    rt: &'c ResourceType,
    params: &'c mut Params,
    left: u32,
    asking: u32,
}

impl Compiler<'_> {
    fn filter(&mut self, filter: &Filter) -> Option<Condition> {
        self.left = self.left.checked_sub(1)?;
        match filter {
            Filter::And(parts) if parts.is_empty() => Some(Condition::constant(true)),
            Filter::Or(parts) if parts.is_empty() => Some(Condition::constant(false)),
            // Every part that can be compiled narrows.
            Filter::And(parts) => {
                let found: Vec<Condition> = self.those(parts, Self::filter);
                let exact = found.len() == parts.len() && found.iter().all(|part| part.exact);
                all(found, exact)
            }
            // One part that cannot be compiled could match anything.
            Filter::Or(parts) => {
                let found: Option<Vec<Condition>> =
                    parts.iter().map(|part| self.filter(part)).collect();
                any(found?)
            }
            // What lets through too much lets through too little when it is turned around.
            Filter::Not(part) => {
                let condition = self.filter(part)?;
                condition.exact.then(|| condition.turned())
            }
            Filter::Present(attr) => self.present(attr),
            Filter::Compare(attr, op, operand) => self.compare(attr, *op, operand),
            Filter::ValuePath(_, inner) => self.value_path(inner),
        }
    }

    /// Inside `attr[…]` all conditions are about one value; each of them alone only narrows. A condition
    /// that a missing value fulfils says nothing about the other values.
    fn value_path(&mut self, inner: &Filter) -> Option<Condition> {
        self.left = self.left.checked_sub(1)?;
        match inner {
            Filter::Compare(_, CompareOp::Ne, _)
            | Filter::Compare(_, _, Operand::Null)
            | Filter::Not(_) => None,
            Filter::Compare(attr, op, operand) => self.compare(attr, *op, operand),
            Filter::Present(attr) => self.present(attr),
            Filter::And(parts) => all(self.those(parts, Self::value_path), false),
            Filter::Or(parts) => {
                let found: Option<Vec<Condition>> =
                    parts.iter().map(|part| self.value_path(part)).collect();
                any(found?)
            }
            Filter::ValuePath(_, nested) => self.value_path(nested),
        }
    }

    /// The conditions of those parts that can be compiled.
    fn those(
        &mut self,
        parts: &[Filter],
        compile: fn(&mut Self, &Filter) -> Option<Condition>,
    ) -> Vec<Condition> {
        parts
            .iter()
            .filter_map(|part| self.attempt(part, compile))
            .collect()
    }

    /// Compiles `part`, or leaves everything as it was.
    fn attempt(
        &mut self,
        part: &Filter,
        compile: fn(&mut Self, &Filter) -> Option<Condition>,
    ) -> Option<Condition> {
        let before = (self.params.count(), self.asking);
        let found = compile(self, part);
        if found.is_none() {
            self.params.keep(before.0);
            self.asking = before.1;
        }
        found
    }
}
