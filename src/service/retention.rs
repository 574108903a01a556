//! The retention job: users, groups and other resources that were deleted long enough ago are removed for good;
//! without purge, the documents of those that nobody can restore are.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

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

/// How many resources one transaction removes: others who write wait for about 20 ms.
const PAGE: u32 = 50;

/// How many days the documents of deleted groups and other resources are kept where nothing is purged, and the
/// review items of deleted users. Only users can be restored, so nothing but the audit log needs them: a quarter
/// of a year is enough to look into what happened.
const KEPT_DAYS: u64 = 90;

/// How many times of deletion one transaction corrects: some 5 ms.
const CORRECTED: u32 = 500;

/// What a run does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PurgeRun {
    /// Tells who would go.
    Preview,
    /// Removes them.
    Real,
}

/// A deleted user, group or other resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leaver {
    /// Its id.
    pub id: String,
    /// The name of its resource type.
    pub kind: String,
    /// The user name of a user, the `displayName` of others.
    pub name: String,
    /// When it was deleted.
    pub deleted: Timestamp,
    /// Why it stays: the reason of a legal hold.
    pub held: Option<String>,
}

/// Where a part of a run begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PurgePosition {
    /// The resource type, as its position among all.
    kind: usize,
    /// The last one of this type that was looked at.
    after: Option<(Timestamp, String)>,
}

/// A part of a run: resources of one type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PurgePage {
    /// Which ones it is about: gone, or, where held, kept.
    pub leavers: Vec<Leaver>,
    /// Where the next part begins; `None`: there is none.
    pub next: Option<PurgePosition>,
}

