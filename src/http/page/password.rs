//! `/password/{token}`: sets a password, with a link that works once.

use actix_web::http::StatusCode;
use actix_web::web::Path;
use maud::{Markup, html};

use super::answer::Page;
use super::failure::Failure;
use super::form::Form;
use super::layout::{self, Field};
use super::visit::Visit;
use crate::config::Secret;
use crate::scim::{self, ErrorKind};
use crate::service::{Error, LinkHolder, Purpose};

/// `GET /password/{token}`
pub(in crate::http) async fn show(visit: Visit, token: Path<String>) -> Result<Page, Failure> {
    let token = Secret::new(token.into_inner());
    let holder = visit.gateway.open_link(&token).await?.ok_or_else(no_link)?;
    let body = content(&visit, &token, &holder, &html! {});
    Ok(visit.page(StatusCode::OK, title(holder.purpose), &body))
}

/// `POST /password/{token}`
pub(in crate::http) async fn set(
    visit: Visit,
    token: Path<String>,
    form: Form,
) -> Result<Page, Failure> {
    let token = Secret::new(token.into_inner());
    let holder = visit.gateway.open_link(&token).await?.ok_or_else(no_link)?;
    let chosen = form.secret("new-password");
    match visit
        .gateway
        .use_link(&token, &chosen, &visit.request)
        .await
    {
        Ok(()) => Ok(visit.elsewhere("/login?done=password")),
        Err(Error::Scim(error)) if error.kind == ErrorKind::InvalidValue => {
            Ok(again(&visit, &token, &holder, &error))
        }
        Err(error) => Err(error.into()),
    }
}

/// The form once more: the link still holds.
fn again(visit: &Visit, token: &Secret, holder: &LinkHolder, error: &scim::Error) -> Page {
    let said = layout::error(&error.detail, None);
    let body = content(visit, token, holder, &said);
    visit.page(layout::status(error), title(holder.purpose), &body)
}

/// The field in which somebody chooses a password.
pub(super) fn new_password(is_wrong: bool) -> Field<'static> {
    Field {
        name: "new-password",
        label: "New password",
        kind: "password",
        autocomplete: "new-password",
        hint: Some("At least 8 characters; a few words are better than one with signs in it."),
        is_wrong,
        ..Field::default()
    }
}

fn title(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::Invitation => "Choose a password",
        Purpose::Reset => "Choose a new password",
    }
}

fn content(visit: &Visit, token: &Secret, holder: &LinkHolder, said: &Markup) -> Markup {
    let is_wrong = !said.0.is_empty();
    html! {
        (said)
        section {
            form method="post" action=(visit.url(&format!("/password/{}", token.expose()))) {
                (visit.token_field())
                div.field {
                    label for="username" { "User name" }
                    input type="text" id="username" name="username" value=(holder.user_name) autocomplete="username"
                        readonly;
                }
                (Field { focus: true, ..new_password(is_wrong) })
                button.full type="submit" { "Set the password" }
            }
        }
        p.hint { "With a new password, every session and every personal access token of the account ends." }
    }
}

fn no_link() -> Failure {
    let detail = "This link does not hold any more: it was used, is too old, or the account was changed. Ask your \
                  administrator for a new one.";
    Failure::new(ErrorKind::NotFound, detail)
}
