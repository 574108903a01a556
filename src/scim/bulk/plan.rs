//! The order in which a Bulk request runs: as sent, but nothing before what it refers to (RFC 7644 §3.7.1).

use std::collections::HashSet;

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
        let mut needs = Vec::new();
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
        steps.push(Step { operation, needs });
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
    let (mut units, mut done, mut waiting) = (Vec::new(), HashSet::new(), Vec::new());
    for position in 0..steps.len() {
        waiting.push(position);
        release(steps, &mut waiting, &mut done, &mut units);
    }
    while let Some(first) = waiting.first().copied() {
        let mut circle = closure(steps, first, &done);
        circle.sort_unstable();
        done.extend(circle.iter().copied());
        waiting.retain(|position| !circle.contains(position));
        units.push(circle);
        release(steps, &mut waiting, &mut done, &mut units);
    }
    units
}

/// Moves what waits for nothing any more from `waiting` to `units`.
fn release(
    steps: &[Step],
    waiting: &mut Vec<usize>,
    done: &mut HashSet<usize>,
    units: &mut Vec<Vec<usize>>,
) {
    while let Some(place) = waiting.iter().position(|position| {
        needs(steps, *position)
            .iter()
            .all(|need| need == position || done.contains(need))
    }) {
        let position = waiting.remove(place);
        done.insert(position);
        units.push(vec![position]);
    }
}

/// A step and all it needs, directly or not, that is not done.
fn closure(steps: &[Step], first: usize, done: &HashSet<usize>) -> Vec<usize> {
    let (mut found, mut open) = (vec![first], vec![first]);
    while let Some(position) = open.pop() {
        for need in needs(steps, position) {
            if !done.contains(need) && !found.contains(need) {
                found.push(*need);
                open.push(*need);
            }
        }
    }
    found
}

fn needs(steps: &[Step], position: usize) -> &[usize] {
    steps.get(position).map_or(&[], |step| &step.needs)
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
