//! Applies operations in order (RFC 7644 §3.5.2); the caller drops the document when one fails.

use serde_json::{Map, Value};

use super::members::{self, MemberDelta};
use super::operation::at;
use super::write;
use super::{Operation, Patch, Policy, Selection, Target, Unmatched, Verb};
use crate::scim::budget::{WorkBudget, copy_cost, filter_cost, text_bytes};
use crate::scim::error::{Error, Result};
use crate::scim::filter::{AttrRef, Filter};
use crate::scim::json::{kind_of, shown};
use crate::scim::resource::{self, Document};
use crate::scim::schema::{Mutability, ResourceType, Schema, Target as Named};
use crate::scim::syntax::Name;
use crate::scim::validate;

/// What a PATCH did besides changing the document.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Applied {
    /// Changes of a group's members, in order.
    pub members: Vec<MemberDelta>,
    /// Whether an operation was about the password, which is not in the document.
    pub password: bool,
}

/// Applies `patch` to `document`: later operations see what earlier ones did.
///
/// # Errors
/// The error of the first operation that fails, naming its place; `document` is then half changed and
/// must be dropped. A required attribute without value at the end is 400 `invalidValue`; operations that look at more
/// values than `budget` allows are 413.
pub fn apply(
    rt: &ResourceType,
    patch: &Patch,
    document: &mut Document,
    policy: Policy,
    budget: &mut WorkBudget,
) -> Result<Applied> {
    let mut work = Work {
        rt,
        policy,
        map: document.as_map_mut(),
        applied: Applied::default(),
        budget,
    };
    for (ordinal, operation) in patch.operations.iter().enumerate() {
        work.run(operation).map_err(|error| at(ordinal, error))?;
    }
    let applied = work.applied;
    let map = document.as_map_mut();
    for extension in &rt.extensions {
        if let Some(Value::Object(members)) = map.get_mut(&*extension.schema.id) {
            members.retain(|_, value| !resource::is_unassigned(value));
        }
    }
    map.retain(|_, value| !resource::is_unassigned(value));
    document.restate_schemas(rt);
    validate::require(rt, document)?;
    Ok(applied)
}

struct Work<'w> {
    rt: &'w ResourceType,
    policy: Policy,
    map: &'w mut Map<String, Value>,
    applied: Applied,
    budget: &'w mut WorkBudget,
}

