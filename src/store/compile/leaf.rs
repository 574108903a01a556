//! One comparison: the keys that tell it, and how far they can be trusted.

use super::Compiler;
use super::condition::{Condition, IdSet};
use super::place::{Place, place};
use crate::scim::filter::{AttrRef, Filter, Operand};
use crate::scim::index::INDEX_KEY_CHARS;
use crate::scim::schema::{DataType, ResourceType};
use crate::scim::syntax::CompareOp;
use crate::scim::value::{fold, number_key, time_key};
use crate::store::keys::{UNIQUE_HEAD_CHARS, unique_row};

impl Compiler<'_> {
    /// `attr pr`
    pub(super) fn present(&mut self, attr: &AttrRef) -> Option<Condition> {
        match place(self.rt, attr)? {
            Place::Column(_) | Place::Kind => Some(Condition::constant(true)),
            Place::ExternalId => Some(resource(
                "{}.external_id IS NOT NULL AND {}.external_id <> ''",
            )),
            // A text that is no time is a value, but has no key.
            Place::Unique | Place::Indexed if attr.leaf().data_type == DataType::DateTime => None,
            Place::Unique => self.many("unique_key", attr, "k.folded <> ''"),
            Place::Indexed => self.many("attribute", attr, "k.folded <> ''"),
            Place::Members => {
                self.ask()?;
                let shown = self.viewer.sees_member_sql("r", self.params);
                Some(Condition::exact(format!(
                    "EXISTS (SELECT 1 FROM member m WHERE m.group_id = r.id AND m.hidden = 0{shown})"
                )))
            }
            Place::Groups => {
                self.ask()?;
                let shown = self.viewer.sees_sql("g", self.params);
                Some(Condition::exact(format!(
                    "EXISTS (SELECT 1 FROM member m JOIN resource g ON g.id = m.group_id
                     WHERE m.member_id = r.id AND m.hidden = 0 AND m.resolved IS NOT NULL AND g.state < 2{shown})"
                )))
            }
        }
    }

    /// `attr op operand`
    pub(super) fn compare(
        &mut self,
        attr: &AttrRef,
        op: CompareOp,
        operand: &Operand,
    ) -> Option<Condition> {
        let key = match (operand, op) {
            (Operand::Null, CompareOp::Eq) => {
                return self.present(attr).map(|found| found.turned());
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
                let unequal = equal.exact.then(|| equal.turned())?;
                // A text that is no time has no key and is not unequal to a time either.
                if attr.leaf().data_type == DataType::DateTime {
                    return Some(unequal.inexact());
                }
                Some(unequal)
            }
            // Of a time, these compare what was written.
            CompareOp::Sw if attr.leaf().data_type == DataType::DateTime => None,
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
            Place::Column(column) => {
                let test = self.test(&format!("{{}}.{column}"), op, &key)?;
                Some(resource(&test))
            }
            Place::ExternalId => self.cut(INDEX_KEY_CHARS, op, key, |this, op, key| {
                let test = this.test("{}.external_id", op, key)?;
                Some(resource(&format!(
                    "{{}}.external_id IS NOT NULL AND {test}"
                )))
            }),
            Place::Kind => (op == CompareOp::Eq)
                .then(|| Condition::constant(fold(&self.rt.name, attr.leaf().case_exact) == key)),
            Place::Unique if op == CompareOp::Eq => {
                self.keyed("unique_key", attr, op, &unique_row(&key))
            }
            Place::Unique => self.cut(UNIQUE_HEAD_CHARS, op, key, |this, op, key| {
                this.keyed("unique_key", attr, op, key)
            }),
            Place::Indexed => self.cut(INDEX_KEY_CHARS, op, key, |this, op, key| {
                this.keyed("attribute", attr, op, key)
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
                condition(self, CompareOp::Sw, &key).map(Condition::inexact)
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

    /// Compares the keys in `table`. Few values equal a text or begin with one, so among other conditions
    /// the index gives them; a boolean or a range can fit most resources.
    fn keyed(
        &mut self,
        table: &'static str,
        attr: &AttrRef,
        op: CompareOp,
        key: &str,
    ) -> Option<Condition> {
        let test = self.test("k.folded", op, key)?;
        let few = matches!(op, CompareOp::Eq | CompareOp::Sw)
            && attr.leaf().data_type != DataType::Boolean;
        if few {
            return Some(Condition::among(self.ids(table, attr, &test).1));
        }
        self.many(table, attr, &test)
    }

    /// Counts a condition that asks every resource; `None` when there are too many of them.
    fn ask(&mut self) -> Option<()> {
        self.asking = self.asking.checked_sub(1)?;
        Some(())
    }

    /// Those with a key in `table` that passes `test`: each is asked in its turn, so that a page ends when it is full.
    fn many(&mut self, table: &'static str, attr: &AttrRef, test: &str) -> Option<Condition> {
        self.ask()?;
        let (path, ids) = self.ids(table, attr, test);
        Some(Condition {
            ids: Some(ids),
            ..Condition::exact(format!(
                "EXISTS (SELECT 1 FROM {table} k WHERE k.resource = r.id AND k.path = {path} AND {test})"
            ))
        })
    }

    /// The placeholder of the path, and the ids with a key in `table` that passes `test`.
    fn ids(&mut self, table: &'static str, attr: &AttrRef, test: &str) -> (String, IdSet) {
        let path = self.params.text(attr.path());
        let ids = IdSet {
            column: "k.resource AS id",
            from: format!("FROM {table} k WHERE k.kind = $1 AND k.path = {path} AND {test}"),
            repeats: attr.attribute.multi_valued || attr.leaf().multi_valued,
        };
        (path, ids)
    }

    fn members(&mut self, attr: &AttrRef, key: &str) -> Condition {
        let id = self.params.text(key);
        let test = if attr.leaf().case_exact {
            format!("m.member_id = {id}")
        } else {
            // A member id that is not its own folded form has that in a column of its own.
            format!("((m.member_id = {id} AND m.folded IS NULL) OR m.folded = {id})")
        };
        let shown = self.viewer.sees_member_sql("g", self.params);
        Condition::among(IdSet {
            column: "m.group_id AS id",
            from: format!(
                "FROM member m JOIN resource g ON g.id = m.group_id
                 WHERE {test} AND m.hidden = 0 AND g.kind = $1 AND g.state < 2{shown}"
            ),
            repeats: true,
        })
    }

    fn groups(&mut self, key: &str) -> Condition {
        let id = self.params.text(key);
        let shown = self.viewer.sees_sql("g", self.params);
        Condition::among(IdSet {
            column: "m.member_id AS id",
            from: format!(
                "FROM member m JOIN resource g ON g.id = m.group_id
                 WHERE m.group_id = {id} AND m.hidden = 0 AND m.resolved = $1 AND g.state < 2{shown}"
            ),
            repeats: false,
        })
    }

    /// `column op key`
    fn test(&mut self, column: &str, op: CompareOp, key: &str) -> Option<String> {
        let sign = match op {
            CompareOp::Eq => "=",
            CompareOp::Gt => ">",
            CompareOp::Ge => ">=",
            CompareOp::Lt => "<",
            CompareOp::Le => "<=",
            CompareOp::Sw => {
                let low = self.params.text(key);
                return Some(match behind(key) {
                    Some(high) => {
                        let high = self.params.text(high);
                        format!("({column} >= {low} AND {column} < {high})")
                    }
                    None => format!("{column} >= {low}"),
                });
            }
            CompareOp::Ne | CompareOp::Co | CompareOp::Ew => return None,
        };
        let key = self.params.text(key);
        Some(format!("{column} {sign} {key}"))
    }
}

/// The path and the key of a filter that says no more than that a unique value is this one.
pub(in crate::store) fn unique(rt: &ResourceType, filter: &Filter) -> Option<(String, String)> {
    let Filter::Compare(attr, CompareOp::Eq, operand) = filter else {
        return None;
    };
    match place(rt, attr)? {
        Place::Unique => Some((attr.path(), typed_key(attr.leaf().data_type, operand)?)),
        Place::Column(_)
        | Place::ExternalId
        | Place::Kind
        | Place::Indexed
        | Place::Members
        | Place::Groups => None,
    }
}

/// A condition on columns of the resource, in which `{}` stands for its table.
fn resource(test: &str) -> Condition {
    let of = test.replace("{}", "x");
    Condition {
        ids: Some(IdSet {
            column: "x.id",
            from: format!("FROM resource x WHERE x.kind = $1 AND x.state < 2 AND {of}"),
            repeats: false,
        }),
        ..Condition::exact(format!("({})", test.replace("{}", "r")))
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
        (DataType::DateTime, Operand::Time(at)) => Some(time_key(*at)),
        _ => None,
    }
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
