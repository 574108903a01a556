//! Resources: the handlers of `/Users`, `/Groups` and whatever else the registry serves.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::web::Data;
use actix_web::{FromRequest, HttpRequest};

use super::auth::Permit;
use super::body::Body;
use super::conditions::Conditional;
use super::error::Error;
use super::query::{Many, One};
use super::reply::Reply;
use super::request::{Id, Kind};
use crate::service;
use crate::service::{Fetched, Gateway};

/// A request for one resource: type, id, query and conditions.
pub(super) struct Item(service::One);

impl FromRequest for Item {
    type Error = Error;
    type Future = Ready<Result<Self, Error>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let mut read = || {
            Ok(Self(service::One {
                rt: Kind::from_request(request, payload).into_inner()?.0,
                id: Id::from_request(request, payload).into_inner()?.0,
                wanted: One::from_request(request, payload).into_inner()?.0,
                conditions: Conditional::from_request(request, payload).into_inner()?.0,
            }))
        };
        ready(read())
    }
}

/// `POST /{Type}` (RFC 7644 §3.3).
pub(super) async fn create(
    permit: Permit,
    gateway: Data<Gateway>,
    kind: Kind,
    query: One,
    body: Body,
) -> Result<Reply, Error> {
    let answer = gateway.create(&permit, &kind.0, body.0, query.0).await?;
    Ok(Reply::Created(answer))
}

/// `GET /{Type}` (RFC 7644 §3.4.2).
pub(super) async fn find(
    permit: Permit,
    gateway: Data<Gateway>,
    kind: Kind,
    query: Many,
) -> Result<Reply, Error> {
    let list = gateway.find(&permit, &kind.0, query.0).await?;
    Ok(Reply::List(list))
}

/// `GET /{Type}/{id}` (RFC 7644 §3.4.1).
pub(super) async fn get(
    permit: Permit,
    gateway: Data<Gateway>,
    item: Item,
) -> Result<Reply, Error> {
    let fetched = gateway.get(&permit, item.0).await?;
    Ok(match fetched {
        Fetched::Found(answer) => Reply::Found(answer),
        Fetched::NotModified { etag, location } => Reply::NotModified { etag, location },
    })
}

/// `PUT /{Type}/{id}` (RFC 7644 §3.5.1).
pub(super) async fn replace(
    permit: Permit,
    gateway: Data<Gateway>,
    item: Item,
    body: Body,
) -> Result<Reply, Error> {
    let answer = gateway.replace(&permit, item.0, body.0).await?;
    Ok(Reply::Found(answer))
}

/// `PATCH /{Type}/{id}` (RFC 7644 §3.5.2).
pub(super) async fn patch(
    permit: Permit,
    gateway: Data<Gateway>,
    item: Item,
    body: Body,
) -> Result<Reply, Error> {
    let answer = gateway.patch(&permit, item.0, body.0).await?;
    Ok(Reply::Found(answer))
}

/// `DELETE /{Type}/{id}` (RFC 7644 §3.6).
pub(super) async fn delete(
    permit: Permit,
    gateway: Data<Gateway>,
    kind: Kind,
    id: Id,
    conditions: Conditional,
) -> Result<Reply, Error> {
    gateway
        .delete(&permit, &kind.0, &id.0, conditions.0)
        .await?;
    Ok(Reply::NoContent)
}
