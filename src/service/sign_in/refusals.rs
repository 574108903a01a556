//! Refused logins on their way to the store: gathered in memory and written together, so that strangers buy no commit each.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::future::try_join_all;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use tokio::sync::Notify;

use crate::service::audit::{self, Changes};
use crate::service::{Error, Gateway, Result};
use crate::store::{Actor, Cause, FAILED_LOGINS, FailedLogin, Tx};

/// They tell who tried to log in, which is nobody's business for longer than somebody may ask.
const KEPT: SignedDuration = SignedDuration::from_hours(30 * 24);
/// How often one refusal of one account is put into its history: 1,440 entries a day at most, however often it is tried.
const RECORDED_EVERY: Duration = Duration::from_secs(60);
/// The pause between two batches: five commits a second at most, whatever strangers send.
pub const REFUSALS_PAUSE: Duration = Duration::from_millis(200);

/// What was refused and is not in the store yet.
#[derive(Default)]
pub(in crate::service) struct Refusals {
    waiting: Mutex<Waiting>,
    arrived: Notify,
    /// Held while a batch is written, so that whoever looks for a refusal waits for the batch that it is in.
    writing: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct Waiting {
    /// The latest ones. The store keeps no more of them either, so that those which are dropped here would be dropped there.
    logins: VecDeque<FailedLogin>,
    /// What belongs into the history of accounts.
    accounts: HashMap<Account, Repeated>,
}

/// An account, and why its login was refused.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Account {
    id: String,
    code: &'static str,
}

/// A refusal that may have happened again and again.
struct Repeated {
    /// Who made the last one, when, and in which request.
    cause: Cause,
    /// How often since it was last recorded.
    times: u64,
    /// When it was last recorded, as a monotonic reading.
    recorded: Option<Duration>,
}

impl Repeated {
    fn new(cause: Cause) -> Self {
        Self {
            cause,
            times: 0,
            recorded: None,
        }
    }

    /// Whether it was recorded so recently that the next ones wait.
    fn rests(&self, reading: Duration) -> bool {
        let recent = |at: Duration| reading.saturating_sub(at) < RECORDED_EVERY;
        self.recorded.is_some_and(recent)
    }
}

impl Refusals {
    /// Adds a refused login.
    pub(super) fn add(&self, login: FailedLogin) {
        let mut waiting = self.lock();
        waiting.push(login);
        drop(waiting);
        self.arrived.notify_one();
    }

    /// Adds that the login of an account was refused, to its history.
    pub(super) fn add_to_history(&self, id: &str, code: &'static str, cause: Cause) {
        let account = Account {
            id: id.to_owned(),
            code,
        };
        let mut waiting = self.lock();
        let repeated = waiting.accounts.entry(account);
        let repeated = repeated.or_insert_with(|| Repeated::new(cause.clone()));
        repeated.cause = cause;
        repeated.times += 1;
    }

    /// Takes the entries of histories that are due; at a stop, all that wait.
    fn take_histories(&self, reading: Duration, end: Flush) -> Vec<(Account, Cause, u64)> {
        let mut waiting = self.lock();
        waiting
            .accounts
            .retain(|_, one| one.times > 0 || one.rests(reading));
        let mut due = Vec::new();
        for (account, one) in &mut waiting.accounts {
            if one.times > 0 && (end == Flush::Last || !one.rests(reading)) {
                due.push((account.clone(), one.cause.clone(), one.times));
                (one.times, one.recorded) = (0, Some(reading));
            }
        }
        due
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting {
    fn push(&mut self, login: FailedLogin) {
        if self.logins.len() >= FAILED_LOGINS as usize {
            self.logins.pop_front();
        }
        self.logins.push_back(login);
    }

    /// Puts back what could not be written, before what came since.
    fn put_back(&mut self, logins: Vec<FailedLogin>) {
        let room = (FAILED_LOGINS as usize).saturating_sub(self.logins.len());
        for login in logins.into_iter().rev().take(room) {
            self.logins.push_front(login);
        }
    }
}

/// How much of what waits is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Flush {
    /// What is due.
    Due,
    /// Everything: the process ends.
    Last,
}

impl Gateway {
    /// Waits until a login was refused that is not in the store.
    pub async fn refusal_arrived(&self) {
        self.refusals().arrived.notified().await;
    }

    /// Writes the refused logins that wait, in one commit. What cannot be written now waits on.
    ///
    /// # Errors
    /// What the store answers when it cannot write.
    pub async fn flush_refusals(&self) -> Result<()> {
        self.write_refusals(Flush::Due).await
    }

