//! Around every request: its id, the net under a panic, and its line in the log.

use std::panic::AssertUnwindSafe;
use std::rc::Rc;
use std::time::Instant;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use actix_web::http::{Method, StatusCode, header};
use actix_web::middleware::Next;
use actix_web::{HttpMessage, HttpRequest, HttpResponse};
use futures_util::FutureExt;
use tracing::Instrument;

use super::auth::Permit;
use super::client;
use super::error::Error;
use super::request::{RequestId, gateway};
use super::route::Mounted;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

/// The outermost middleware. The id is made here, never taken from the caller.
pub(super) async fn trace(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    let started = Instant::now();
    let id: Rc<str> = gateway(request.request())?.clock().id().into();
    let method = request.method().clone();
    let span = tracing::info_span!("request", request_id = &*id);
    request.extensions_mut().insert(RequestId(Rc::clone(&id)));
    let served = async move { next.call(request).await }.instrument(span.clone());
    let served = AssertUnwindSafe(served).catch_unwind().await;
    let _entered = span.enter();
    let Ok(served) = served else {
        return Err(panicked(&method, &id, started));
    };
    let response = served?;
    let mut response = match failure(&response, &id) {
        None => response.map_into_left_body(),
        Some(answer) => response.into_response(answer).map_into_right_body(),
    };
    mark(response.headers_mut(), &id);
    log(response.request(), response.status(), started);
    Ok(response)
}

/// The headers that every answer carries.
pub(super) fn mark(headers: &mut HeaderMap, request: &str) {
    if let Ok(id) = HeaderValue::from_str(request) {
        headers.insert(REQUEST_ID, id);
    }
    headers.insert(header::CACHE_CONTROL, NO_STORE);
}

/// The answer to a request that failed by the server's fault, with the id of the request in it; the
/// reason goes to the log.
fn failure<B>(response: &ServiceResponse<B>, id: &str) -> Option<HttpResponse> {
    let error = response.response().error()?.as_error::<Error>()?;
    let why = error.why()?;
    tracing::error!(why, "request failed");
    Some(error.answer(id))
}

fn panicked(method: &Method, id: &str, started: Instant) -> actix_web::Error {
    let error = Error::Panicked(id.to_owned());
    let duration_us = elapsed(started);
    tracing::error!(why = error.why(), %method, status = 500, duration_us, "request failed");
    error.into()
}

/// One event a request. The route is logged as its pattern: paths and queries hold personal data.
fn log(request: &HttpRequest, status: StatusCode, started: Instant) {
    if !tracing::enabled!(tracing::Level::INFO) {
        return;
    }
    let route = request
        .app_data::<Mounted>()
        .map_or("-", |at| at.pattern.as_str());
    let extensions = request.extensions();
    let connection = extensions.get::<Permit>().map(|permit| &*permit.connection);
    let trusted = gateway(request).map_or(&[][..], |gateway| {
        &gateway.settings().server.trusted_proxies
    });
    let client = request
        .peer_addr()
        .map(|peer| client::address(peer, request.headers(), trusted));
    tracing::info!(
        method = %request.method(),
        route,
        status = status.as_u16(),
        duration_us = elapsed(started),
        connection,
        client = client.map(tracing::field::display),
        "request"
    );
}

fn elapsed(started: Instant) -> u64 {
    u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX)
}
