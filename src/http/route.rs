//! The table of routes: what is served where, by which methods, to whom. The app is built from it.

mod auth;
mod page;

use std::sync::Arc;

use actix_web::{Resource, guard, web};

use super::bulk;
use super::discovery;
use super::me;
use super::metrics;
use super::oauth;
use super::openapi;
use super::ops;
use super::resource;
use super::search;
use super::unserved;
use crate::scim::openapi as described;
use crate::scim::schema::{Registry, ResourceType};
use crate::service::SCIM_ROOT;

/// Everything below this path is SCIM and authenticated.
pub(super) const SCIM_SCOPE: &str = "/scim";

/// Who may use a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Anybody; but wrong credentials are refused under `/scim` also here.
    Public,
    /// Whoever shows a valid bearer token.
    Bearer,
    /// Anybody; it is a page for people, whose forms prove that they are ours.
    Page,
    /// Whoever has a session cookie; on pages others are sent to the login.
    Session,
    /// Whoever has a session cookie, a JWT of ours or a personal access token.
    Person,
    /// A connection with the scope `introspect`.
    Introspector,
    /// Direct peers of this machine, or whoever shows `metrics.token` where that is set.
    Operator,
    /// An OAuth client, which proves itself in the request (RFC 6749 §2.3).
    Client,
}

/// One URL pattern and what stands behind it.
#[derive(Debug, Clone)]
pub struct Route {
    /// The path from the root, `{name}` for a segment that varies.
    pub path: String,
    /// Who may use it.
    pub access: Access,
    /// The methods that are served; any other is 405. HEAD comes with GET.
    pub methods: &'static [&'static str],
    serves: Serves,
}

/// What stands behind a route.
#[derive(Debug, Clone)]
enum Serves {
    Collection(Arc<ResourceType>),
    Item(Arc<ResourceType>),
    Search(Arc<ResourceType>),
    SearchAll,
    Bulk,
    Me,
    Root,
    ProviderConfig,
    ResourceTypes,
    ResourceType,
    Schemas,
    Schema,
    Alive,
    Ready,
    OpenApi,
    Metrics,
    Auth(auth::Serves),
    Page(page::Serves),
    OauthToken,
}

/// What a handler, the 405 answer and the log need to know about the route they serve.
#[derive(Debug)]
pub(super) struct Mounted {
    /// The pattern, as the log shows it.
    pub(super) pattern: Arc<str>,
    /// The value of `Allow`.
    pub(super) allow: String,
    /// The resource type of a collection or item.
    pub(super) kind: Option<Arc<ResourceType>>,
}

