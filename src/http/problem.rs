//! Errors outside of SCIM for programs: problem details (RFC 9457), each with a stable code.

use actix_web::http::{StatusCode, header};
use actix_web::{HttpResponse, ResponseError};
use serde_json::{Map, Value};

use super::error::Error;
use crate::scim::ErrorKind;
use crate::service;
use crate::service::{Denied, Refused, SignInError};

/// Why a request is not answered with what it asked for.
#[derive(Debug, thiserror::Error)]
pub(super) enum Problem {
    /// A login that was refused.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// What the service floor refused or could not do.
    #[error(transparent)]
    Service(#[from] service::Error),
    /// What was wrong with the request before it came there.
    #[error(transparent)]
    Request(Error),
    /// No credential, or one that has ended.
    #[error("not logged in")]
    NotLoggedIn,
    /// Logged in, and not allowed; why.
    #[error("{0}")]
    Forbidden(&'static str),
    /// The request came from a page of somebody else.
    #[error("a foreign origin")]
    ForeignOrigin,
    /// Nothing is served there.
    #[error("not found")]
    NotFound,
    /// The URL exists, the method is not served there; the value of `Allow`.
    #[error("method not allowed")]
    Method(String),
}

/// What an answer says.
struct Told {
    status: StatusCode,
    code: &'static str,
    detail: String,
    reference: Option<String>,
}

impl From<SignInError> for Problem {
    fn from(error: SignInError) -> Self {
        match error {
            SignInError::Denied(denied) => Self::Denied(denied),
            SignInError::Failed(error) => Self::Service(error),
        }
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        match error {
            Error::Service(error) => Self::Service(error),
            other => Self::Request(other),
        }
    }
}

impl Problem {
    /// What only the log may read, for the errors that are the server's fault.
    pub(super) fn why(&self) -> Option<&str> {
        match self {
            Self::Service(
                service::Error::Unavailable { why } | service::Error::Internal { why },
            ) => Some(why),
            Self::Request(error) => error.why(),
            Self::Service(
                service::Error::Scim(_)
                | service::Error::Undecided(_)
                | service::Error::Limited { .. },
            )
            | Self::Denied(_)
            | Self::NotLoggedIn
            | Self::Forbidden(_)
            | Self::ForeignOrigin
            | Self::NotFound
            | Self::Method(_) => None,
        }
    }

    /// The HTTP answer. `request` is the id that the caller gets as its reference, but for a login, which has its own.
    pub(super) fn answer(&self, request: &str) -> HttpResponse {
        let told = self.told(request);
        let mut body = Map::new();
        body.insert(
            "type".to_owned(),
            format!("urn:muster:problem:{}", told.code).into(),
        );
        body.insert("title".to_owned(), told.status.canonical_reason().into());
        body.insert("status".to_owned(), told.status.as_u16().into());
        body.insert("code".to_owned(), told.code.into());
        body.insert("detail".to_owned(), told.detail.into());
        let reference = told.reference.unwrap_or_else(|| request.to_owned());
        body.insert("reference".to_owned(), reference.into());
        let mut answer = HttpResponse::build(told.status);
        answer.insert_header((header::CONTENT_TYPE, "application/problem+json"));
        match self {
            Self::Service(service::Error::Limited { retry_after }) => {
                answer.insert_header((header::RETRY_AFTER, retry_after.to_string()));
            }
            Self::Service(service::Error::Unavailable { .. }) => {
                answer.insert_header((header::RETRY_AFTER, "1"));
            }
            Self::NotLoggedIn => {
                answer.insert_header((header::WWW_AUTHENTICATE, "Bearer realm=\"muster\""));
            }
            Self::Request(Error::Unread(_)) => {
                answer.force_close();
            }
            Self::Method(allow) => {
                answer.insert_header((header::ALLOW, allow.as_str()));
            }
            Self::Service(
                service::Error::Scim(_)
                | service::Error::Undecided(_)
                | service::Error::Internal { .. },
            )
            | Self::Request(_)
            | Self::Denied(_)
            | Self::Forbidden(_)
            | Self::ForeignOrigin
            | Self::NotFound => {}
        }
        answer.body(Value::Object(body).to_string())
    }

    fn told(&self, request: &str) -> Told {
        let told = |status, code, detail: &str| Told {
            status,
            code,
            detail: detail.to_owned(),
            reference: None,
        };
        match self {
            Self::Denied(denied) => of_login(denied),
            Self::NotLoggedIn => told(
                StatusCode::UNAUTHORIZED,
                "not_logged_in",
                "There is no credential, or it has ended: log in.",
            ),
            Self::Forbidden(why) => told(StatusCode::FORBIDDEN, "forbidden", why),
            Self::ForeignOrigin => told(
                StatusCode::FORBIDDEN,
                "foreign_origin",
                "The request comes from a page of another site.",
            ),
            Self::NotFound => told(
                StatusCode::NOT_FOUND,
                "not_found",
                "There is nothing at this URL. SCIM is served under /scim/v2.",
            ),
            Self::Method(_) => told(
                StatusCode::METHOD_NOT_ALLOWED,
                "method_not_allowed",
                "This URL does not serve this method; see Allow.",
            ),
            Self::Service(service::Error::Limited { retry_after }) => told(
                StatusCode::TOO_MANY_REQUESTS,
                "too_many_requests",
                &format!("Too many attempts: wait {retry_after} s and try again."),
            ),
            Self::Service(service::Error::Unavailable { .. }) => told(
                StatusCode::SERVICE_UNAVAILABLE,
                "unavailable",
                "The gateway cannot do this at the moment; try again.",
            ),
            Self::Service(service::Error::Internal { .. }) => told(
                StatusCode::INTERNAL_SERVER_ERROR,
                "internal",
                "The gateway failed; its log says why under this reference.",
            ),
            Self::Service(service::Error::Undecided(waits)) => {
                told(StatusCode::FORBIDDEN, "forbidden", &waits.refusal.detail)
            }
            Self::Service(service::Error::Scim(error)) => told(
                StatusCode::from_u16(error.kind.status()).unwrap_or(StatusCode::BAD_REQUEST),
                if error.kind == ErrorKind::Forbidden {
                    "forbidden"
                } else {
                    "invalid_request"
                },
                &error.detail,
            ),
            Self::Request(error) => {
                let status = error.status_code();
                told(status, "invalid_request", &error.said(request).detail)
            }
        }
    }
}

/// A refused login. What failed is the same answer for whoever is not known and for a wrong password.
fn of_login(denied: &Denied) -> Told {
    let (status, code, detail) = match denied.refused {
        Refused::Credentials => (
            StatusCode::UNAUTHORIZED,
            "invalid_credentials",
            "The user name or the password is wrong.",
        ),
        Refused::Denied => (
            StatusCode::FORBIDDEN,
            "login_refused",
            "The login was refused: ask an administrator, and tell them the reference.",
        ),
        Refused::Deactivated => (
            StatusCode::FORBIDDEN,
            "account_deactivated",
            "The account is deactivated: ask an administrator, and tell them the reference.",
        ),
        Refused::Unavailable => (
            StatusCode::SERVICE_UNAVAILABLE,
            "directory_unavailable",
            "Nobody can be asked who you are at the moment: try again later.",
        ),
    };
    Told {
        status,
        code,
        detail: detail.to_owned(),
        reference: Some(denied.reference.clone()),
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        self.told("").status
    }

    /// The id of the request is put in by the outermost middleware, which knows it.
    fn error_response(&self) -> HttpResponse {
        self.answer("")
    }
}
