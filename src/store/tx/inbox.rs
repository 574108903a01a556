//! Decisions that wait for an administrator, and those that were made and still hold.

use jiff::Timestamp;

use super::{Tx, stored, time};
use crate::store::engine::Row;
use crate::store::hash::hex_digest;
use crate::store::{Error, Result};

const COLUMNS: &str = "r.id, r.kind, r.connection, r.resource, r.other, r.data, r.asked, r.decision, r.decided, r.decided_by";

/// A possible duplicate that was deactivated together with the record, and waits: the decision activates it again.
const DEACTIVATED: &str = "(r.kind = 'double' AND r.data IS NOT NULL AND r.decision IS NULL)";

/// How many hexadecimal digits an id has: 64 bits, short enough to be typed.
const ID_DIGITS: usize = 16;

/// What is to be decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Topic {
    /// Whether a connection may take over the record of an administrator.
    Adoption,
    /// Whether two records are one person.
    Double,
    /// Whether a login may lead to a record.
    Link,
}

/// What was decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// Yes.
    Allowed,
    /// No.
    Refused,
}

/// A question to be put into the inbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewQuestion<'a> {
    /// From [`question_id`].
    pub id: &'a str,
    /// What it is about.
    pub topic: Topic,
    /// The connection that asks.
    pub connection: Option<&'a str>,
    /// The id of the record it is about.
    pub resource: &'a str,
    /// The id of the other record, of a possible double.
    pub other: Option<&'a str>,
    /// What else there is to know, as JSON.
    pub data: Option<&'a str>,
}

/// A question, decided or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// Its id.
    pub id: String,
    /// What it is about.
    pub topic: Topic,
    /// The connection that asks.
    pub connection: Option<String>,
    /// The id of the record it is about.
    pub resource: String,
    /// The id of the other record, of a possible double.
    pub other: Option<String>,
    /// What else there is to know, as JSON.
    pub data: Option<String>,
    /// When it came up.
    pub asked: Timestamp,
    /// What was decided.
    pub decided: Option<Decided>,
}

/// A decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decided {
    /// Yes or no.
    pub decision: Decision,
    /// When.
    pub at: Timestamp,
    /// By whom ([`crate::store::Actor::label`]).
    pub by: String,
}

impl Topic {
    const ALL: [Self; 3] = [Self::Adoption, Self::Double, Self::Link];

    /// `adoption`, `double` or `link`
    pub fn name(self) -> &'static str {
        match self {
            Self::Adoption => "adoption",
            Self::Double => "double",
            Self::Link => "link",
        }
    }
}

impl Decision {
    const ALL: [Self; 2] = [Self::Allowed, Self::Refused];

    /// `allowed` or `refused`
    pub fn name(self) -> &'static str {
        match self {
            Self::Allowed => "allowed",
            Self::Refused => "refused",
        }
    }
}

/// The id of a question: the same for the same parts, so that asking again asks nothing new, and so that a refusal
/// can name it before it is stored.
pub fn question_id(topic: Topic, parts: &[&str]) -> String {
    let mut bytes = topic.name().as_bytes().to_vec();
    for part in parts {
        // A length before each part keeps two different lists of parts from being one text.
        bytes.extend_from_slice(&(part.len() as u64).to_be_bytes());
        bytes.extend_from_slice(part.as_bytes());
    }
    let mut id = hex_digest(&bytes);
    id.truncate(ID_DIGITS);
    id
}

