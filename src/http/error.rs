//! Errors of this floor, and the one place that turns an error into an HTTP answer.

use actix_web::http::{StatusCode, header};
use actix_web::{HttpResponse, HttpResponseBuilder, ResponseError};

use super::reply::SCIM;
use crate::scim;
use crate::scim::{ErrorKind, message};
use crate::service;
use crate::service::Said;

/// Why a request is not answered with what it asked for.
#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    /// What the service floor refused or could not do.
    #[error(transparent)]
    Service(#[from] service::Error),
    /// No credentials, or wrong ones.
    #[error("{}", .0.detail())]
    Unauthenticated(Challenge),
    /// The URL exists, the method is not served there; the value of `Allow`.
    #[error("method not allowed")]
    Method(String),
    /// The rest of the body is not waited for.
    #[error("{0}")]
    Unread(scim::Error),
    /// A defect: the handler panicked. The id of the request, which nobody else can add any more.
    #[error("a handler panicked")]
    Panicked(String),
}

/// What a 401 asks for (RFC 6750 §3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Challenge {
    /// Nothing that looks like a bearer token was sent.
    Missing,
    /// A token was sent, and it is not valid.
    Invalid,
}

/// A client that comes too early waits this long. The queue of the store empties within a second
/// as long as the disk works; more than that is an outage, for which one retry a second is no load.
const RETRY_AFTER_SECONDS: &str = "1";

impl From<scim::Error> for Error {
    fn from(error: scim::Error) -> Self {
        Self::Service(service::Error::Scim(error))
    }
}

impl Error {
    /// A refusal without more to it.
    pub(super) fn new(kind: ErrorKind, detail: impl Into<String>) -> Self {
        scim::Error::new(kind, detail).into()
    }

    /// What only the log may read, for the errors that are the server's fault.
    pub(super) fn why(&self) -> Option<&str> {
        match self {
            Self::Service(
                service::Error::Unavailable { why } | service::Error::Internal { why },
            ) => Some(why),
            Self::Panicked(_) => Some("a handler panicked; standard error has the place"),
            Self::Service(
                service::Error::Scim(_)
                | service::Error::Undecided(_)
                | service::Error::Limited { .. },
            )
            | Self::Unauthenticated(_)
            | Self::Method(_)
            | Self::Unread(_) => None,
        }
    }

    /// The sentence that the caller is told, for answers that are no SCIM.
    pub(super) fn told(&self) -> String {
        self.said("").detail
    }

    /// What the caller is told, for the provisioning log.
    pub(super) fn said(&self, request: &str) -> Said {
        let (kind, detail) = match self {
            Self::Service(service::Error::Scim(error)) | Self::Unread(error) => {
                (Some(error.kind), error.detail.clone())
            }
            Self::Service(service::Error::Undecided(waits)) => {
                (Some(waits.refusal.kind), waits.refusal.detail.clone())
            }
            Self::Service(service::Error::Limited { retry_after }) => {
                (None, too_many(*retry_after))
            }
            Self::Service(service::Error::Unavailable { .. }) => (None, unavailable(request)),
            Self::Service(service::Error::Internal { .. }) | Self::Panicked(_) => {
                (None, internal(request))
            }
            Self::Unauthenticated(challenge) => (None, challenge.detail().to_owned()),
            Self::Method(allow) => (None, not_served(allow)),
        };
        Said {
            scim_type: kind.and_then(ErrorKind::scim_type),
            detail,
        }
    }

    /// The HTTP answer. `request` is the id that a caller of a 5xx gets, and all they get.
    pub(super) fn answer(&self, request: &str) -> HttpResponse {
        match self {
            Self::Service(service::Error::Scim(error)) => {
                answer_to(error).body(message::error_body(error))
            }
            Self::Service(service::Error::Undecided(waits)) => {
                answer_to(&waits.refusal).body(message::error_body(&waits.refusal))
            }
            Self::Service(service::Error::Limited { retry_after }) => {
                let error = scim::Error::new(ErrorKind::TooManyRequests, too_many(*retry_after));
                answer_to(&error)
                    .insert_header((header::RETRY_AFTER, retry_after.to_string()))
                    .body(message::error_body(&error))
            }
            Self::Service(service::Error::Unavailable { .. }) => {
                let error = scim::Error::new(ErrorKind::Unavailable, unavailable(request));
                answer_to(&error)
                    .insert_header((header::RETRY_AFTER, RETRY_AFTER_SECONDS))
                    .body(message::error_body(&error))
            }
            Self::Service(service::Error::Internal { .. }) | Self::Panicked(_) => {
                let error = scim::Error::new(ErrorKind::Internal, internal(request));
                answer_to(&error).body(message::error_body(&error))
            }
            Self::Unauthenticated(challenge) => {
                let error = scim::Error::new(ErrorKind::Unauthorized, challenge.detail());
                answer_to(&error)
                    .insert_header((header::WWW_AUTHENTICATE, challenge.header()))
                    .body(message::error_body(&error))
            }
            Self::Method(allow) => {
                let error = scim::Error::new(ErrorKind::MethodNotAllowed, not_served(allow));
                answer_to(&error)
                    .insert_header((header::ALLOW, allow.as_str()))
                    .body(message::error_body(&error))
            }
            Self::Unread(error) => answer_to(error)
                .force_close()
                .body(message::error_body(error)),
        }
    }
}

impl ResponseError for Error {
    fn status_code(&self) -> StatusCode {
        self.answer("").status()
    }

