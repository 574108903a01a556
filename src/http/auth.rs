//! Authentication of the SCIM scope, and the permit that every handler behind it must hold.

use std::future::{Ready, ready};
use std::net::IpAddr;
use std::ops::Deref;
use std::rc::Rc;

use actix_web::body::MessageBody;
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::http::header;
use actix_web::http::header::HeaderMap;
use actix_web::middleware::Next;
use actix_web::{FromRequest, HttpMessage, HttpRequest};

use super::client;
use super::error::{Challenge, Error};
use super::request::{gateway, request_id};
use super::transport;
use crate::config::Secret;
use crate::service::{Caller, Credential, Gateway, Me, PersonalScope};

/// The one route that people may use, and not only connections.
const ME: &str = "/scim/v2/Me";

/// The proof that this request was authenticated. Only [`authenticate`] makes one.
#[derive(Clone)]
pub(super) struct Permit(Rc<Caller>);

impl Deref for Permit {
    type Target = Caller;

    fn deref(&self) -> &Caller {
        &self.0
    }
}

impl FromRequest for Permit {
    type Error = Error;
    type Future = Ready<Result<Self, Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let permit = request.extensions().get::<Self>().cloned();
        ready(permit.ok_or(Error::Unauthenticated(Challenge::Missing)))
    }
}

/// Looks up the bearer token (RFC 6750 §2.1). Whoever shows none goes on without a [`Permit`], as
/// discovery needs none; whoever shows a wrong one goes no further.
pub(super) async fn authenticate(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    match permit(&request).await {
        Ok(permit) => {
            if let Some(permit) = permit {
                request.extensions_mut().insert(permit);
            }
            Ok(next.call(request).await?.map_into_left_body())
        }
        Err(error) => Ok(request.error_response(error).map_into_right_body()),
    }
}

/// Somebody who asks for their own record, with a JWT of ours or a personal access token: at `/Me` alone.
#[derive(Clone)]
pub(super) struct Oneself(pub(super) Rc<Me>);

impl FromRequest for Oneself {
    type Error = Error;
    type Future = Ready<Result<Self, Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let oneself = request.extensions().get::<Self>().cloned();
        ready(oneself.ok_or(Error::Unauthenticated(Challenge::Missing)))
    }
}

async fn permit(request: &ServiceRequest) -> Result<Option<Permit>, Error> {
    let token = match Credentials::of(request.headers()) {
        Credentials::None => return Ok(None),
        Credentials::Other => return Err(Error::Unauthenticated(Challenge::Missing)),
        Credentials::Token(token) => token,
    };
    let gateway = gateway(request.request())?;
    if gateway.is_of_person(token) && request.match_pattern().as_deref() == Some(ME) {
        let oneself = oneself(gateway, token).await?;
        transport::mark_authenticated(request.request());
        request.extensions_mut().insert(oneself);
        return Ok(None);
    }
    let id = request_id(request.request());
    let from = client::of(request.request()).unwrap_or(IpAddr::from([0, 0, 0, 0]));
    let caller = gateway.authenticate(token, from, &id).await?;
    let caller = caller.ok_or(Error::Unauthenticated(Challenge::Invalid))?;
    transport::mark_authenticated(request.request());
    Ok(Some(Permit(Rc::new(caller))))
}

async fn oneself(gateway: &Gateway, token: &str) -> Result<Oneself, Error> {
    let credential = Credential::Bearer(Secret::new(token));
    let me = gateway.whoami(&credential).await?;
    let me = me.filter(|me| me.may(PersonalScope::Me));
    let me = me.ok_or(Error::Unauthenticated(Challenge::Invalid))?;
    Ok(Oneself(Rc::new(me)))
}

/// What the `Authorization` header holds.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Credentials<'r> {
    None,
    /// Another scheme, several headers, or no text.
    Other,
    Token(&'r str),
}

impl<'r> Credentials<'r> {
    pub(super) fn of(headers: &'r HeaderMap) -> Self {
        let mut sent = headers.get_all(header::AUTHORIZATION);
        let Some(first) = sent.next() else {
            return Self::None;
        };
        match (first.to_str(), sent.next()) {
            (Ok(text), None) => Self::parse(text),
            (Ok(_) | Err(_), _) => Self::Other,
        }
    }

    fn parse(text: &'r str) -> Self {
        match text.trim().split_once(' ') {
            Some((scheme, token)) if scheme.eq_ignore_ascii_case("Bearer") => {
                Self::Token(token.trim_start())
            }
            Some(_) | None => Self::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_bearer_scheme_carries_a_token() {
        assert_eq!(Credentials::parse("Bearer abc"), Credentials::Token("abc"));
        assert_eq!(
            Credentials::parse("bearer  abc "),
            Credentials::Token("abc")
        );
        for other in [
            "",
            "Bearer",
            "Bearer ",
            "Basic abc",
            "abc",
            "Bearerabc",
            "Token Bearer abc",
        ] {
            assert_eq!(Credentials::parse(other), Credentials::Other, "{other:?}");
        }
    }
}