    /// Writes all that waits, as the gateway stops.
    ///
    /// # Errors
    /// What the store answers when it cannot write.
    pub async fn finish_refusals(&self) -> Result<()> {
        self.write_refusals(Flush::Last).await
    }

    async fn write_refusals(&self, end: Flush) -> Result<()> {
        let _one_at_a_time = self.refusals().writing.lock().await;
        self.write_refused_logins().await?;
        let due = self
            .refusals()
            .take_histories(self.clock().monotonic(), end);
        // Each has a cause of its own; the writer commits them together.
        let written = due.into_iter().map(|due| self.record_refusals(due));
        try_join_all(written).await.map(drop)
    }

    async fn write_refused_logins(&self) -> Result<()> {
        let logins: Vec<FailedLogin> = self.refusals().lock().logins.drain(..).collect();
        if logins.is_empty() {
            return Ok(());
        }
        let cause = self.cause(Actor::System, "");
        let since = cause.at.checked_sub(KEPT).unwrap_or(Timestamp::UNIX_EPOCH);
        let batch = logins.clone();
        let written = self
            .store()
            .write(cause, move |tx| tx.insert_failed_logins(&batch, since));
        let written: std::result::Result<(), crate::store::Error> = written.await;
        if written.is_err() {
            self.refusals().lock().put_back(logins);
        }
        Ok(written?)
    }

    /// Puts refusals of one account into its history, unless it was purged in the meantime.
    async fn record_refusals(&self, due: (Account, Cause, u64)) -> Result<()> {
        let (account, cause, times) = due;
        // Another id than that of the login: entries are sealed in the order of their ids.
        let cause = Cause {
            id: self.clock().id(),
            ..cause
        };
        let (gateway, kind) = (self.clone(), self.user_type()?.name.clone());
        let (retried, again) = (account.clone(), cause.clone());
        let written = self.store().write(cause, move |tx: &mut Tx<'_>| {
            if !tx.is_known(&account.id)? {
                return Ok(());
            }
            let mut changes = Changes::default().set("refused", Value::Null, account.code);
            if times > 1 {
                changes = changes.set("times", Value::Null, times);
            }
            let entry = audit::Entry {
                action: "user.login_refused",
                kind: &kind,
                resource: &account.id,
                owner: None,
                changes: &changes,
            };
            Ok::<_, Error>(audit::record(tx, gateway.keys(), &entry)?)
        });
        let written = written.await;
        if written.is_err() {
            let mut waiting = self.refusals().lock();
            let one = waiting.accounts.entry(retried);
            let one = one.or_insert_with(|| Repeated::new(again));
            (one.times, one.recorded) = (one.times + times, None);
        }
        written
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn login(number: u32) -> FailedLogin {
        FailedLogin {
            reference: number.to_string(),
            at: Timestamp::UNIX_EPOCH,
            method: "local".to_owned(),
            code: "local.credentials".to_owned(),
            resource: None,
            address: None,
            trail: "[]".to_owned(),
        }
    }

    fn cause() -> Cause {
        Cause {
            id: "1".to_owned(),
            actor: Actor::System,
            request: String::new(),
            at: Timestamp::UNIX_EPOCH,
        }
    }

    #[test]
    fn what_waits_is_bounded_and_the_latest_stay() {
        let mut waiting = Waiting::default();
        (0..FAILED_LOGINS + 5).for_each(|number| waiting.push(login(number)));
        assert_eq!(waiting.logins.len(), FAILED_LOGINS as usize);
        assert_eq!(waiting.logins[0].reference, "5");
        let logins = waiting.logins.drain(..).collect();
        waiting.push(login(9_999));
        waiting.put_back(logins);
        assert_eq!(waiting.logins.len(), FAILED_LOGINS as usize);
        let ends = [waiting.logins.front(), waiting.logins.back()];
        let ends = ends.map(|end| end.unwrap().reference.clone());
        assert_eq!(ends, ["6", "9999"]);
    }

    #[test]
    fn the_history_of_an_account_tells_a_refusal_once_a_minute() {
        let refusals = Refusals::default();
        let mut seconds = 0;
        let mut told = Vec::new();
        while seconds < 150 {
            refusals.add_to_history("ada", "user.deactivated", cause());
            let due = refusals.take_histories(Duration::from_secs(seconds), Flush::Due);
            told.extend(due.into_iter().map(|(_, _, times)| times));
            seconds += 1;
        }
        assert_eq!(told, [1, 60, 60]);
        let last = refusals.take_histories(Duration::from_secs(150), Flush::Last);
        assert_eq!(last[0].2, 29);
        let none = refusals.take_histories(Duration::from_secs(300), Flush::Last);
        assert!(none.is_empty() && refusals.lock().accounts.is_empty());
    }
}
