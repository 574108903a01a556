//! Bulk (RFC 7644 §3.7): each operation atomic, the request not, in store calls of bounded size.

mod run;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use bytes::Bytes;
use serde_json::{Map, Value};

use super::provisioning::{self, Asked};
use super::resource::body;
use super::resource::change::{Change, Terms, What};
use super::resource::create::{New, Promise};
use super::{Caller, Error, Gateway, ResponseBody, Result, SCIM_ROOT};
use crate::clock::Clock;
use crate::scim;
use crate::scim::bulk::{self, Outcome, REQUEST_URN, Step, Verb, Work};
use crate::scim::json;
use crate::scim::patch::Patch;
use crate::scim::query::{Conditions, EntityTags};
use crate::scim::resource::Document;
use crate::store::Actor;
use run::{Done, Run, StepResult};

/// What is reserved for the answer before anything is done: a thousand operations, of which each is told in 300 bytes or,
/// when it is refused, in up to a kilobyte.
const ANSWER_BYTES: usize = 1024 * 1024;

/// The members of a Bulk request, as a profile looks for them.
const KEYS: [&str; 2] = ["Operations", "failOnErrors"];

impl Gateway {
    /// Runs a Bulk request and tells for each operation what became of it.
    ///
    /// # Errors
    /// 400 for a message that is none, 413 for too many operations: then nothing happened.
    pub async fn bulk(&self, caller: &Caller, bytes: Bytes) -> Result<ResponseBody> {
        let mut lease = self.response_memory().lease(&caller.connection);
        lease.reserve(ANSWER_BYTES)?;
        let size = bytes.len();
        let request = self.read_bulk(caller, bytes).await?;
        let terms = Terms::new(self, caller);
        let restored = self.restored(caller, &terms, &request).await?;
        let clock = self.clock().clone();
        let plan = move |caller: &Caller| PreparedBulk::new(caller, &clock, request, restored);
        let PreparedBulk {
            plan,
            mut changes,
            asked,
        } = self.work_apart(size, caller, plan).await??;
        self.hash_passwords(caller, &terms, &mut changes).await?;
        let run = Arc::new(Run {
            plan,
            changes,
            terms,
            asked,
        });
        let (mut done, mut next) = (Done::default(), 0);
        while next < run.unit_count() && !run.is_over(&done) {
            let ran;
            (done, ran) = self.run_units(caller, &run, run.call(next), done).await?;
            next += ran;
        }
        let outcomes = run
            .plan
            .steps
            .iter()
            .enumerate()
            .filter_map(|(position, step)| {
                let mut result = done.results.remove(&position)?;
                self.tell_operation(&run, position, &mut result);
                Some((&step.operation, self.outcome(caller, step, result)))
            });
        let text = bulk::answer(outcomes).to_string();
        // What was done is told, also where it takes more.
        let _ = lease.fit(text.len());
        Ok(ResponseBody::of_text(text.into(), lease))
    }

