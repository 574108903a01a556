//! A page that could not be shown, or a form that was refused: the same errors as elsewhere, told to a person.

use actix_web::http::{ConnectionType, StatusCode, header};
use actix_web::web::QueryConfig;
use actix_web::{HttpRequest, HttpResponse, ResponseError};
use maud::html;

use super::{layout, visit::Visit};
use crate::http::error::Error;
use crate::scim::{self, ErrorKind};
use crate::service;

/// Why a page is not shown.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub(in crate::http) struct Failure(#[from] pub(in crate::http) Error);

impl Failure {
    pub(in crate::http) fn new(kind: ErrorKind, detail: impl Into<String>) -> Self {
        Self(Error::new(kind, detail))
    }

    /// As a page with the number under which the log tells more.
    pub(in crate::http) fn page(&self, request: &HttpRequest) -> HttpResponse {
        let bare = self.0.answer("");
        let Ok(visit) = Visit::of(request) else {
            return bare;
        };
        let status = bare.status();
        let body = html! {
            (layout::error(&self.text(), Some(&visit.request)))
            p { "If that does not help, ask your administrator, and tell them the reference." }
            p { a href=(visit.url("/login")) { "To the login" } }
        };
        let mut answer = visit.page(status, title(status), &body).into_response();
        if let Some(after) = bare.headers().get(header::RETRY_AFTER) {
            answer
                .headers_mut()
                .insert(header::RETRY_AFTER, after.clone());
        }
        if !bare.head().keep_alive() {
            answer.head_mut().set_connection_type(ConnectionType::Close);
        }
        answer
    }

    /// What the person reads.
    fn text(&self) -> String {
        match &self.0 {
            Error::Service(service::Error::Scim(error)) | Error::Unread(error) => {
                error.detail.clone()
            }
            Error::Service(service::Error::Undecided(waits)) => waits.refusal.detail.clone(),
            Error::Service(service::Error::Limited { retry_after }) => {
                format!("Too many attempts: wait {retry_after} seconds, and try again.")
            }
            Error::Service(service::Error::Unavailable { .. }) => {
                "The gateway is too busy at the moment: wait a few seconds, and try again."
                    .to_owned()
            }
            Error::Service(service::Error::Internal { .. }) | Error::Panicked(_) => {
                "Something went wrong here. It is not your fault, and it has been noted.".to_owned()
            }
            Error::Unauthenticated(_) | Error::Method(_) => "This page is not for you.".to_owned(),
        }
    }
}

/// A query that does not read is told on a page as well.
pub(in crate::http) fn query() -> QueryConfig {
    let detail = "The address of this page does not read: go back, and open it again.";
    QueryConfig::default()
        .error_handler(move |_, _| Failure::new(ErrorKind::InvalidSyntax, detail).into())
}

fn title(status: StatusCode) -> &'static str {
    match status.as_u16() {
        403 => "Not allowed",
        404 => "Nothing here",
        429 => "Too many attempts",
        503 => "Try again in a moment",
        500.. => "That failed",
        _ => "That did not work",
    }
}

impl From<service::Error> for Failure {
    fn from(error: service::Error) -> Self {
        Self(error.into())
    }
}

impl From<scim::Error> for Failure {
    fn from(error: scim::Error) -> Self {
        Self(error.into())
    }
}

impl ResponseError for Failure {
    fn status_code(&self) -> StatusCode {
        self.0.status_code()
    }

    /// The page is put in by the outermost middleware, which has the request.
    fn error_response(&self) -> HttpResponse {
        self.0.answer("")
    }
}
