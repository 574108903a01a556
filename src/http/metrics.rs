//! `/metrics`, for whoever watches the gateway.

use actix_web::http::{StatusCode, header};
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};

use super::ops::problem;
use super::transport;
use crate::service::Gateway;

/// What a proxy adds: whoever sends one of these does not speak for the peer alone.
const FORWARDED: [&str; 6] = [
    "forwarded",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-proto",
    "x-real-ip",
    "via",
];
/// The media type of the text format of Prometheus.
const TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// `GET /metrics`: with `metrics.token` for whoever shows it, without it for direct peers of this machine alone.
pub(super) async fn read(request: HttpRequest, gateway: Data<Gateway>) -> HttpResponse {
    if let Some(refusal) = refusal(&request, &gateway) {
        return refusal;
    }
    HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, TEXT))
        .body(gateway.metrics_text().await)
}

fn refusal(request: &HttpRequest, gateway: &Gateway) -> Option<HttpResponse> {
    if gateway.settings().metrics.token.is_none() {
        let detail = "Without metrics.token, only this machine itself may read the metrics, and not through a proxy.";
        return (!is_direct(request)).then(|| problem(StatusCode::FORBIDDEN, detail));
    }
    if bearer(request).is_some_and(|token| gateway.is_metrics_token(token)) {
        transport::mark_authenticated(request);
        return None;
    }
    let detail =
        "The metrics need the token of metrics.token: send it as `Authorization: Bearer <token>`.";
    let mut answer = problem(StatusCode::UNAUTHORIZED, detail);
    let challenge = header::HeaderValue::from_static("Bearer realm=\"muster\"");
    answer
        .headers_mut()
        .insert(header::WWW_AUTHENTICATE, challenge);
    Some(answer)
}

fn bearer(request: &HttpRequest) -> Option<&str> {
    let sent = request.headers().get(header::AUTHORIZATION)?;
    let (scheme, token) = sent.to_str().ok()?.trim().split_once(' ')?;
    scheme.eq_ignore_ascii_case("Bearer").then(|| token.trim())
}

fn is_direct(request: &HttpRequest) -> bool {
    let local = |peer: std::net::SocketAddr| peer.ip().to_canonical().is_loopback();
    request.peer_addr().is_some_and(local)
        && !FORWARDED
            .iter()
            .any(|name| request.headers().contains_key(*name))
}
