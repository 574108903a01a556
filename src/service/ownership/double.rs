//! Possible doubles: a record that a connection made, and one of nobody's with the same e-mail address. Until somebody
//! decides whether they are one person, shutting the one shuts the other, so that a leaver keeps no way in.

use serde_json::{Value, json};

use super::Owner;
use crate::scim::resource::Document;
use crate::scim::schema::ResourceType;
use crate::scim::value::fold;
use crate::scim::{self, ErrorKind};
use crate::service::audit::{self, Changes};
use crate::service::inbox::Matter;
use crate::service::keys::Keys;
use crate::service::role::AdminGroups;
use crate::service::{Gateway, Result, life};
use crate::store::{Decision, Question, Record, State, Topic, Tx, Viewer};

/// By what two records may be one person.
const ADDRESS: &str = "emails.value";

/// How many records of nobody's with an address of a new one are noted. One is usual; a shared address of more
/// people than this says nothing about any of them.
const NOTED: u32 = 20;

/// What the turns of an account need to know about doubles.
#[derive(Clone, Copy)]
pub(in crate::service) struct Doubles<'d> {
    pub(in crate::service) rt: &'d ResourceType,
    pub(in crate::service) keys: &'d Keys,
    pub(in crate::service) groups: &'d AdminGroups,
}

/// Notes in the inbox that a user whom a connection has just made may be somebody who is there already.
pub(in crate::service) fn note(
    tx: &mut Tx<'_>,
    owner: &Owner,
    keys: &Keys,
    rt: &ResourceType,
    new: &Record,
) -> Result<()> {
    let Some(attr) = rt.attribute(ADDRESS).filter(|_| rt.is_user()) else {
        return Ok(());
    };
    for old in tx.nobodys_like(new, &attr, NOTED)? {
        let matter = Matter::Double {
            connection: owner.name().to_owned(),
            new: new.id.clone(),
            old,
        };
        matter.ask(tx, keys)?;
    }
    Ok(())
}

impl Doubles<'_> {
    /// To be called when a user was shut, deleted, opened or restored: what may be the same person goes the same way.
    /// The guard has to count whom this shuts.
    pub(in crate::service) fn follow(
        self,
        tx: &mut Tx<'_>,
        before: State,
        person: &Record,
    ) -> Result<()> {
        if !self.rt.is_user() || before == person.state {
            return Ok(());
        }
        match (before, person.state) {
            (_, State::Active) => self.open_again(tx, &person.id),
            (State::Active, _) => self.shut(tx, person),
            (State::Deactivated | State::Deleted, State::Deactivated | State::Deleted) => Ok(()),
        }
    }

    /// Shuts the one record of nobody's that may be the same person: undecided, with the same primary address, and no
    /// administrator's.
    fn shut(self, tx: &mut Tx<'_>, person: &Record) -> Result<()> {
        let questions = tx.questions_about(Topic::Double, &person.id)?;
        let undecided = |question: &&Question| question.decided.is_none();
        let mut waiting = questions.iter().filter(undecided);
        let (Some(question), None) = (waiting.next(), waiting.next()) else {
            return Ok(());
        };
        let Some(old) = self.only_match(tx, &questions, person)? else {
            return Ok(());
        };
        let is_it = question.other.as_deref() == Some(&*old.id) && old.state == State::Active;
        if !is_it || self.groups.has_reason(tx, &old)? {
            return Ok(());
        }
        let mut document = old.document()?;
        put_active(&mut document, false);
        let shut = tx.update(self.rt, &old, &document, State::Deactivated)?;
        self.tell(tx, &old, &shut, &person.id)?;
        Ok(tx.set_question_data(&question.id, Some(&shut_data()))?)
    }

    /// The only record of nobody's with the primary address of `person`, if it is its primary one too. Those of whom
    /// it was decided that they are somebody else do not count.
    fn only_match(
        self,
        tx: &mut Tx<'_>,
        questions: &[Question],
        person: &Record,
    ) -> Result<Option<Record>> {
        let (Some(attr), Some(address)) =
            (self.rt.attribute(ADDRESS), primary(&person.document()?))
        else {
            return Ok(None);
        };
        let mut found = tx.nobodys_with(self.rt, &attr, &address, NOTED)?;
        found.retain(|old| {
            !questions.iter().any(|question| {
                question.other.as_deref() == Some(&*old.id) && question.decided.is_some()
            })
        });
        let (Some(old), true) = (found.pop(), found.is_empty()) else {
            return Ok(None);
        };
        let same = primary(&old.document()?).as_deref() == Some(&*address);
        Ok(Some(old).filter(|_| same))
    }

    /// Opens what was shut together with a record that is open again.
    fn open_again(self, tx: &mut Tx<'_>, id: &str) -> Result<()> {
        for question in tx.questions_about(Topic::Double, id)? {
            if was_shut(&question) {
                self.open(tx, &question)?;
            }
        }
        Ok(())
    }

    /// Opens what was shut through a question, unless somebody else has had a hand in it since.
    fn open(self, tx: &mut Tx<'_>, question: &Question) -> Result<()> {
        tx.set_question_data(&question.id, None)?;
        let Some(id) = &question.other else {
            return Ok(());
        };
        let Some(old) = tx.get(&Viewer::All, self.rt, id)? else {
            return Ok(());
        };
        let mut document = old.document()?;
        if old.owner.is_some()
            || old.state != State::Deactivated
            || document.active() != Some(false)
        {
            return Ok(());
        }
        put_active(&mut document, true);
        let state = if old.locked {
            State::Deactivated
        } else {
            State::Active
        };
        let opened = tx.update(self.rt, &old, &document, state)?;
        self.tell(tx, &old, &opened, &question.resource)
    }

    fn tell(self, tx: &mut Tx<'_>, old: &Record, new: &Record, of: &str) -> Result<()> {
        let changes = Changes::between(Some(&old.document()?), Some(&new.document()?)).set(
            "possibleDoubleOf",
            Value::Null,
            of,
        );
        Ok(audit::record_change(
            tx,
            self.keys,
            Some(old.state),
            new,
            &changes,
        )?)
    }
}

