//! Answers that are no errors: status, headers and body of each.

use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder, Responder};
use bytes::Bytes;

use crate::scim::message::MEDIA_TYPE;
use crate::service::Answer;

/// The media type of every SCIM body, without parameters (RFC 7644 §8.1).
pub(super) const SCIM: HeaderValue = HeaderValue::from_static(MEDIA_TYPE);

/// What a SCIM handler gives back.
pub(super) enum Reply {
    /// 201: the resource was made (RFC 7644 §3.3).
    Created(Answer),
    /// 200 with the resource, or 204 where it is too large to be sent unasked.
    Found(Answer),
    /// 304: the caller has this version already (RFC 7644 §3.14).
    NotModified {
        /// The version.
        etag: String,
    },
    /// 204: done, and nothing to show.
    NoContent,
    /// 200 with a body that has no version and no place: a list, or a document of discovery.
    Document(Bytes),
}

impl Responder for Reply {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        match self {
            Self::Created(answer) => resource(StatusCode::CREATED, answer),
            Self::Found(answer) if answer.body.is_none() => {
                resource(StatusCode::NO_CONTENT, answer)
            }
            Self::Found(answer) => resource(StatusCode::OK, answer),
            Self::NotModified { etag } => {
                let mut response = HttpResponse::build(StatusCode::NOT_MODIFIED);
                text(&mut response, header::ETAG, etag);
                response.finish()
            }
            Self::NoContent => HttpResponse::build(StatusCode::NO_CONTENT).finish(),
            Self::Document(body) => with_body(&mut HttpResponse::Ok(), body),
        }
    }
}

/// `Location` and `Content-Location` are `meta.location` (RFC 7643 §3.1), `ETag` is `meta.version`.
fn resource(status: StatusCode, answer: Answer) -> HttpResponse {
    let mut response = HttpResponse::build(status);
    if let Ok(location) = HeaderValue::try_from(answer.location) {
        response.insert_header((header::CONTENT_LOCATION, location.clone()));
        response.insert_header((header::LOCATION, location));
    }
    text(&mut response, header::ETAG, answer.etag);
    match answer.body {
        Some(body) => with_body(&mut response, body),
        None => response.finish(),
    }
}

fn with_body(response: &mut HttpResponseBuilder, body: Bytes) -> HttpResponse {
    response.insert_header((header::CONTENT_TYPE, SCIM));
    response.body(body)
}

fn text(response: &mut HttpResponseBuilder, name: HeaderName, value: String) {
    if let Ok(value) = HeaderValue::try_from(value) {
        response.insert_header((name, value));
    }
}
