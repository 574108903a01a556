//! `/login`: a form for name and password, or the way to the identity provider.

use actix_web::http::StatusCode;
use actix_web::web::Query;
use maud::{Markup, html};
use serde::Deserialize;

use super::answer::Page;
use super::failure::Failure;
use super::form::Form;
use super::layout::{self, Field};
use super::next::local_path;
use super::refused;
use super::visit::Visit;
use crate::config::LoginMethod;
use crate::http::cookie;
use crate::service::{Denied, Refused, SignInError};

/// Where somebody goes who asked for no other page.
const HOME: &str = "/user/settings";

/// What the URL of the login says.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::http) struct Asked {
    next: String,
    done: String,
}

/// The page of somebody who is in and asked for no other.
pub(in crate::http) fn home(visit: &Visit) -> String {
    visit.url(HOME)
}

/// `GET /login`
pub(in crate::http) async fn show(visit: Visit, asked: Query<Asked>) -> Page {
    let said = match asked.done.as_str() {
        "password" => layout::done("Your password is set. Log in with it."),
        "logout" => layout::done("You are logged out."),
        "administrator" => layout::done("You are the first administrator. Log in."),
        _ => html! {},
    };
    let body = content(&visit, &asked.next, "", &said);
    visit.page(StatusCode::OK, "Log in", &body)
}

/// `POST /login`: name and password.
pub(in crate::http) async fn log_in(visit: Visit, form: Form) -> Result<Page, Failure> {
    let (name, next) = (form.text("username"), form.text("next"));
    let entered = visit
        .gateway
        .log_in(name, &form.secret("password"), visit.visitor.clone())
        .await;
    match entered {
        Ok(signed_in) => {
            let cookies = cookie::begun(&visit.gateway, &signed_in);
            let home = home(&visit);
            Ok(Visit::to(local_path(next).unwrap_or(&home)).with(cookies))
        }
        Err(SignInError::Denied(denied)) if denied.refused == Refused::Credentials => {
            Ok(again(&visit, &denied, name, next))
        }
        Err(SignInError::Denied(denied)) => Ok(refused::page(&visit, &denied)),
        Err(SignInError::Failed(error)) => Err(error.into()),
    }
}

/// The form once more: the same for every wrong name and every wrong password.
fn again(visit: &Visit, denied: &Denied, name: &str, next: &str) -> Page {
    let text = "The user name or the password is not right.";
    let said = layout::error(text, Some(&denied.reference));
    let body = content(visit, next, name, &said);
    visit.page(StatusCode::UNAUTHORIZED, "Log in", &body)
}

fn content(visit: &Visit, next: &str, name: &str, said: &Markup) -> Markup {
    let next = local_path(next);
    let body = match visit.gateway.settings().login.method {
        LoginMethod::Local | LoginMethod::Ldap => form(visit, next, name),
        LoginMethod::Saml => button(visit, next),
    };
    html! { (said) (body) }
}

fn form(visit: &Visit, next: Option<&str>, name: &str) -> Markup {
    let user_name = Field {
        name: "username",
        label: "User name or e-mail address",
        value: name,
        autocomplete: "username",
        focus: name.is_empty(),
        ..Field::default()
    };
    let password = Field {
        name: "password",
        label: "Password",
        kind: "password",
        autocomplete: "current-password",
        focus: !name.is_empty(),
        ..Field::default()
    };
    html! {
        section {
            form method="post" action=(visit.url("/login")) {
                (visit.token_field())
                @if let Some(next) = next { input type="hidden" name="next" value=(next); }
                (user_name)
                (password)
                button.full type="submit" { "Log in" }
            }
        }
        p.hint { "Forgotten your password? Ask your administrator for a link with which you set a new one." }
    }
}

fn button(visit: &Visit, next: Option<&str>) -> Markup {
    let name = visit.gateway.login_name();
    let query = next.map(|next| {
        format!(
            "?next={}",
            percent_encoding::utf8_percent_encode(next, percent_encoding::NON_ALPHANUMERIC)
        )
    });
    let url = visit.url(&format!("/saml/login{}", query.unwrap_or_default()));
    html! {
        section { a.button.full href=(url) { "Log in with " (name) } }
    }
}
