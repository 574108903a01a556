//! What an entry says: bounded, and without passwords, tokens and query strings.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::clock::Stopwatch;
use crate::scim;
use crate::scim::ErrorKind;
use crate::scim::profile::Correction;
use crate::scim::schema::ResourceType;
use crate::service::resource::change::{Change, Changed, What};
use crate::service::{Caller, Gateway, Result, SCIM_ROOT};
use crate::store::{LogEntry, Nature, Tx};

/// An id is 36 characters; what a client takes for one may be any length.
const ID_CHARS: usize = 64;
/// The sentences we tell have up to 200 characters, and what they quote is cut to 128.
const DETAIL_CHARS: usize = 512;
/// Longer than the full name of every attribute of the standard, which are up to 80.
const NAME_CHARS: usize = 128;
/// A user has some 25 attributes; with an extension of a customer's, twice as many.
const NAMES: usize = 50;

/// What is noted about a request while it is read.
#[derive(Debug, Clone, Default)]
pub(in crate::service) struct Notes(Arc<Mutex<Vec<String>>>);

/// In which request something happens.
#[derive(Debug, Clone)]
pub(in crate::service) struct Scene {
    connection: String,
    request: String,
    started: Stopwatch,
}

/// What was asked for.
#[derive(Debug, Clone)]
pub(in crate::service) struct Asked {
    pub(in crate::service) method: &'static str,
    pub(in crate::service) route: String,
    pub(in crate::service) resource: Option<String>,
    /// The position in a Bulk request.
    pub(in crate::service) operation: Option<usize>,
    /// The deviations that were corrected.
    pub(in crate::service) corrected: Vec<String>,
}

/// A SCIM request that was answered, as HTTP saw it.
#[derive(Debug)]
pub struct Request<'r> {
    /// Who was authenticated.
    pub caller: Option<&'r Caller>,
    /// Its id.
    pub id: &'r str,
    /// The method.
    pub method: &'r str,
    /// The pattern of the route; `-` when none matched.
    pub route: &'r str,
    /// The id in the path.
    pub resource: Option<&'r str>,
    /// The status of the answer.
    pub status: u16,
    /// What a refused caller was told.
    pub said: Option<Said>,
    /// How long it took.
    pub took: Duration,
}

/// What a caller was told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// `scimType`
    pub scim_type: Option<&'static str>,
    /// `detail`
    pub detail: String,
}

impl Notes {
    /// Notes what a profile corrected, by name and once each.
    pub(in crate::service) fn corrected(&self, corrections: &[Correction]) {
        let mut names = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for found in corrections {
            if !names.iter().any(|name| name == found.quirk.name()) {
                names.push(found.quirk.name().to_owned());
            }
        }
    }