impl Work<'_> {
    fn run(&mut self, operation: &Operation) -> Result<()> {
        match &operation.target {
            Target::Resource => self.resource(operation),
            Target::Extension(schema) => self.extension(schema, operation),
            Target::Attribute(attr) => self.attribute(attr, operation),
            Target::Values(selection) => self.values(selection, operation),
        }
    }

    /// No path: each member of the value is an attribute (§3.5.2.1, §3.5.2.3).
    fn resource(&mut self, operation: &Operation) -> Result<()> {
        let Value::Object(members) = &operation.value else {
            let kind = kind_of(&operation.value);
            return Err(Error::value(format!(
                "value is {kind}: without a path, send an object."
            )));
        };
        for (name, value) in members {
            let Some(named) = self
                .rt
                .resolve(&Name(name.clone()))
                .filter(|named| is_plain(named, name))
            else {
                return Err(Error::path(format!(
                    "{} names no attribute of {}.",
                    shown(name),
                    self.rt.name
                )));
            };
            let target = match named {
                Named::Extension(schema) => Target::Extension(schema),
                Named::Attribute(attr) => Target::Attribute(attr),
            };
            self.run(&Operation {
                verb: operation.verb,
                target,
                value: value.clone(),
            })?;
        }
        Ok(())
    }

    /// All of an extension; like the sub-attributes of any object, unknown ones are ignored: some
    /// clients send `schemas` in it.
    fn extension(&mut self, schema: &Schema, operation: &Operation) -> Result<()> {
        if operation.verb == Verb::Remove {
            return self.remove_extension(schema);
        }
        let members = match &operation.value {
            Value::Object(members) => members,
            Value::Null => return self.remove_extension(schema),
            other => {
                let kind = kind_of(other);
                return Err(Error::value(format!(
                    "value is {kind}: send an object of attributes."
                )));
            }
        };
        for (name, value) in members {
            let full = format!("{}:{name}", schema.id);
            let named = self.rt.attribute(&full);
            let Some(attr) = named.filter(|attr| attr.sub.is_none()) else {
                continue;
            };
            let target = Target::Attribute(attr);
            self.run(&Operation {
                verb: operation.verb,
                target,
                value: value.clone(),
            })?;
        }
        Ok(())
    }

    fn remove_extension(&mut self, schema: &Schema) -> Result<()> {
        let Some(Value::Object(present)) = self.map.get(&*schema.id) else {
            return Ok(());
        };
        let fixed = |attribute: &str| {
            let found = schema.attribute(attribute);
            found.is_some_and(|found| found.mutability == Mutability::Immutable)
        };
        if let Some(name) = present.keys().find(|name| fixed(name)) {
            return Err(Error::mutability(format!(
                "{}:{name} is immutable.",
                schema.id
            )));
        }
        if self
            .rt
            .extension(&schema.id)
            .is_some_and(|extension| extension.required)
        {
            return Err(Error::mutability(format!(
                "The extension {} is required.",
                schema.id
            )));
        }
        self.map.shift_remove(&*schema.id);
        Ok(())
    }

    fn attribute(&mut self, attr: &AttrRef, operation: &Operation) -> Result<()> {
        write::allowed(attr)?;
        if resource::is_password(self.rt, attr) {
            self.applied.password = true;
            return Ok(());
        }
        if self.rt.is_members(attr) {
            self.applied.members.push(members::delta(attr, operation)?);
            return Ok(());
        }
        self.charge(attr, None)?;
        let holder = self.holder(attr)?;
        match operation.verb {
            Verb::Remove => write::remove(holder, attr),
            Verb::Add => write::add(holder, attr, &operation.value),
            Verb::Replace => write::replace(holder, attr, &operation.value),
        }
    }

    fn values(&mut self, selection: &Selection, operation: &Operation) -> Result<()> {
        let attr = AttrRef {
            sub: selection.sub.clone(),
            ..selection.attr.clone()
        };
        write::allowed(&attr)?;
        let unmatched = match operation.verb {
            Verb::Add => self.policy.add,
            Verb::Replace => self.policy.replace,
            Verb::Remove => Unmatched::NoTarget,
        };
        if self.rt.is_members(&selection.attr) {
            self.applied
                .members
                .push(members::selected(selection, operation, unmatched)?);
            return Ok(());
        }
        self.charge(&selection.attr, Some(&selection.filter))?;
        let holder = self.holder(&selection.attr)?;
        match operation.verb {
            Verb::Remove => write::remove_selected(holder, selection),
            Verb::Add => write::write_selected(
                holder,
                selection,
                &operation.value,
                unmatched,
                write::merge_into,
            ),
            Verb::Replace => write::write_selected(
                holder,
                selection,
                &operation.value,
                unmatched,
                write::put_instead,
            ),
        }
    }

    /// Charges what an operation on `attr` costs: it copies the present values, and evaluates `filter` on each.
    fn charge(&mut self, attr: &AttrRef, filter: Option<&Filter>) -> Result<()> {
        let Some(present) = self.holder(attr)?.get(&attr.attribute.name) else {
            return Ok(());
        };
        let filtering = filter.map_or(0, |filter| {
            let values = present.as_array().map_or(1, Vec::len);
            filter_cost(filter.terms(), values, text_bytes(present))
        });
        let work = copy_cost(present).saturating_add(filtering);
        self.budget.charge(work)
    }

    /// The object that has the attribute: the resource, or the extension's object in it.
    fn holder(&mut self, attr: &AttrRef) -> Result<&mut Map<String, Value>> {
        let Some(urn) = &attr.extension else {
            return Ok(self.map);
        };
        let entry = self
            .map
            .entry(&**urn)
            .or_insert_with(|| Value::Object(Map::new()));
        entry
            .as_object_mut()
            .ok_or_else(|| Error::value(format!("{urn} is no object.")))
    }
}

/// Without a path, names are attributes or extension URNs; `attr.sub` and `URN:attr` are no JSON that
/// RFC 7644 knows.
fn is_plain(named: &Named, name: &str) -> bool {
    match named {
        Named::Extension(_) => true,
        Named::Attribute(_) => !name.contains([':', '.']),
    }
}
