//! A page as an answer: its headers protect whoever reads it (ASVS 5.0 §3.4), beside those that every answer has.

use actix_web::body::BoxBody;
use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, Responder};
use maud::Markup;

const STYLE: &str = include_str!("style.css");
/// Nothing but our stylesheet is loaded, no script runs, nobody frames us, and forms go to us alone.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
);
const HEADERS: [(HeaderName, HeaderValue); 4] = [
    (header::CONTENT_SECURITY_POLICY, POLICY),
    // URLs of these pages hold secrets: set-password links, the code of the launchpad.
    (
        header::REFERRER_POLICY,
        HeaderValue::from_static("no-referrer"),
    ),
    (
        header::CROSS_ORIGIN_OPENER_POLICY,
        HeaderValue::from_static("same-origin"),
    ),
    (
        header::PERMISSIONS_POLICY,
        HeaderValue::from_static("camera=(), geolocation=(), microphone=()"),
    ),
];

/// What the handler of a page gives back.
pub(in crate::http) struct Page {
    status: StatusCode,
    body: Body,
    cookies: Vec<HeaderValue>,
}

enum Body {
    Html(String),
    /// 303: whatever was sent, the next page is fetched with GET.
    Elsewhere(String),
}

impl Page {
    pub(super) fn html(status: StatusCode, page: Markup) -> Self {
        Self {
            status,
            body: Body::Html(page.into_string()),
            cookies: Vec::new(),
        }
    }

    pub(super) fn elsewhere(url: String) -> Self {
        Self {
            status: StatusCode::SEE_OTHER,
            body: Body::Elsewhere(url),
            cookies: Vec::new(),
        }
    }

    /// And these cookies.
    pub(in crate::http) fn with(mut self, cookies: impl IntoIterator<Item = HeaderValue>) -> Self {
        self.cookies.extend(cookies);
        self
    }

    pub(super) fn into_response(self) -> HttpResponse {
        let mut answer = HttpResponse::build(self.status);
        for cookie in &self.cookies {
            answer.append_header((header::SET_COOKIE, cookie.clone()));
        }
        let mut answer = match self.body {
            Body::Html(text) => answer
                .insert_header((header::CONTENT_TYPE, "text/html; charset=utf-8"))
                .body(text),
            Body::Elsewhere(url) => answer.insert_header((header::LOCATION, url)).finish(),
        };
        protect(answer.headers_mut());
        answer
    }
}

impl Responder for Page {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        self.into_response()
    }
}

/// `GET /assets/muster.css`: the stylesheet. It may be kept for an hour.
pub(in crate::http) async fn stylesheet() -> HttpResponse {
    let mut answer = HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "text/css; charset=utf-8"))
        .body(STYLE);
    protect(answer.headers_mut());
    answer
}

fn protect(headers: &mut HeaderMap) {
    for (name, value) in HEADERS {
        headers.insert(name, value);
    }
}
