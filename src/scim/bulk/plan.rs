//! The order in which a Bulk request runs: as sent, but nothing before what it refers to (RFC 7644 §3.7.1).

use std::collections::BTreeSet;

use serde_json::Value;

use super::reference::{Drawn, resolve, resolve_whole};
use super::{Plan, Request, Step, Verb};
use crate::scim::error::{Error, Result};

/// Draws an id for every POST, by its position, puts it where its `bulkId` is referred to, and finds the order.
///
/// # Errors
/// 400 `invalidSyntax` when two POSTs have one `bulkId`.
pub fn plan(request: Request, mut draw: impl FnMut(usize) -> String) -> Result<Plan> {
    let mut operations = request.operations;
    let mut drawn = Drawn::new();
    for (position, operation) in operations.iter_mut().enumerate() {
        let Ok(work) = &mut operation.work else {
            continue;
        };
        if work.verb != Verb::Post {
            continue;
        }
        work.id = draw(position);
        let bulk_id = operation.bulk_id.clone().unwrap_or_default();
        if drawn.insert(bulk_id, (position, work.id.clone())).is_some() {
            return Err(Error::syntax("Two POST operations have the same bulkId."));
        }
    }
    let mut steps = Vec::with_capacity(operations.len());
    for mut operation in operations {
        let mut needs = BTreeSet::new();
        if let Ok(work) = &mut operation.work {
            let mut data = Value::Object(std::mem::take(&mut work.data));
            let resolved = resolve(&mut data, &drawn, &mut needs)
                .and_then(|()| resolve_whole(&mut work.id, &drawn, &mut needs));
            if let Value::Object(data) = data {
                work.data = data;
            }
            if let Err(error) = resolved {
                operation.work = Err(error);
            }
        }
        steps.push(Step {
            operation,
            needs: needs.into_iter().collect(),
        });
    }
    let units = units(&steps);
    Ok(Plan {
        fail_on_errors: request.fail_on_errors,
        steps,
        units,
    })
}

/// Steps in order, each behind what it needs; what needs each other in a circle is one unit.
fn units(steps: &[Step]) -> Vec<Vec<usize>> {
    let mut order = Order::new(steps);
    for position in 0..steps.len() {
        order.arrive(position);
    }
    for position in 0..steps.len() {
        order.close_circle(position);
    }
    order.units
}

/// The order as far as it is known. Each reference is looked at once when its step arrives and once when what it names
/// is done, as a client may send 1,000 operations that name each other.
struct Order<'s> {
    steps: &'s [Step],
    /// How many steps that are not done each step needs, itself not counted.
    missing: Vec<usize>,
    /// The steps that need a step.
    dependents: Vec<Vec<usize>>,
    /// How many steps have arrived.
    arrived: usize,
    /// The steps that have arrived and need nothing any more.
    ready: BTreeSet<usize>,
    done: Vec<bool>,
    units: Vec<Vec<usize>>,
}

impl<'s> Order<'s> {
    fn new(steps: &'s [Step]) -> Self {
        let mut missing = vec![0; steps.len()];
        let mut dependents = vec![Vec::new(); steps.len()];
        for (position, step) in steps.iter().enumerate() {
            for need in step.needs.iter().filter(|need| **need != position) {
                if let (Some(missing), Some(dependents)) =
                    (missing.get_mut(position), dependents.get_mut(*need))
                {
                    *missing += 1;
                    dependents.push(position);
                }
            }
        }
        Self {
            steps,
            missing,
            dependents,
            arrived: 0,
            ready: BTreeSet::new(),
            done: vec![false; steps.len()],
            units: Vec::with_capacity(steps.len()),
        }
    }

    /// Takes the next step of the request: it runs, and all that waited for it alone.
    fn arrive(&mut self, position: usize) {
        self.arrived = position + 1;
        if self.missing.get(position) == Some(&0) {
            self.ready.insert(position);
        }
        self.release();
    }

    /// Makes one unit of a step that still waits and of all that it needs, directly or not.
    fn close_circle(&mut self, first: usize) {
        if self.is_done(first) {
            return;
        }
        let mut circle = BTreeSet::from([first]);
        let mut open = vec![first];
        while let Some(position) = open.pop() {
            let needs = self.steps.get(position).map_or(&[][..], |step| &step.needs);
            for need in needs.iter().filter(|need| !self.is_done(**need)) {
                if circle.insert(*need) {
                    open.push(*need);
                }
            }
        }
        for position in &circle {
            self.finish(*position);
        }
        self.ready.retain(|position| !circle.contains(position));
        self.units.push(circle.into_iter().collect());
        self.release();
    }

