//! From a checked filter to an SQL condition over resource `r` that no match fails, and whether it is exact.
//!
//! The evaluator decides what a filter means; a condition may let through too much, never too little.

use super::engine::Param;
use super::keys::{UNIQUE_HEAD_CHARS, unique_row};
use crate::scim::filter::{AttrRef, Filter, Operand};
use crate::scim::index::INDEX_KEY_CHARS;
use crate::scim::schema::{DataType, ResourceType};
use crate::scim::syntax::CompareOp;
use crate::scim::value::{fold, number_key, time_key};

/// How many comparisons are compiled. SQLite takes expressions 1,000 deep, and `a OR b OR …` is as deep as
/// it is long; what is beyond is left to the evaluator.
const CONDITIONS: u32 = 400;

/// The parameters of a statement that is being written, in the order of their numbers.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Params(Vec<Owned>);

#[derive(Debug, Clone, PartialEq)]
enum Owned {
    Text(String),
    Int(i64),
}

impl Params {
    /// Adds a text; answers its placeholder.
    pub(super) fn text(&mut self, text: impl Into<String>) -> String {
        self.add(Owned::Text(text.into()))
    }

    /// Adds a number; answers its placeholder.
    pub(super) fn int(&mut self, number: u64) -> String {
        self.add(Owned::Int(i64::try_from(number).unwrap_or(i64::MAX)))
    }

    /// For [`super::engine::Driver`].
    pub(super) fn as_params(&self) -> Vec<Param<'_>> {
        self.0
            .iter()
            .map(|param| match param {
                Owned::Text(text) => Param::Text(text),
                Owned::Int(number) => Param::Int(*number),
            })
            .collect()
    }

    fn add(&mut self, param: Owned) -> String {
        self.0.push(param);
        format!("${}", self.0.len())
    }
}

/// What an index can say about a filter.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Narrow {
    /// A condition that is true for every match; `None`: no index helps.
    pub(super) sql: Option<String>,
    /// Whether it is true for nothing else.
    pub(super) exact: bool,
}

/// Compiles `filter`. The first parameter must be the kind of the resources already.
pub(super) fn compile(rt: &ResourceType, filter: &Filter, params: &mut Params) -> Narrow {
    let mut compiler = Compiler {
        rt,
        params,
        left: CONDITIONS,
    };
    match compiler.attempt(filter) {
        Some(condition) => Narrow {
            sql: Some(condition.sql),
            exact: condition.exact,
        },
        None => Narrow {
            sql: None,
            exact: false,
        },
    }
}

/// A condition that every match fulfils.
struct Condition {
    sql: String,
    exact: bool,
}

impl Condition {
    fn exact(sql: impl Into<String>) -> Self {
        Self {
            sql: sql.into(),
            exact: true,
        }
    }

    fn constant(truth: bool) -> Self {
        Self::exact(if truth { "1 = 1" } else { "1 = 0" })
    }
}

/// Where the values of an attribute can be found without documents.
enum Place {
    /// A column of `r` that is never NULL.
    Column(&'static str),
    /// `r.external_id`
    ExternalId,
    /// The name of the resource type.
    Kind,
    /// Table `unique_key`.
    Unique,
    /// Table `attribute`.
    Indexed,
    /// The members of a group.
    Members,
    /// The groups of a user.
    Groups,
}

struct Compiler<'c> {
    rt: &'c ResourceType,
    params: &'c mut Params,
    left: u32,
}

