//! The one road in: whoever proves who they are, by whichever method, goes through it to a session.

mod denied;
mod document;
mod failed;
mod known;
mod ldap;
mod local;
mod matching;
mod once;
mod proof;
mod refusals;
mod road;
mod roles;
mod stop;
mod with_password;

use std::sync::Arc;

use serde_json::json;

pub use denied::{Denied, SignInError};
pub use failed::FailedLoginInfo;
pub use ldap::TriedName;
pub use once::Once;
pub use proof::{Proof, Proved, SignedIn, Visitor};
pub use refusals::REFUSALS_PAUSE;

pub(super) use once::OUR_REQUESTS;
pub(super) use refusals::Refusals;

use super::audit;
use super::gateway::Gateway;
use super::inbox::Matter;
use super::session::Draft;
use super::{Error, Result};
use crate::login::{Identity, Refusal, Refused, Trail};
use crate::service::session::{Me, SessionInfo};
use crate::store::{Actor, Tx};
use failed::Failed;
use road::{Guide, Target, is_taken};
use stop::{Road, Stop, Stopped, outcome};

/// What would become of a login, as its trail tells; nothing was written.
#[derive(Debug, Clone, PartialEq)]
pub struct Tried {
    /// The steps of the method and of the road behind it.
    pub trail: Trail,
    /// Why it would be refused.
    pub refusal: Option<Refusal>,
    /// The record it would log into; `None`: it would be refused, or make a new one.
    pub resource: Option<String>,
    /// The roles it would have.
    pub roles: Vec<String>,
}

/// What a login is, before the transaction: all that is drawn for it stands here, as that may run twice.
struct Arrival {
    proof: Proof,
    guide: Guide,
    draft: Draft,
    failed: Failed,
}

impl Gateway {
    /// Lets somebody in who proved who they are: finds or makes the record, gives and takes roles, begins a session. All in one
    /// transaction with one entry in the audit log; what `proof.once` names is used up in it, also when the login is refused.
    /// A refusal is kept as by [`Gateway::deny`].
    ///
    /// # Errors
    /// [`SignInError::Denied`] with the reference number under which the log of failed logins keeps the steps.
    pub async fn sign_in(
        &self,
        proof: Proof,
        from: Visitor,
    ) -> std::result::Result<SignedIn, SignInError> {
        let actor = Actor::Login(proof.source().to_owned());
        let cause = self.cause(actor, &from.request);
        let arrival = Arc::new(Arrival {
            guide: Guide::new(self)?,
            draft: self.draft_session(&proof, &from, cause.at)?,
            failed: self.draft_failed(proof.method.as_str(), &from, cause.at)?,
            proof,
        });
        let (written, refused) = (Arc::clone(&arrival), cause.clone());
        let done = self
            .store()
            .write(cause, move |tx| written.settle(tx))
            .await?;
        match done {
            Ok(me) => Ok(self.signed_in(me, &arrival.draft, &from)?),
            Err((stopped, trail)) => {
                if let Some(id) = &stopped.resource {
                    self.refusals()
                        .add_to_history(id, stopped.refusal.code, refused);
                }
                Err(self.keep_refused(&arrival.failed, &stopped, &trail).into())
            }
        }
    }

    /// The same road, without writing anything: what would become of this identity.
    ///
    /// # Errors
    /// What the store answers when it cannot read.
    pub async fn try_sign_in(&self, identity: &Identity, trail: Trail) -> Result<Tried> {
        let (guide, who) = (
            Guide::new(self)?,
            Proved::Identity(Box::new(identity.clone())),
        );
        self.store()
            .read(move |tx| {
                let mut trail = trail.clone();
                let plan = match outcome(guide.plan(tx, &who, &mut trail))? {
                    Ok(plan) => plan,
                    Err(Stopped { refusal, .. }) => {
                        let refusal = Some(refusal);
                        return Ok(Tried {
                            trail,
                            refusal,
                            resource: None,
                            roles: Vec::new(),
                        });
                    }
                };
                let (resource, roles) = guide.outlook(tx, &plan, &who)?;
                Ok(Tried {
                    trail,
                    refusal: None,
                    resource,
                    roles,
                })
            })
            .await
    }

