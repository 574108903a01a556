//! One connection to one server: opened, bound, asked.

use std::time::Duration;

use ldap3::{LdapConnAsync, LdapConnSettings, LdapResult, Scope, SearchEntry, SearchOptions};
use tokio::task::JoinSet;

use super::Inner;
use super::course::Stop;
use super::entry::Entry;
use super::{active_directory, tls};
use crate::config::{LdapUrl, Secret};

/// A connection. It belongs to whom it was bound for, so nobody else is ever bound on it.
pub(super) struct Connection {
    ldap: ldap3::Ldap,
    /// Reads and writes; ends with this value.
    _driver: JoinSet<()>,
}

/// What to search for.
pub(super) struct Query<'a> {
    pub(super) base: &'a str,
    pub(super) scope: Scope,
    pub(super) filter: &'a str,
    pub(super) attributes: &'a [&'a str],
    /// So many entries are read; that there are more is told.
    pub(super) most: usize,
}

/// What was found.
pub(super) struct Found {
    pub(super) entries: Vec<Entry>,
    /// Whether there is more than that.
    pub(super) more: bool,
    /// Why nothing can be found there, such as a base that does not exist.
    pub(super) note: Option<String>,
}

/// What a bind came to.
pub(super) enum Bound {
    /// It is them.
    Yes,
    /// It is not, or they may not; why is for administrators.
    No(String),
}

/// Attributes for those who want none (RFC 4511 §4.5.1.8).
pub(super) const NO_ATTRIBUTES: &[&str] = &["1.1"];

const SUCCESS: u32 = 0;
const TIME_LIMIT_EXCEEDED: u32 = 3;
const SIZE_LIMIT_EXCEEDED: u32 = 4;
const STRONGER_AUTH_REQUIRED: u32 = 8;
const CONFIDENTIALITY_REQUIRED: u32 = 13;
const REFERRAL: u32 = 10;
const NO_SUCH_OBJECT: u32 = 32;
const BUSY: u32 = 51;
const UNAVAILABLE: u32 = 52;

impl Connection {
    /// Opens one, secured if the settings say so, within `patience`.
    pub(super) async fn open(
        inner: &Inner,
        url: &LdapUrl,
        patience: Duration,
    ) -> Result<Self, Stop> {
        let mut settings = LdapConnSettings::new().set_starttls(inner.settings.start_tls);
        if url.is_tls() || inner.settings.start_tls {
            let config = inner.tls.clone().map_err(Stop::tls)?;
            settings = settings.set_config(config);
        }
        let address = url.to_string();
        let opened = LdapConnAsync::with_settings(settings, &address);
        let late =
            |_| Stop::unavailable(format!("no connection within {} ms", patience.as_millis()));
        let (connection, ldap) = tokio::time::timeout(patience, opened)
            .await
            .map_err(late)?
            .map_err(tls::fault)?;
        let mut driver = JoinSet::new();
        driver.spawn(async move {
            // Why it ended is told by the operation that got no answer.
            let _ended = connection.drive().await;
        });
        Ok(Self {
            ldap,
            _driver: driver,
        })
    }

    /// Binds for `dn`. Success is the result code 0 and nothing else.
    pub(super) async fn bind(&mut self, dn: &str, password: &Secret) -> Result<Bound, Stop> {
        let password = password.expose();
        if dn.is_empty() || password.is_empty() {
            // RFC 4513 §5.1.2: the directory may take that for nobody, and answer success.
            return Ok(Bound::No(
                "a name without password, or a password without name, proves nothing".to_owned(),
            ));
        }
        let result = self.ldap.simple_bind(dn, password).await.map_err(broken)?;
        match result.rc {
            SUCCESS => Ok(Bound::Yes),
            BUSY | UNAVAILABLE => Err(Stop::unavailable(result)),
            STRONGER_AUTH_REQUIRED | CONFIDENTIALITY_REQUIRED => Err(Stop::tls(format!(
                "the directory takes passwords over secured connections only: {result}"
            ))),
            _ => Ok(Bound::No(told(&result))),
        }
    }

    /// Asks. References to other servers are not followed.
    pub(super) async fn search(
        &mut self,
        query: &Query<'_>,
    ) -> Result<Result<Found, String>, Stop> {
        let limit = i32::try_from(query.most).unwrap_or(i32::MAX);
        self.ldap
            .with_search_options(SearchOptions::new().sizelimit(limit));
        let stream = self.ldap.streaming_search(
            query.base,
            query.scope,
            query.filter,
            query.attributes.to_vec(),
        );
        let mut stream = stream.await.map_err(broken)?;
        let mut entries: Vec<Entry> = Vec::new();
        while let Some(next) = stream.next().await.map_err(broken)? {
            if next.is_ref() || next.is_intermediate() {
                continue;
            }
            // A server that does not keep to the limit is not listened to any longer.
            if entries.len() == query.most {
                return Ok(Ok(Found {
                    entries,
                    more: true,
                    note: None,
                }));
            }
            entries.push(SearchEntry::construct(next).into());
        }
        judge(&stream.finish().await, entries, query.base)
    }
}

fn judge(
    result: &LdapResult,
    entries: Vec<Entry>,
    base: &str,
) -> Result<Result<Found, String>, Stop> {
    let found = |entries, more, note| {
        Ok(Ok(Found {
            entries,
            more,
            note,
        }))
    };
    match result.rc {
        SUCCESS => found(entries, false, None),
        SIZE_LIMIT_EXCEEDED => found(entries, true, None),
        NO_SUCH_OBJECT => found(
            Vec::new(),
            false,
            Some(format!(
                "there is no {base:?}, or this account may not see it"
            )),
        ),
        REFERRAL => found(
            Vec::new(),
            false,
            Some(format!(
                "{base:?} is on another server, and referrals are not followed"
            )),
        ),
        TIME_LIMIT_EXCEEDED | BUSY | UNAVAILABLE => Err(Stop::unavailable(result)),
        _ => Ok(Err(told(result))),
    }
}

/// The answer of a server for administrators, with what Active Directory means by it.
fn told(result: &LdapResult) -> String {
    match active_directory::reason(&result.text) {
        Some(reason) => format!("{reason} ({result})"),
        None => result.to_string(),
    }
}

/// An operation without an answer.
fn broken(error: ldap3::LdapError) -> Stop {
    Stop::unavailable(format!("no usable answer: {error}"))
}