impl Tx<'_> {
    /// Puts a question into the inbox; answers `false` when it is there already, decided or not.
    pub fn ask(&mut self, new: &NewQuestion<'_>) -> Result<bool> {
        self.change(|tx| {
            let at = stored(tx.at()?);
            let rows = tx.execute(
                "INSERT INTO inbox (id, kind, connection, resource, other, data, asked)
                 VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (id) DO NOTHING",
                &[
                    new.id.into(),
                    new.topic.name().into(),
                    new.connection.into(),
                    new.resource.into(),
                    new.other.into(),
                    new.data.into(),
                    (&at).into(),
                ],
            )?;
            Ok(rows == 1)
        })
    }

    /// The question with this id. In a write it is locked until the end.
    pub fn question(&mut self, id: &str) -> Result<Option<Question>> {
        self.keep_rows("SELECT r.id FROM inbox r WHERE r.id = $1", &[id.into()])?;
        let sql = format!("SELECT {COLUMNS} FROM inbox r WHERE r.id = $1");
        self.first(&sql, &[id.into()], question)
    }

    /// The questions on this topic about the record `resource`, by id.
    pub fn questions_about(&mut self, topic: Topic, resource: &str) -> Result<Vec<Question>> {
        let sql = format!(
            "SELECT {COLUMNS} FROM inbox r WHERE r.resource = $1 AND r.kind = $2 ORDER BY r.id"
        );
        self.all(&sql, &[resource.into(), topic.name().into()], question)
    }

    /// The next questions behind `after`, at most `limit`, in the order in which they came up. About a record that is
    /// deleted nothing is asked until it is restored, but for what its deletion did to a possible duplicate.
    pub fn questions(
        &mut self,
        after: Option<(Timestamp, &str)>,
        limit: u32,
    ) -> Result<Vec<Question>> {
        let (asked, id) = after.map_or((String::new(), ""), |(at, id)| (stored(at), id));
        let sql = format!(
            "SELECT {COLUMNS} FROM inbox r CROSS JOIN resource a LEFT JOIN resource b ON b.id = r.other
             WHERE a.id = r.resource AND (r.asked, r.id) > ($1, $2) AND (a.state < 2 OR {DEACTIVATED})
             AND (b.state IS NULL OR b.state < 2 OR r.decision IS NOT NULL)
             ORDER BY r.asked, r.id LIMIT $3"
        );
        let params = [(&asked).into(), id.into(), i64::from(limit).into()];
        self.all(&sql, &params, question)
    }

    /// The ids of questions about records that were deleted before `until`, at most `limit`.
    pub fn old_questions(&mut self, until: Timestamp, limit: u32) -> Result<Vec<String>> {
        let sql = format!(
            "SELECT DISTINCT r.id FROM inbox r CROSS JOIN resource a
             WHERE (a.id = r.resource OR a.id = r.other) AND a.state = 2 AND a.deleted <= $1 AND NOT {DEACTIVATED}
             ORDER BY r.id LIMIT $2"
        );
        let until = stored(until);
        self.all(&sql, &[(&until).into(), i64::from(limit).into()], |row| {
            row.string(0)
        })
    }

    /// Removes questions.
    pub fn drop_questions(&mut self, ids: &[String]) -> Result<()> {
        self.change(|tx| {
            for id in ids {
                tx.execute("DELETE FROM inbox WHERE id = $1", &[id.into()])?;
            }
            Ok(())
        })
    }

    /// Writes what was decided, over what was decided before.
    pub fn decide(&mut self, id: &str, decision: Decision) -> Result<()> {
        self.change(|tx| {
            let (at, by) = (stored(tx.at()?), tx.by()?);
            tx.execute_one(
                "UPDATE inbox SET decision = $2, decided = $3, decided_by = $4 WHERE id = $1",
                &[
                    id.into(),
                    decision.name().into(),
                    (&at).into(),
                    (&by).into(),
                ],
            )
        })
    }

    /// Writes what else there is to know about a question.
    pub fn set_question_data(&mut self, id: &str, data: Option<&str>) -> Result<()> {
        self.change(|tx| {
            tx.execute_one(
                "UPDATE inbox SET data = $2 WHERE id = $1",
                &[id.into(), data.into()],
            )
        })
    }

    /// Drops the questions that an adoption answers: who may adopt the record, and whose double it is.
    pub(super) fn drop_questions_of_nobody(&mut self, resource: &str) -> Result<()> {
        for sql in [
            "DELETE FROM inbox WHERE resource = $1 AND kind = 'adoption'",
            "DELETE FROM inbox WHERE other = $1",
        ] {
            self.execute(sql, &[resource.into()])?;
        }
        Ok(())
    }
}

fn question(row: &dyn Row) -> Result<Question> {
    let id = row.string(0)?;
    let damaged = |why: &str| Error::corrupt("inbox", &*id, why);
    let topic = row.text(1)?;
    let topic = Topic::ALL.into_iter().find(|known| known.name() == topic);
    let decided = match (row.opt_text(7)?, row.opt_text(8)?) {
        (Some(said), Some(at)) => {
            let known = Decision::ALL
                .into_iter()
                .find(|decision| decision.name() == said);
            Some(Decided {
                decision: known.ok_or_else(|| damaged("unknown decision"))?,
                at: time(at)?,
                by: row.opt_string(9)?.unwrap_or_default(),
            })
        }
        (None, _) | (_, None) => None,
    };
    Ok(Question {
        topic: topic.ok_or_else(|| damaged("unknown topic"))?,
        connection: row.opt_string(2)?,
        resource: row.string(3)?,
        other: row.opt_string(4)?,
        data: row.opt_string(5)?,
        asked: time(row.text(6)?)?,
        decided,
        id,
    })
}
