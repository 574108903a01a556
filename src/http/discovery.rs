//! Discovery (RFC 7644 §4): open to anybody, the same for everybody.

use actix_web::HttpRequest;
use actix_web::web::Data;

use super::error::Error;
use super::query::Unfiltered;
use super::reply::Reply;
use super::request::Id;
use super::unserved;
use crate::scim::ErrorKind;
use crate::service::{Gateway, SCIM_ROOT};

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
    let found = gateway.discovery().resource_type(&id.0);
    found
        .map(Reply::Document)
        .ok_or_else(|| not_found("resource type", "ResourceTypes"))
}

/// `GET /Schemas`.
pub(super) async fn schemas(_: Unfiltered, gateway: Data<Gateway>) -> Reply {
    Reply::Document(gateway.discovery().schemas())
}

/// `GET /Schemas/{urn}`.
pub(super) async fn schema(gateway: Data<Gateway>, urn: Id) -> Result<Reply, Error> {
    let found = gateway.discovery().schema(&urn.0);
    found
        .map(Reply::Document)
        .ok_or_else(|| not_found("schema", "Schemas"))
}

/// 405 on a URL of discovery; like discovery itself it asks for no permit.
pub(super) async fn method(request: HttpRequest) -> Result<Reply, Error> {
    Err(unserved::not_allowed(&request))
}

fn not_found(what: &str, list: &str) -> Error {
    let detail = format!("There is no such {what}; {SCIM_ROOT}/{list} lists them all.");
    Error::new(ErrorKind::NotFound, detail)
}