impl Compiler<'_> {
    fn filter(&mut self, filter: &Filter) -> Option<Condition> {
        self.left = self.left.checked_sub(1)?;
        match filter {
            Filter::And(parts) => self.all_of(parts),
            Filter::Or(parts) => self.one_of(parts),
            Filter::Not(part) => self.not(part),
            Filter::Present(attr) => self.present(attr),
            Filter::Compare(attr, op, operand) => self.compare(attr, *op, operand),
            Filter::ValuePath(_, inner) => self.value_path(inner),
        }
    }

    /// Every part that can be compiled narrows.
    fn all_of(&mut self, parts: &[Filter]) -> Option<Condition> {
        if parts.is_empty() {
            return Some(Condition::constant(true));
        }
        let found: Vec<Option<Condition>> = parts.iter().map(|part| self.attempt(part)).collect();
        let exact = found
            .iter()
            .all(|part| part.as_ref().is_some_and(|condition| condition.exact));
        let sql: Vec<String> = found.into_iter().flatten().map(|part| part.sql).collect();
        (!sql.is_empty()).then(|| Condition {
            sql: format!("({})", sql.join(" AND ")),
            exact,
        })
    }

    /// One part that cannot be compiled could match anything.
    fn one_of(&mut self, parts: &[Filter]) -> Option<Condition> {
        if parts.is_empty() {
            return Some(Condition::constant(false));
        }
        let found: Vec<Condition> = parts
            .iter()
            .map(|part| self.filter(part))
            .collect::<Option<_>>()?;
        let exact = found.iter().all(|part| part.exact);
        let sql: Vec<String> = found.into_iter().map(|part| part.sql).collect();
        Some(Condition {
            sql: format!("({})", sql.join(" OR ")),
            exact,
        })
    }

    /// What lets through too much lets through too little when it is turned around.
    fn not(&mut self, part: &Filter) -> Option<Condition> {
        let condition = self.filter(part)?;
        condition
            .exact
            .then(|| Condition::exact(format!("NOT ({})", condition.sql)))
    }

    /// Compiles `part`, or leaves the parameters as they were.
    fn attempt(&mut self, part: &Filter) -> Option<Condition> {
        let before = self.params.0.len();
        let found = self.filter(part);
        if found.is_none() {
            self.params.0.truncate(before);
        }
        found
    }

    /// Inside `attr[…]` all conditions are about one value; each of them alone only narrows. A condition
    /// that a missing value fulfils says nothing about the other values.
    fn value_path(&mut self, inner: &Filter) -> Option<Condition> {
        self.left = self.left.checked_sub(1)?;
        let condition = match inner {
            Filter::Compare(_, CompareOp::Ne, _)
            | Filter::Compare(_, _, Operand::Null)
            | Filter::Not(_) => None,
            Filter::Compare(..) | Filter::Present(_) => return self.filter(inner),
            Filter::And(parts) => {
                let kept: Vec<Condition> = parts
                    .iter()
                    .filter_map(|part| self.attempt_inside(part))
                    .collect();
                join(&kept, " AND ")
            }
            Filter::Or(parts) => {
                let all: Option<Vec<Condition>> =
                    parts.iter().map(|part| self.value_path(part)).collect();
                all.and_then(|all| join(&all, " OR "))
            }
            Filter::ValuePath(_, nested) => self.value_path(nested),
        };
        condition.map(|condition| Condition {
            exact: false,
            ..condition
        })
    }

    fn attempt_inside(&mut self, part: &Filter) -> Option<Condition> {
        let before = self.params.0.len();
        let found = self.value_path(part);
        if found.is_none() {
            self.params.0.truncate(before);
        }
        found
    }

    fn present(&mut self, attr: &AttrRef) -> Option<Condition> {
        let sql = match place(self.rt, attr)? {
            Place::Column(_) | Place::Kind => return Some(Condition::constant(true)),
            Place::ExternalId => "(r.external_id IS NOT NULL AND r.external_id <> '')".to_owned(),
            // A text that is no time is a value, but has no key.
            Place::Unique | Place::Indexed if attr.leaf().data_type == DataType::DateTime => {
                return None;
            }
            Place::Unique => format!(
                "EXISTS (SELECT 1 FROM unique_key k WHERE k.resource = r.id AND k.path = {} AND k.folded <> '')",
                self.params.text(attr.path())
            ),
            Place::Indexed => format!(
                "EXISTS (SELECT 1 FROM attribute a WHERE a.resource = r.id AND a.path = {} AND a.folded <> '')",
                self.params.text(attr.path())
            ),
            Place::Members => {
                "EXISTS (SELECT 1 FROM member m WHERE m.group_id = r.id AND m.hidden = 0)".to_owned()
            }
            Place::Groups => "EXISTS (SELECT 1 FROM member m JOIN resource g ON g.id = m.group_id
                WHERE m.member_id = r.id AND m.hidden = 0 AND m.resolved IS NOT NULL AND g.state < 2)"
                .to_owned(),
        };
        Some(Condition::exact(sql))
    }

    fn compare(&mut self, attr: &AttrRef, op: CompareOp, operand: &Operand) -> Option<Condition> {
        let key = match (operand, op) {
            (Operand::Null, CompareOp::Eq) => {
                return self.present(attr).map(|found| turned(&found));
            }
            (Operand::Null, CompareOp::Ne) => return self.present(attr),
            (Operand::Null, _) => return None,
            (operand, _) => typed_key(attr.leaf().data_type, operand)?,
        };
        match op {
            CompareOp::Co | CompareOp::Ew => None,
            // With several values, `ne` is about some one of them.
            CompareOp::Ne if attr.attribute.multi_valued || attr.leaf().multi_valued => None,
            CompareOp::Ne => {
                let equal = self.key(attr, CompareOp::Eq, key)?;
                equal.exact.then(|| Condition {
                    // A text that is no time has no key and is not unequal to a time either.
                    exact: attr.leaf().data_type != DataType::DateTime,
                    ..turned(&equal)
                })
            }
            CompareOp::Sw if matches!(operand, Operand::Time { .. }) => None,
            CompareOp::Eq
            | CompareOp::Sw
            | CompareOp::Gt
            | CompareOp::Ge
            | CompareOp::Lt
            | CompareOp::Le => self.key(attr, op, key),
        }
    }

    /// Compares the keys of `attr` with `key`; `op` is none of `ne`, `co` and `ew`.
    fn key(&mut self, attr: &AttrRef, op: CompareOp, key: String) -> Option<Condition> {
        match place(self.rt, attr)? {
            Place::Column(column) => self.column(column, op, &key),
            Place::ExternalId => {
                let condition = self.cut(INDEX_KEY_CHARS, op, key, |this, op, key| {
                    this.column("r.external_id", op, key)
                })?;
                Some(Condition {
                    sql: format!("(r.external_id IS NOT NULL AND {})", condition.sql),
                    ..condition
                })
            }
            Place::Kind => (op == CompareOp::Eq)
                .then(|| Condition::constant(fold(&self.rt.name, attr.leaf().case_exact) == key)),
            Place::Unique if op == CompareOp::Eq => self.unique(attr, op, &unique_row(&key)),
            Place::Unique => self.cut(UNIQUE_HEAD_CHARS, op, key, |this, op, key| {
                this.unique(attr, op, key)
            }),
            Place::Indexed => self.cut(INDEX_KEY_CHARS, op, key, |this, op, key| {
                this.indexed(attr, op, key)
            }),
            Place::Members => (op == CompareOp::Eq).then(|| self.members(attr, &key)),
            Place::Groups => (op == CompareOp::Eq).then(|| self.groups(&key)),
        }
    }

    /// Keys hold the first `kept` characters of a value. A shorter operand decides alone; of a longer
    /// one the head narrows, for the operators to which a head means something.
    fn cut(
        &mut self,
        kept: usize,
        op: CompareOp,
        mut key: String,
        condition: impl FnOnce(&mut Self, CompareOp, &str) -> Option<Condition>,
    ) -> Option<Condition> {
        let Some((end, _)) = key.char_indices().nth(kept.saturating_sub(1)) else {
            return condition(self, op, &key);
        };
        match op {
            CompareOp::Eq | CompareOp::Sw => {
                key.truncate(end);
                condition(self, CompareOp::Sw, &key).map(|found| Condition {
                    exact: false,
                    ..found
                })
            }
            CompareOp::Gt
            | CompareOp::Ge
            | CompareOp::Lt
            | CompareOp::Le
            | CompareOp::Ne
            | CompareOp::Co
            | CompareOp::Ew => None,
        }
    }

    fn unique(&mut self, attr: &AttrRef, op: CompareOp, key: &str) -> Option<Condition> {
        let path = self.params.text(attr.path());
        let test = self.column("k.folded", op, key)?.sql;
        Some(Condition::exact(format!(
            "r.id IN (SELECT k.resource FROM unique_key k WHERE k.kind = $1 AND k.path = {path} AND {test})"
        )))
    }

    /// Few values are equal to a text or begin with one, so the index gives them; a boolean or a range
    /// can fit most resources, so each is asked in its turn and a page ends when it is full.
    fn indexed(&mut self, attr: &AttrRef, op: CompareOp, key: &str) -> Option<Condition> {
        let path = self.params.text(attr.path());
        let test = self.column("a.folded", op, key)?.sql;
        let few = matches!(op, CompareOp::Eq | CompareOp::Sw)
            && attr.leaf().data_type != DataType::Boolean;
        Some(Condition::exact(if few {
            format!(
                "r.id IN (SELECT a.resource FROM attribute a WHERE a.kind = $1 AND a.path = {path} AND {test})"
            )
        } else {
            format!(
                "EXISTS (SELECT 1 FROM attribute a WHERE a.resource = r.id AND a.path = {path} AND {test})"
            )
        }))
    }

    fn members(&mut self, attr: &AttrRef, key: &str) -> Condition {
        let id = self.params.text(key);
        let test = if attr.leaf().case_exact {
            format!("m.member_id = {id}")
        } else {
            // A member id that is not its own folded form has that in a column of its own.
            format!("((m.member_id = {id} AND m.folded IS NULL) OR m.folded = {id})")
        };
        Condition::exact(format!(
            "r.id IN (SELECT m.group_id FROM member m WHERE {test} AND m.hidden = 0)"
        ))
    }

    fn groups(&mut self, key: &str) -> Condition {
        let id = self.params.text(key);
        Condition::exact(format!(
            "r.id IN (SELECT m.member_id FROM member m JOIN resource g ON g.id = m.group_id
             WHERE m.group_id = {id} AND m.hidden = 0 AND m.resolved IS NOT NULL AND g.state < 2)"
        ))
    }

    fn column(&mut self, column: &str, op: CompareOp, key: &str) -> Option<Condition> {
        let sign = match op {
            CompareOp::Eq => "=",
            CompareOp::Gt => ">",
            CompareOp::Ge => ">=",
            CompareOp::Lt => "<",
            CompareOp::Le => "<=",
            CompareOp::Sw => {
                let low = self.params.text(key);
                return Some(Condition::exact(match behind(key) {
                    Some(high) => {
                        let high = self.params.text(high);
                        format!("({column} >= {low} AND {column} < {high})")
                    }
                    None => format!("{column} >= {low}"),
                }));
            }
            CompareOp::Ne | CompareOp::Co | CompareOp::Ew => return None,
        };
        let key = self.params.text(key);
        Some(Condition::exact(format!("{column} {sign} {key}")))
    }
}

