//! The conditions of a request: `If-Match` and `If-None-Match` (RFC 7644 §3.14, RFC 9110 §13.1).

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::http::header::HeaderName;
use actix_web::{FromRequest, HttpRequest};

use super::error::Error;
use crate::scim;
use crate::scim::query::{Conditions, EntityTags};

/// The conditions, as an extractor.
pub(super) struct Conditional(pub(super) Conditions);

impl FromRequest for Conditional {
    type Error = Error;
    type Future = Ready<Result<Self, Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(read(request).map(Self).map_err(Error::from))
    }
}

fn read(request: &HttpRequest) -> scim::Result<Conditions> {
    Ok(Conditions {
        if_match: tags(request, &header::IF_MATCH)?,
        if_none_match: tags(request, &header::IF_NONE_MATCH)?,
    })
}

/// Several headers of one name are one list (RFC 9110 §5.3).
fn tags(request: &HttpRequest, name: &HeaderName) -> scim::Result<Option<EntityTags>> {
    let lines = request.headers().get_all(name);
    let lines: Vec<_> = lines
        .map(|line| String::from_utf8_lossy(line.as_bytes()))
        .collect();
    if lines.is_empty() {
        return Ok(None);
    }
    EntityTags::parse(&lines.join(", ")).map(Some)
}
