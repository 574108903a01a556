//! A login that was refused, told to the person: what to do, and the number under which the log tells why.

use actix_web::http::StatusCode;
use maud::html;

use super::answer::Page;
use super::layout;
use super::visit::Visit;
use crate::service::{Denied, Refused};

/// The page of a login that was refused.
pub(in crate::http) fn page(visit: &Visit, denied: &Denied) -> Page {
    let (status, title, text) = match denied.refused {
        Refused::Credentials => (
            StatusCode::UNAUTHORIZED,
            "Log in",
            "The user name or the password is not right.",
        ),
        Refused::Denied => (
            StatusCode::FORBIDDEN,
            "You cannot log in",
            "You were recognised, and still cannot be let in.",
        ),
        Refused::Deactivated => (
            StatusCode::FORBIDDEN,
            "Account deactivated",
            "Your account is deactivated. Nothing of yours is lost, and no new account was made.",
        ),
        Refused::Unavailable => (
            StatusCode::SERVICE_UNAVAILABLE,
            "Try again later",
            "The service that knows your password does not answer at the moment.",
        ),
    };
    let body = html! {
        (layout::error(text, Some(&denied.reference)))
        p {
            @match denied.refused {
                Refused::Deactivated => "Ask your administrator if you think that this is a mistake: only they can open it again. Tell them the reference.",
                Refused::Unavailable => "Wait a few minutes. If it stays so, tell your administrator the reference.",
                Refused::Credentials | Refused::Denied => "Ask your administrator, and tell them the reference: with it they see what was missing.",
            }
        }
        p { a href=(visit.url("/login")) { "Back to the login" } }
    };
    visit.page(status, title, &body)
}