const READ: &[&str] = &["GET", "HEAD"];
const COLLECTION: &[&str] = &["GET", "HEAD", "POST"];
const ITEM: &[&str] = &["GET", "HEAD", "PUT", "PATCH", "DELETE"];
const POST: &[&str] = &["POST"];
const FORM: &[&str] = COLLECTION;
const ALL: &[&str] = &["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];

/// Every route there is, first match first: `/Users/.search` stands before `/Users/{id}`.
pub fn routes(registry: &Registry) -> Vec<Route> {
    let scim = |path: &str, access, methods, serves| Route {
        path: format!("{SCIM_ROOT}{path}"),
        access,
        methods,
        serves,
    };
    let bearer = |path: &str, methods, serves| scim(path, Access::Bearer, methods, serves);
    let public = |path: &str, serves| scim(path, Access::Public, READ, serves);
    let mut routes = Vec::new();
    for kind in registry.types() {
        let at = &kind.endpoint;
        let (list, item, search) = (
            Serves::Collection(Arc::clone(kind)),
            Serves::Item(Arc::clone(kind)),
            Serves::Search(Arc::clone(kind)),
        );
        routes.push(bearer(&format!("{at}/.search"), POST, search));
        routes.push(bearer(&format!("{at}/{{id}}"), ITEM, item));
        routes.push(bearer(at, COLLECTION, list));
    }
    routes.extend([
        public("/ServiceProviderConfig", Serves::ProviderConfig),
        public("/ResourceTypes", Serves::ResourceTypes),
        public("/ResourceTypes/{id}", Serves::ResourceType),
        public("/Schemas", Serves::Schemas),
        public("/Schemas/{urn}", Serves::Schema),
        bearer("/.search", POST, Serves::SearchAll),
        bearer("/Bulk", POST, Serves::Bulk),
        bearer("/Me", ALL, Serves::Me),
        bearer("", READ, Serves::Root),
        bearer("/", READ, Serves::Root),
    ]);
    let outside = |path: &str, access, methods, serves| Route {
        path: path.to_owned(),
        access,
        methods,
        serves,
    };
    routes.extend([
        outside("/healthz", Access::Public, READ, Serves::Alive),
        outside("/readyz", Access::Public, READ, Serves::Ready),
        outside("/openapi.json", Access::Public, READ, Serves::OpenApi),
        outside("/metrics", Access::Operator, READ, Serves::Metrics),
        outside("/oauth/token", Access::Client, POST, Serves::OauthToken),
    ]);
    let auth = auth::ROUTES.into_iter();
    routes.extend(
        auth.map(|(path, access, methods, at)| outside(path, access, methods, Serves::Auth(at))),
    );
    let page = page::ROUTES.into_iter();
    routes.extend(
        page.map(|(path, access, methods, at)| outside(path, access, methods, Serves::Page(at))),
    );
    routes
}

impl Route {
    /// What `/openapi.json` says of it; nothing of what is no JSON.
    pub(super) fn endpoint(&self) -> Option<described::Endpoint> {
        let access = match self.access {
            Access::Public => described::Access::Public,
            Access::Client => described::Access::Client,
            Access::Bearer | Access::Introspector => described::Access::Bearer,
            Access::Session => described::Access::Session,
            Access::Person => described::Access::Person,
            Access::Operator | Access::Page => return None,
        };
        Some(described::Endpoint {
            path: self.path.clone(),
            methods: self.methods,
            access,
            serves: self.serves.described()?,
        })
    }

    /// The actix resource for this route at `path`, which is the path within the scope it is put in.
    pub(super) fn mount(&self, path: &str) -> Resource {
        let resource = self.serves.mount(web::resource(path).app_data(Mounted {
            pattern: self.path.as_str().into(),
            allow: self.methods.join(", "),
            kind: self.serves.kind(),
        }));
        match (self.access, self.path.starts_with(SCIM_SCOPE)) {
            (Access::Bearer, _) => resource.default_service(web::to(unserved::method)),
            (Access::Public, true) => resource.default_service(web::to(discovery::method)),
            (Access::Public, false)
            | (
                Access::Operator
                | Access::Client
                | Access::Page
                | Access::Session
                | Access::Person
                | Access::Introspector,
                _,
            ) => resource.default_service(web::to(ops::method)),
        }
    }
}

impl Serves {
    /// What `/openapi.json` says of it.
    fn described(&self) -> Option<described::Serves> {
        Some(match self {
            Self::Collection(kind) => described::Serves::Collection(Arc::clone(kind)),
            Self::Item(kind) => described::Serves::Item(Arc::clone(kind)),
            Self::Search(kind) => described::Serves::Search(Arc::clone(kind)),
            Self::SearchAll => described::Serves::SearchAll,
            Self::Bulk => described::Serves::Bulk,
            Self::Me => described::Serves::Me,
            Self::Root => described::Serves::Root,
            Self::ProviderConfig => described::Serves::ProviderConfig,
            Self::ResourceTypes => described::Serves::ResourceTypes,
            Self::ResourceType => described::Serves::ResourceType,
            Self::Schemas => described::Serves::Schemas,
            Self::Schema => described::Serves::Schema,
            Self::Alive | Self::Ready => described::Serves::Probe,
            Self::OpenApi => described::Serves::OpenApi,
            Self::OauthToken => described::Serves::OauthToken,
            Self::Auth(serves) => described::Serves::Auth(serves.described()),
            Self::Metrics | Self::Page(_) => return None,
        })
    }

    fn kind(&self) -> Option<Arc<ResourceType>> {
        match self {
            Self::Collection(kind) | Self::Item(kind) | Self::Search(kind) => {
                Some(Arc::clone(kind))
            }
            Self::SearchAll
            | Self::Bulk
            | Self::Me
            | Self::Root
            | Self::ProviderConfig
            | Self::ResourceTypes
            | Self::ResourceType
            | Self::Schemas
            | Self::Schema
            | Self::Alive
            | Self::Ready
            | Self::OpenApi
            | Self::Metrics
            | Self::Auth(_)
            | Self::Page(_)
            | Self::OauthToken => None,
        }
    }

    fn mount(&self, at: Resource) -> Resource {
        match self {
            Self::Collection(_) => at
                .route(read().to(resource::find))
                .route(web::post().to(resource::create)),
            Self::Item(_) => at
                .route(read().to(resource::get))
                .route(web::patch().to(resource::patch))
                .route(web::put().to(resource::replace))
                .route(web::delete().to(resource::delete)),
            Self::Search(_) => at.route(web::post().to(search::of_type)),
            Self::SearchAll => at.route(web::post().to(search::of_all)),
            Self::Bulk => at.route(web::post().to(bulk::run)),
            Self::Me => at.route(read().to(me::get)).route(change().to(me::change)),
            Self::Root => at.route(read().to(search::root)),
            Self::ProviderConfig => at.route(read().to(discovery::provider_config)),
            Self::ResourceTypes => at.route(read().to(discovery::resource_types)),
            Self::ResourceType => at.route(read().to(discovery::resource_type)),
            Self::Schemas => at.route(read().to(discovery::schemas)),
            Self::Schema => at.route(read().to(discovery::schema)),
            Self::Alive => at.route(read().to(ops::alive)),
            Self::Ready => at.route(read().to(ops::ready)),
            Self::OpenApi => at.route(read().to(openapi::show)),
            Self::Metrics => at.route(read().to(metrics::read)),
            Self::Auth(serves) => serves.mount(at),
            Self::Page(serves) => serves.mount(at),
            Self::OauthToken => at.route(web::post().to(oauth::token)),
        }
    }
}

/// GET, and HEAD, which is answered as GET without the body.
fn read() -> actix_web::Route {
    web::route().guard(guard::Any(guard::Get()).or(guard::Head()))
}

/// Those methods of [`ALL`] that change something.
fn change() -> actix_web::Route {
    let writes = guard::Any(guard::Post()).or(guard::Put());
    web::route().guard(writes.or(guard::Patch()).or(guard::Delete()))
}