/// What a run came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PurgeReport {
    /// So many were removed.
    pub purged: u64,
    /// So many were kept by a legal hold.
    pub held: u64,
    /// Of so many groups and other resources the document was removed, and the id is kept.
    pub dropped: u64,
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
        let cause = self.cause(actor.clone(), "");
        let name = holder.clone();
        let claimed = self.store().write(cause, move |tx| {
            tx.correct_job_time(JOB)?;
            let done = tx.job_ended(JOB)?.is_some_and(|ended| ended > due);
            Ok::<_, Error>(!done && tx.claim_job(JOB, &name, LEASE)?)
        });
        if !claimed.await? {
            return Ok(None);
        }
        self.correct_deletion_times(&actor).await?;
        Ok(Some(holder))
    }

    /// Lets the period of whatever was deleted while a clock was ahead begin now.
    async fn correct_deletion_times(&self, actor: &Actor) -> Result<()> {
        for rt in self.registry().types() {
            loop {
                let (cause, kind) = (self.cause(actor.clone(), ""), rt.name.clone());
                let corrected = self
                    .store()
                    .write(cause, move |tx| tx.correct_deletion_times(&kind, CORRECTED));
                let corrected: std::result::Result<u64, crate::store::Error> = corrected.await;
                let corrected = corrected?;
                if corrected > 0 {
                    tracing::warn!(
                        resource_type = &*rt.name,
                        corrected,
                        "resources were deleted while the clock was ahead: their retention begins now"
                    );
                }
                if corrected < u64::from(CORRECTED) {
                    break;
                }
            }
        }
        Ok(())
    }

    /// Removes the next ones that were deleted long enough ago.
    ///
    /// # Errors
    /// 409 when another process has taken the job over.
    pub async fn purge_page(
        &self,
        actor: Actor,
        holder: &str,
        from: Option<PurgePosition>,
    ) -> Result<PurgePage> {
        let (gateway, cause) = (self.clone(), self.cause(actor, ""));
        let (until, holder) = (self.purged_before(cause.at), holder.to_owned());
        self.store()
            .write(cause, move |tx| {
                keep_job(tx, &holder)?;
                gateway.purge_part(tx, from.as_ref(), until, PurgeRun::Real)
            })
            .await
    }

    /// Tells which ones would go next.
    ///
    /// # Errors
    /// What the store answers when it cannot read.
    pub async fn preview_purge(&self, from: Option<PurgePosition>) -> Result<PurgePage> {
        let (gateway, until) = (self.clone(), self.purged_before(self.clock().now()));
        self.store()
            .read(move |tx| gateway.purge_part(tx, from.as_ref(), until, PurgeRun::Preview))
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

    /// One run by the clock: nothing when it is not due, another process is at it, or nothing is to be purged and
    /// no document was old enough.
    ///
    /// # Errors
    /// What the store answers.
    pub async fn retain(&self) -> Result<Option<PurgeReport>> {
        let now = self.clock().now();
        let due = now.checked_sub(EVERY).unwrap_or(now);
        let Some(holder) = self.claim(Actor::System, due).await? else {
            return Ok(None);
        };
        let mut report = PurgeReport::default();
        let purges = self.settings().retention.purge;
        if purges {
            let mut from = None;
            loop {
                let page = self.purge_page(Actor::System, &holder, from).await?;
                report.add(&page);
                from = page.next;
                if from.is_none() {
                    break;
                }
            }
        }
        report.dropped = self.drop_old(&holder).await?;
        self.drop_old_questions(&holder).await?;
        self.end_purge(Actor::System, &holder).await?;
        Ok((purges || report.dropped > 0).then_some(report))
    }

    /// Removes what is left where nothing can be restored: documents without purge, and with it the ids that an
    /// earlier run has kept.
    async fn drop_old(&self, holder: &str) -> Result<u64> {
        let others = self.kinds().into_iter().filter(|rt| !rt.is_user());
        let mut dropped = 0;
        for rt in others {
            loop {
                let (gateway, cause) = (self.clone(), self.cause(Actor::System, ""));
                let (until, holder, rt) = (
                    days_before(cause.at, KEPT_DAYS),
                    holder.to_owned(),
                    Arc::clone(&rt),
                );
                let done = self.store().write(cause, move |tx| {
                    keep_job(tx, &holder)?;
                    if gateway.settings().retention.purge {
                        return Ok((0, tx.purge_dropped(&rt.name, PAGE)?));
                    }
                    let records = tx.deleted_after(&rt, None, until, PAGE)?;
                    for record in &records {
                        life::drop_document(tx, gateway.keys(), record)?;
                    }
                    Ok::<_, Error>((records.len() as u64, records.len() as u64))
                });
                let (documents, rows) = done.await?;
                dropped += documents;
                if rows < u64::from(PAGE) {
                    break;
                }
            }
        }
        Ok(dropped)
    }

    /// Removes review items about users who were deleted long ago.
    async fn drop_old_questions(&self, holder: &str) -> Result<()> {
        loop {
            let until = days_before(self.clock().now(), KEPT_DAYS);
            let found = self.store().read(move |tx| tx.old_questions(until, PAGE));
            let ids = found.await.map_err(Error::from)?;
            let more = ids.len() >= PAGE as usize;
            if !ids.is_empty() {
                let (cause, holder) = (self.cause(Actor::System, ""), holder.to_owned());
                let dropped = self.store().write(cause, move |tx| {
                    keep_job(tx, &holder)?;
                    Ok::<_, Error>(tx.drop_questions(&ids)?)
                });
                dropped.await?;
            }
            if !more {
                return Ok(());
            }
        }
    }

    /// Returns the time before which what was deleted is removed.
    fn purged_before(&self, now: Timestamp) -> Timestamp {
        days_before(now, self.settings().retention.days)
    }

    /// The resource types, users first.
    fn kinds(&self) -> Vec<Arc<ResourceType>> {
        let mut kinds = self.registry().types().to_vec();
        kinds.sort_by_key(|rt| !rt.is_user());
        kinds
    }

    fn purge_part(
        &self,
        tx: &mut Tx<'_>,
        from: Option<&PurgePosition>,
        until: Timestamp,
        run: PurgeRun,
    ) -> Result<PurgePage> {
        let (kinds, kind) = (self.kinds(), from.map_or(0, |from| from.kind));
        let mut page = PurgePage {
            leavers: Vec::new(),
            next: None,
        };
        let Some(rt) = kinds.get(kind) else {
            return Ok(page);
        };
        let after = from.and_then(|from| from.after.as_ref());
        let after = after.map(|(at, id)| (*at, id.as_str()));
        let records = tx.deleted_after(rt, after, until, PAGE)?;
        for record in &records {
            let leaver = leaver(tx, record)?;
            if run == PurgeRun::Real && leaver.held.is_none() {
                life::purge(tx, self.keys(), record)?;
            }
            page.leavers.push(leaver);
        }
        let last = records
            .last()
            .filter(|_| records.len() >= PAGE as usize)
            .and_then(|record| Some((record.deleted?, record.id.clone())));
        page.next = match last {
            Some(last) => Some(PurgePosition {
                kind,
                after: Some(last),
            }),
            None => (kind + 1 < kinds.len()).then_some(PurgePosition {
                kind: kind + 1,
                after: None,
            }),
        };
        Ok(page)
    }
}

/// Returns the time so many days ago.
fn days_before(now: Timestamp, days: u64) -> Timestamp {
    let days = i64::try_from(days).unwrap_or(i64::MAX);
    let period = SignedDuration::from_hours(days.saturating_mul(24));
    now.checked_sub(period).unwrap_or(Timestamp::MIN)
}

/// Extends the lease of the job.
///
/// # Errors
/// 409 when another process has taken it over.
fn keep_job(tx: &mut Tx<'_>, holder: &str) -> Result<()> {
    if tx.claim_job(JOB, holder, LEASE)? {
        return Ok(());
    }
    Err(refused("Another process has taken the purge over."))
}

fn leaver(tx: &mut Tx<'_>, record: &Record) -> Result<Leaver> {
    let document = record.document()?;
    let name = document
        .text("userName")
        .or_else(|| document.text("displayName"));
    Ok(Leaver {
        id: record.id.clone(),
        kind: record.kind.clone(),
        name: name.unwrap_or_default().to_owned(),
        deleted: record.deleted.unwrap_or(record.modified),
        held: tx.held(&record.id)?.map(|hold| hold.reason),
    })
}

fn refused(detail: &str) -> Error {
    scim::Error::new(ErrorKind::Conflict, detail).into()
}