/// The key that `operand` is, if it is of the attribute's type: text is also compared with times, as text,
/// and that no key can tell.
fn typed_key(data_type: DataType, operand: &Operand) -> Option<String> {
    match (data_type, operand) {
        (DataType::String | DataType::Reference | DataType::Binary, Operand::Text(text)) => {
            Some(text.clone())
        }
        (DataType::Boolean, Operand::Boolean(truth)) => Some(truth.to_string()),
        (DataType::Integer | DataType::Decimal, Operand::Number(number)) => {
            Some(number_key(*number))
        }
        (DataType::DateTime, Operand::Time { at, .. }) => Some(time_key(*at)),
        _ => None,
    }
}

fn turned(condition: &Condition) -> Condition {
    Condition {
        sql: format!("NOT ({})", condition.sql),
        exact: condition.exact,
    }
}

fn join(conditions: &[Condition], word: &str) -> Option<Condition> {
    let sql: Vec<&str> = conditions.iter().map(|part| part.sql.as_str()).collect();
    (!sql.is_empty()).then(|| Condition {
        sql: format!("({})", sql.join(word)),
        exact: false,
    })
}

/// The least text that is greater than every text that starts with `prefix`.
fn behind(prefix: &str) -> Option<String> {
    let mut head: Vec<char> = prefix.chars().collect();
    while let Some(last) = head.pop() {
        if let Some(next) = (last..=char::MAX).nth(1) {
            head.push(next);
            return Some(head.into_iter().collect());
        }
    }
    None
}

