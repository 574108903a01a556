//! The body of a request: its media type, its size, and the time it may take to arrive.

use std::hash::Hash;
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use bytes::Bytes;
use futures_util::future::{AbortRegistration, Abortable, Aborted, LocalBoxFuture};
use futures_util::{FutureExt, StreamExt};
use tokio::time::{Instant, timeout_at};

use super::auth::Permit;
use super::client;
use super::error::{Challenge, Error};
use super::request::gateway;
use crate::scim;
use crate::scim::ErrorKind;
use crate::service::{self, BodyReservation};

/// The largest body of a form or a login: passwords and names of 1 KiB each, three bytes a character
/// as they are sent, or one JWT.
pub(super) const FORM_BYTES: usize = 16 * 1024;

/// The fields of a form: three times as many as the largest one of ours has. Each takes 50 bytes and more
/// of memory, and two when it is sent.
const FORM_FIELDS: usize = 64;

/// The time for the whole body of a client that has shown a token. 2 MiB in 30 s are 70 kB a second;
/// actix itself waits for a slow body for ever.
const ARRIVES_WITHIN: Duration = Duration::from_secs(30);

/// The time for the whole body of anybody else. 512 KiB in 10 s are 52 kB a second, and 16 KiB are
/// less than what a modem sends.
const ANONYMOUS_ARRIVES_WITHIN: Duration = Duration::from_secs(10);

/// A body of a connection counts from this size on. One request in a hundred is larger; of smaller
/// ones, 1,000 at the same time are 64 MiB.
const COUNTED_FROM: usize = 64 * 1024;

/// The body of a SCIM request that may be JSON, as it was sent; nothing of it has been parsed.
pub(super) struct Body(pub(super) Bytes);

impl FromRequest for Body {
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<Self, Error>>;

    /// Reads the body of a client whose token was checked; of anybody else nothing is read.
    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let checked = check_scim_head(request);
        let (request, payload) = (request.clone(), payload.take());
        async move {
            let (permit, limit) = checked?;
            read_of_connection(&request, &permit, payload, limit)
                .await
                .map(Self)
        }
        .boxed_local()
    }
}

fn check_scim_head(request: &HttpRequest) -> Result<(Permit, usize), Error> {
    let permit = request.extensions().get::<Permit>().cloned();
    let permit = permit.ok_or(Error::Unauthenticated(Challenge::Missing))?;
    check_json(request)?;
    let limit = gateway(request)?.settings().scim.max_payload.as_usize();
    check_length(request, limit)?;
    Ok((permit, limit))
}

/// Checks what the head says about a JSON body.
///
/// # Errors
/// 415 for another media type and for a content encoding.
pub(super) fn check_json(request: &HttpRequest) -> Result<(), Error> {
    if header(request, header::CONTENT_TYPE).is_some_and(|sent| !is_json(sent)) {
        return Err(Error::new(
            ErrorKind::UnsupportedMediaType,
            "Send the body as Content-Type application/scim+json (or application/json); a charset can only be utf-8.",
        ));
    }
    if header(request, header::CONTENT_ENCODING)
        .is_some_and(|sent| !sent.trim().eq_ignore_ascii_case("identity"))
    {
        let detail = "Send the body as it is: without Content-Encoding.";
        return Err(Error::new(ErrorKind::UnsupportedMediaType, detail));
    }
    Ok(())
}

/// Refuses a body that says itself that it is too large.
fn check_length(request: &HttpRequest, limit: usize) -> Result<(), Error> {
    let length = header(request, header::CONTENT_LENGTH);
    match length.and_then(|length| length.parse::<usize>().ok()) {
        Some(length) if length > limit => Err(too_large(limit)),
        Some(_) | None => Ok(()),
    }
}

fn header(request: &HttpRequest, name: header::HeaderName) -> Option<&str> {
    let value = request.headers().get(name)?;
    Some(value.to_str().unwrap_or("?"))
}

