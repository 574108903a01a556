//! The routes of pages.

use actix_web::{Resource, web};

use super::{Access, FORM, READ, read};
use crate::http::page;
use crate::http::page::handle;

/// What stands behind a route.
#[derive(Debug, Clone, Copy)]
pub(super) enum Serves {
    Login,
    Logout,
    Launchpad,
    Password,
    Settings,
    Stylesheet,
}

/// Path, access, methods.
pub(super) const ROUTES: [(&str, Access, &[&str], Serves); 6] = [
    ("/login", Access::Page, FORM, Serves::Login),
    ("/logout", Access::Page, FORM, Serves::Logout),
    ("/launchpad", Access::Page, FORM, Serves::Launchpad),
    ("/password/{token}", Access::Page, FORM, Serves::Password),
    ("/user/settings", Access::Session, FORM, Serves::Settings),
    (
        "/assets/muster.css",
        Access::Public,
        READ,
        Serves::Stylesheet,
    ),
];

impl Serves {
    pub(super) fn mount(self, at: Resource) -> Resource {
        match self {
            Self::Login => at
                .route(read().to(handle::login))
                .route(web::post().to(handle::login_post)),
            Self::Logout => at
                .route(read().to(handle::logout))
                .route(web::post().to(handle::logout_post)),
            Self::Launchpad => at
                .route(read().to(handle::launchpad))
                .route(web::post().to(handle::launchpad_post)),
            Self::Password => at
                .route(read().to(handle::password))
                .route(web::post().to(handle::password_post)),
            Self::Settings => at
                .route(read().to(handle::settings))
                .route(web::post().to(handle::settings_post)),
            Self::Stylesheet => at.route(read().to(page::stylesheet)),
        }
    }
}
