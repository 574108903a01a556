//! `/oauth/token`: access tokens for SCIM clients (RFC 6749 §4.4), and the one place that tells OAuth errors (§5.2).

use std::net::IpAddr;

use actix_web::http::{ConnectionType, StatusCode, header};
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, ResponseError};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::client;
use super::error::Error;
use super::form::Form;
use crate::service::{self, ClientProof, Gateway, GrantRefused, Granted};

/// The one kind of assertion that is taken (RFC 7523 §2.2).
const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
/// A client that comes too early or while the store is out waits a second.
const RETRY_AFTER_SECONDS: u64 = 1;

/// Why no token is given.
enum Refusal {
    /// 400, with one of the codes of RFC 6749 §5.2.
    Request(&'static str, String),
    /// The form was not read.
    Form(Error),
    /// What the service floor says.
    Grant(GrantRefused),
}

/// `POST /oauth/token` (RFC 6749 §4.4; RFC 7523 §2.2 for assertions).
pub(super) async fn token(
    request: HttpRequest,
    gateway: Data<Gateway>,
    form: Result<Form, Error>,
) -> HttpResponse {
    let from = client::of(&request).unwrap_or(IpAddr::from([0, 0, 0, 0]));
    match proof(&request, form) {
        Ok(proof) => answer(gateway.grant(proof, from).await),
        Err(refusal) => refusal.answer(),
    }
}

fn answer(granted: Result<Granted, GrantRefused>) -> HttpResponse {
    match granted {
        Ok(Granted {
            token,
            expires_in,
            scope,
        }) => {
            let body = json!({
                "access_token": token, "token_type": "Bearer", "expires_in": expires_in, "scope": scope,
            });
            json_answer(StatusCode::OK, &body)
        }
        Err(refused) => Refusal::Grant(refused).answer(),
    }
}

/// What the client shows; it may show one thing only (RFC 6749 §2.3).
fn proof(request: &HttpRequest, form: Result<Form, Error>) -> Result<ClientProof, Refusal> {
    let form = form.map_err(Refusal::Form)?;
    let field = |name| Ok(form.field(name).map_err(Refusal::Form)?.map(str::to_owned));
    match field("grant_type")?.as_deref() {
        Some("client_credentials") => {}
        Some(_) => {
            return Err(bad(
                "unsupported_grant_type",
                "The grant_type is client_credentials.",
            ));
        }
        None => {
            return Err(bad(
                "invalid_request",
                "Send grant_type=client_credentials.",
            ));
        }
    }
    let (id, secret) = (field("client_id")?, field("client_secret")?);
    let basic = basic(request)?;
    match (basic, secret, field("client_assertion")?) {
        (Some((id, secret)), None, None) => Ok(ClientProof::Secret { id, secret }),
        (None, Some(secret), None) => {
            let id = id.ok_or_else(|| {
                bad(
                    "invalid_request",
                    "Send client_id, the name of the connection.",
                )
            })?;
            Ok(ClientProof::Secret { id, secret })
        }
        (None, None, Some(assertion)) => match field("client_assertion_type")?.as_deref() {
            Some(JWT_BEARER) => Ok(ClientProof::Assertion { id, assertion }),
            Some(_) | None => Err(bad(
                "invalid_request",
                &format!("The client_assertion_type is {JWT_BEARER}."),
            )),
        },
        (None, None, None) => Err(Refusal::Grant(GrantRefused::Client)),
        _ => Err(bad(
            "invalid_request",
            "Send one of HTTP Basic, client_secret and client_assertion.",
        )),
    }
}

/// Name and secret of `Authorization: Basic`, each encoded like a form's field (RFC 6749 §2.3.1).
fn basic(request: &HttpRequest) -> Result<Option<(String, String)>, Refusal> {
    let mut sent = request.headers().get_all(header::AUTHORIZATION);
    let (Some(first), rest) = (sent.next(), sent.next()) else {
        return Ok(None);
    };
    let decoded = || {
        let (scheme, text) = first.to_str().ok()?.trim().split_once(' ')?;
        let text = scheme.eq_ignore_ascii_case("Basic").then(|| text.trim())?;
        let text = String::from_utf8(STANDARD.decode(text).ok()?).ok()?;
        let (id, secret) = text.split_once(':')?;
        Some((unescaped(id)?, unescaped(secret)?))
    };
    match (decoded(), rest) {
        (Some(found), None) => Ok(Some(found)),
        (Some(_) | None, _) => Err(Refusal::Grant(GrantRefused::Client)),
    }
}

fn unescaped(text: &str) -> Option<String> {
    let text = text.replace('+', " ");
    let decoded = percent_encoding::percent_decode_str(&text)
        .decode_utf8()
        .ok()?;
    Some(decoded.into_owned())
}

fn bad(code: &'static str, detail: &str) -> Refusal {
    Refusal::Request(code, detail.to_owned())
}

impl Refusal {
    fn answer(self) -> HttpResponse {
        let (status, code, detail, retry_after) = match self {
            Self::Request(code, detail) => (StatusCode::BAD_REQUEST, code, detail, None),
            Self::Form(error) => return unread_form(&error),
            Self::Grant(refused @ GrantRefused::Client) => (
                StatusCode::UNAUTHORIZED,
                "invalid_client",
                refused.to_string(),
                None,
            ),
            Self::Grant(GrantRefused::Service(error)) => {
                let (status, retry_after) = match &error {
                    service::Error::Limited { retry_after } => {
                        (StatusCode::TOO_MANY_REQUESTS, *retry_after)
                    }
                    service::Error::Unavailable { .. }
                    | service::Error::Internal { .. }
                    | service::Error::Undecided(_)
                    | service::Error::Scim(_) => {
                        tracing::error!(why = %error, "no access token was given");
                        (StatusCode::SERVICE_UNAVAILABLE, RETRY_AFTER_SECONDS)
                    }
                };
                let detail = format!("Not now: wait {retry_after} s and ask again.");
                (status, "temporarily_unavailable", detail, Some(retry_after))
            }
        };
        let mut answer = json_answer(
            status,
            &json!({ "error": code, "error_description": detail }),
        );
        let headers = answer.headers_mut();
        if status == StatusCode::UNAUTHORIZED {
            let challenge = header::HeaderValue::from_static("Basic realm=\"muster\"");
            headers.insert(header::WWW_AUTHENTICATE, challenge);
        }
        if let Some(seconds) = retry_after {
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
        answer
    }
}

/// What is wrong with the form: 400, but for what the reader of the body refuses.
fn unread_form(error: &Error) -> HttpResponse {
    let sent = error.status_code();
    let (status, code, retry_after) = match sent {
        StatusCode::SERVICE_UNAVAILABLE => {
            (sent, "temporarily_unavailable", Some(RETRY_AFTER_SECONDS))
        }
        StatusCode::REQUEST_TIMEOUT | StatusCode::PAYLOAD_TOO_LARGE => {
            (sent, "invalid_request", None)
        }
        _ => (StatusCode::BAD_REQUEST, "invalid_request", None),
    };
    let body = json!({ "error": code, "error_description": error.told() });
    let mut answer = json_answer(status, &body);
    if matches!(error, Error::Unread(_)) {
        answer.head_mut().set_connection_type(ConnectionType::Close);
    }
    if let Some(seconds) = retry_after {
        answer
            .headers_mut()
            .insert(header::RETRY_AFTER, seconds.into());
    }
    answer
}

fn json_answer(status: StatusCode, body: &serde_json::Value) -> HttpResponse {
    HttpResponse::build(status)
        .insert_header((header::CONTENT_TYPE, "application/json"))
        .insert_header((header::PRAGMA, "no-cache"))
        .body(body.to_string())
}
