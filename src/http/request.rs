//! What handlers take from a request: the gateway, the id of the request, the resource that is meant.

use std::future::{Ready, ready};
use std::rc::Rc;
use std::sync::Arc;

use actix_web::dev::Payload;
use actix_web::web;
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use percent_encoding::percent_decode_str;

use super::error::Error;
use super::route::Mounted;
use crate::scim::ErrorKind;
use crate::scim::schema::ResourceType;
use crate::service;
use crate::service::Gateway;

/// The id that the server gave this request; it stands in the answer and in the log.
#[derive(Debug, Clone)]
pub(super) struct RequestId(pub(super) Rc<str>);

/// The id of `request`.
pub(super) fn request_id(request: &HttpRequest) -> Rc<str> {
    let id = request.extensions().get::<RequestId>().cloned();
    id.map_or_else(|| Rc::from(""), |RequestId(id)| id)
}

/// The gateway that this app serves.
pub(super) fn gateway(request: &HttpRequest) -> Result<&Gateway, Error> {
    let found = request.app_data::<web::Data<Gateway>>();
    Ok(found
        .ok_or_else(|| defect("the app was built without a gateway"))?
        .get_ref())
}

/// The resource type of the route.
pub(super) struct Kind(pub(super) Arc<ResourceType>);

impl FromRequest for Kind {
    type Error = Error;
    type Future = Ready<Result<Self, Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let kind = request.app_data::<Mounted>().and_then(|at| at.kind.clone());
        ready(
            kind.map(Self)
                .ok_or_else(|| defect("the route has no resource type").into()),
        )
    }
}

/// The last, varying segment of the path, decoded.
pub(super) struct Id(pub(super) String);

impl FromRequest for Id {
    type Error = Error;
    type Future = Ready<Result<Self, Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let segment = request
            .match_info()
            .iter()
            .next()
            .map_or("", |(_, value)| value);
        // Here the router has decoded everything but `%`, `/` and `+`.
        let decoded = percent_decode_str(segment).decode_utf8();
        let unknown = |_| {
            Error::new(
                ErrorKind::NotFound,
                "There is no such resource: its id is not UTF-8.",
            )
        };
        ready(decoded.map(|id| Self(id.into_owned())).map_err(unknown))
    }
}

/// What cannot happen as long as the app is built from the table of routes.
fn defect(why: &str) -> service::Error {
    service::Error::Internal {
        why: why.to_owned(),
    }
}
