//! Answers that are no errors: status, headers and body of each.

use actix_web::http::header::HeaderValue;
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
    /// 200: a resource, or a list of them.
    Found(Answer),
    /// 304: the caller has this version already (RFC 7644 §3.14).
    NotModified {
        /// The version.
        etag: String,
    },
    /// 204: done, and nothing to show.
    NoContent,
    /// 200: a document that is the same for everybody.
    Document(Bytes),
}

impl Responder for Reply {
    type Body = actix_web::body::BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        match self {
            Self::Created(answer) => resource(StatusCode::CREATED, answer),
            Self::Found(answer) => resource(StatusCode::OK, answer),
            Self::NotModified { etag } => {
                let mut response = HttpResponse::build(StatusCode::NOT_MODIFIED);
                tagged(&mut response, Some(etag)).finish()
            }
            Self::NoContent => HttpResponse::build(StatusCode::NO_CONTENT).finish(),
            Self::Document(body) => HttpResponse::build(StatusCode::OK)
                .insert_header((header::CONTENT_TYPE, SCIM))
                .body(body),
        }
    }
}

/// `Location` and `Content-Location` are `meta.location` (RFC 7643 §3.1), `ETag` is `meta.version`.
fn resource(status: StatusCode, answer: Answer) -> HttpResponse {
    let mut response = HttpResponse::build(status);
    response.insert_header((header::CONTENT_TYPE, SCIM));
    if let Some(location) = answer
        .location
        .and_then(|url| HeaderValue::try_from(url).ok())
    {
        response.insert_header((header::CONTENT_LOCATION, location.clone()));
        response.insert_header((header::LOCATION, location));
    }
    tagged(&mut response, answer.etag).body(answer.body)
}

fn tagged(response: &mut HttpResponseBuilder, etag: Option<String>) -> &mut HttpResponseBuilder {
    if let Some(etag) = etag.and_then(|etag| HeaderValue::try_from(etag).ok()) {
        response.insert_header((header::ETAG, etag));
    }
    response
}
