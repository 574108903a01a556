//! The gateway as HTTP: one table of routes, thin handlers, and one place that turns an error into an answer.

mod auth;
mod body;
mod bulk;
mod check;
mod client;
mod conditions;
mod cookie;
mod discovery;
mod error;
mod form;
mod log_in;
mod me;
mod metrics;
mod oauth;
mod openapi;
mod ops;
mod paced_body;
mod page;
mod person;
mod problem;
mod query;
mod reply;
mod request;
mod reset;
mod resource;
mod route;
mod saml;
mod search;
mod trace;
mod transport;
mod unserved;

use actix_web::App;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::{middleware, web};

use crate::service::Gateway;

pub use openapi::OpenApi;
pub use route::{Access, Route, routes};
pub use transport::{ConnectionActivity, ConnectionStatus, NO_PROGRESS_LIMIT};

/// What every worker serves: all routes of [`routes`] around one gateway.
///
/// Everything under `/scim` goes through the authentication of that one scope; whatever it does not
/// answer itself takes an `auth::Permit`, which only that authentication hands out.
pub fn app(
    gateway: &Gateway,
    openapi: &OpenApi,
) -> App<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<impl MessageBody + use<>>,
        Error = actix_web::Error,
        InitError = (),
    > + use<>,
> {
    let mut app = App::new()
        .app_data(web::Data::new(gateway.clone()))
        .app_data(page::query())
        .app_data(web::Data::new(openapi.clone()));
    let mut scim = web::scope(route::SCIM_SCOPE);
    for route in routes(gateway.registry()) {
        match route.path.strip_prefix(route::SCIM_SCOPE) {
            Some(path) => scim = scim.service(route.mount(path)),
            None => app = app.service(route.mount(&route.path)),
        }
    }
    let scim = scim
        .default_service(web::to(unserved::not_found))
        .wrap(middleware::from_fn(auth::authenticate));
    app.service(scim)
        .default_service(web::to(ops::not_found))
        .wrap(middleware::from_fn(trace::trace))
}
