//! Directories: proves name and password by a bind, and reads who that is.
//!
//! What a directory sends is not trusted to be well-formed: each attempt runs as a task of its own, so that a panic on the
//! way through its answer ends that attempt and nothing else. No password is kept after the login.

mod active_directory;
mod connection;
mod course;
mod dn;
mod entry;
mod explain;
mod group;
mod id;
mod login;
mod look_up;
mod person;
mod reach;
mod template;
mod tls;
mod turn;

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use rustls::ClientConfig;
use tokio::sync::Semaphore;

pub use dn::is_group;

use self::course::Course;
use super::{Identity, Refusal, Refused, Trail};
use crate::config::{Ldap, Secret};

/// A directory that people log in with. Clones are the same one.
#[derive(Clone)]
pub struct Directory(Arc<Inner>);

struct Inner {
    settings: Ldap,
    tls: Result<Arc<ClientConfig>, String>,
    gate: Semaphore,
    /// The server that answered last: one that is dead costs its time once.
    first: AtomicUsize,
}

/// Logins at the directory at the same time; each has two connections at most. Those beyond wait within their own time, so
/// that a directory that hangs takes no more than 256 of the 1,024 files that a process usually may open.
const MOST_AT_ONCE: usize = 128;

/// Attributes called `uid` have 256 characters at most in the usual schemas, addresses 254.
const MAX_NAME_BYTES: usize = 256;
/// Active Directory takes 256 characters of at most 4 bytes.
const MAX_PASSWORD_BYTES: usize = 1024;

impl Directory {
    /// The directory of these settings. Nothing is asked yet.
    pub fn new(settings: &Ldap) -> Self {
        Self(Arc::new(Inner {
            settings: settings.clone(),
            tls: tls::client(settings.ca_file.as_deref()),
            gate: Semaphore::new(MOST_AT_ONCE),
            first: AtomicUsize::new(0),
        }))
    }

    /// Proves that somebody is who they say, and tells who that is.
    ///
    /// # Errors
    /// The refusal, within `ldap.timeout`. Its code is `ldap.name`, `ldap.empty_password`, `ldap.credentials`, `ldap.ambiguous`,
    /// `ldap.unavailable`, `ldap.tls`, `ldap.service_bind`, `ldap.search`, `ldap.id`.
    pub async fn authenticate(
        &self,
        name: &str,
        password: &Secret,
        trail: &mut Trail,
    ) -> Result<Identity, Refusal> {
        let course = Course::new(std::mem::take(trail));
        let done = match login::check(name, password, &course) {
            Ok(name) => {
                let password = password.clone();
                turn::run(self, &course, move |server| {
                    login::attempt(server, name.clone(), password.clone())
                })
                .await
            }
            Err(refusal) => Err(refusal),
        };
        *trail = course.end();
        done
    }

    /// Tells who a name is, without proof: for whoever tries what a login would come to.
    ///
    /// # Errors
    /// As [`Directory::authenticate`]; when nobody is found, the trail says whether filter or base are wrong.
    pub async fn look_up(&self, name: &str, trail: &mut Trail) -> Result<Identity, Refusal> {
        let course = Course::new(std::mem::take(trail));
        let done = match login::check_name(name, &course) {
            Ok(name) => {
                turn::run(self, &course, move |server| {
                    look_up::attempt(server, name.clone())
                })
                .await
            }
            Err(refusal) => Err(refusal),
        };
        *trail = course.end();
        done
    }

    /// Asks each server whether it can be used: its address, and what was found or is wrong.
    pub async fn reach(&self) -> Vec<(String, Result<String, String>)> {
        reach::all(self).await
    }
}