    /// Moves what needs nothing any more to the units, the first one of the request first.
    fn release(&mut self) {
        while let Some(position) = self.ready.pop_first() {
            self.finish(position);
            self.units.push(vec![position]);
        }
    }

    fn finish(&mut self, position: usize) {
        if let Some(done) = self.done.get_mut(position) {
            *done = true;
        }
        let dependents = self.dependents.get_mut(position).map(std::mem::take);
        for dependent in dependents.unwrap_or_default() {
            let Some(missing) = self.missing.get_mut(dependent) else {
                continue;
            };
            *missing -= 1;
            if *missing == 0 && dependent < self.arrived {
                self.ready.insert(dependent);
            }
        }
    }

    fn is_done(&self, position: usize) -> bool {
        self.done.get(position).copied().unwrap_or(true)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::{Request, parse};
    use super::*;
    use crate::scim::schema::{GroupNames, Registry};

    fn request(operations: Value) -> Request {
        let registry = Registry::standard(GroupNames::Unique).unwrap();
        let body = json!({ "schemas": [super::super::REQUEST_URN], "Operations": operations });
        parse(&registry, body.as_object().unwrap().clone(), 1000).unwrap()
    }

    fn planned(operations: Value) -> Plan {
        let mut next = 0;
        plan(request(operations), |_| {
            next += 1;
            format!("id{next}")
        })
        .unwrap()
    }

    fn post(path: &str, bulk_id: &str, member: Option<&str>) -> Value {
        let members: Vec<Value> = member.iter().map(|id| json!({ "value": id })).collect();
        json!({ "method": "POST", "path": path, "bulkId": bulk_id, "data": { "members": members } })
    }

    #[test]
    fn what_refers_forward_waits() {
        let plan = planned(json!([
            post("/Groups", "g", Some("bulkId:u")),
            { "method": "DELETE", "path": "/Users/x" },
            post("/Users", "u", None),
        ]));
        assert_eq!(plan.units, [vec![1], vec![2], vec![0]]);
        let work = plan.steps[0].operation.work.as_ref().unwrap();
        assert_eq!(work.data["members"][0]["value"], "id2");
    }

    #[test]
    fn a_circle_is_one_unit() {
        let plan = planned(json!([
            post("/Groups", "a", Some("bulkId:b")),
            post("/Users", "u", None),
            post("/Groups", "b", Some("bulkId:a")),
        ]));
        assert_eq!(plan.units, [vec![1], vec![0, 2]]);
    }

    #[test]
    fn a_chain_that_is_sent_backwards_runs_forwards_at_once() {
        let count = 1_000_usize;
        let chain = (0..count).rev().map(|number| {
            let named = number
                .checked_sub(1)
                .map(|number| format!("bulkId:g{number}"));
            post("/Groups", &format!("g{number}"), named.as_deref())
        });
        let plan = planned(chain.collect());
        let expected: Vec<Vec<usize>> = (0..count).rev().map(|position| vec![position]).collect();
        assert_eq!(plan.units, expected);
    }

    #[test]
    fn what_waits_for_a_circle_follows_it() {
        let plan = planned(json!([
            post("/Groups", "late", Some("bulkId:a")),
            post("/Groups", "a", Some("bulkId:b")),
            post("/Groups", "b", Some("bulkId:a")),
            post("/Groups", "later", Some("bulkId:b")),
        ]));
        assert_eq!(plan.units, [vec![0, 1, 2], vec![3]]);
    }

    #[test]
    fn references_stand_in_paths_and_filters_too() {
        let plan = planned(json!([
            post("/Users", "u", None),
            { "method": "PATCH", "path": "/Users/bulkId:u", "data": { "Operations": [
                { "op": "remove", "path": "members[value eq \"bulkId:u\"]" } ] } },
        ]));
        let work = plan.steps[1].operation.work.as_ref().unwrap();
        assert_eq!(work.id, "id1");
        assert_eq!(
            work.data["Operations"][0]["path"],
            "members[value eq \"id1\"]"
        );
        assert_eq!(plan.steps[1].needs, [0]);
    }

    #[test]
    fn an_unknown_reference_fails_its_operation_alone() {
        let plan = planned(json!([
            post("/Groups", "g", Some("bulkId:nobody")),
            post("/Users", "u", None)
        ]));
        assert!(plan.steps[0].operation.work.is_err());
        assert!(plan.steps[1].operation.work.is_ok());
    }
}
