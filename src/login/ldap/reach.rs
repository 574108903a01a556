//! Whether the servers of a directory can be used, as `muster check` asks.

use ldap3::Scope;

use super::Directory;
use super::connection::{NO_ATTRIBUTES, Query};
use super::course::{Course, Stop};
use super::turn::{self, Server};
use super::{Inner, login};
use crate::config::LdapUrl;
use crate::login::Trail;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use tokio::sync::Semaphore;

/// One server after the other, each with the whole of the time.
pub(super) async fn all(directory: &Directory) -> Vec<(String, Result<String, String>)> {
    let mut found = Vec::new();
    for url in &directory.0.settings.url {
        let alone = only(&directory.0, url);
        let course = Course::new(Trail::default());
        let done = turn::run(&alone, &course, attempt).await;
        found.push((url.to_string(), done.map_err(|refusal| refusal.detail)));
    }
    found
}

fn only(inner: &Inner, url: &LdapUrl) -> Directory {
    let mut settings = inner.settings.clone();
    settings.url = vec![url.clone()];
    Directory(Arc::new(Inner {
        settings,
        tls: inner.tls.clone(),
        gate: Semaphore::new(1),
        first: AtomicUsize::new(0),
    }))
}

/// Connects, binds, and looks whether the bases are there.
async fn attempt(server: Server) -> Result<String, Stop> {
    let mut service = server.service().await?;
    let settings = &server.inner.settings;
    server.course.begin("ldap.search");
    let bases = [&settings.search_base, &settings.group_search_base];
    let mut told = vec![match &settings.bind_dn {
        Some(dn) => format!("bound as {dn}"),
        None => "reached, bound as nobody".to_owned(),
    }];
    for base in bases.into_iter().flatten() {
        let query = Query {
            base,
            scope: Scope::Base,
            filter: "(objectClass=*)",
            attributes: NO_ATTRIBUTES,
            most: 1,
        };
        let found = login::search(&server.course, &mut service, &query).await?;
        if found.entries.is_empty() {
            let why = found
                .note
                .unwrap_or_else(|| format!("there is no {base:?}, or this account may not see it"));
            return Err(server
                .course
                .stop(crate::login::Refused::Unavailable, "ldap.search", why));
        }
        told.push(format!("{base} is there"));
    }
    Ok(told.join(", "))
}
