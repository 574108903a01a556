//! What is known when somebody comes to the road: the proof, and the browser it came from.

use std::net::IpAddr;

use super::Once;
use crate::config::{LoginMethod, Secret};
use crate::login::{Identity, Trail};
use crate::service::session::Me;

/// Proof of who somebody is, as one of the methods has checked it.
#[derive(Debug, Clone)]
pub struct Proof {
    /// The method; any other than `login.method` is refused.
    pub method: LoginMethod,
    /// Who that is.
    pub who: Proved,
    /// The steps that led here.
    pub trail: Trail,
    /// What must be used up in the transaction of the login.
    pub once: Vec<Once>,
}

/// Who somebody is.
#[derive(Debug, Clone)]
pub enum Proved {
    /// A source vouches for this identity; the road finds the record.
    Identity(Identity),
    /// The account itself holds the proof, such as a password: its SCIM id.
    Account(String),
}

/// The browser or program that somebody comes with.
#[derive(Debug, Clone, Default)]
pub struct Visitor {
    /// Its address, as far as trusted proxies tell.
    pub address: Option<IpAddr>,
    /// Its `User-Agent`, for the list of sessions that the person sees; cut to 200 characters.
    pub agent: Option<String>,
    /// The id of the request.
    pub request: String,
    /// The session cookie it has: that session ends when another begins.
    pub session: Option<Secret>,
    /// The cookie by which a browser is known that has logged in before.
    pub device: Option<String>,
}

/// Somebody who is in.
#[derive(Debug, Clone)]
pub struct SignedIn {
    /// The value of the session cookie.
    pub session: Secret,
    /// The value of the cookie by which this browser is known from now on.
    pub device: String,
    /// Who that is, and what they may do.
    pub me: Me,
}
