//! What can be asked of an administrator, and how it stands.

use serde_json::{Value, json};

use crate::service::Result;
use crate::service::audit::{self, Changes};
use crate::service::keys::Keys;
use crate::store::{Decision, NewQuestion, Question, Record, Topic, Tx, question_id};

/// A question for an administrator. Two that are equal are one: asking again asks nothing new.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::service) enum Matter {
    /// May the connection take over the record of an administrator, which belongs to nobody?
    Adoption {
        /// The connection.
        connection: String,
        /// The id of the record.
        person: String,
    },
    /// Is the record that a connection made the same person as one of nobody's with the same e-mail address?
    Double {
        /// The connection.
        connection: String,
        /// The id of the record that it made.
        new: String,
        /// The id of the record of nobody's.
        old: String,
    },
    /// May whoever logs in as `subject` of `source` be this person? Where several match, each is a question.
    Link {
        /// Where they prove who they are: `saml`, `ldap`, an issuer.
        source: String,
        /// Who they are there, for good.
        subject: String,
        /// The id of the record.
        person: String,
        /// What helps to decide, such as the name that they have there and by what the record matched.
        details: Value,
    },
}

/// How a question stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::service) enum Standing {
    /// Nobody has asked it.
    Unasked,
    /// It waits.
    Waiting,
    /// It was decided.
    Decided(Decision),
}

impl Matter {
    /// The id of the question.
    pub(in crate::service) fn id(&self) -> String {
        match self {
            Self::Adoption { connection, person } => {
                question_id(Topic::Adoption, &[connection, person])
            }
            Self::Double { new, old, .. } => question_id(Topic::Double, &[new, old]),
            Self::Link {
                source,
                subject,
                person,
                ..
            } => question_id(Topic::Link, &[source, subject, person]),
        }
    }

    /// How it stands.
    pub(in crate::service) fn standing(&self, tx: &mut Tx<'_>) -> Result<Standing> {
        let found = tx.question(&self.id())?;
        Ok(found.map_or(Standing::Unasked, |question| {
            question.decided.map_or(Standing::Waiting, |decided| {
                Standing::Decided(decided.decision)
            })
        }))
    }

    /// Puts the question into the inbox, unless it is there already; answers its id.
    pub(in crate::service) fn ask(&self, tx: &mut Tx<'_>, keys: &Keys) -> Result<String> {
        let id = self.id();
        let (topic, connection, resource, other) = self.parts();
        let data = self.details();
        let is_new = tx.ask(&NewQuestion {
            id: &id,
            topic,
            connection,
            resource,
            other,
            data: data.as_deref(),
        })?;
        if is_new {
            let changes = Changes::default().set(
                "inbox",
                Value::Null,
                json!({ "id": id, "topic": topic.name(), "connection": connection, "other": other }),
            );
            let entry = audit::Entry {
                action: "inbox.ask",
                kind: "User",
                resource,
                owner: connection,
                changes: &changes,
            };
            audit::record(tx, keys, &entry)?;
        }
        Ok(id)
    }

    /// Topic, connection, record, other record.
    fn parts(&self) -> (Topic, Option<&str>, &str, Option<&str>) {
        match self {
            Self::Adoption { connection, person } => {
                (Topic::Adoption, Some(connection), person, None)
            }
            Self::Double {
                connection,
                new,
                old,
            } => (Topic::Double, Some(connection), new, Some(old)),
            Self::Link { person, .. } => (Topic::Link, None, person, None),
        }
    }

    fn details(&self) -> Option<String> {
        match self {
            Self::Adoption { .. } | Self::Double { .. } => None,
            Self::Link {
                source,
                subject,
                details,
                ..
            } => Some(
                json!({ "source": source, "subject": subject, "details": details }).to_string(),
            ),
        }
    }
}

/// The identity that a question about a link is about: source and subject.
pub(super) fn identity(question: &Question) -> Option<(String, String)> {
    let data: Value = serde_json::from_str(question.data.as_deref()?).ok()?;
    let text = |name: &str| Some(data.get(name)?.as_str()?.to_owned());
    text("source").zip(text("subject"))
}

/// The question whether a connection may take over the record of an administrator.
pub(in crate::service) fn adoption(connection: &str, person: &Record) -> Matter {
    Matter::Adoption {
        connection: connection.to_owned(),
        person: person.id.clone(),
    }
}