    /// Gives away what was noted so far.
    pub(in crate::service) fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Scene {
    pub(in crate::service) fn of(caller: &Caller) -> Self {
        Self {
            connection: caller.connection.to_string(),
            request: caller.request.clone(),
            started: caller.started,
        }
    }
}

impl Asked {
    /// What `change` asks for in a request of its own.
    pub(in crate::service) fn by(change: &Change, caller: &Caller) -> Self {
        let (method, item) = match &change.what {
            What::Create(_) => ("POST", ""),
            What::Replace(_) => ("PUT", "/{id}"),
            What::Patch(_) => ("PATCH", "/{id}"),
            What::Delete => ("DELETE", "/{id}"),
        };
        Self {
            method,
            route: format!("{SCIM_ROOT}{}{item}", change.rt.endpoint),
            resource: Some(change.id.clone()),
            operation: None,
            corrected: caller.notes.take(),
        }
    }
}

/// Tells of a change that was made: in its transaction if there was one, else the entry is given back to wait for the
/// next flush, as nothing else would be written.
pub(in crate::service) fn done(
    tx: &mut Tx<'_>,
    scene: &Scene,
    asked: &Asked,
    changed: &Changed,
    status: u16,
) -> Result<Option<LogEntry>> {
    let at = tx.cause()?.at;
    let mut entry = draft(scene, asked, at, Nature::Change, status);
    let password = changed.notes.password.then(|| "password".to_owned());
    entry.dropped = bounded(changed.notes.unknown.iter().cloned().chain(password));
    let Some(fields) = &changed.fields else {
        return Ok(Some(entry));
    };
    entry.fields = bounded(fields.iter().cloned());
    tx.insert_log(&entry)?;
    Ok(None)
}

/// An operation of a Bulk request that was refused.
pub(in crate::service) fn refused(
    gateway: &Gateway,
    scene: &Scene,
    asked: &Asked,
    error: &scim::Error,
) -> LogEntry {
    let at = gateway.clock().now();
    let mut entry = draft(scene, asked, at, Nature::Refusal, error.kind.status());
    entry.scim_type = error.kind.scim_type().map(str::to_owned);
    entry.detail = Some(gateway.told(&asked.route, entry.scim_type.as_deref(), &error.detail));
    entry
}

fn draft(
    scene: &Scene,
    asked: &Asked,
    at: jiff::Timestamp,
    nature: Nature,
    status: u16,
) -> LogEntry {
    LogEntry {
        id: String::new(),
        at,
        nature,
        connection: scene.connection.clone(),
        request: scene.request.clone(),
        method: asked.method.to_owned(),
        route: asked.route.clone(),
        operation: asked.operation.map(|position| position as u64),
        resource: asked.resource.as_deref().map(|id| cut(id, ID_CHARS)),
        status,
        scim_type: None,
        detail: None,
        micros: micros(scene.started.elapsed()),
        fields: Vec::new(),
        corrected: bounded(asked.corrected.iter().cloned()),
        dropped: Vec::new(),
    }
}

impl Gateway {
    /// Tells the provisioning log of a SCIM request that was answered. What was changed is in it already.
    pub fn tell(&self, request: Request<'_>) {
        let is_read =
            ["GET", "HEAD"].contains(&request.method) || request.route.ends_with("/.search");
        let nature = match (request.status, is_read) {
            (400.., _) => Nature::Refusal,
            (_, true) => Nature::Read,
            (_, false) => return,
        };
        let caller = request.caller;
        let scim_type = request.said.as_ref().and_then(|said| said.scim_type);
        let detail = |said: Said| {
            if is_read {
                unquoted(&cut(&said.detail, DETAIL_CHARS))
            } else {
                self.told(request.route, scim_type, &said.detail)
            }
        };
        self.buffer().push(LogEntry {
            id: String::new(),
            at: self.clock().now(),
            nature,
            connection: caller.map_or_else(String::new, |caller| caller.connection.to_string()),
            request: request.id.to_owned(),
            method: known(request.method).to_owned(),
            route: request.route.to_owned(),
            operation: None,
            resource: request.resource.map(|id| cut(id, ID_CHARS)),
            status: request.status,
            scim_type: scim_type.map(str::to_owned),
            detail: request.said.map(detail),
            micros: micros(request.took),
            fields: Vec::new(),
            corrected: caller.map_or_else(Vec::new, |caller| caller.notes.take()),
            dropped: Vec::new(),
        });
    }
}

impl Gateway {
    /// What a caller was told about a change, as it is kept. What is quoted may be somebody's name or address: it stays
    /// where the entry is about the one person whom the path names, and goes with a purge of theirs. A value that was taken
    /// is somebody else's.
    fn told(&self, route: &str, scim_type: Option<&str>, detail: &str) -> String {
        let detail = cut(detail, DETAIL_CHARS);
        let is_person = |rt: &Arc<ResourceType>| {
            rt.is_user() && route == format!("{SCIM_ROOT}{}/{{id}}", rt.endpoint)
        };
        let taken = scim_type == ErrorKind::Uniqueness.scim_type();
        if !taken && self.registry().types().iter().any(is_person) {
            detail
        } else {
            unquoted(&detail)
        }
    }
}

/// The methods that SCIM and browsers have; others can be any text.
fn known(method: &str) -> &str {
    let known = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
    if known.contains(&method) {
        method
    } else {
        "other"
    }
}

/// What is told may quote the query or the body, which are full of names and addresses.
pub(super) fn unquoted(detail: &str) -> String {
    let quotes = ['"', '`', '\''];
    match (detail.split_once(quotes), detail.rsplit_once(quotes)) {
        (Some((before, _)), Some((_, after))) if before.len() + after.len() < detail.len() => {
            format!("{before}…{after}")
        }
        _ => detail.to_owned(),
    }
}

fn bounded(names: impl Iterator<Item = String>) -> Vec<String> {
    let mut names: Vec<String> = names
        .take(NAMES + 1)
        .map(|name| cut(&name, NAME_CHARS))
        .collect();
    if names.len() > NAMES {
        names.truncate(NAMES);
        names.push("…".to_owned());
    }
    names
}

fn cut(text: &str, chars: usize) -> String {
    match text.char_indices().nth(chars) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

fn micros(took: Duration) -> u64 {
    u64::try_from(took.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_not_quoted() {
        for (detail, expected) in [
            (
                "User has no attribute `x`; did you mean `y:x`?",
                "User has no attribute …?",
            ),
            (
                "sortBy \"x\" names no attribute.",
                "sortBy … names no attribute.",
            ),
            ("`a \"b` c`", "…"),
            ("The filter is too long.", "The filter is too long."),
            ("one ` alone", "one … alone"),
        ] {
            assert_eq!(unquoted(detail), expected);
        }
    }

    #[test]
    fn names_are_bounded() {
        let names = bounded((0..1_000).map(|number| format!("{number}{}", "x".repeat(1_000))));
        assert_eq!(names.len(), NAMES + 1);
        assert!(
            names
                .iter()
                .all(|name| name.chars().count() <= NAME_CHARS + 1)
        );
    }
}
