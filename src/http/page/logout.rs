//! `/logout`: asks, and ends the session.

use actix_web::http::StatusCode;
use maud::html;

use super::answer::Page;
use super::failure::Failure;
use super::form::Form;
use super::visit::Visit;
use crate::http::cookie;

/// `GET /logout`: asks, as a link of another site must not log anybody out.
pub(in crate::http) async fn show(visit: Visit) -> Page {
    let body = html! {
        section {
            p { "Do you want to log out on this device?" }
            form method="post" action=(visit.url("/logout")) {
                (visit.token_field())
                button.full type="submit" autofocus { "Log out" }
            }
        }
        p { a href=(visit.url("/user/settings")) { "Stay logged in" } }
    };
    visit.page(StatusCode::OK, "Log out", &body)
}

/// `POST /logout`: ends the session of this browser, if it has one.
pub(in crate::http) async fn log_out(visit: Visit, _: Form) -> Result<Page, Failure> {
    if let Some(session) = visit.session() {
        visit.gateway.end_session(session, &visit.request).await?;
    }
    Ok(visit
        .elsewhere("/login?done=logout")
        .with(cookie::ended(&visit.gateway)))
}
