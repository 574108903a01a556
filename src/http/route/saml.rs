//! The routes of the SAML service provider.

use actix_web::{Resource, web};

use super::{Access, COLLECTION, POST, READ, read};
use crate::http::saml;

/// What stands behind a route.
#[derive(Debug, Clone, Copy)]
pub(super) enum Serves {
    Metadata,
    Login,
    Acs,
    Slo,
}

/// Path, access, methods. Whoever may log in is nobody yet; what comes by POST is sent by another site, and counts only when it is
/// signed.
pub(super) const ROUTES: [(&str, Access, &[&str], Serves); 4] = [
    ("/saml/metadata", Access::Page, READ, Serves::Metadata),
    ("/saml/login", Access::Page, READ, Serves::Login),
    ("/saml/acs", Access::Page, POST, Serves::Acs),
    ("/saml/slo", Access::Page, COLLECTION, Serves::Slo),
];

impl Serves {
    pub(super) fn mount(self, at: Resource) -> Resource {
        match self {
            Self::Metadata => at.route(read().to(saml::metadata)),
            Self::Login => at.route(read().to(saml::begin)),
            Self::Acs => at.route(web::post().to(saml::finish)),
            Self::Slo => at
                .route(read().to(saml::slo))
                .route(web::post().to(saml::slo_post)),
        }
    }
}
