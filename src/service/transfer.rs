//! The records of a connection, given to nobody or to another connection: a thousand at a time, so that others write
//! in between, and whoever is interrupted goes on by asking again.

use serde_json::Value;

use super::audit::{self, Changes, Entry};
use super::token::{CONFIG_CONNECTION, no_connection};
use super::{Error, Gateway, Result};
use crate::scim::{self, ErrorKind};
use crate::store::{Actor, Handed, Tx};

/// How many records one transaction hands over: others wait for some 20 ms.
const AT_ONCE: u32 = 1_000;

/// Where records go.
#[derive(Debug, Clone)]
struct Way {
    from: String,
    /// `None`: to nobody.
    to: Option<String>,
}

impl Gateway {
    /// Gives the records of a connection, deleted ones too, to nobody: the first connection that writes to one
    /// adopts it. Answers how many there were.
    ///
    /// # Errors
    /// 404 when there is no such connection, 409 while its records are on their way to another one.
    pub async fn release_records(&self, actor: Actor, name: &str) -> Result<u64> {
        let way = Way {
            from: name.to_owned(),
            to: None,
        };
        self.hand_over(actor, way).await
    }

    /// Gives the records of a connection, deleted ones too, to another one. Answers how many there were.
    ///
    /// # Errors
    /// 404 when there is no such connection, 409 while its records are on their way to a third one.
    pub async fn move_records(&self, actor: Actor, name: &str, to: &str) -> Result<u64> {
        let way = Way {
            from: name.to_owned(),
            to: Some(to.to_owned()),
        };
        self.hand_over(actor, way).await
    }

    async fn hand_over(&self, actor: Actor, way: Way) -> Result<u64> {
        let whole = way.clone();
        let begin = move |tx: &mut Tx<'_>| whole.begin(tx);
        self.store()
            .write(self.cause(actor.clone(), ""), begin)
            .await?;
        let (mut number, mut after) = (0, String::new());
        loop {
            let (gateway, way, behind) = (self.clone(), way.clone(), after.clone());
            let step = move |tx: &mut Tx<'_>| way.step(tx, &gateway, &behind);
            match self
                .store()
                .write(self.cause(actor.clone(), ""), step)
                .await?
            {
                Step::Some(handed) => {
                    number += handed.number;
                    after = handed.last;
                }
                Step::Again => after.clear(),
                Step::Done => return Ok(number),
            }
        }
    }
}

/// What a transaction came to.
enum Step {
    /// There may be more behind these.
    Some(Handed),
    /// There are no more behind, but some were made before it meanwhile.
    Again,
    /// There are none left.
    Done,
}

impl Way {
    fn begin(&self, tx: &mut Tx<'_>) -> Result<()> {
        for name in std::iter::once(&self.from).chain(&self.to) {
            if name != CONFIG_CONNECTION && tx.connection(name)?.is_none() {
                return Err(no_connection(name));
            }
        }
        let present = match &self.to {
            Some(to) if *to == self.from => {
                let detail = "The records belong to this connection already.";
                return Err(scim::Error::new(ErrorKind::Conflict, detail).into());
            }
            Some(to) => Some(tx.begin_transfer(&self.from, to)?),
            None => tx.transfer(&self.from)?,
        };
        if present == self.to {
            return Ok(());
        }
        let unfinished = present.unwrap_or_default();
        let detail = format!(
            "The records of {0} are on their way to {unfinished}: finish that first with `muster connection move {0} \
             --to {unfinished}`.",
            self.from
        );
        Err(scim::Error::new(ErrorKind::Conflict, detail).into())
    }

    fn step(&self, tx: &mut Tx<'_>, gateway: &Gateway, after: &str) -> Result<Step> {
        if let Some(handed) = tx.hand_over(&self.from, self.to.as_deref(), after, AT_ONCE)? {
            self.tell(tx, gateway, handed.number)?;
            return Ok(Step::Some(handed));
        }
        if tx.owned(&self.from)? > 0 {
            return Ok(Step::Again);
        }
        if self.to.is_some() {
            tx.end_transfer(&self.from)?;
        }
        Ok::<_, Error>(Step::Done)
    }

    fn tell(&self, tx: &mut Tx<'_>, gateway: &Gateway, number: u64) -> Result<()> {
        let to = self.to.as_deref().map_or(Value::Null, Value::from);
        let changes = Changes::default()
            .set("owner", self.from.as_str(), to)
            .set("records", number, number);
        let entry = Entry {
            action: if self.to.is_some() {
                "connection.move"
            } else {
                "connection.release"
            },
            kind: "Connection",
            resource: &self.from,
            owner: Some(&self.from),
            changes: &changes,
        };
        Ok(audit::record(tx, gateway.keys(), &entry)?)
    }
}
