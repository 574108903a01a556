//! Runs the units of a plan: each in a scope of its own, what names a failed one not at all.

use std::collections::HashMap;

use super::status;
use crate::scim::bulk::Plan;
use crate::scim::{self, ErrorKind};
use crate::service::provisioning::{self, Asked};
use crate::service::resource::change::{Change, Changed, Notes, Terms};
use crate::service::resource::etag;
use crate::service::{Error, Result};
use crate::store::{LogEntry, Tx};

/// How many operations one store call holds at most, but for a circle: so that others who write wait
/// for 100 operations, some 20 ms, and not for 1,000.
const OPERATIONS_PER_CALL: usize = 100;

/// Everything that does not change while a request runs.
pub(super) struct Run {
    pub(super) plan: Plan,
    pub(super) changes: Vec<scim::Result<Change>>,
    pub(super) terms: Terms,
    /// What the provisioning log tells of each operation.
    pub(super) asked: Vec<Asked>,
}

/// What became of the operations so far, by position.
#[derive(Clone, Default)]
pub(super) struct Done {
    pub(super) results: HashMap<usize, StepResult>,
    errors: u64,
}

pub(super) type StepResult = std::result::Result<StepDone, scim::Error>;

#[derive(Clone)]
pub(super) struct StepDone {
    /// The id of the resource: of a restored one not the one that was drawn.
    pub(super) id: String,
    pub(super) etag: String,
    pub(super) notes: Notes,
    /// What is still to be told of an operation that changed nothing.
    pub(super) idle: Option<LogEntry>,
}

impl Done {
    fn put(&mut self, position: usize, result: StepResult) {
        self.errors += u64::from(result.is_err());
        self.results.insert(position, result);
    }
}

impl Run {
    /// The units, by position in the plan, in store calls of at most [`OPERATIONS_PER_CALL`] operations.
    pub(super) fn calls(&self) -> Vec<Vec<usize>> {
        let (mut calls, mut call, mut size) = (Vec::new(), Vec::new(), 0);
        for (position, unit) in self.plan.units.iter().enumerate() {
            if size + unit.len() > OPERATIONS_PER_CALL && !call.is_empty() {
                calls.push(std::mem::take(&mut call));
                size = 0;
            }
            call.push(position);
            size += unit.len();
        }
        calls.push(call);
        calls
    }

    /// Whether `failOnErrors` is reached.
    pub(super) fn is_over(&self, done: &Done) -> bool {
        self.plan
            .fail_on_errors
            .is_some_and(|limit| done.errors >= limit)
    }

    /// Runs units after what is done: all in one scope, and only if an operation fails each in its own. A scope costs a
    /// copy of every page that is changed in it, and most requests have nothing that fails.
    pub(super) fn units(&self, tx: &mut Tx<'_>, units: &[usize], before: &Done) -> Result<Done> {
        let together = tx.scope(|tx| {
            let mut done = before.clone();
            for unit in units {
                for (position, result) in self.steps(tx, self.runnable(*unit, &mut done))? {
                    done.put(position, Ok(result));
                }
            }
            Ok(done)
        });
        match together {
            Ok(done) => Ok(done),
            Err(Stop {
                error: Error::Scim(_) | Error::Undecided(_),
                ..
            }) => self.apart(tx, units, before),
            Err(Stop { error, .. }) => Err(error),
        }
    }

    /// Runs each unit in a scope of its own: all of it or nothing.
    fn apart(&self, tx: &mut Tx<'_>, units: &[usize], before: &Done) -> Result<Done> {
        let mut done = before.clone();
        for unit in units {
            let positions = self.runnable(*unit, &mut done);
            match tx.scope(|tx| self.steps(tx, positions)) {
                Ok(results) => {
                    for (position, result) in results {
                        done.put(position, Ok(result));
                    }
                }
                Err(Stop {
                    position,
                    error: Error::Scim(error),
                }) => self.refuse(positions, position, &error, &mut done),
                Err(Stop {
                    position,
                    error: Error::Undecided(waits),
                }) => {
                    self.terms.ask(tx, &waits)?;
                    self.refuse(positions, position, &waits.refusal, &mut done);
                }
                Err(Stop { error, .. }) => return Err(error),
            }
        }
        Ok(done)
    }

