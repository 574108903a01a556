//! Around every request: its id, the net under a panic, and its line in the log.

use std::panic::AssertUnwindSafe;
use std::rc::Rc;
use std::sync::Arc;
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
use super::cookie;
use super::error::Error;
use super::page::Failure;
use super::problem::Problem;
use super::request::{RequestId, gateway};
use super::reset::Reset;
use super::route::{Mounted, SCIM_SCOPE};
use super::transport;
use super::transport::TrackedBody;
use crate::service::{self, Request, Said};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// A client with too many requests at once waits until some of them are answered.
const RETRY_AFTER_SECONDS: u64 = 1;
const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");
/// No browser may take an answer for anything but what it says it is.
const NO_SNIFF: HeaderValue = HeaderValue::from_static("nosniff");
/// A year: once seen over https, a browser asks for nothing else (RFC 6797).
const STRICT: HeaderValue = HeaderValue::from_static("max-age=31536000");

/// The outermost middleware. The id is made here, never taken from the caller.
pub(super) async fn trace(
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    let started = Instant::now();
    client::warn_of_ignored_header(request.request());
    let id: Rc<str> = gateway(request.request())?.clock().id().into();
    let method = request.method().clone();
    let span = tracing::info_span!("request", request_id = &*id);
    request.extensions_mut().insert(RequestId(Rc::clone(&id)));
    let reset = Reset::of(&mut request);
    let in_progress = transport::begin(request.request());
    let is_too_many = in_progress
        .as_ref()
        .is_some_and(|request| request.is_too_many());
    let served = async move {
        if is_too_many {
            return Ok(refuse(request).map_into_right_body());
        }
        let served = match reset {
            None => next.call(request).await?,
            // On the heap, so that others do not carry it.
            Some(reset) => Box::pin(reset.end(next.call(request))).await?,
        };
        Ok::<_, actix_web::Error>(served.map_into_left_body())
    }
    .instrument(span.clone());
    let served = AssertUnwindSafe(served).catch_unwind().await;
    let _entered = span.enter();
    let Ok(served) = served else {
        return Err(panicked(&method, &id, started));
    };
    let response = served?;
    let said = said(&response, &id);
    let mut response = match failure(&response, &id) {
        None => response.map_into_left_body(),
        Some(answer) => response.into_response(answer).map_into_right_body(),
    };
    let is_https = gateway(response.request()).is_ok_and(cookie::is_https);
    mark(response.headers_mut(), &id);
    if is_https {
        demand_https(response.headers_mut());
    }
    log(response.request(), response.status(), started);
    count(response.request(), response.status(), started);
    tell(response.request(), &id, response.status(), said, started);
    Ok(response.map_body(|_, body| TrackedBody::new(body, in_progress)))
}

/// The answer to a request of a connection that has too many in progress.
fn refuse(request: ServiceRequest) -> ServiceResponse {
    let error = service::Error::Limited {
        retry_after: RETRY_AFTER_SECONDS,
    };
    if request.path().starts_with(SCIM_SCOPE) {
        request.error_response(Error::from(error))
    } else {
        request.error_response(Problem::from(error))
    }
}

/// The headers that every answer carries.
pub(super) fn mark(headers: &mut HeaderMap, request: &str) {
    if let Ok(id) = HeaderValue::from_str(request) {
        headers.insert(REQUEST_ID, id);
    }
    headers.insert(header::CACHE_CONTROL, NO_STORE);
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, NO_SNIFF);
}

/// The header of every answer where the public URL is https.
fn demand_https(headers: &mut HeaderMap) {
    headers.insert(header::STRICT_TRANSPORT_SECURITY, STRICT);
}

/// The answer to a request that failed by the server's fault, with the id of the request in it; the
/// reason goes to the log. A page and problem details tell the id of any request that failed.
fn failure<B>(response: &ServiceResponse<B>, id: &str) -> Option<HttpResponse> {
    let error = response.response().error()?;
    if let Some(failure) = error.as_error::<Failure>() {
        if let Some(why) = failure.0.why() {
            tracing::error!(why, "request failed");
        }
        return Some(failure.page(response.request()));
    }
    if let Some(problem) = error.as_error::<Problem>() {
        if let Some(why) = problem.why() {
            tracing::error!(why, "request failed");
        }
        return Some(problem.answer(id));
    }
    let error = error.as_error::<Error>()?;
    tracing::error!(why = error.why()?, "request failed");
    Some(error.answer(id))
}

