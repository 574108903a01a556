//! Bulk: many changes in one request.

use actix_web::web::Data;

use super::auth::Permit;
use super::body::Body;
use super::error::Error;
use super::reply::Reply;
use crate::service::Gateway;

/// `POST /Bulk` (RFC 7644 §3.7).
pub(super) async fn run(
    permit: Permit,
    gateway: Data<Gateway>,
    body: Body,
) -> Result<Reply, Error> {
    Ok(Reply::List(gateway.bulk(&permit, body.0).await?))
}