/// Reads the body of a client that has not shown who it is: at most `limit` bytes, which count
/// against its address until the request is answered.
///
/// # Errors
/// 413 past the limit; 408 when it does not arrive in time, or is the slowest of too many.
pub(super) async fn read_anonymous(
    request: &HttpRequest,
    payload: Payload,
    limit: usize,
) -> Result<Bytes, Error> {
    check_length(request, limit)?;
    let from = client::of(request).unwrap_or(IpAddr::from(Ipv4Addr::UNSPECIFIED));
    let admitted = gateway(request)?.admit_anonymous_body(from);
    let read = CountedRead {
        whole: Vec::new(),
        limit,
        deadline: Deadline::after(ANONYMOUS_ARRIVES_WITHIN),
    };
    read.run(request, payload, admitted).await
}

/// Reads a form as [`read_anonymous`] does.
///
/// # Errors
/// 413 also for a form of more than [`FORM_FIELDS`] fields.
pub(super) async fn read_form(
    request: &HttpRequest,
    payload: Payload,
    limit: usize,
) -> Result<Bytes, Error> {
    let body = read_anonymous(request, payload, limit).await?;
    if body.split(|byte| *byte == b'&').count() <= FORM_FIELDS {
        return Ok(body);
    }
    let detail = format!("The form has more than {FORM_FIELDS} fields; send fewer.");
    Err(Error::new(ErrorKind::TooLarge, detail))
}

/// Reads a body of at most `limit` bytes. One of one piece is passed on without a copy; a large one
/// counts against its connection until the request is answered.
async fn read_of_connection(
    request: &HttpRequest,
    permit: &Permit,
    mut payload: Payload,
    limit: usize,
) -> Result<Bytes, Error> {
    let deadline = Deadline::after(ARRIVES_WITHIN);
    let small = read_small(&mut payload, limit.min(COUNTED_FROM));
    let small = timeout_at(deadline.at, small).await;
    match small.map_err(|_| deadline.passed())?? {
        Small::Whole(body) => Ok(body),
        Small::Begun(whole) if whole.len() > limit => Err(too_large(limit)),
        Small::Begun(whole) => {
            let read = CountedRead::new(whole, limit, deadline);
            let admitted = gateway(request)?.admit_connection_body(permit);
            // Boxed, so that the future of a small body, of which there are most, stays small.
            Box::pin(read.run(request, payload, admitted)).await
        }
    }
}

/// A body as far as it was read without being counted.
enum Small {
    Whole(Bytes),
    Begun(Vec<u8>),
}

/// Reads a body to its end, or until it has more than `most` bytes.
async fn read_small(payload: &mut Payload, most: usize) -> Result<Small, Error> {
    let Some(first) = next(payload).await? else {
        return Ok(Small::Whole(Bytes::new()));
    };
    if first.len() > most {
        return Ok(Small::Begun(first.into()));
    }
    let Some(second) = next(payload).await? else {
        return Ok(Small::Whole(first));
    };
    let mut whole = Vec::from(first);
    whole.extend_from_slice(&second);
    while whole.len() <= most {
        let Some(more) = next(payload).await? else {
            return Ok(Small::Whole(whole.into()));
        };
        whole.extend_from_slice(&more);
    }
    Ok(Small::Begun(whole))
}

/// The time by which a body has to be there.
#[derive(Clone, Copy)]
struct Deadline {
    at: Instant,
    after: Duration,
}

impl Deadline {
    fn after(after: Duration) -> Self {
        Self {
            at: Instant::now() + after,
            after,
        }
    }

    fn passed(self) -> Error {
        let seconds = self.after.as_secs();
        let detail = format!("The body did not arrive within {seconds} seconds.");
        Error::Unread(scim::Error::new(ErrorKind::RequestTimeout, detail))
    }
}

/// A body that is read into memory which is reserved first.
struct CountedRead {
    /// What was read before.
    whole: Vec<u8>,
    limit: usize,
    deadline: Deadline,
}

impl CountedRead {
    fn new(whole: Vec<u8>, limit: usize, deadline: Deadline) -> Self {
        Self {
            whole,
            limit,
            deadline,
        }
    }

