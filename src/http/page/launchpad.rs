//! `/launchpad`: the first administrator, made with the code that the first start printed.

use std::net::IpAddr;

use actix_web::http::StatusCode;
use actix_web::web::Query;
use maud::{Markup, html};
use serde::Deserialize;

use super::answer::Page;
use super::failure::Failure;
use super::form::Form;
use super::layout::{self, Field};
use super::visit::Visit;
use crate::scim::ErrorKind;
use crate::service::{Error, FirstAdministrator, NewPerson};

/// What the URL of the launchpad says.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::http) struct Asked {
    code: String,
}

/// `GET /launchpad`: 404 for good once there has been an administrator.
pub(in crate::http) async fn show(visit: Visit, asked: Query<Asked>) -> Result<Page, Failure> {
    if !visit.gateway.has_launchpad().await? {
        return Err(gone());
    }
    let body = content(&visit, &asked.code, &NewPerson::default(), &html! {});
    Ok(visit.page(StatusCode::OK, "The first administrator", &body))
}

/// `POST /launchpad`
pub(in crate::http) async fn make(visit: Visit, form: Form) -> Result<Page, Failure> {
    let first = first(&visit, &form);
    let from = visit.visitor.address.unwrap_or(IpAddr::from([0, 0, 0, 0]));
    match visit
        .gateway
        .use_launchpad(&first, from, &visit.request)
        .await
    {
        Ok(_) => Ok(visit.elsewhere("/login?done=administrator")),
        Err(Error::Scim(error)) if error.kind != ErrorKind::NotFound => {
            let said = layout::error(&error.detail, None);
            let body = content(&visit, first.code.expose(), &first.person, &said);
            Ok(visit.page(layout::status(&error), "The first administrator", &body))
        }
        Err(error) => Err(error.into()),
    }
}

fn first(visit: &Visit, form: &Form) -> FirstAdministrator {
    let password = form.secret("new-password");
    FirstAdministrator {
        code: form.secret("code"),
        person: NewPerson {
            email: form.some("email").unwrap_or_default(),
            user_name: None,
            given_name: form.some("given-name"),
            family_name: form.some("family-name"),
            administrator: true,
        },
        password: visit.gateway.keeps_passwords().then_some(password),
    }
}

fn content(visit: &Visit, code: &str, person: &NewPerson, said: &Markup) -> Markup {
    let keeps_passwords = visit.gateway.keeps_passwords();
    let code_field = Field {
        name: "code",
        label: "Code",
        hint: Some("It stands in the URL that `muster serve` printed at its first start."),
        focus: true,
        ..Field::default()
    };
    html! {
        (said)
        p { "Whoever comes first with the right code becomes the administrator of this gateway. This page works once." }
        section {
            form method="post" action=(visit.url("/launchpad")) {
                (visit.token_field())
                @if code.is_empty() { (code_field) } @else { input type="hidden" name="code" value=(code); }
                (email(person, !code.is_empty()))
                (name("given-name", "Given name", person.given_name.as_deref()))
                (name("family-name", "Family name", person.family_name.as_deref()))
                @if keeps_passwords { (super::password::new_password(false)) }
                button.full type="submit" { "Become the administrator" }
            }
        }
        @if !keeps_passwords {
            p.hint { "You set no password here: you log in with " (visit.gateway.login_name()) " and this address." }
        }
    }
}

fn email(person: &NewPerson, focus: bool) -> Field<'_> {
    Field {
        name: "email",
        label: "E-mail address",
        kind: "email",
        value: &person.email,
        autocomplete: "email",
        hint: Some("It is your user name as well."),
        focus,
        ..Field::default()
    }
}

fn name<'a>(name: &'a str, label: &'a str, value: Option<&'a str>) -> Field<'a> {
    Field {
        name,
        label,
        value: value.unwrap_or_default(),
        autocomplete: name,
        required: false,
        ..Field::default()
    }
}

fn gone() -> Failure {
    let detail = "There is nothing at this URL.";
    Failure::new(ErrorKind::NotFound, detail)
}
