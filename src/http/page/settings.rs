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
use crate::scim::ErrorKind;
use crate::service::{
    AccountChange, Credential, Details, Error, Me, NewPersonalToken, PersonalScope,
};

/// What the URL of the page says.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::http) struct Asked {
    done: String,
}

/// `GET /user/settings`
pub(in crate::http) async fn show(mut visit: Visit, asked: Query<Asked>) -> Result<Page, Failure> {
    let Some(me) = somebody(&mut visit).await? else {
        return Ok(visit.to_login("/user/settings"));
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
pub(in crate::http) async fn change(mut visit: Visit, form: Form) -> Result<Page, Failure> {
    let Some(me) = somebody(&mut visit).await? else {
        return Ok(visit.to_login("/user/settings"));
    };
    let asked = asked(&form)?;
    let changed = visit.gateway.change_account(&me, &asked, &visit.visitor);
    let (status, said) = match changed.await {
        Ok(None) => return Ok(visit.elsewhere(&format!("/user/settings?done={}", form.text("do")))),
        Ok(Some(token)) => (StatusCode::OK, settings_view::new_token(&token)),
        Err(Error::Scim(error)) => (layout::status(&error), layout::error(&error.detail, None)),
        Err(error) => return Err(error.into()),
    };
    whole(&visit, &me, status, said).await
}

/// What a form asks for.
fn asked(form: &Form) -> Result<AccountChange, Failure> {
    let id = || form.text("id").to_owned();
    Ok(match form.text("do") {
        "details" => AccountChange::Details {
            details: details(form),
            password: form.secret("email-password"),
        },
        "password" => AccountChange::Password {
            present: form.secret("password"),
            new: form.secret("new-password"),
        },
        "token" => AccountChange::MakeToken {
            token: token(form),
            password: form.secret("token-password"),
        },
        "revoke" => AccountChange::EndToken(id()),
        "session" => AccountChange::EndSession(id()),
        "sessions" => AccountChange::EndOtherSessions,
        _ => {
            let detail = "The form does not say what is to be done.";
            return Err(Failure::new(ErrorKind::InvalidSyntax, detail));
        }
    })
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
async fn somebody(visit: &mut Visit) -> Result<Option<Me>, Failure> {
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

async fn whole(visit: &Visit, me: &Me, status: StatusCode, said: Markup) -> Result<Page, Failure> {
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