    /// Reads the body to its end. The reservation stays with the request until that is answered.
    async fn run<K: Eq + Hash + Clone + 'static>(
        self,
        request: &HttpRequest,
        payload: Payload,
        (mut reservation, cut): (BodyReservation<K>, AbortRegistration),
    ) -> Result<Bytes, Error> {
        let deadline = self.deadline;
        let read = Abortable::new(self.collect(payload, &mut reservation), cut);
        let body = match timeout_at(deadline.at, read).await {
            Ok(Ok(body)) => body?,
            Ok(Err(Aborted)) => return Err(cut_for_others()),
            Err(_) if reservation.is_waiting() => return Err(no_memory()),
            Err(_) => return Err(deadline.passed()),
        };
        reservation.complete().map_err(|_| cut_for_others())?;
        request.extensions_mut().insert(reservation);
        Ok(body)
    }

    async fn collect<K: Eq + Hash + Clone>(
        self,
        mut payload: Payload,
        reservation: &mut BodyReservation<K>,
    ) -> Result<Bytes, Error> {
        let (mut whole, limit) = (self.whole, self.limit);
        reservation.reserve(whole.len(), whole.capacity()).await;
        while let Some(piece) = next(&mut payload).await? {
            let length = whole.len() + piece.len();
            if length > limit {
                return Err(too_large(limit));
            }
            let capacity = grown(whole.capacity(), length, limit);
            reservation.reserve(length, capacity).await;
            whole.reserve_exact(capacity - whole.len());
            whole.extend_from_slice(&piece);
        }
        Ok(whole.into())
    }
}

/// The capacity for `length` bytes: twice the present one where that is too little, and at most `limit`.
fn grown(capacity: usize, length: usize, limit: usize) -> usize {
    if length <= capacity {
        return capacity;
    }
    capacity.saturating_mul(2).clamp(length, limit)
}

async fn next(payload: &mut Payload) -> Result<Option<Bytes>, Error> {
    let broken = |_| {
        Error::Unread(scim::Error::syntax(
            "The body ended early or was framed wrongly.",
        ))
    };
    payload.next().await.transpose().map_err(broken)
}

/// `application/json` or `application/scim+json`, alone or with `charset=utf-8`.
fn is_json(sent: &str) -> bool {
    let mut parts = sent.split(';').map(str::trim);
    let media_type = parts.next().unwrap_or_default();
    let known = ["application/scim+json", "application/json"];
    known
        .iter()
        .any(|known| media_type.eq_ignore_ascii_case(known))
        && parts.all(is_harmless)
}

fn is_harmless(parameter: &str) -> bool {
    match parameter.split_once('=') {
        Some((name, value)) if name.trim().eq_ignore_ascii_case("charset") => {
            let value = value.trim().trim_matches('"');
            value.eq_ignore_ascii_case("utf-8") || value.eq_ignore_ascii_case("utf8")
        }
        Some(_) | None => true,
    }
}

fn too_large(limit: usize) -> Error {
    let detail = format!(
        "The body is larger than {limit} bytes, the most that is taken here; send less at once."
    );
    Error::Unread(scim::Error::new(ErrorKind::TooLarge, detail))
}

fn cut_for_others() -> Error {
    let detail = "Too many bodies arrive at the same time, and this one was the slowest: send it again, in one piece.";
    Error::Unread(scim::Error::new(ErrorKind::RequestTimeout, detail))
}

fn no_memory() -> Error {
    let why = "the memory for request bodies was in use for the whole time that this one waited";
    service::Error::Unavailable {
        why: why.to_owned(),
    }
    .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_known_by_its_media_types() {
        for sent in [
            "application/scim+json",
            "application/json",
            "Application/JSON; Charset=UTF-8",
            "application/scim+json;charset=\"utf-8\"",
            "application/json; odata=verbose",
            "application/json;",
        ] {
            assert!(is_json(sent), "{sent}");
        }
        for sent in [
            "",
            "?",
            "text/plain",
            "application/xml",
            "application/json; charset=latin1",
            "application/jsonx",
            "json",
        ] {
            assert!(!is_json(sent), "{sent}");
        }
    }
}