/// Counts the request for the metrics.
fn count(request: &HttpRequest, status: StatusCode, started: Instant) {
    let Ok(gateway) = gateway(request) else {
        return;
    };
    let (unmatched, method) = (Arc::from("-"), request.method().as_str());
    let route = request
        .app_data::<Mounted>()
        .map_or(&unmatched, |at| &at.pattern);
    let took = started.elapsed();
    gateway
        .requests()
        .count(route, method, status.as_u16(), took);
}

/// What a refused caller is told.
fn said<B>(response: &ServiceResponse<B>, id: &str) -> Option<Said> {
    let error = response.response().error()?.as_error::<Error>()?;
    Some(error.said(id))
}

/// Tells the provisioning log of requests below the SCIM root.
fn tell(request: &HttpRequest, id: &str, status: StatusCode, said: Option<Said>, started: Instant) {
    let (Ok(gateway), true) = (gateway(request), request.path().starts_with(SCIM_SCOPE)) else {
        return;
    };
    let at = request.app_data::<Mounted>();
    let extensions = request.extensions();
    let id_in_path = request.match_info().iter().next().map(|(_, id)| id);
    gateway.tell(Request {
        caller: extensions.get::<Permit>().map(|permit| &**permit),
        id,
        method: request.method().as_str(),
        route: at.map_or("-", |at| &*at.pattern),
        resource: id_in_path.filter(|_| at.is_some_and(|at| at.kind.is_some())),
        status: status.as_u16(),
        said,
        took: started.elapsed(),
    });
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
    let route = request.app_data::<Mounted>().map_or("-", |at| &*at.pattern);
    let extensions = request.extensions();
    let connection = extensions.get::<Permit>().map(|permit| &*permit.connection);
    let client = client::of(request);
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

#[cfg(test)]
mod tests {
    use actix_web::dev::Service;
    use actix_web::{App, middleware, test, web};

    use super::*;
    use crate::clock::Clock;
    use crate::config::{Settings, Sources};
    use crate::service::{Gateway, Role};

    fn gateway(directory: &std::path::Path) -> Gateway {
        let database = format!("sqlite:{}", directory.join("muster.db").display());
        let sources = Sources {
            flags: vec![("database.url".to_owned(), database)],
            environment: Vec::new(),
            file: None,
            read_secret: &|_| Err("no secrets here".to_owned()),
        };
        let settings = Settings::load(sources).unwrap();
        Gateway::open(settings, Clock::system(), Role::Serve).unwrap()
    }

    async fn panicking() -> &'static str {
        panic!("on purpose")
    }

    #[actix_web::test]
    async fn a_panic_is_answered_with_the_id_of_the_request() {
        let directory = tempfile::tempdir().unwrap();
        let gateway = gateway(directory.path());
        let app = App::new()
            .app_data(web::Data::new(gateway.clone()))
            .route("/", web::get().to(panicking))
            .route("/fine", web::get().to(async || "fine"))
            .wrap(middleware::from_fn(trace));
        let app = test::init_service(app).await;
        let request = test::TestRequest::get().uri("/").to_request();
        let answer = app
            .call(request)
            .await
            .map(drop)
            .unwrap_err()
            .error_response();
        assert_eq!(answer.status(), 500);
        let id = answer
            .headers()
            .get("x-request-id")
            .unwrap()
            .to_str()
            .unwrap()
            .to_owned();
        let body = actix_web::body::to_bytes(answer.into_body()).await.unwrap();
        let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
        assert!(body["detail"].as_str().unwrap().contains(&id), "{body}");
        assert!(!body.to_string().contains("purpose"));

        let request = test::TestRequest::get().uri("/fine").to_request();
        assert_eq!(test::call_service(&app, request).await.status(), 200);
        gateway.close();
    }
}
