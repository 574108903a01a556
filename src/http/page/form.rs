//! A form that somebody sent: read only when it is one of ours, sent by the browser it was made for.

use actix_web::dev::Payload;
use actix_web::http::header::{self, HeaderName};
use actix_web::web::Query;
use actix_web::{FromRequest, HttpRequest};
use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::LocalBoxFuture;

use super::failure::Failure;
use super::visit::bound;
use crate::config::Secret;
use crate::http::body;
use crate::http::cookie;
use crate::http::request::gateway;
use crate::scim::ErrorKind;
use crate::service::Gateway;

/// The hidden field with the token.
pub(super) const TOKEN: &str = "token";
const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// The fields of a form.
pub(in crate::http) struct Form(Vec<(String, String)>);

impl Form {
    /// A field as it was sent; empty when it was not.
    pub(super) fn text(&self, name: &str) -> &str {
        let found = self.0.iter().find(|(found, _)| found == name);
        found.map_or("", |(_, value)| value)
    }

    /// Every value of a field.
    pub(super) fn all<'f>(&'f self, name: &'f str) -> impl Iterator<Item = &'f str> {
        let named = self.0.iter().filter(move |(found, _)| found == name);
        named.map(|(_, value)| value.as_str())
    }

    /// A field that is never shown.
    pub(super) fn secret(&self, name: &str) -> Secret {
        Secret::new(self.text(name))
    }

    /// A field without the spaces around it; `None` when nothing is left.
    pub(super) fn some(&self, name: &str) -> Option<String> {
        let text = self.text(name).trim();
        (!text.is_empty()).then(|| text.to_owned())
    }
}

impl FromRequest for Form {
    type Error = Failure;
    type Future = LocalBoxFuture<'static, Result<Self, Failure>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, payload) = (request.clone(), payload.take());
        async move {
            let gateway = gateway(&request)?;
            check_head(&request, gateway)?;
            let body = body::read_form(&request, payload, body::FORM_BYTES).await?;
            let form = Self(parse(&body)?);
            let cookie = bound(&request, gateway).unwrap_or_default();
            if cookie.is_empty() || !gateway.is_form_token(&cookie, form.text(TOKEN)) {
                return Err(too_old());
            }
            Ok(form)
        }
        .boxed_local()
    }
}

/// What the head alone tells: that it is a form, and that it comes from a page of ours.
fn check_head(request: &HttpRequest, gateway: &Gateway) -> Result<(), Failure> {
    let header = |name: HeaderName| {
        request
            .headers()
            .get(name)
            .map(|value| value.to_str().unwrap_or("?"))
    };
    let kind = header(header::CONTENT_TYPE).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    if !kind.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        let detail = "Send the form as a browser does (application/x-www-form-urlencoded).";
        return Err(Failure::new(ErrorKind::UnsupportedMediaType, detail));
    }
    let ours = gateway.settings().server.public_url.origin();
    let origin = header(header::ORIGIN).filter(|origin| *origin != "null");
    let is_null = header(header::ORIGIN) == Some("null");
    let comes_from_us = match (header(FETCH_SITE), origin) {
        (Some(site), origin) => site == "same-origin" && origin.is_none_or(|origin| origin == ours),
        (None, Some(origin)) => origin == ours,
        // A browser says `null` of a page that tells nobody where it is. Over https it also says `same-origin`.
        (None, None) => !(is_null && cookie::is_https(gateway)),
    };
    if comes_from_us {
        return Ok(());
    }
    let detail =
        format!("This form was sent by another site. Open {ours} yourself, and send it again.");
    Err(Failure::new(ErrorKind::Forbidden, detail))
}

fn parse(body: &Bytes) -> Result<Vec<(String, String)>, Failure> {
    let broken = || {
        Failure::new(
            ErrorKind::InvalidSyntax,
            "The form was sent in pieces that do not fit: send it again.",
        )
    };
    let text = std::str::from_utf8(body).map_err(|_| broken())?;
    let fields = Query::<Vec<(String, String)>>::from_query(text).map_err(|_| broken())?;
    Ok(fields.into_inner())
}

fn too_old() -> Failure {
    let detail = "The form is too old, or was opened in another browser: open the page again and send it once more.";
    Failure::new(ErrorKind::Forbidden, detail)
}
