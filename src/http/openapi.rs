//! `/openapi.json`: made once, from the schemas and the table of routes.

use actix_web::HttpResponse;
use actix_web::http::header;
use actix_web::web::Data;
use bytes::Bytes;

use super::cookie;
use super::paced_body::PacedBody;
use super::route::{Route, routes};
use crate::scim::openapi::{About, document};
use crate::service::Gateway;

/// The text of the document.
#[derive(Clone)]
pub struct OpenApi(Bytes);

impl OpenApi {
    /// The document of everything that `gateway` serves.
    pub fn new(gateway: &Gateway) -> Self {
        let registry = gateway.registry();
        let url = gateway.settings().server.public_url.to_string();
        let cookie = cookie::session_name(gateway);
        let about = About {
            url: &url,
            version: env!("CARGO_PKG_VERSION"),
            cookie: &cookie,
            max_payload: gateway.settings().scim.max_payload.as_usize(),
        };
        let endpoints: Vec<_> = routes(registry)
            .iter()
            .filter_map(Route::endpoint)
            .collect();
        Self(document(about, registry, &endpoints).to_string().into())
    }
}

/// `GET /openapi.json`, for anybody.
pub(super) async fn show(document: Data<OpenApi>) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "application/json"))
        .body(PacedBody::new(document.0.clone(), None))
}
