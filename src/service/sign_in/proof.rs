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
    Identity(Box<Identity>),
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
    /// The name that was typed; [`crate::service::Gateway::log_in`] sets it.
    pub name: Option<String>,
}

/// Somebody who is in.
#[derive(Debug, Clone)]
pub struct SignedIn {
    /// The value of the session cookie.
    pub session: Secret,
    /// The value of the cookie by which this browser is known from now on, when a name was typed.
    pub device: Option<String>,
    /// Who that is, and what they may do.
    pub me: Me,
}

impl Proof {
    /// Who vouches, as the audit log names it.
    pub(super) fn source(&self) -> &str {
        match &self.who {
            Proved::Identity(identity) => &identity.source,
            Proved::Account(_) => self.method.as_str(),
        }
    }

    /// The identity, if a source vouches for one.
    pub(in crate::service) fn identity(&self) -> Option<&Identity> {
        match &self.who {
            Proved::Identity(identity) => Some(identity),
            Proved::Account(_) => None,
        }
    }
}
