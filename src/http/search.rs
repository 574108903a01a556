//! Searches by POST, and over all resource types.

use actix_web::web::Data;

use super::auth::Permit;
use super::body::Body;
use super::error::Error;
use super::query::Many;
use super::reply::Reply;
use super::request::Kind;
use crate::service::Gateway;

/// `POST /{Type}/.search` (RFC 7644 §3.4.3).
pub(super) async fn of_type(
    permit: Permit,
    gateway: Data<Gateway>,
    kind: Kind,
    body: Body,
) -> Result<Reply, Error> {
    let list = gateway.search(&permit, &kind.0, body.0).await?;
    Ok(Reply::List(list))
}

/// `POST /.search` (RFC 7644 §3.4.3).
pub(super) async fn of_all(
    permit: Permit,
    gateway: Data<Gateway>,
    body: Body,
) -> Result<Reply, Error> {
    Ok(Reply::List(gateway.search_all(&permit, body.0).await?))
}

/// `GET /` (RFC 7644 §3.4.2.1).
pub(super) async fn root(
    permit: Permit,
    gateway: Data<Gateway>,
    query: Many,
) -> Result<Reply, Error> {
    Ok(Reply::List(gateway.find_all(&permit, query.0).await?))
}
