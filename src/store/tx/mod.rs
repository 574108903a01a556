//! A transaction: the named operations that the service floor may use, and nothing else.

mod activity;
mod audit;
mod batch;
mod connection;
mod counter;
mod failed_login;
mod find;
mod former;
mod hold;
mod holding;
mod inbox;
mod index_row;
mod job;
mod launchpad;
mod life;
mod link;
mod login_state;
mod member;
mod member_change;
mod member_rows;
mod oauth;
mod own_address;
mod owner;
mod page;
mod parts;
mod password;
mod personal_token;
mod pin;
mod place;
mod provisioning;
mod rebuild;
mod record;
mod record_query;
mod resource;
mod role;
mod run;
mod saml;
mod scan;
mod session;
mod signing_key;
mod verify;
mod walk;

pub use audit::{AuditFind, AuditHead, AuditRow, Backlog, Seal};
pub use connection::{Connection, Token};
pub use failed_login::{FAILED_LOGINS, FailedLogin};
pub use find::{Find, Found, Sort};
pub use hold::Hold;
pub use inbox::{Decided, Decision, NewQuestion, Question, Topic, question_id};
pub use link::LoginLink;
pub use login_state::LoginState;
pub use member::{GroupRef, MemberStanding, StoredMember};
pub use member_change::{MemberChange, Names};
pub use oauth::{AccessToken, Federation};
pub use owner::Handed;
pub use password::{Link, Password, Purpose};
pub use personal_token::PersonalToken;
pub use pin::Pin;
pub use provisioning::{LogEntry, LogFind, Nature};
pub use record::{Record, State};
pub use resource::NewResource;
pub use role::{Grant, Holders};
pub use saml::SamlMetadata;
pub use session::{OfGroup, Session, SessionName};
pub use signing_key::SigningKey;
pub use verify::Fault;
pub use walk::{List, Position, Start, Walk, Walked};

use std::time::Instant;

use jiff::Timestamp;

use super::cause::Cause;
use super::engine::{Driver, Flow, Moment, Param, Row};
use super::{Error, Result, TRANSACTION_SHARE};
use crate::scim::value::time_key;

/// A transaction that is open: of a change, with its cause, or of a read, on one snapshot.
///
/// After an operation that changes something has failed, the transaction is lost: what must go on
/// after a failure runs the operation in [`Tx::scope`].
pub struct Tx<'a> {
    driver: &'a mut dyn Driver,
    cause: Option<&'a Cause>,
    broken: Option<Error>,
    drawn: u32,
    touched: bool,
    members: MemberChange,
    begun: Instant,
    /// The bytes of documents that pages may still read.
    document_bytes_left: usize,
}

impl<'a> Tx<'a> {
    /// The transaction of a change, or without a cause that of a read.
    pub(super) fn new(driver: &'a mut dyn Driver, cause: Option<&'a Cause>) -> Self {
        Self {
            driver,
            cause,
            broken: None,
            drawn: 0,
            touched: false,
            members: MemberChange::default(),
            begun: Instant::now(),
            document_bytes_left: usize::MAX,
        }
    }

    /// Bounds the bytes of documents that the pages of this transaction hold: past it they are refused with
    /// [`Error::Large`].
    pub fn bound_documents(&mut self, bytes: usize) {
        self.document_bytes_left = bytes;
    }

    /// The failure after which nothing of this transaction may be kept.
    pub(super) fn broken(&mut self) -> Option<Error> {
        self.broken.take()
    }

    /// Whether it has tried to change anything.
    pub(super) fn is_touched(&self) -> bool {
        self.touched
    }

    /// Runs `closure` in a savepoint: when it fails, what it did is undone and the transaction goes on.
    pub fn scope<T, E: From<Error>>(
        &mut self,
        closure: impl FnOnce(&mut Self) -> std::result::Result<T, E>,
    ) -> std::result::Result<T, E> {
        if let Some(why) = &self.broken {
            return Err(why.clone().into());
        }
        self.driver.savepoint()?;
        let found = closure(self);
        let found = match self.broken.take() {
            Some(why) if found.is_ok() => Err(why.into()),
            Some(_) | None => found,
        };
        let ended = if found.is_ok() {
            self.driver.release()
        } else {
            self.driver.undo()
        };
        if let Err(why) = ended {
            self.broken = Some(why.clone());
            return Err(why.into());
        }
        found
    }

