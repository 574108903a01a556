//! Who asks outside of SCIM: the browser of a request, and the person whose credential it shows.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::{FromRequest, HttpRequest};
use futures_util::FutureExt;
use futures_util::future::LocalBoxFuture;

use super::auth::Credentials;
use super::cookie;
use super::problem::Problem;
use super::request::gateway;
use super::transport;
use crate::config::{PublicUrl, Scheme, Secret};
use crate::service::{Credential, Me, Visitor};

/// The browser or program that a request comes from.
pub(super) struct From(pub(super) Visitor);

impl FromRequest for From {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(
            gateway(request)
                .map(|gateway| Self(cookie::visitor(request, gateway)))
                .map_err(Problem::from),
        )
    }
}

/// Somebody with a session cookie; everybody else gets 401.
pub(super) struct LoggedIn(pub(super) Me);

impl FromRequest for LoggedIn {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        async move {
            let gateway = gateway(&request)?;
            let Some(cookie) = cookie::session(&request, gateway) else {
                return Err(Problem::NotLoggedIn);
            };
            let me = gateway.whoami(&Credential::Cookie(cookie)).await?;
            let me = me.ok_or(Problem::NotLoggedIn)?;
            transport::mark_authenticated(&request);
            Ok(Self(me))
        }
        .boxed_local()
    }
}

/// Somebody with a session cookie, a JWT of ours or a personal access token. A bearer token that is sent is the one that counts:
/// a wrong one is not made good by a cookie.
pub(super) struct Known(pub(super) Me);

impl FromRequest for Known {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        async move {
            let gateway = gateway(&request)?;
            let credential = match Credentials::of(request.headers()) {
                Credentials::None => cookie::session(&request, gateway).map(Credential::Cookie),
                Credentials::Token(token) => Some(Credential::Bearer(Secret::new(token))),
                Credentials::Other => None,
            };
            let Some(credential) = credential else {
                return Err(Problem::NotLoggedIn);
            };
            let me = gateway.whoami(&credential).await?;
            let me = me.ok_or(Problem::NotLoggedIn)?;
            transport::mark_authenticated(&request);
            Ok(Self(me))
        }
        .boxed_local()
    }
}

/// Proof that a request comes from no page of another site: its `Origin`, which browsers set, is ours, or a host's that sees
/// the cookie anyway.
pub(super) struct Ours;

impl FromRequest for Ours {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(check_origin(request).map(|()| Self))
    }
}

fn check_origin(request: &HttpRequest) -> Result<(), Problem> {
    let site = request.headers().get("sec-fetch-site");
    let Some(origin) = request.headers().get(header::ORIGIN) else {
        let is_foreign = site.is_some_and(|site| site == "cross-site");
        return if is_foreign {
            Err(Problem::ForeignOrigin)
        } else {
            Ok(())
        };
    };
    let settings = gateway(request)?.settings();
    let origin = origin.to_str().unwrap_or_default();
    if origin.eq_ignore_ascii_case(&settings.server.public_url.origin()) {
        return Ok(());
    }
    let sister: Option<PublicUrl> = origin.parse().ok();
    let shares = |domain: &String| {
        sister.is_some_and(|url| url.scheme() == Scheme::Https && url.is_within(domain))
    };
    if settings.login.cookie_domain.as_ref().is_some_and(shares) {
        return Ok(());
    }
    Err(Problem::ForeignOrigin)
}