    /// The id of the request is put in by the outermost middleware, which knows it; a panic went past it.
    fn error_response(&self) -> HttpResponse {
        match self {
            Self::Panicked(request) => {
                let mut answer = self.answer(request);
                super::trace::mark(answer.headers_mut(), request);
                answer
            }
            Self::Service(_) | Self::Unauthenticated(_) | Self::Method(_) | Self::Unread(_) => {
                self.answer("")
            }
        }
    }
}

impl Challenge {
    fn header(self) -> &'static str {
        match self {
            Self::Missing => "Bearer realm=\"muster\"",
            Self::Invalid => "Bearer realm=\"muster\", error=\"invalid_token\"",
        }
    }

    fn detail(self) -> &'static str {
        match self {
            Self::Missing => "This needs a token: send it as `Authorization: Bearer <token>`.",
            Self::Invalid => {
                "The credentials are not valid: the token is unknown, expired or revoked. Make a new one with `muster token create`."
            }
        }
    }
}

fn answer_to(error: &scim::Error) -> HttpResponseBuilder {
    let status =
        StatusCode::from_u16(error.kind.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut answer = HttpResponse::build(status);
    answer.insert_header((header::CONTENT_TYPE, SCIM));
    answer
}

fn too_many(retry_after: u64) -> String {
    format!("Too many requests: wait {retry_after} s and send it again.")
}

fn not_served(allow: &str) -> String {
    format!("This URL does not serve this method. It serves: {allow}.")
}

fn unavailable(request: &str) -> String {
    format!("The gateway cannot do this at the moment; try again. Request {request}.")
}

fn internal(request: &str) -> String {
    format!("The gateway failed; its log says why under request {request}.")
}

#[cfg(test)]
mod tests {
    use actix_web::body::to_bytes;

    use super::*;

    /// Status, the headers that matter, and the body of the answer to `error`.
    fn shown(error: &Error) -> String {
        let answer = error.answer("0198-id");
        let mut lines = vec![answer.status().to_string()];
        for name in ["content-type", "www-authenticate", "allow", "retry-after"] {
            if let Some(value) = answer.headers().get(name) {
                lines.push(format!("{name}: {}", value.to_str().unwrap()));
            }
        }
        if !answer.head().keep_alive() {
            lines.push("closes".to_owned());
        }
        let body = to_bytes(answer.into_body());
        let body = futures_util::FutureExt::now_or_never(body)
            .unwrap()
            .unwrap();
        lines.push(String::from_utf8(body.to_vec()).unwrap());
        let urn = "\"schemas\":[\"urn:ietf:params:scim:api:messages:2.0:Error\"],";
        lines.join("\n").replace(urn, "")
    }

    #[test]
    fn each_error_has_its_answer() {
        let why = || "disk on fire at /dev/sda".to_owned();
        let errors = [
            Error::from(scim::Error::filter("Quote the value.")),
            Error::Unauthenticated(Challenge::Missing),
            Error::Unauthenticated(Challenge::Invalid),
            Error::Method("GET, HEAD".to_owned()),
            Error::Unread(scim::Error::syntax("The body ended early.")),
            Error::from(service::Error::Limited { retry_after: 3 }),
            Error::from(service::Error::Unavailable { why: why() }),
            Error::from(service::Error::Internal { why: why() }),
            Error::Panicked("0198-id".to_owned()),
        ];
        let map: Vec<String> = errors.iter().map(shown).collect();
        insta::assert_snapshot!(map.join("\n\n"), @r#"
        400 Bad Request
        content-type: application/scim+json
        {"status":"400","scimType":"invalidFilter","detail":"Quote the value."}

        401 Unauthorized
        content-type: application/scim+json
        www-authenticate: Bearer realm="muster"
        {"status":"401","detail":"This needs a token: send it as `Authorization: Bearer <token>`."}

        401 Unauthorized
        content-type: application/scim+json
        www-authenticate: Bearer realm="muster", error="invalid_token"
        {"status":"401","detail":"The credentials are not valid: the token is unknown, expired or revoked. Make a new one with `muster token create`."}

        405 Method Not Allowed
        content-type: application/scim+json
        allow: GET, HEAD
        {"status":"405","detail":"This URL does not serve this method. It serves: GET, HEAD."}

        400 Bad Request
        content-type: application/scim+json
        closes
        {"status":"400","scimType":"invalidSyntax","detail":"The body ended early."}

        429 Too Many Requests
        content-type: application/scim+json
        retry-after: 3
        {"status":"429","detail":"Too many requests: wait 3 s and send it again."}

        503 Service Unavailable
        content-type: application/scim+json
        retry-after: 1
        {"status":"503","detail":"The gateway cannot do this at the moment; try again. Request 0198-id."}

        500 Internal Server Error
        content-type: application/scim+json
        {"status":"500","detail":"The gateway failed; its log says why under request 0198-id."}

        500 Internal Server Error
        content-type: application/scim+json
        {"status":"500","detail":"The gateway failed; its log says why under request 0198-id."}
        "#);
    }

    #[test]
    fn every_status_has_a_code_that_http_knows() {
        for kind in [
            ErrorKind::InvalidFilter,
            ErrorKind::Uniqueness,
            ErrorKind::PreconditionFailed,
            ErrorKind::TooManyRequests,
            ErrorKind::NotImplemented,
        ] {
            let error = Error::new(kind, "A reason.");
            assert_eq!(error.status_code().as_u16(), kind.status());
        }
    }
}
