//! The body of a request: its media type, its size, and the time it may take to arrive.

use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::rt::time::timeout;
use actix_web::{FromRequest, HttpRequest};
use bytes::{Bytes, BytesMut};
use futures_util::future::LocalBoxFuture;
use futures_util::{FutureExt, StreamExt};

use super::error::Error;
use super::request::gateway;
use crate::scim;
use crate::scim::ErrorKind;

/// The whole body arrives within this time. 2 MiB in 30 s are 70 kB a second; actix itself waits
/// for a slow body for ever.
const ARRIVES_WITHIN: Duration = Duration::from_secs(30);

/// A body that may be JSON, as it was sent; nothing of it has been parsed.
pub(super) struct Body(pub(super) Bytes);

impl FromRequest for Body {
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<Self, Error>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let checked = check_head(request);
        let payload = payload.take();
        async move { arrived(payload, checked?).await.map(Self) }.boxed_local()
    }
}

/// What the head alone says about the body; gives the limit of its size.
fn check_head(request: &HttpRequest) -> Result<usize, Error> {
    let header = |name| {
        request
            .headers()
            .get(name)
            .map(|value| value.to_str().unwrap_or("?"))
    };
    if header(header::CONTENT_TYPE).is_some_and(|sent| !is_json(sent)) {
        return Err(Error::new(
            ErrorKind::UnsupportedMediaType,
            "Send the body as Content-Type application/scim+json (or application/json); a charset can only be utf-8.",
        ));
    }
    if header(header::CONTENT_ENCODING)
        .is_some_and(|sent| !sent.trim().eq_ignore_ascii_case("identity"))
    {
        let detail = "Send the body as it is: without Content-Encoding.";
        return Err(Error::new(ErrorKind::UnsupportedMediaType, detail));
    }
    let limit = gateway(request)?.settings().scim.max_payload.as_usize();
    match header(header::CONTENT_LENGTH).and_then(|length| length.parse::<usize>().ok()) {
        Some(length) if length > limit => Err(too_large(limit)),
        Some(_) | None => Ok(limit),
    }
}

/// A body of at most `limit` bytes, when it has arrived in time.
pub(super) async fn arrived(payload: Payload, limit: usize) -> Result<Bytes, Error> {
    let arrived = timeout(ARRIVES_WITHIN, read(payload, limit)).await;
    arrived.unwrap_or_else(|_| Err(too_slow()))
}

/// A body of one piece is passed on without a copy.
async fn read(mut payload: Payload, limit: usize) -> Result<Bytes, Error> {
    let Some(first) = next(&mut payload).await? else {
        return Ok(Bytes::new());
    };
    let mut piece = next(&mut payload).await?;
    if piece.is_none() && first.len() <= limit {
        return Ok(first);
    }
    let mut whole = BytesMut::from(first);
    while whole.len() <= limit {
        let Some(more) = piece else {
            return Ok(whole.freeze());
        };
        whole.extend_from_slice(&more);
        piece = next(&mut payload).await?;
    }
    Err(too_large(limit))
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

fn too_slow() -> Error {
    let seconds = ARRIVES_WITHIN.as_secs();
    Error::Unread(scim::Error::syntax(format!(
        "The body did not arrive within {seconds} seconds."
    )))
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
