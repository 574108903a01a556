//! Discovery (RFC 7644 §4): open to anybody, the same for everybody.

use actix_web::HttpRequest;
use actix_web::web::Data;

use super::error::Error;
use super::query::Unfiltered;
use super::reply::Reply;
use super::request::Id;
use super::unserved;
use crate::service::Gateway;

/// `GET /ServiceProviderConfig`. A `filter` is ignored, as every query parameter is.
pub(super) async fn provider_config(gateway: Data<Gateway>) -> Reply {
    Reply::Document(gateway.discovery().config())
}

/// `GET /ResourceTypes`.
pub(super) async fn resource_types(_: Unfiltered, gateway: Data<Gateway>) -> Reply {
    Reply::Document(gateway.discovery().resource_types())
}

/// `GET /ResourceTypes/{id}`.
pub(super) async fn resource_type(gateway: Data<Gateway>, id: Id) -> Result<Reply, Error> {
    Ok(Reply::Document(gateway.discovery().resource_type(&id.0)?))
}

/// `GET /Schemas`.
pub(super) async fn schemas(_: Unfiltered, gateway: Data<Gateway>) -> Reply {
    Reply::Document(gateway.discovery().schemas())
}

/// `GET /Schemas/{urn}`.
pub(super) async fn schema(gateway: Data<Gateway>, urn: Id) -> Result<Reply, Error> {
    Ok(Reply::Document(gateway.discovery().schema(&urn.0)?))
}

/// 405 on a URL of discovery; like discovery itself it asks for no permit.
pub(super) async fn method(request: HttpRequest) -> Result<Reply, Error> {
    Err(unserved::not_allowed(&request))
}
