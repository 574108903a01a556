//! `/user/settings`: one's own account.

use actix_web::http::StatusCode;
use actix_web::web::Query;
use maud::{Markup, html};
use serde::Deserialize;

use super::answer::Page;
use super::failure::Failure;
use super::form::Form;
use super::layout::{self, Width};
use super::settings_view::{self, Shown};
use super::visit::Visit;
use crate::config::Secret;
use crate::service::{
    Actor, Credential, Details, Error, Me, NewPersonalToken, PersonalScope, Result,
};

/// What the URL of the page says.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::http) struct Asked {
    done: String,
}

/// What came of a form.
enum Outcome {
    /// A word that the page knows, for the URL.
    Done(&'static str),
    /// The text of a new token, which is shown once.
    Token(Secret),
}

/// `GET /user/settings`
pub(in crate::http) async fn show(
    mut visit: Visit,
    asked: Query<Asked>,
) -> std::result::Result<Page, Failure> {
    let Some(me) = somebody(&mut visit).await? else {
        return Ok(visit.elsewhere("/login?next=%2Fuser%2Fsettings"));
    };
    let said = match asked.done.as_str() {
        "details" => layout::done("Your details are saved."),
        "password" => layout::done("Your password is changed. Your other sessions have ended."),
        "revoke" => layout::done("The token is revoked."),
        "session" => layout::done("The session has ended."),
        "sessions" => layout::done("All your other sessions have ended."),
        _ => html! {},
    };
    whole(&visit, &me, StatusCode::OK, said).await
}

/// `POST /user/settings`: the field `do` says which of its forms this is.
pub(in crate::http) async fn change(
    mut visit: Visit,
    form: Form,
) -> std::result::Result<Page, Failure> {
    let Some(me) = somebody(&mut visit).await? else {
        return Ok(visit.elsewhere("/login?next=%2Fuser%2Fsettings"));
    };
    match run(&visit, &me, &form).await {
        Ok(Outcome::Done(what)) => Ok(visit.elsewhere(&format!("/user/settings?done={what}"))),
        Ok(Outcome::Token(token)) => {
            whole(
                &visit,
                &me,
                StatusCode::OK,
                settings_view::new_token(&token),
            )
            .await
        }
        Err(Error::Scim(error)) => {
            let status =
                StatusCode::from_u16(error.kind.status()).unwrap_or(StatusCode::BAD_REQUEST);
            whole(&visit, &me, status, layout::error(&error.detail, None)).await
        }
        Err(error) => Err(error.into()),
    }
}

/// Does what a form asks for.
async fn run(visit: &Visit, me: &Me, form: &Form) -> Result<Outcome> {
    let (gateway, request, id) = (&visit.gateway, &*visit.request, &*me.id);
    let session = me.session.as_ref().map_or("", |session| &session.id);
    match form.text("do") {
        "details" => {
            let password = form.secret("email-password");
            gateway
                .change_details(id, &details(form), &password, request)
                .await?;
            Ok(Outcome::Done("details"))
        }
        "password" => {
            let (present, new) = (form.secret("password"), form.secret("new-password"));
            gateway
                .change_password(id, session, &present, &new, request)
                .await?;
            Ok(Outcome::Done("password"))
        }
        "token" => gateway
            .make_personal_token(id, &token(form), request)
            .await
            .map(Outcome::Token),
        "revoke" => {
            gateway
                .end_personal_token(id, form.text("id"), request)
                .await?;
            Ok(Outcome::Done("revoke"))
        }
        "session" => {
            let me = Actor::Person(id.to_owned());
            gateway.end_session_of(me, id, form.text("id")).await?;
            Ok(Outcome::Done("session"))
        }
        "sessions" => {
            gateway.end_other_sessions(id, session, request).await?;
            Ok(Outcome::Done("sessions"))
        }
        _ => Err(crate::scim::Error::syntax("The form does not say what is to be done.").into()),
    }
}

fn details(form: &Form) -> Details {
    Details {
        given_name: form.text("given-name").to_owned(),
        family_name: form.text("family-name").to_owned(),
        email: form.text("email").to_owned(),
    }
}

fn token(form: &Form) -> NewPersonalToken {
    let scopes = PersonalScope::ALL.into_iter();
    NewPersonalToken {
        name: form.text("name").to_owned(),
        scopes: scopes
            .filter(|scope| form.all("scope").any(|sent| sent == scope.as_str()))
            .collect(),
        days: form.text("days").parse().unwrap_or_default(),
    }
}

/// Whose session this browser has.
async fn somebody(visit: &mut Visit) -> Result<Option<Me>> {
    let Some(session) = visit.session() else {
        return Ok(None);
    };
    let me = visit
        .gateway
        .whoami(&Credential::Cookie(session.clone()))
        .await?;
    if me.is_some() {
        visit.is_somebodys();
    }
    Ok(me)
}

async fn whole(
    visit: &Visit,
    me: &Me,
    status: StatusCode,
    said: Markup,
) -> std::result::Result<Page, Failure> {
    let Some(account) = visit.gateway.account(&me.id).await? else {
        return Ok(visit.elsewhere("/login"));
    };
    let shown = Shown {
        account,
        tokens: visit.gateway.personal_tokens(&me.id).await?,
        sessions: visit.gateway.sessions_of(&me.id).await?,
        session: me.session.as_ref().map(|session| session.id.clone()),
    };
    let body = html! { (said) (settings_view::content(visit, &shown)) };
    Ok(visit.sized(status, "Your account", Width::Wide, &body))
}
