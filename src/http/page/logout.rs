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
    let abroad = match visit.session() {
        Some(session) => visit.gateway.log_out(session, &visit.request).await?,
        None => None,
    };
    if let Some(url) = abroad {
        return Ok(on(&visit, &url).with(cookie::ended(&visit.gateway)));
    }
    Ok(visit
        .elsewhere("/login?done=logout")
        .with(cookie::ended(&visit.gateway)))
}

/// A page that goes on to the identity provider by itself. A redirect would be the answer to a form, which browsers let go to
/// our own site only (`form-action`).
fn on(visit: &Visit, url: &str) -> Page {
    let name = visit.gateway.login_name();
    let body = html! {
        meta http-equiv="refresh" content=(format!("0; url={url}"));
        p { "You are logged out here. Now you are logged out at " (name) " too." }
        p { a href=(url) { "Go on" } }
    };
    visit.page(StatusCode::OK, "Log out", &body)
}
