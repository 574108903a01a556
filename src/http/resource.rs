//! Resources: the handlers of `/Users`, `/Groups` and whatever else the registry serves.

use actix_web::web::Data;

use super::auth::Permit;
use super::body::Body;
use super::conditions::Conditional;
use super::error::Error;
use super::query::{Many, One};
use super::reply::Reply;
use super::request::{Id, Kind};
use crate::service::{Fetched, Gateway};

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
    Ok(Reply::Document(list))
}

/// `GET /{Type}/{id}` (RFC 7644 §3.4.1).
pub(super) async fn get(
    permit: Permit,
    gateway: Data<Gateway>,
    kind: Kind,
    id: Id,
    query: One,
    conditions: Conditional,
) -> Result<Reply, Error> {
    let fetched = gateway
        .get(&permit, &kind.0, &id.0, query.0, conditions.0)
        .await?;
    Ok(match fetched {
        Fetched::Found(answer) => Reply::Found(answer),
        Fetched::NotModified { etag, location } => Reply::NotModified { etag, location },
    })
}

/// `PUT /{Type}/{id}` (RFC 7644 §3.5.1).
pub(super) async fn replace(
    permit: Permit,
    gateway: Data<Gateway>,
    kind: Kind,
    id: Id,
    query: One,
    conditions: Conditional,
    body: Body,
) -> Result<Reply, Error> {
    let answer = gateway
        .replace(&permit, &kind.0, &id.0, body.0, query.0, conditions.0)
        .await?;
    Ok(Reply::Found(answer))
}

/// `PATCH /{Type}/{id}` (RFC 7644 §3.5.2).
pub(super) async fn patch(
    permit: Permit,
    gateway: Data<Gateway>,
    kind: Kind,
    id: Id,
    query: One,
    conditions: Conditional,
    body: Body,
) -> Result<Reply, Error> {
    let answer = gateway
        .patch(&permit, &kind.0, &id.0, body.0, query.0, conditions.0)
        .await?;
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
