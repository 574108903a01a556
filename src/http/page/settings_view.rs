//! What `/user/settings` shows.

use maud::{Markup, html};

use super::layout::{Field, time};
use super::password::new_password;
use super::visit::Visit;
use crate::config::Secret;
use crate::service::{Account, PersonalScope, PersonalTokenInfo, SessionInfo, TOKEN_DAYS};

/// All that the page tells.
pub(super) struct Shown {
    pub(super) account: Account,
    pub(super) tokens: Vec<PersonalTokenInfo>,
    pub(super) sessions: Vec<SessionInfo>,
    /// The id of the session that asks.
    pub(super) session: Option<String>,
}

pub(super) fn content(visit: &Visit, shown: &Shown) -> Markup {
    html! {
        p { "Logged in as " strong { (shown.account.user_name) } "." }
        (details(visit, &shown.account))
        @if visit.gateway.keeps_passwords() { (password(visit, &shown.account)) }
        (tokens(visit, &shown.tokens))
        (sessions(visit, shown))
    }
}

/// A new token: here and nowhere else.
pub(super) fn new_token(token: &Secret) -> Markup {
    html! {
        div.done role="status" {
            p { strong { "Your new token. " } "Copy it now: it is shown only this once." }
            code.secret { (token.expose()) }
        }
    }
}

/// A form of the page.
fn form(visit: &Visit, what: &str, body: &Markup) -> Markup {
    html! {
        form method="post" action=(visit.url("/user/settings")) {
            (visit.token_field())
            input type="hidden" name="do" value=(what);
            (body)
        }
    }
}

fn details(visit: &Visit, account: &Account) -> Markup {
    let details = &account.details;
    let can = account.names_locked.is_none() || account.email_locked.is_none();
    let body = html! {
        (fixed_or(&Field { name: "given-name", label: "Given name", value: &details.given_name,
            autocomplete: "given-name", required: false, ..Field::default() }, account.names_locked))
        (fixed_or(&Field { name: "family-name", label: "Family name", value: &details.family_name,
            autocomplete: "family-name", required: false, ..Field::default() }, account.names_locked))
        @if let Some(why) = account.names_locked { p.hint { (why) } }
        (fixed_or(&Field { name: "email", label: "E-mail address", kind: "email", value: &details.email,
            autocomplete: "email", ..Field::default() }, account.email_locked))
        @if let Some(why) = account.email_locked.filter(|why| account.names_locked != Some(*why)) { p.hint { (why) } }
        @if account.email_locked.is_none() {
            (Field { name: "email-password", label: "Present password", kind: "password",
                autocomplete: "current-password", required: false,
                hint: Some("Only for another address."), ..Field::default() })
        }
        @if can { button type="submit" { "Save" } }
    };
    html! {
        section aria-labelledby="details" {
            h2 id="details" { "Name and address" }
            (form(visit, "details", &body))
        }
    }
}

/// A field, or what is in it where it cannot be changed here; the form sends it either way.
fn fixed_or(field: &Field<'_>, locked: Option<&str>) -> Markup {
    if locked.is_none() {
        return html! { (field) };
    }
    html! {
        div.field {
            label for=(field.name) { (field.label) }
            input id=(field.name) type="text" value=(field.value) disabled;
            input type="hidden" name=(field.name) value=(field.value);
        }
    }
}

fn password(visit: &Visit, account: &Account) -> Markup {
    let present = Field {
        name: "password",
        label: "Present password",
        kind: "password",
        autocomplete: "current-password",
        ..Field::default()
    };
    let body = html! {
        input type="hidden" name="username" value=(account.user_name) autocomplete="username";
        (present)
        (new_password(false))
        button type="submit" { "Change the password" }
        p.hint { "Your other sessions end; your tokens stay." }
    };
    html! {
        section aria-labelledby="password-heading" {
            h2 id="password-heading" { "Password" }
            (form(visit, "password", &body))
        }
    }
}

