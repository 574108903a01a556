//! The routes of logins, sessions and what applications ask about them.

use actix_web::{Resource, web};

use super::{Access, POST, READ, read};
use crate::http::{check, log_in};
use crate::scim::openapi::Auth;

/// What stands behind a route.
#[derive(Debug, Clone, Copy)]
pub(super) enum Serves {
    LogIn,
    Session,
    Token,
    Check,
    Introspect,
    Keys,
}

/// Path, access, methods.
pub(super) const ROUTES: [(&str, Access, &[&str], Serves); 6] = [
    ("/auth/login", Access::Public, POST, Serves::LogIn),
    ("/auth/session", Access::Session, READ, Serves::Session),
    ("/auth/token", Access::Session, POST, Serves::Token),
    ("/auth/check", Access::Person, READ, Serves::Check),
    (
        "/auth/introspect",
        Access::Introspector,
        POST,
        Serves::Introspect,
    ),
    ("/.well-known/jwks.json", Access::Public, READ, Serves::Keys),
];

impl Serves {
    /// What `/openapi.json` says of it.
    pub(super) fn described(self) -> Auth {
        match self {
            Self::LogIn => Auth::LogIn,
            Self::Session => Auth::Session,
            Self::Token => Auth::Token,
            Self::Check => Auth::Check,
            Self::Introspect => Auth::Introspect,
            Self::Keys => Auth::Keys,
        }
    }

    pub(super) fn mount(self, at: Resource) -> Resource {
        match self {
            Self::LogIn => at.route(web::post().to(log_in::log_in)),
            Self::Session => at.route(read().to(log_in::session)),
            Self::Token => at.route(web::post().to(log_in::token)),
            Self::Check => at.route(read().to(check::check)),
            Self::Introspect => at.route(web::post().to(log_in::introspect)),
            Self::Keys => at.route(read().to(log_in::jwks)),
        }
    }
}