    /// Returns true if work that can go on in another transaction should: this one has had its share of the time in which
    /// others wait.
    pub fn has_had_its_share(&self) -> bool {
        self.begun.elapsed() >= TRANSACTION_SHARE
    }

    /// How much work the engine has done so far, in steps of its own: for tests and benches that compare.
    pub fn effort(&self) -> u64 {
        self.driver.effort()
    }

    /// Which moment of the database is seen; `None` in a change, and where the engine cannot tell.
    pub fn moment(&mut self) -> Result<Option<Moment>> {
        match self.cause {
            Some(_) => Ok(None),
            None => self.driver.moment(),
        }
    }

    /// Runs an operation that changes something; its failure is remembered.
    fn change<T>(&mut self, operation: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        self.touched = true;
        let done = match (&self.broken, self.cause) {
            (Some(why), _) => return Err(why.clone()),
            (None, None) => Err(Error::Other("a read cannot change anything".to_owned())),
            (None, Some(_)) => operation(self),
        };
        if let Err(why) = &done {
            self.broken = Some(why.clone());
        }
        done
    }

    /// The cause of the change.
    ///
    /// # Errors
    /// In a read, which has none.
    pub fn cause(&self) -> Result<&Cause> {
        self.cause
            .ok_or_else(|| Error::Other("a read has no cause".to_owned()))
    }

    /// A new id for a row that tells of this transaction: later ones sort after earlier ones, and a closure that
    /// runs again draws the same ones.
    pub fn draw_id(&mut self) -> Result<String> {
        let id = format!("{}.{:06}", self.cause()?.id, self.drawn);
        self.drawn += 1;
        Ok(id)
    }

    /// The time of the change.
    fn at(&self) -> Result<Timestamp> {
        self.cause().map(|cause| cause.at)
    }

    /// Who makes the change.
    fn by(&self) -> Result<String> {
        self.cause
            .map(|cause| cause.actor.label())
            .ok_or_else(|| Error::Other("a read has no cause".to_owned()))
    }

    /// In a change, keeps the rows of table `r` that a query finds to this transaction until its end. They are
    /// read afterwards: what is read with the lock may be half of before it and half of after it.
    fn keep_rows(&mut self, sql: &str, params: &[Param<'_>]) -> Result<()> {
        if self.cause.is_some() {
            self.driver.lock(sql, params)?;
        }
        Ok(())
    }

    fn execute(&mut self, sql: &str, params: &[Param<'_>]) -> Result<u64> {
        self.driver.may_go_on()?;
        self.touched = true;
        self.driver.execute(sql, params)
    }

    /// Runs a statement that must touch exactly one row.
    fn execute_one(&mut self, sql: &str, params: &[Param<'_>]) -> Result<()> {
        match self.execute(sql, params)? {
            1 => Ok(()),
            rows => Err(Error::Other(format!("{rows} rows instead of one: {sql}"))),
        }
    }

    /// Every row of an answer, read by `each`.
    fn all<T>(
        &mut self,
        sql: &str,
        params: &[Param<'_>],
        mut each: impl FnMut(&dyn Row) -> Result<T>,
    ) -> Result<Vec<T>> {
        self.driver.may_go_on()?;
        let mut found = Vec::new();
        self.driver.query(sql, params, &mut |row| {
            found.push(each(row)?);
            Ok(Flow::Next)
        })?;
        Ok(found)
    }

    /// The first row of an answer, read by `each`.
    fn first<T>(
        &mut self,
        sql: &str,
        params: &[Param<'_>],
        mut each: impl FnMut(&dyn Row) -> Result<T>,
    ) -> Result<Option<T>> {
        self.driver.may_go_on()?;
        let mut found = None;
        self.driver.query(sql, params, &mut |row| {
            found = Some(each(row)?);
            Ok(Flow::Stop)
        })?;
        Ok(found)
    }

    /// The one number that a query answers.
    fn number(&mut self, sql: &str, params: &[Param<'_>]) -> Result<u64> {
        let found = self.first(sql, params, |row| row.int(0))?.unwrap_or(0);
        u64::try_from(found)
            .map_err(|_| Error::Other(format!("{found} where a count was expected")))
    }
}

/// A stored time.
fn time(text: &str) -> Result<Timestamp> {
    crate::scim::value::parse_time(text)
        .ok_or_else(|| Error::Other(format!("\"{text}\" is no stored time")))
}

/// A time as it is stored.
fn stored(at: Timestamp) -> String {
    time_key(at)
}