fn tokens(visit: &Visit, tokens: &[PersonalTokenInfo]) -> Markup {
    html! {
        section aria-labelledby="tokens" {
            h2 id="tokens" { "Personal access tokens" }
            p { "With a token, a program of yours speaks for you, without your password. It ends when you revoke it, when it expires, when your password is reset, and when your account is deactivated." }
            @if !tokens.is_empty() {
                ul.rows {
                    @for token in tokens { li { (token_row(visit, token)) } }
                }
            }
            h3 { "New token" }
            (form(visit, "token", &token_form(visit)))
        }
    }
}

fn token_row(visit: &Visit, token: &PersonalTokenInfo) -> Markup {
    let revoke = html! {
        input type="hidden" name="id" value=(token.id);
        button.danger type="submit" aria-label={ "Revoke " (token.name) } { "Revoke" }
    };
    html! {
        span.row-text {
            strong { (token.name) } " "
            @for scope in &token.scopes { span.tag { (scope) } " " }
            span.meta { "Made " (time(token.created)) ", expires " (time(token.expires)) }
            span.meta { @match token.used { Some(at) => { "Last used " (time(at)) }, None => "Never used" } }
        }
        (form(visit, "revoke", &revoke))
    }
}

fn token_form(visit: &Visit) -> Markup {
    let name = Field {
        name: "name",
        label: "Name",
        hint: Some("The program or machine that will use it."),
        ..Field::default()
    };
    html! {
        (name)
        fieldset {
            legend { "What it may do" }
            @for scope in PersonalScope::ALL {
                label {
                    input type="checkbox" name="scope" value=(scope) checked;
                    (meaning(scope))
                }
            }
        }
        div.field {
            label for="days" { "Lives for" }
            select id="days" name="days" {
                @for days in TOKEN_DAYS { option value=(days) selected[days == 90] { (days) " days" } }
            }
        }
        @if visit.gateway.keeps_passwords() {
            (Field { name: "token-password", label: "Present password", kind: "password",
                autocomplete: "current-password", ..Field::default() })
        } @else {
            p.hint { "Only within five minutes of a login: log out and in again if yours is older." }
        }
        button type="submit" { "Make a token" }
    }
}

fn meaning(scope: PersonalScope) -> &'static str {
    match scope {
        PersonalScope::Check => "Use the applications behind this gateway (check)",
        PersonalScope::Me => "Read my own record over SCIM (me)",
    }
}

fn sessions(visit: &Visit, shown: &Shown) -> Markup {
    let is_this = |session: &SessionInfo| shown.session.as_ref() == Some(&session.id);
    let others = shown.sessions.iter().any(|session| !is_this(session));
    html! {
        section aria-labelledby="sessions" {
            h2 id="sessions" { "Sessions" }
            p { "Where you are logged in." }
            ul.rows {
                @for session in &shown.sessions { li { (session_row(visit, session, is_this(session))) } }
            }
            @if others {
                (form(visit, "sessions", &html! { button.danger type="submit" { "End all other sessions" } }))
            }
        }
    }
}

fn session_row(visit: &Visit, session: &SessionInfo, is_this: bool) -> Markup {
    let end = html! {
        input type="hidden" name="id" value=(session.id);
        button.danger type="submit" { "End" }
    };
    html! {
        span.row-text {
            strong { (session.agent.as_deref().map_or("Unknown browser", browser)) }
            @if is_this { " " span.tag { "this one" } }
            span.meta {
                @if let Some(address) = &session.address { "From " (address) ", " }
                "since " (time(session.created)) ", last used " (time(session.seen))
            }
        }
        @if !is_this { (form(visit, "session", &end)) }
    }
}

/// The name of a browser in its `User-Agent`, for people who look for a session that is not theirs.
fn browser(agent: &str) -> &str {
    let names = [
        ("Edg/", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("Chromium/", "Chromium"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
        ("curl/", "curl"),
    ];
    let known = names.iter().find(|(mark, _)| agent.contains(mark));
    known.map_or(agent, |(_, name)| name)
}