    /// The operations of a unit; none where it is not even tried.
    fn runnable(&self, unit: usize, done: &mut Done) -> &[usize] {
        if self.is_over(done) {
            return &[];
        }
        let positions = self.plan.units.get(unit).map_or(&[][..], Vec::as_slice);
        let Some((position, error)) = self.refusal(positions, done) else {
            return positions;
        };
        self.refuse(positions, position, &error, done);
        &[]
    }

    /// Why a unit cannot even be tried: an operation that makes no sense, or one that names a resource
    /// that was not made.
    fn refusal(&self, positions: &[usize], done: &Done) -> Option<(usize, scim::Error)> {
        positions.iter().find_map(|position| {
            if let Some(Err(error)) = self.changes.get(*position) {
                return Some((*position, error.clone()));
            }
            let needs = self
                .plan
                .steps
                .get(*position)
                .map_or(&[][..], |step| &step.needs);
            let failed = |need: &&usize| done.results.get(need).is_some_and(StepResult::is_err);
            let need = needs.iter().find(failed)?;
            Some((*position, self.named_failed(*need)))
        })
    }

    fn refuse(&self, positions: &[usize], culprit: usize, error: &scim::Error, done: &mut Done) {
        for position in positions {
            let told = if *position == culprit {
                error.clone()
            } else {
                self.named_failed(culprit)
            };
            done.put(*position, Err(told));
        }
    }

    fn named_failed(&self, position: usize) -> scim::Error {
        let step = self.plan.steps.get(position);
        let bulk_id = step
            .and_then(|step| step.operation.bulk_id.as_deref())
            .unwrap_or_default();
        let shown: String = bulk_id.chars().take(64).collect();
        let detail =
            format!("The operation with the bulkId \"{shown}\", which this one names, failed.");
        scim::Error::new(ErrorKind::Conflict, detail)
    }

    /// In a circle all resources are made before any refers to another.
    fn steps(
        &self,
        tx: &mut Tx<'_>,
        positions: &[usize],
    ) -> std::result::Result<Vec<(usize, StepDone)>, Stop> {
        let mut results = Vec::with_capacity(positions.len());
        let mut begun = Vec::new();
        let stop = |position: usize| move |error: Error| Stop { position, error };
        for position in positions {
            let Some(Ok(change)) = self.changes.get(*position) else {
                continue;
            };
            if let Some(record) = change.begin(tx, &self.terms).map_err(stop(*position))? {
                begun.push((*position, change, record));
            } else {
                let changed = change.run(tx, &self.terms).map_err(stop(*position))?;
                let told = self.told(tx, *position, changed).map_err(stop(*position))?;
                results.push((*position, told));
            }
        }
        for (position, change, record) in begun {
            let changed = change
                .finish(tx, &self.terms, record)
                .map_err(stop(position))?;
            let told = self.told(tx, position, changed).map_err(stop(position))?;
            results.push((position, told));
        }
        Ok(results)
    }

    /// Writes what the provisioning log tells of an operation.
    fn told(&self, tx: &mut Tx<'_>, position: usize, changed: Changed) -> Result<StepDone> {
        let verb = self
            .plan
            .steps
            .get(position)
            .and_then(|step| step.operation.work.as_ref().ok().map(|work| work.verb));
        let idle = match (self.asked.get(position), verb) {
            (Some(asked), Some(verb)) => {
                provisioning::done(tx, self.terms.scene(), asked, &changed, status(verb))?
            }
            (Some(_) | None, _) => None,
        };
        Ok(StepDone::new(changed, idle))
    }

    pub(super) fn given_up(&self, units: &[usize], mut done: Done) -> Done {
        let detail = "The server could not do this now: send the operation again later.";
        let error = scim::Error::new(ErrorKind::Unavailable, detail);
        for unit in units {
            for position in self.plan.units.get(*unit).map_or(&[][..], Vec::as_slice) {
                done.put(*position, Err(error.clone()));
            }
        }
        done
    }
}

/// The operation that ends a unit, and why.
struct Stop {
    position: usize,
    error: Error,
}

impl From<crate::store::Error> for Stop {
    /// A savepoint failed: the fault is of no operation.
    fn from(error: crate::store::Error) -> Self {
        let why = error.to_string();
        Self {
            position: usize::MAX,
            error: Error::Unavailable { why },
        }
    }
}

impl StepDone {
    fn new(changed: Changed, idle: Option<LogEntry>) -> Self {
        let Changed { record, notes, .. } = changed;
        Self {
            etag: etag(&record),
            id: record.id,
            notes,
            idle,
        }
    }
}