    /// Keeps a login that was refused before it came to the road, and answers what the person is told. It is written with
    /// others within a fraction of a second: a stranger must not buy a commit with every guess.
    pub fn deny(&self, refusal: Refusal, trail: &Trail, from: &Visitor) -> SignInError {
        let method = self.settings().login.method.as_str();
        match self.draft_failed(method, from, self.clock().now()) {
            Ok(failed) => self
                .keep_refused(&failed, &Stopped::new(refusal), trail)
                .into(),
            Err(error) => error.into(),
        }
    }

    fn keep_refused(&self, failed: &Failed, stopped: &Stopped, trail: &Trail) -> Denied {
        let refusal = &stopped.refusal;
        let login = failed.login(refusal.code, stopped.resource.as_deref(), trail);
        self.refusals().add(login);
        failed.told(refusal)
    }
}

impl Arrival {
    /// The whole login: a refusal is an outcome like another, and what it uses up or asks is kept.
    fn settle(&self, tx: &mut Tx<'_>) -> Result<std::result::Result<Me, (Stopped, Trail)>> {
        let mut trail = self.proof.trail.clone();
        match outcome(self.walk(tx, &mut trail))? {
            Ok(me) => Ok(Ok(me)),
            Err(stopped) => {
                self.ask(tx, &stopped)?;
                Ok(Err((stopped, trail)))
            }
        }
    }

    fn walk(&self, tx: &mut Tx<'_>, trail: &mut Trail) -> Road<Me> {
        self.guide.method(self.proof.method, trail)?;
        for once in &self.proof.once {
            once.use_up(tx, trail)?.map_err(Stop::refused)?;
        }
        let behind = trail.clone();
        match self.attempt(tx, trail) {
            // Somebody else has just made the account: now it is there, and the road leads to it.
            Err(Stop::Failed(error)) if is_taken(&error) => {
                *trail = behind;
                trail.note(
                    "road.again",
                    "the account was made by another login in the meantime",
                );
                self.attempt(tx, trail).map_err(|stop| taken(stop, trail))
            }
            done => done,
        }
    }

    fn attempt(&self, tx: &mut Tx<'_>, trail: &mut Trail) -> Road<Me> {
        let who = &self.proof.who;
        let plan = self.guide.plan(tx, who, trail)?;
        let is_new = matches!(plan.target, Target::New(_));
        let (record, mut changes) = tx.scope(|tx| self.guide.act(tx, plan, who))?;
        let gateway = &self.guide.gateway;
        let session: SessionInfo = self.draft.begin(tx, &record)?;
        changes = changes.set("session", serde_json::Value::Null, session.id.as_str());
        let action = if is_new {
            "user.login_create"
        } else {
            "user.login"
        };
        audit::record_as(tx, gateway.keys(), action, &record, &changes)?;
        trail.pass("road.session", "a session begins");
        let expires = session.expires;
        Ok(gateway.me(tx, &self.guide.rt, &record, Some(session), expires)?)
    }

    /// Puts into the inbox to which records an administrator may let the login through.
    fn ask(&self, tx: &mut Tx<'_>, stopped: &Stopped) -> Result<()> {
        let Proved::Identity(identity) = &self.proof.who else {
            return Ok(());
        };
        for person in &stopped.waiting {
            let matter = Matter::Link {
                source: identity.source.clone(),
                subject: identity.subject.clone(),
                person: person.clone(),
                details: json!({
                    "userName": identity.user_name,
                    "emails": identity.emails,
                    "refused": stopped.refusal.code,
                }),
            };
            matter.ask(tx, self.guide.gateway.keys())?;
        }
        Ok(())
    }
}

/// A second lost race is no race: something of the account is somebody's already.
fn taken(stop: Stop, trail: &mut Trail) -> Stop {
    match stop {
        Stop::Failed(error) if is_taken(&error) => {
            let detail = format!("the account cannot be made: {error}");
            let code = "user.link_conflict";
            Stop::at(trail, "road.create", Refused::Denied, code, detail)
        }
        stop @ (Stop::Failed(_) | Stop::Refused(_)) => stop,
    }
}

impl From<crate::store::Error> for SignInError {
    fn from(error: crate::store::Error) -> Self {
        Self::Failed(Error::from(error))
    }
}
