//! Whether the gateway lives and can serve, and what is answered outside every other URL.

use actix_web::body::MessageBody;
use actix_web::http::{StatusCode, header};
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};

use super::problem::Problem;
use super::route::Mounted;
use crate::service::Gateway;

/// `GET /healthz`: the process answers.
pub(super) async fn alive() -> HttpResponse {
    plain(StatusCode::OK, "ok\n")
}

/// `GET /readyz`: changes can be made now, or the reason why not.
pub(super) async fn ready(gateway: Data<Gateway>) -> HttpResponse {
    match gateway.check_ready().await {
        Ok(()) => plain(StatusCode::OK, "ready\n"),
        Err(why) => plain(
            StatusCode::SERVICE_UNAVAILABLE,
            format!("not ready: {why}\n"),
        ),
    }
}

/// 404 outside `/scim`.
pub(super) async fn not_found() -> Result<HttpResponse, Problem> {
    Err(Problem::NotFound)
}

/// 405 outside `/scim`.
pub(super) async fn method(request: HttpRequest) -> Result<HttpResponse, Problem> {
    let at = request.app_data::<Mounted>();
    Err(Problem::Method(
        at.map_or_else(String::new, |at| at.allow.clone()),
    ))
}

fn plain(status: StatusCode, text: impl MessageBody + 'static) -> HttpResponse {
    HttpResponse::build(status)
        .insert_header((header::CONTENT_TYPE, "text/plain; charset=utf-8"))
        .body(text)
}

/// Problem details (RFC 9457).
pub(super) fn problem(status: StatusCode, detail: &str) -> HttpResponse {
    let title = status.canonical_reason();
    let body = serde_json::json!({ "title": title, "status": status.as_u16(), "detail": detail });
    HttpResponse::build(status)
        .insert_header((header::CONTENT_TYPE, "application/problem+json"))
        .body(body.to_string())
}
