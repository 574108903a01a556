//! What a page knows of the request it answers: the gateway, the browser, and the token that its forms carry.

use std::future::{Ready, ready};
use std::rc::Rc;
use std::sync::Arc;

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::http::header::HeaderValue;
use actix_web::{FromRequest, HttpRequest};
use maud::{Markup, html};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::answer::Page;
use super::failure::Failure;
use super::form::TOKEN;
use super::layout::{self, Width};
use crate::config::Secret;
use crate::http::cookie;
use crate::http::request::{gateway, request_id};
use crate::http::transport::{self, ConnectionActivity};
use crate::service::{Gateway, Visitor};

/// A visit of one page.
pub(in crate::http) struct Visit {
    pub(in crate::http) gateway: Gateway,
    /// The id of the request, which refusals show.
    pub(super) request: Rc<str>,
    /// Who comes.
    pub(in crate::http) visitor: Visitor,
    /// The value of the cookie that forms are bound to: that of the session, else one for forms alone.
    bound: String,
    /// The cookie for forms, where it is new.
    new_cookie: Option<HeaderValue>,
    /// The TCP connection; `None` in tests without a socket.
    connection: Option<Arc<ConnectionActivity>>,
    /// Whether somebody is logged in, as far as the page has asked.
    is_in: bool,
}

impl Visit {
    pub(super) fn of(request: &HttpRequest) -> Result<Self, Failure> {
        let gateway = gateway(request)?;
        let mut new_cookie = None;
        let bound = if let Some(bound) = bound(request, gateway) {
            bound
        } else {
            let drawn = gateway.form_cookie()?;
            new_cookie = cookie::with_form(gateway, &drawn);
            drawn
        };
        Ok(Self {
            request: request_id(request),
            visitor: cookie::visitor(request, gateway),
            gateway: gateway.clone(),
            bound,
            new_cookie,
            connection: transport::activity(request).cloned(),
            is_in: false,
        })
    }

    /// The session cookie.
    pub(super) fn session(&self) -> Option<&Secret> {
        self.visitor.session.as_ref()
    }

    pub(super) fn is_in(&self) -> bool {
        self.is_in
    }

    pub(super) fn is_somebodys(&mut self) {
        self.is_in = true;
        if let Some(connection) = &self.connection {
            connection.mark_authenticated();
        }
    }

    /// The URL of a page of ours: below the path at which a proxy serves the gateway.
    pub(in crate::http) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.gateway.settings().server.public_url.path())
    }

    /// What every form carries.
    pub(super) fn token_field(&self) -> Markup {
        let token = self.gateway.form_token(&self.bound);
        html! { input type="hidden" name=(TOKEN) value=(token); }
    }

    /// A page with one short form.
    pub(super) fn page(&self, status: StatusCode, title: &str, body: &Markup) -> Page {
        self.sized(status, title, Width::Narrow, body)
    }

    pub(super) fn sized(
        &self,
        status: StatusCode,
        title: &str,
        width: Width,
        body: &Markup,
    ) -> Page {
        let page = layout::page(self, title, width, body);
        Page::html(status, page).with(self.new_cookie.clone())
    }

    /// 303 to another page of ours.
    pub(in crate::http) fn elsewhere(&self, path: &str) -> Page {
        Page::elsewhere(self.url(path))
    }

    /// 303 to the login, which leads back to this page of ours.
    pub(super) fn to_login(&self, page: &str) -> Page {
        let next = utf8_percent_encode(&self.url(page), NON_ALPHANUMERIC).to_string();
        self.elsewhere(&format!("/login?next={next}"))
    }

    /// 303 to a path of this host, such as [`super::local_path`] has checked.
    pub(in crate::http) fn to(path: &str) -> Page {
        Page::elsewhere(path.to_owned())
    }

    /// 303 to a page of the identity provider.
    pub(in crate::http) fn abroad(url: String) -> Page {
        Page::elsewhere(url)
    }
}

impl FromRequest for Visit {
    type Error = Failure;
    type Future = Ready<Result<Self, Failure>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Self::of(request))
    }
}

/// The value that forms of this browser are bound to.
pub(super) fn bound(request: &HttpRequest, gateway: &Gateway) -> Option<String> {
    let session = cookie::session(request, gateway);
    let session = session.map(|session| session.expose().to_owned());
    session.or_else(|| cookie::form(request, gateway))
}
