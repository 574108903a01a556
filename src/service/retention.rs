//! The retention job: people who were deleted long enough ago are removed for good.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::keys::Keys;
use super::{Error, Gateway, Result, life};
use crate::scim::schema::ResourceType;
use crate::scim::{self, ErrorKind};
use crate::store::{Actor, Record, Tx};

/// The name of the job in the store.
const JOB: &str = "retention";

/// How long one process has the job to itself without saying anything. A page takes some 0.1 s.
const LEASE: Duration = Duration::from_secs(5 * 60);

/// How often it runs by itself. The period is counted in days, so an hour more or less is nothing.
const EVERY: SignedDuration = SignedDuration::from_hours(1);

/// How many people one transaction removes: others who write wait for about 20 ms.
const PAGE: u32 = 50;

/// What a run does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PurgeRun {
    /// Tells who would go.
    Preview,
    /// Removes them.
    Real,
}

/// Somebody who was deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leaver {
    /// Their id.
    pub id: String,
    /// Their user name.
    pub user_name: String,
    /// When they were deleted.
    pub deleted: Timestamp,
    /// Why they stay: the reason of a legal hold.
    pub held: Option<String>,
}

/// A part of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PurgePage {
    /// Whom it is about: gone, or, where held, kept.
    pub leavers: Vec<Leaver>,
    /// Where the next part begins; `None`: there is none.
    pub next: Option<(Timestamp, String)>,
}

/// What a run came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PurgeReport {
    /// So many were removed.
    pub purged: u64,
    /// So many were kept by a legal hold.
    pub held: u64,
}

impl PurgeReport {
    /// Adds a part of a run.
    pub fn add(&mut self, page: &PurgePage) {
        for leaver in &page.leavers {
            match leaver.held {
                Some(_) => self.held += 1,
                None => self.purged += 1,
            }
        }
    }
}

impl Gateway {
    /// Takes the retention job; the answer is the name by which it is held.
    ///
    /// # Errors
    /// 409 while another process runs it, or when `retention.purge` is off.
    pub async fn begin_purge(&self, actor: Actor) -> Result<String> {
        if !self.settings().retention.purge {
            let detail = "retention.purge is false, so nobody is removed for good: set it to true, or name \
                          somebody with `muster user purge`.";
            return Err(refused(detail));
        }
        let busy = "Another process purges at the moment: try again in a few minutes.";
        let claimed = self.claim(actor, Timestamp::MAX).await?;
        claimed.ok_or_else(|| refused(busy))
    }

    /// Takes the job, unless another process has it, or has done it after `due`.
    async fn claim(&self, actor: Actor, due: Timestamp) -> Result<Option<String>> {
        let holder = self.clock().id();
        let cause = self.cause(actor, "");
        let name = holder.clone();
        let claimed = self.store().write(cause, move |tx| {
            let done = tx.job_ended(JOB)?.is_some_and(|ended| ended > due);
            Ok::<_, Error>(!done && tx.claim_job(JOB, &name, LEASE)?)
        });
        Ok(claimed.await?.then_some(holder))
    }

    /// Removes the next ones who were deleted long enough ago.
    ///
    /// # Errors
    /// 409 when another process has taken the job over.
    pub async fn purge_page(
        &self,
        actor: Actor,
        holder: &str,
        after: Option<(Timestamp, String)>,
    ) -> Result<PurgePage> {
        let (gateway, cause) = (self.clone(), self.cause(actor, ""));
        let (at, holder, rt) = (cause.at, holder.to_owned(), self.user_type()?);
        let until = self.purged_before(at);
        self.store()
            .write(cause, move |tx| {
                if !tx.claim_job(JOB, &holder, LEASE)? {
                    return Err(refused("Another process has taken the purge over."));
                }
                page(
                    tx,
                    gateway.keys(),
                    &rt,
                    after.as_ref(),
                    until,
                    PurgeRun::Real,
                )
            })
            .await
    }

    /// Tells who would go next.
    ///
    /// # Errors
    /// What the store answers when it cannot read.
    pub async fn preview_purge(&self, after: Option<(Timestamp, String)>) -> Result<PurgePage> {
        let (gateway, rt) = (self.clone(), self.user_type()?);
        let until = self.purged_before(self.clock().now());
        self.store()
            .read(move |tx| {
                page(
                    tx,
                    gateway.keys(),
                    &rt,
                    after.as_ref(),
                    until,
                    PurgeRun::Preview,
                )
            })
            .await
    }

    /// Gives the job back.
    ///
    /// # Errors
    /// What the store answers when it cannot write.
    pub async fn end_purge(&self, actor: Actor, holder: &str) -> Result<()> {
        let (cause, holder) = (self.cause(actor, ""), holder.to_owned());
        self.store()
            .write(cause, move |tx| Ok(tx.end_job(JOB, &holder)?))
            .await
    }

    /// One run by the clock: nothing when it is off, not due, or another process is at it.
    ///
    /// # Errors
    /// What the store answers.
    pub async fn retain(&self) -> Result<Option<PurgeReport>> {
        if !self.settings().retention.purge {
            return Ok(None);
        }
        let now = self.clock().now();
        let due = now.checked_sub(EVERY).unwrap_or(now);
        let Some(holder) = self.claim(Actor::System, due).await? else {
            return Ok(None);
        };
        let (mut report, mut after) = (PurgeReport::default(), None);
        loop {
            let page = self.purge_page(Actor::System, &holder, after).await?;
            report.add(&page);
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        self.end_purge(Actor::System, &holder).await?;
        Ok(Some(report))
    }

    /// Who was deleted before this is removed.
    fn purged_before(&self, now: Timestamp) -> Timestamp {
        let days = i64::try_from(self.settings().retention.days).unwrap_or(i64::MAX);
        let period = SignedDuration::from_hours(days.saturating_mul(24));
        now.checked_sub(period).unwrap_or(Timestamp::MIN)
    }
}

fn page(
    tx: &mut Tx<'_>,
    keys: &Keys,
    rt: &Arc<ResourceType>,
    after: Option<&(Timestamp, String)>,
    until: Timestamp,
    run: PurgeRun,
) -> Result<PurgePage> {
    let after = after.map(|(at, id)| (*at, id.as_str()));
    let records = tx.deleted_after(rt, after, until, PAGE)?;
    let full = records.len() >= PAGE as usize;
    let last = records.last().filter(|_| full);
    let next = last.and_then(|record| Some((record.deleted?, record.id.clone())));
    let mut leavers = Vec::with_capacity(records.len());
    for record in &records {
        let leaver = leaver(tx, record)?;
        if run == PurgeRun::Real && leaver.held.is_none() {
            life::purge(tx, keys, record)?;
        }
        leavers.push(leaver);
    }
    Ok(PurgePage { leavers, next })
}

fn leaver(tx: &mut Tx<'_>, record: &Record) -> Result<Leaver> {
    let document = record.document()?;
    Ok(Leaver {
        id: record.id.clone(),
        user_name: document.text("userName").unwrap_or_default().to_owned(),
        deleted: record.deleted.unwrap_or(record.modified),
        held: tx.held(&record.id)?.map(|hold| hold.reason),
    })
}

fn refused(detail: &str) -> Error {
    scim::Error::new(ErrorKind::Conflict, detail).into()
}