/// They are one person: the record of nobody's goes, softly, and the one that a connection keeps stays.
///
/// # Errors
/// 409 when the record is an administrator's: their rights do not go over to a record that a connection controls.
pub(in crate::service) fn are_one(
    gateway: &Gateway,
    tx: &mut Tx<'_>,
    question: &Question,
) -> Result<()> {
    let rt = gateway.user_type()?;
    let Some(id) = &question.other else {
        return Ok(());
    };
    let Some(old) = tx.get(&Viewer::All, &rt, id)? else {
        return Ok(());
    };
    if gateway.admin_groups().has_reason(tx, &old)? {
        let detail = format!(
            "The record {id}, which would be deleted, is an administrator's: decide first who is to be one \
             (`muster user set-admin --id {}`, `muster user set-admin --revoke --id {id}`).",
            question.resource
        );
        return Err(scim::Error::new(ErrorKind::Conflict, detail).into());
    }
    // Whoever logged in as the one logs in as the other from now on.
    if tx.get(&Viewer::All, &rt, &question.resource)?.is_some() {
        for link in tx.login_links_of(id)? {
            tx.set_login_link(&link.source, &link.subject, &question.resource)?;
        }
    }
    let deleted = life::delete(tx, &rt, &old)?;
    let changes = Changes::default().set("sameAs", Value::Null, question.resource.as_str());
    audit::record_change(tx, gateway.keys(), Some(old.state), &deleted, &changes)?;
    Ok(tx.set_question_data(&question.id, None)?)
}

/// They are two people: what was shut because they might be one is opened.
///
/// # Errors
/// 409 when they were one before, and the record was deleted.
pub(in crate::service) fn are_two(
    gateway: &Gateway,
    tx: &mut Tx<'_>,
    question: &Question,
) -> Result<()> {
    let rt = gateway.user_type()?;
    let decided = question.decided.as_ref().map(|decided| decided.decision);
    if let (Some(Decision::Allowed), Some(id)) = (decided, &question.other)
        && tx.deleted(&rt, id)?.is_some()
    {
        let detail = format!(
            "The record was deleted when they were decided to be one person: `muster user restore --id {id}` first."
        );
        return Err(scim::Error::new(ErrorKind::Conflict, detail).into());
    }
    if !was_shut(question) {
        return Ok(());
    }
    gateway.doubles(&rt).open(tx, question)
}

impl Gateway {
    pub(in crate::service) fn doubles<'d>(&'d self, rt: &'d ResourceType) -> Doubles<'d> {
        Doubles {
            rt,
            keys: self.keys(),
            groups: self.admin_groups(),
        }
    }
}

/// The primary address, or the first one, folded.
fn primary(document: &Document) -> Option<String> {
    let emails = document.as_map().get("emails")?.as_array()?;
    let marked = |email: &&Value| email.get("primary") == Some(&Value::Bool(true));
    let email = emails.iter().find(marked).or_else(|| emails.first())?;
    let address = email.get("value")?.as_str()?;
    (!address.is_empty()).then(|| fold(address, false))
}

fn put_active(document: &mut Document, active: bool) {
    document
        .as_map_mut()
        .insert("active".to_owned(), active.into());
}

/// What a question remembers while the record of nobody's is shut through it.
fn shut_data() -> String {
    json!({ "shut": true }).to_string()
}

fn was_shut(question: &Question) -> bool {
    question.data.as_deref() == Some(&*shut_data())
}
