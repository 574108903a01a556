//! Runs the units of a plan: each in a scope of its own, what names a failed one not at all.

use std::collections::HashMap;
use std::time::Duration;

use super::status;
use crate::scim::bulk::Plan;
use crate::scim::{self, ErrorKind};
use crate::service::provisioning::{self, Asked};
use crate::service::resource::change::{Change, Changed, Notes, Terms};
use crate::service::resource::etag;
use crate::service::{Error, Result};
use crate::store::{LogEntry, TRANSACTION_SHARE, Tx};

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

/// What became of operations, by position.
#[derive(Clone, Default)]
pub(super) struct Done {
    pub(super) results: HashMap<usize, StepResult>,
    errors: u64,
}

/// What one store call does, after what was done before it.
struct Call<'b> {
    before: &'b Done,
    new: Done,
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

    /// Adds what was done after it.
    pub(super) fn extend(&mut self, new: Self) {
        self.results.extend(new.results);
        self.errors += new.errors;
    }
}

impl<'b> Call<'b> {
    fn after(before: &'b Done) -> Self {
        Self {
            before,
            new: Done::default(),
        }
    }

    fn has_failed(&self, position: usize) -> bool {
        let new = self.new.results.get(&position);
        let result = new.or_else(|| self.before.results.get(&position));
        result.is_some_and(StepResult::is_err)
    }

    fn errors(&self) -> u64 {
        self.before.errors + self.new.errors
    }
}

impl Run {
    /// The units of the next store call, by position in the plan, `first` and those behind it: at most
    /// [`OPERATIONS_PER_CALL`] operations, and no longer than a transaction may take unless the first alone is.
    pub(super) fn call(&self, first: usize) -> Vec<usize> {
        let (mut call, mut size, mut time) = (Vec::new(), 0, Duration::ZERO);
        for (position, unit) in self.plan.units.iter().enumerate().skip(first) {
            size += unit.len();
            time += self.estimate(&[position]);
            if !call.is_empty() && (size > OPERATIONS_PER_CALL || time > TRANSACTION_SHARE) {
                break;
            }
            call.push(position);
        }
        call
    }

    /// Estimates how long units take.
    pub(super) fn estimate(&self, units: &[usize]) -> Duration {
        let units = units.iter().filter_map(|unit| self.plan.units.get(*unit));
        let changes = units.flatten().filter_map(|at| self.changes.get(*at));
        changes.flatten().map(Change::estimate).sum()
    }

    /// How many units there are.
    pub(super) fn unit_count(&self) -> usize {
        self.plan.units.len()
    }

    /// Whether `failOnErrors` is reached.
    pub(super) fn is_over(&self, done: &Done) -> bool {
        self.has_too_many(done.errors)
    }

    fn has_too_many(&self, errors: u64) -> bool {
        let limit = self.plan.fail_on_errors;
        limit.is_some_and(|limit| errors >= limit)
    }

    /// Runs units after what is done, until the transaction has had its share of time; returns what they came to, and how
    /// many of them ran. They run in one scope, and only if an operation fails each in its own: a scope costs a copy of
    /// every page that is changed in it, and most requests have nothing that fails.
    pub(super) fn units(
        &self,
        tx: &mut Tx<'_>,
        units: &[usize],
        before: &Done,
    ) -> Result<(Done, usize)> {
        if units.len() < 2 {
            return self.apart(tx, units, before, None);
        }
        let mut ran = 0;
        let together = tx.scope(|tx| {
            let mut call = Call::after(before);
            for unit in units {
                for (position, result) in self.steps(tx, self.runnable(*unit, &mut call))? {
                    call.new.put(position, Ok(result));
                }
                ran += 1;
                if tx.has_had_its_share() {
                    break;
                }
            }
            Ok(call.new)
        });
        match together {
            Ok(done) => Ok((done, ran)),
            Err(Stop {
                position,
                error: error @ (Error::Scim(_) | Error::Undecided(_)),
            }) => {
                let stop = Stop { position, error };
                self.apart(tx, units, before, Some((ran, stop)))
            }
            Err(Stop { error, .. }) => Err(error),
        }
    }

    /// Runs each unit in a scope of its own: all of it or nothing. The one that is known to fail, after those before it, is
    /// not run again.
    fn apart(
        &self,
        tx: &mut Tx<'_>,
        units: &[usize],
        before: &Done,
        mut failed: Option<(usize, Stop)>,
    ) -> Result<(Done, usize)> {
        let mut call = Call::after(before);
        let mut ran = 0;
        for unit in units {
            let positions = self.runnable(*unit, &mut call);
            let results = match failed.take_if(|(failing, _)| *failing == ran) {
                Some((_, stop)) => Err(stop),
                None => tx.scope(|tx| self.steps(tx, positions)),
            };
            match results {
                Ok(results) => {
                    for (position, result) in results {
                        call.new.put(position, Ok(result));
                    }
                }
                Err(stop) => self.stopped(tx, positions, stop, &mut call)?,
            }
            ran += 1;
            // The ones before the one that failed have run twice, so that it is their turn that is over.
            if failed.is_none() && tx.has_had_its_share() {
                break;
            }
        }
        Ok((call.new, ran))
    }

    /// Refuses the operations of a unit that was undone.
    fn stopped(
        &self,
        tx: &mut Tx<'_>,
        positions: &[usize],
        stop: Stop,
        call: &mut Call<'_>,
    ) -> Result<()> {
        match stop.error {
            Error::Scim(error) => self.refuse(positions, stop.position, &error, &mut call.new),
            Error::Undecided(waits) => {
                self.terms.ask(tx, &waits)?;
                self.refuse(positions, stop.position, &waits.refusal, &mut call.new);
            }
            error => return Err(error),
        }
        Ok(())
    }

    /// The operations of a unit; none where it is not even tried.
    fn runnable(&self, unit: usize, call: &mut Call<'_>) -> &[usize] {
        if self.has_too_many(call.errors()) {
            return &[];
        }
        let positions = self.plan.units.get(unit).map_or(&[][..], Vec::as_slice);
        let Some((position, error)) = self.refusal(positions, call) else {
            return positions;
        };
        self.refuse(positions, position, &error, &mut call.new);
        &[]
    }

    /// Why a unit cannot even be tried: an operation that makes no sense, or one that names a resource
    /// that was not made.
    fn refusal(&self, positions: &[usize], call: &Call<'_>) -> Option<(usize, scim::Error)> {
        positions.iter().find_map(|position| {
            if let Some(Err(error)) = self.changes.get(*position) {
                return Some((*position, error.clone()));
            }
            let needs = self
                .plan
                .steps
                .get(*position)
                .map_or(&[][..], |step| &step.needs);
            let need = needs.iter().find(|need| call.has_failed(**need))?;
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