    /// Hashes the passwords that operations set, one after the other: a request of many takes no more of the machine
    /// than one.
    async fn hash_passwords(
        &self,
        caller: &Caller,
        terms: &Terms,
        changes: &mut [scim::Result<Change>],
    ) -> Result<()> {
        let created = changes.iter().flatten().filter_map(Change::created_id);
        let created: HashSet<String> = created.map(str::to_owned).collect();
        for slot in changes {
            let Ok(change) = slot else { continue };
            match self.hash_for(caller, terms, &created, change).await {
                Ok(()) => {}
                Err(Error::Scim(error)) => *slot = Err(error),
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// What the provisioning log does not know yet: refusals, and what changed nothing.
    fn tell_operation(&self, run: &Run, position: usize, result: &mut StepResult) {
        let entry = match (result, run.asked.get(position)) {
            (Ok(changed), _) => changed.idle.take(),
            (Err(error), Some(asked)) => {
                Some(provisioning::refused(self, run.terms.scene(), asked, error))
            }
            (Err(_), None) => None,
        };
        if let Some(entry) = entry {
            self.buffer().push(entry);
        }
    }

    /// The ids of the deleted users that POSTs of the request will restore, by position: others may refer to them.
    async fn restored(
        &self,
        caller: &Caller,
        terms: &Terms,
        request: &bulk::Request,
    ) -> Result<HashMap<usize, String>> {
        let posts: Vec<(usize, Work)> = request
            .operations
            .iter()
            .enumerate()
            .filter_map(|(position, operation)| {
                let work = operation.work.as_ref().ok()?;
                let person = work.verb == Verb::Post && work.rt.is_user();
                caller.scopes.may_change(&work.rt).ok()?;
                let work = Work {
                    rt: Arc::clone(&work.rt),
                    id: String::new(),
                    verb: work.verb,
                    data: names(&work.data)?,
                };
                person.then_some((position, work))
            })
            .collect();
        if posts.is_empty() {
            return Ok(HashMap::new());
        }
        let terms = terms.clone();
        self.store()
            .read(move |tx| {
                let mut found = HashMap::new();
                for (position, work) in &posts {
                    let document = Document::new(work.data.clone());
                    if let Some(person) = terms.former_self(tx, &work.rt, &document)? {
                        found.insert(*position, person.id);
                    }
                }
                Ok(found)
            })
            .await
    }

    async fn read_bulk(&self, caller: &Caller, bytes: Bytes) -> Result<bulk::Request> {
        let (gateway, limit) = (self.clone(), self.settings().scim.max_bulk_operations);
        let read = move |caller: &Caller, bytes: &[u8], max_values| {
            let mut message = Value::Object(json::parse_object(bytes, max_values)?);
            if let Some(rt) = gateway.registry().types().first() {
                let (mended, corrections) = caller.profile.message(rt, REQUEST_URN, &KEYS, message);
                body::told(caller, &corrections);
                message = mended;
            }
            bulk::parse(gateway.registry(), body::object(message)?, limit)
        };
        self.read_body(caller, bytes, read).await
    }

    /// Runs some units in one store call, and returns how many of them it had time for. When the store cannot take it,
    /// they are answered with 503; if nothing happened before, so is the whole request.
    async fn run_units(
        &self,
        caller: &Caller,
        run: &Arc<Run>,
        units: Vec<usize>,
        done: Done,
    ) -> Result<(Done, usize)> {
        let cause = self.cause(
            Actor::Connection(caller.connection.to_string()),
            &caller.request,
        );
        let before = Arc::new(done);
        let (here, seen, mine) = (Arc::clone(run), Arc::clone(&before), units.clone());
        let store = self.store().for_client(&caller.connection);
        let result = store
            .write(cause, run.estimate(&units), move |tx| {
                here.units(tx, &mine, &seen)
            })
            .await;
        let mut done = Arc::unwrap_or_clone(before);
        match result {
            Ok((new, ran)) => {
                done.extend(new);
                Ok((done, ran))
            }
            Err(error) if done.results.is_empty() => Err(error),
            Err(error) => {
                tracing::error!(%error, "a part of a bulk request was given up");
                Ok((run.given_up(&units, done), units.len()))
            }
        }
    }

    fn outcome(&self, caller: &Caller, step: &Step, result: StepResult) -> Outcome {
        let work = step.operation.work.as_ref().ok();
        let id = result.as_ref().map_or("", |done| done.id.as_str());
        let location = work.map(|work| {
            let id = if id.is_empty() { &*work.id } else { id };
            self.location(&work.rt, id)
        });
        let posted = work.is_some_and(|work| work.verb == Verb::Post);
        match result {
            Ok(changed) => {
                body::noted(caller, &changed.id, &changed.notes);
                let verb = work.map_or(Verb::Delete, |work| work.verb);
                Outcome::Done {
                    status: status(verb),
                    location: location.unwrap_or_default(),
                    version: (verb != Verb::Delete).then_some(changed.etag),
                }
            }
            Err(error) => Outcome::Refused {
                error,
                location: location.filter(|_| !posted),
            },
        }
    }
}

/// The operations of a request, checked as far as that needs no look at the store.
struct PreparedBulk {
    plan: bulk::Plan,
    changes: Vec<scim::Result<Change>>,
    asked: Vec<Asked>,
}

impl PreparedBulk {
    /// Plans a request; `restored` are the ids of the deleted users that POSTs restore, by position.
    fn new(
        caller: &Caller,
        clock: &Clock,
        request: bulk::Request,
        mut restored: HashMap<usize, String>,
    ) -> scim::Result<Self> {
        let known: HashSet<usize> = restored.keys().copied().collect();
        let plan = bulk::plan(request, |position| {
            restored.remove(&position).unwrap_or_else(|| clock.id())
        })?;
        let needed: HashSet<usize> = plan.steps.iter().flat_map(|s| &s.needs).copied().collect();
        let steps = || plan.steps.iter().enumerate();
        let changes = steps().map(|(position, step)| {
            let given = known.contains(&position) || needed.contains(&position);
            let promise = if given { Promise::Given } else { Promise::None };
            prepare(caller, step, promise)
        });
        let changes = changes.collect();
        let asked = steps().map(|(position, step)| asked_for(caller, position, step));
        let asked = asked.collect();
        Ok(Self {
            plan,
            changes,
            asked,
        })
    }
}

/// The status that the operation would have as a request of its own.
fn status(verb: Verb) -> u16 {
    match verb {
        Verb::Post => 201,
        Verb::Put | Verb::Patch => 200,
        Verb::Delete => 204,
    }
}

/// What the provisioning log tells of an operation, refused or not.
fn asked_for(caller: &Caller, position: usize, step: &Step) -> Asked {
    let (method, route, resource) = match &step.operation.work {
        Ok(work) => {
            let (method, item) = match work.verb {
                Verb::Post => ("POST", ""),
                Verb::Put => ("PUT", "/{id}"),
                Verb::Patch => ("PATCH", "/{id}"),
                Verb::Delete => ("DELETE", "/{id}"),
            };
            let route = format!("{SCIM_ROOT}{}{item}", work.rt.endpoint);
            (method, route, Some(work.id.clone()))
        }
        Err(_) => ("other", format!("{SCIM_ROOT}/Bulk"), None),
    };
    Asked {
        method,
        route,
        resource,
        operation: Some(position),
        corrected: caller.notes.take(),
    }
}

/// The names of a person in a body, as far as they are told without its profile.
fn names(data: &Map<String, Value>) -> Option<Map<String, Value>> {
    let mut names = Map::new();
    for name in ["externalId", "userName"] {
        let (_, value) = data
            .iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(name))?;
        names.insert(name.to_owned(), value.clone());
    }
    Some(names)
}

/// Checks an operation as far as that needs no look at the store.
fn prepare(caller: &Caller, step: &Step, promise: Promise) -> scim::Result<Change> {
    let Work { rt, id, verb, data } = step.operation.work.clone()?;
    caller.scopes.may_change(&rt)?;
    let if_match = step
        .operation
        .version
        .as_deref()
        .map(EntityTags::parse)
        .transpose()?;
    let conditions = Conditions {
        if_match,
        if_none_match: None,
    };
    let what = match verb {
        Verb::Post => {
            let body = body::mended(caller, &rt, data)?;
            What::Create(Box::new(New::read(&rt, body, promise)?))
        }
        Verb::Put => What::Replace(body::mended(caller, &rt, data)?),
        Verb::Patch => What::Patch(Patch::parse(
            &rt,
            body::mended_patch(caller, &rt, &id, data)?,
        )?),
        Verb::Delete => What::Delete,
    };
    let conditions = if verb == Verb::Post {
        Conditions::default()
    } else {
        conditions
    };
    Ok(Change {
        rt,
        id,
        conditions,
        what,
        password: None,
    })
}