/// Where values of `attr` are found, if anywhere but in documents.
fn place(rt: &ResourceType, attr: &AttrRef) -> Option<Place> {
    if rt.is_members(attr) {
        let by_value = attr.sub.as_ref().is_none_or(|sub| sub.name == "value");
        return by_value.then_some(Place::Members);
    }
    if attr.extension.is_none() && rt.is_user() && attr.attribute.name == "groups" {
        let by_value = attr.sub.as_ref().is_none_or(|sub| sub.name == "value");
        return by_value.then_some(Place::Groups);
    }
    if attr.extension.is_none() && rt.common().contains(&attr.attribute) {
        return match attr.path().as_str() {
            "id" => Some(Place::Column("r.id")),
            "meta.created" => Some(Place::Column("r.created")),
            "meta.lastModified" => Some(Place::Column("r.modified")),
            "meta.resourceType" => Some(Place::Kind),
            "externalId" if attr.leaf().case_exact => Some(Place::ExternalId),
            _ => None,
        };
    }
    if rt.unique().contains(attr) {
        return Some(Place::Unique);
    }
    rt.indexed().contains(attr).then_some(Place::Indexed)
}

/// The table or column by which `attr` sorts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Order {
    /// `r.id`, or what begins alike in all of them and ends in it.
    Id(String),
    /// The same in all of them.
    Same(String),
    /// A column of `r` that is never NULL.
    Column(&'static str),
    /// A column of `r` that may be NULL.
    Nullable(&'static str),
    /// Table `unique_key`.
    Unique,
    /// Ordinal 0 in table `attribute`.
    Indexed,
}

/// How SQL can sort by `attr`; `None`: it cannot.
pub(super) fn order(rt: &ResourceType, attr: &AttrRef) -> Option<Order> {
    if attr.extension.is_none() && attr.path() == "meta.location" {
        return Some(Order::Id(format!("{}/", rt.endpoint)));
    }
    match place(rt, attr)? {
        Place::Column("r.id") => Some(Order::Id(String::new())),
        Place::Column(column) => Some(Order::Column(column)),
        Place::ExternalId => Some(Order::Nullable("r.external_id")),
        Place::Unique if !attr.attribute.multi_valued => Some(Order::Unique),
        Place::Indexed => Some(Order::Indexed),
        Place::Kind => Some(Order::Same(fold(&rt.name, attr.leaf().case_exact))),
        Place::Unique | Place::Members | Place::Groups => None,
    }
}
