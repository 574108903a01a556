//! Logins and sessions for programs: the JSON side of `/auth`.

use std::net::IpAddr;

use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::web::{self, Data};
use actix_web::{FromRequest, HttpRequest, HttpResponse};
use futures_util::FutureExt;
use futures_util::future::LocalBoxFuture;
use serde::Deserialize;
use serde_json::{Value, json};

use super::auth::Credentials;
use super::body;
use super::cookie;
use super::error::Error;
use super::form::Form;
use super::person::{From, LoggedIn, Ours};
use super::problem::Problem;
use super::transport;
use crate::config::Secret;
use crate::scim::ErrorKind;
use crate::service::{Gateway, Jwt, Me};

/// The largest body of an introspection: one token, of which a JWT has at most 16 KiB, and as much
/// for the names of the fields and what else is sent.
const INTROSPECTION_BYTES: usize = 2 * body::FORM_BYTES;

/// The name and the password of a login, as JSON.
#[derive(Deserialize)]
pub(super) struct PasswordLogin {
    username: String,
    password: String,
}

impl FromRequest for PasswordLogin {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    /// Reads a body that says it is JSON: a form of another site cannot say so.
    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, payload) = (request.clone(), payload.take());
        async move {
            if !request.headers().contains_key(header::CONTENT_TYPE) {
                let detail = "Send the body as Content-Type application/json.";
                return Err(Error::new(ErrorKind::UnsupportedMediaType, detail).into());
            }
            body::check_json(&request)?;
            let body = body::read_anonymous(&request, payload, body::FORM_BYTES).await?;
            serde_json::from_slice(&body).map_err(|_| {
                let detail =
                    "Send {\"username\": \"…\", \"password\": \"…\"}, each once and as text.";
                Error::new(ErrorKind::InvalidSyntax, detail).into()
            })
        }
        .boxed_local()
    }
}

/// `POST /auth/login`: name and password, with `login.method` `local` or `ldap`.
pub(super) async fn log_in(
    gateway: Data<Gateway>,
    from: From,
    _: Ours,
    login: PasswordLogin,
) -> Result<HttpResponse, Problem> {
    let PasswordLogin { username, password } = login;
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
    From(visitor): From,
    request: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    let Credentials::Token(token) = Credentials::of(request.headers()) else {
        return Err(Problem::NotLoggedIn);
    };
    let from = visitor.address.unwrap_or(IpAddr::from([0, 0, 0, 0]));
    let caller = gateway.authenticate(token, from, &visitor.request).await?;
    let caller = caller.ok_or(Problem::NotLoggedIn)?;
    transport::mark_authenticated(&request);
    let form = Form::read(&request, payload.into_inner(), INTROSPECTION_BYTES).await?;
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
