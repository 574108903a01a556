//! Answers that are no errors: status, headers and body of each.

use actix_web::body::BoxBody;
use actix_web::http::header::HeaderValue;
use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder, Responder, ResponseError};
use bytes::Bytes;

use super::paced_body::PacedBody;
use super::request::gateway;
use crate::scim::message::MEDIA_TYPE;
use crate::scim::query::Preference;
use crate::service::{Answer, ResponseBody};

/// The media type of every SCIM body, without parameters (RFC 7644 §8.1).
pub(super) const SCIM: HeaderValue = HeaderValue::from_static(MEDIA_TYPE);

/// What a SCIM handler gives back.
pub(super) enum Reply {
    /// 201: the resource was made (RFC 7644 §3.3).
    Created(Answer),
    /// 200: a resource; 204 where it is too large to be sent unasked.
    Found(Answer),
    /// 304: the caller has this version already (RFC 7644 §3.14).
    NotModified {
        /// The version.
        etag: String,
        /// The URL of the resource.
        location: String,
    },
    /// 204: done, and nothing to show.
    NoContent,
    /// 200: a list, or what became of the operations of a Bulk request.
    List(ResponseBody),
    /// 200: a document about the server.
    Document(Bytes),
}

impl Responder for Reply {
    type Body = BoxBody;

    fn respond_to(self, request: &HttpRequest) -> HttpResponse {
        match self {
            Self::Created(answer) => resource(request, StatusCode::CREATED, answer),
            Self::Found(answer) => resource(request, StatusCode::OK, answer),
            Self::NotModified { etag, location } => {
                let mut response = HttpResponse::build(StatusCode::NOT_MODIFIED);
                if let Ok(location) = HeaderValue::try_from(location) {
                    response.insert_header((header::CONTENT_LOCATION, location));
                }
                tagged(&mut response, etag).finish()
            }
            Self::NoContent => HttpResponse::build(StatusCode::NO_CONTENT).finish(),
            Self::List(body) => send(request, &mut HttpResponse::build(StatusCode::OK), body),
            Self::Document(body) => HttpResponse::build(StatusCode::OK)
                .insert_header((header::CONTENT_TYPE, SCIM))
                .body(PacedBody::new(body, None)),
        }
    }
}

/// `Location` and `Content-Location` are `meta.location` (RFC 7643 §3.1), `ETag` is `meta.version`.
/// Without a body the status is 204, but for what was made.
fn resource(request: &HttpRequest, status: StatusCode, answer: Answer) -> HttpResponse {
    let mut response = HttpResponse::build(status);
    if let Ok(location) = HeaderValue::try_from(answer.location) {
        response.insert_header((header::CONTENT_LOCATION, location.clone()));
        response.insert_header((header::LOCATION, location));
    }
    tagged(&mut response, answer.etag);
    if let Some(applied) = applied(answer.preference) {
        response.insert_header(("Preference-Applied", applied));
    }
    match answer.body {
        Some(body) => send(request, &mut response, body),
        None if status == StatusCode::CREATED => response.finish(),
        None => response.status(StatusCode::NO_CONTENT).finish(),
    }
}

/// Sends a body of known length, or one that is rendered while it is sent.
fn send(
    request: &HttpRequest,
    response: &mut HttpResponseBuilder,
    body: ResponseBody,
) -> HttpResponse {
    response.insert_header((header::CONTENT_TYPE, SCIM));
    match (body.into_text(), gateway(request)) {
        (Ok((text, lease)), _) => response.body(PacedBody::new(text, Some(lease))),
        (Err(body), Ok(gateway)) => response.streaming(gateway.stream_body(body)),
        (Err(_), Err(fault)) => fault.error_response(),
    }
}

/// RFC 7240 §3
fn applied(preference: Preference) -> Option<&'static str> {
    match preference {
        Preference::None => None,
        Preference::Minimal => Some("return=minimal"),
        Preference::Representation => Some("return=representation"),
    }
}

fn tagged(response: &mut HttpResponseBuilder, etag: String) -> &mut HttpResponseBuilder {
    if let Ok(etag) = HeaderValue::try_from(etag) {
        response.insert_header((header::ETAG, etag));
    }
    response
}
