//! Logins and sessions for programs: the JSON side of `/auth`.

use std::net::IpAddr;

use actix_web::http::header;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;
use serde_json::{Value, json};

use super::auth::Credentials;
use super::body::Body;
use super::cookie;
use super::error::Error;
use super::form::Form as Fields;
use super::person::{From, LoggedIn, Ours};
use super::problem::Problem;
use super::transport;
use crate::config::Secret;
use crate::scim::ErrorKind;
use crate::service::{Gateway, Jwt, Me, Visitor};

/// A name and a password have a few hundred bytes.
const MAX_FORM_BYTES: usize = 16 * 1024;

#[derive(Deserialize)]
struct Form {
    username: String,
    password: String,
}

/// `POST /auth/login`: name and password, with `login.method` `local` or `ldap`.
pub(super) async fn log_in(
    gateway: Data<Gateway>,
    from: From,
    _: Ours,
    request: HttpRequest,
    body: Result<Body, Error>,
) -> Result<HttpResponse, Problem> {
    let Form { username, password } = form(&request, &body?)?;
    let signed_in = gateway
        .log_in(&username, &Secret::new(password), from.0)
        .await?;
    let jwt = gateway.jwt(&signed_in.me).await?;
    let mut answer = HttpResponse::Ok();
    for cookie in cookie::begun(&gateway, &signed_in) {
        answer.append_header((header::SET_COOKIE, cookie));
    }
    let user = user(&signed_in.me);
    Ok(answer.json(with_token(&jwt, &[("user", user)])))
}

/// `GET /auth/session`: who is logged in.
pub(super) async fn session(LoggedIn(me): LoggedIn) -> HttpResponse {
    HttpResponse::Ok().json(json!({
        "user": user(&me), "roles": me.roles, "groups": me.groups, "expires_at": me.expires.to_string(),
    }))
}

/// `POST /auth/token`: a fresh JWT for who is logged in.
pub(super) async fn token(
    gateway: Data<Gateway>,
    LoggedIn(me): LoggedIn,
    _: Ours,
) -> Result<HttpResponse, Problem> {
    let jwt = gateway.jwt(&me).await?;
    Ok(HttpResponse::Ok().json(with_token(&jwt, &[])))
}

/// `POST /auth/introspect` (RFC 7662), for applications: whether a token that somebody showed them still holds.
pub(super) async fn introspect(
    gateway: Data<Gateway>,
    from: From,
    request: HttpRequest,
    form: Result<Fields, Error>,
) -> Result<HttpResponse, Problem> {
    let Credentials::Token(token) = Credentials::of(request.headers()) else {
        return Err(Problem::NotLoggedIn);
    };
    let Visitor {
        address,
        request: id,
        ..
    } = from.0;
    let from = address.unwrap_or(IpAddr::from([0, 0, 0, 0]));
    let caller = gateway.authenticate(token, from, &id).await?;
    let caller = caller.ok_or(Problem::NotLoggedIn)?;
    transport::mark_authenticated(&request);
    let form = form?;
    let asked = form.field("token")?.unwrap_or_default();
    let said = gateway.introspect(&caller, &Secret::new(asked)).await?;
    Ok(HttpResponse::Ok().json(said))
}

/// `GET /.well-known/jwks.json` (RFC 7517 §5): the keys of the JWTs.
pub(super) async fn jwks(gateway: Data<Gateway>) -> Result<HttpResponse, Problem> {
    let keys = gateway.jwks().await?;
    let answer = (header::CONTENT_TYPE, "application/jwk-set+json");
    Ok(HttpResponse::Ok().insert_header(answer).body(keys))
}

/// A body that says it is JSON: a form of another site cannot say so.
fn form(request: &HttpRequest, body: &Body) -> Result<Form, Problem> {
    let refused = |kind, detail: &str| Problem::from(Error::new(kind, detail));
    if request.headers().get(header::CONTENT_TYPE).is_none() {
        let detail = "Send the body as Content-Type application/json.";
        return Err(refused(ErrorKind::UnsupportedMediaType, detail));
    }
    if body.0.len() > MAX_FORM_BYTES {
        return Err(refused(
            ErrorKind::TooLarge,
            "The body is larger than 16 KiB.",
        ));
    }
    serde_json::from_slice(&body.0).map_err(|_| {
        let detail = "Send {\"username\": \"…\", \"password\": \"…\"}, each once and as text.";
        refused(ErrorKind::InvalidSyntax, detail)
    })
}

fn user(me: &Me) -> Value {
    serde_json::from_str(&me.user).unwrap_or_default()
}

fn with_token(jwt: &Jwt, more: &[(&str, Value)]) -> Value {
    let mut all =
        json!({ "token": jwt.token, "token_type": "Bearer", "expires_in": jwt.expires_in });
    if let Value::Object(members) = &mut all {
        members.extend(
            more.iter()
                .map(|(name, value)| ((*name).to_owned(), value.clone())),
        );
    }
    all
}
