//! The inbox: what only an administrator can decide, listed and decided.

mod decide;
mod matter;

use jiff::Timestamp;
use serde_json::Value;

use super::{Error, Gateway, Result, Undecided};
use crate::store::{Actor, Question, Record, Tx, Viewer};

pub(super) use matter::{Matter, Standing, adoption};

/// How many entries one page of [`Gateway::inbox`] has: at 1 KiB each, 512 KiB.
const PAGE: u32 = 500;

/// An entry of the inbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InboxEntry {
    /// Its id.
    pub id: String,
    /// `adoption`, `double` or `link`
    pub topic: &'static str,
    /// The connection that asks; `None` for a login.
    pub connection: Option<String>,
    /// The record it is about.
    pub person: InboxPerson,
    /// The record of nobody's that may be the same person.
    pub other: Option<InboxPerson>,
    /// What else helps to decide.
    pub data: Option<Value>,
    /// When it came up.
    pub asked: Timestamp,
    /// `waiting`, `allowed` or `refused`
    pub state: &'static str,
    /// Who decided, and when.
    pub decided: Option<(String, Timestamp)>,
}

/// A record that an entry names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InboxPerson {
    /// Its id.
    pub id: String,
    /// Its `userName`, if it is live.
    pub user_name: Option<String>,
}

/// A page of the inbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InboxPage {
    /// The entries, oldest first.
    pub entries: Vec<InboxEntry>,
    /// Where the next page begins; `None`: there is none.
    pub next: Option<(Timestamp, String)>,
}

impl Gateway {
    /// What waits for a decision, and the decisions that still hold, behind `after`.
    ///
    /// # Errors
    /// What the store answers when it cannot read.
    pub async fn inbox(&self, after: Option<(Timestamp, String)>) -> Result<InboxPage> {
        let gateway = self.clone();
        self.store()
            .read(move |tx| {
                let after = after.as_ref().map(|(at, id)| (*at, id.as_str()));
                let found = tx.questions(after, PAGE)?;
                let last = found.last().filter(|_| found.len() >= PAGE as usize);
                let next = last.map(|question| (question.asked, question.id.clone()));
                let mut entries = Vec::with_capacity(found.len());
                for question in found {
                    entries.push(gateway.entry(tx, question)?);
                }
                Ok::<_, Error>(InboxPage { entries, next })
            })
            .await
    }

    /// Puts the question of a refusal into the inbox: the transaction that was refused is undone and cannot.
    pub(super) async fn ask_undecided(
        &self,
        actor: Actor,
        request: &str,
        waits: &Undecided,
    ) -> Result<()> {
        let (matter, gateway) = (waits.matter.clone(), self.clone());
        self.store()
            .write(self.cause(actor, request), move |tx| {
                matter.ask(tx, gateway.keys()).map(drop)
            })
            .await
    }

    fn entry(&self, tx: &mut Tx<'_>, question: Question) -> Result<InboxEntry> {
        let person = self.inbox_person(tx, question.resource)?;
        let other = match question.other {
            Some(id) => Some(self.inbox_person(tx, id)?),
            None => None,
        };
        let data = question.data.as_deref().map(serde_json::from_str);
        Ok(InboxEntry {
            id: question.id,
            topic: question.topic.name(),
            connection: question.connection,
            person,
            other,
            data: data.and_then(std::result::Result::ok),
            asked: question.asked,
            state: question
                .decided
                .as_ref()
                .map_or("waiting", |decided| decided.decision.name()),
            decided: question.decided.map(|decided| (decided.by, decided.at)),
        })
    }

    fn inbox_person(&self, tx: &mut Tx<'_>, id: String) -> Result<InboxPerson> {
        let found = tx.get(&Viewer::All, &*self.user_type()?, &id)?;
        let document = found.as_ref().map(Record::document).transpose()?;
        let user_name = document
            .as_ref()
            .and_then(|document| document.text("userName"));
        Ok(InboxPerson {
            user_name: user_name.map(str::to_owned),
            id,
        })
    }
}
