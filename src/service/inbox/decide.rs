//! What follows from a decision.

use super::{InboxEntry, matter};
use crate::scim::{self, ErrorKind};
use crate::service::audit::{self, Changes};
use crate::service::ownership::double;
use crate::service::{Error, Gateway, Result};
use crate::store::{Actor, Decision, Question, Topic, Tx};

impl Gateway {
    /// Says yes: the connection may adopt the record with its next write; the two records are one person, and that
    /// of nobody's is deleted softly; the login leads to the record from now on. Answers the entry as it is then.
    ///
    /// # Errors
    /// 404 when there is no such entry; 409 when what would follow cannot be done.
    pub async fn allow(&self, actor: Actor, id: &str) -> Result<InboxEntry> {
        self.decide(actor, id, Decision::Allowed).await
    }

    /// Says no, which holds until it is allowed; of two records: they are two people, and what was shut because they
    /// might be one is opened. Answers the entry as it is then.
    ///
    /// # Errors
    /// As [`Gateway::allow`].
    pub async fn refuse(&self, actor: Actor, id: &str) -> Result<InboxEntry> {
        self.decide(actor, id, Decision::Refused).await
    }

    async fn decide(&self, actor: Actor, id: &str, decision: Decision) -> Result<InboxEntry> {
        let (gateway, cause, id) = (self.clone(), self.cause(actor, ""), id.trim().to_owned());
        self.store()
            .write(cause, move |tx| {
                let question = tx.question(&id)?.ok_or_else(|| no_entry(&id))?;
                let before = question.decided.as_ref().map(|decided| decided.decision);
                if before != Some(decision) {
                    gateway.follow_decision(tx, &question, decision)?;
                    tx.decide(&id, decision)?;
                    gateway.tell_decision(tx, &question, before, decision)?;
                }
                let now = tx.question(&id)?.ok_or_else(|| no_entry(&id))?;
                gateway.entry(tx, now)
            })
            .await
    }

    fn follow_decision(
        &self,
        tx: &mut Tx<'_>,
        question: &Question,
        decision: Decision,
    ) -> Result<()> {
        match (question.topic, decision) {
            (Topic::Adoption, _) => Ok(()),
            (Topic::Link, decision) => follow_link(tx, question, decision),
            (Topic::Double, Decision::Allowed) => double::are_one(self, tx, question),
            (Topic::Double, Decision::Refused) => double::are_two(self, tx, question),
        }
    }

    fn tell_decision(
        &self,
        tx: &mut Tx<'_>,
        question: &Question,
        before: Option<Decision>,
        decision: Decision,
    ) -> Result<()> {
        let changes = Changes::default()
            .set("inbox", question.id.as_str(), question.id.as_str())
            .set(
                "decision",
                before.map_or("waiting", Decision::name),
                decision.name(),
            );
        let entry = audit::Entry {
            action: match decision {
                Decision::Allowed => "inbox.allow",
                Decision::Refused => "inbox.refuse",
            },
            kind: "User",
            resource: &question.resource,
            owner: question.connection.as_deref(),
            changes: &changes,
        };
        Ok(audit::record(tx, self.keys(), &entry)?)
    }
}

/// Lets a login through to a record, or takes that back.
fn follow_link(tx: &mut Tx<'_>, question: &Question, decision: Decision) -> Result<()> {
    let Some((source, subject)) = matter::identity(question) else {
        return Ok(());
    };
    match decision {
        Decision::Allowed => tx.let_link(&question.resource, &source, &subject)?,
        Decision::Refused => tx.forbid_link(&question.resource, &source, &subject)?,
    }
    Ok(())
}

fn no_entry(id: &str) -> Error {
    let shown: String = id.chars().take(64).collect();
    let detail = format!("There is no entry \"{shown}\" in the inbox: see `muster inbox list`.");
    scim::Error::new(ErrorKind::NotFound, detail).into()
}
