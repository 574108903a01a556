//! Fetches keys and metadata from URLs that an administrator named, and from nowhere else that such a URL could lead to.

mod public;

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use rustls::crypto::aws_lc_rs;
use ureq::Agent;
use ureq::config::Config;
use ureq::http::Uri;
use ureq::tls::{Certificate, RootCerts, TlsConfig};
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{DefaultConnector, NextTimeout};

use crate::config::Destination;

/// A document that takes longer is not waited for: whoever logs in meanwhile waits too.
const TIME_LIMIT: Duration = Duration::from_secs(10);
/// The metadata of one provider with a dozen certificates has about 100 KiB; key sets have a few.
const SIZE_LIMIT: u64 = 1 << 20;

/// Fetches over https, without redirects, from public addresses; `outbound.allow` names the exceptions.
#[derive(Debug, Clone, Default)]
pub struct Fetch {
    allow: Arc<[Destination]>,
}

/// Why a document was not fetched: for administrators.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{url} was not fetched: {why}")]
pub struct FetchError {
    /// The URL.
    pub url: String,
    /// What went wrong, and what would be right.
    pub why: String,
}

impl Fetch {
    /// With the exceptions of `outbound.allow`.
    pub fn new(allow: &[Destination]) -> Self {
        Self {
            allow: allow.into(),
        }
    }

    /// The document at `url`, at most 1 MiB of it within 10 s. Its host is resolved once, and the connection goes to an
    /// address that was checked.
    ///
    /// # Errors
    /// [`FetchError`] that says what to mend.
    pub async fn get(&self, url: &str) -> Result<Vec<u8>, FetchError> {
        let (fetch, wanted) = (self.clone(), url.to_owned());
        let fetched = tokio::task::spawn_blocking(move || fetch.get_now(&wanted)).await;
        let fetched = fetched.unwrap_or_else(|_| Err("the attempt broke off".to_owned()));
        fetched.map_err(|why| FetchError {
            url: url.to_owned(),
            why,
        })
    }

    fn get_now(&self, url: &str) -> Result<Vec<u8>, String> {
        self.check(url)?;
        let agent = Agent::with_parts(config(), DefaultConnector::default(), self.clone());
        let mut answer = agent.get(url).call().map_err(told)?;
        let status = answer.status();
        if status.is_redirection() {
            return Err(format!(
                "it answers {status}, and redirects are not followed: name the URL it leads to"
            ));
        }
        if status.as_u16() != 200 {
            return Err(format!("it answers {status}"));
        }
        let body = answer.body_mut().with_config().limit(SIZE_LIMIT);
        body.read_to_vec().map_err(told)
    }

    /// What the text of the URL alone says.
    fn check(&self, url: &str) -> Result<(), String> {
        let parsed: Uri = url.parse().map_err(|_| "this is no URL".to_owned())?;
        let Some(host) = parsed.host().filter(|host| !host.is_empty()) else {
            return Err("this is no URL".to_owned());
        };
        if parsed
            .authority()
            .is_some_and(|all| all.as_str().contains('@'))
        {
            return Err("a name and password in a URL are not sent".to_owned());
        }
        match parsed.scheme_str() {
            Some("https") => Ok(()),
            Some("http") if self.allows(host, &literal(host)) => Ok(()),
            _ => Err(format!(
                "use https, or name {host} in outbound.allow if it must be http"
            )),
        }
    }

    fn allows(&self, host: &str, addresses: &[IpAddr]) -> bool {
        self.allow.iter().any(|entry| entry.is_host(host))
            || !addresses.is_empty()
                && addresses
                    .iter()
                    .all(|address| self.allow.iter().any(|entry| entry.contains(*address)))
    }
}

impl Resolver for Fetch {
    /// The addresses of a host; none at all if one of them is not to be asked.
    fn resolve(
        &self,
        uri: &Uri,
        config: &Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let found = DefaultResolver::default().resolve(uri, config, timeout)?;
        let host = uri.host().unwrap_or_default();
        let private = found
            .iter()
            .map(SocketAddr::ip)
            .find(|address| !public::is_public(*address) && !self.allows(host, &[*address]));
        match private {
            None => Ok(found),
            Some(address) => Err(ureq::Error::Other(Box::new(Private {
                host: host.to_owned(),
                address,
            }))),
        }
    }
}

/// A host has an address that is not public.
#[derive(Debug, thiserror::Error)]
#[error(
    "{host} has the private address {address}: name one of them in outbound.allow if that is right"
)]
struct Private {
    host: String,
    address: IpAddr,
}

/// The address that a host in a URL is, if it is written as one.
fn literal(host: &str) -> Vec<IpAddr> {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    bare.parse().into_iter().collect()
}

fn config() -> Config {
    let roots = rustls_native_certs::load_native_certs().certs;
    let roots: Vec<Certificate<'static>> = roots
        .iter()
        .map(|der| Certificate::from_der(der).to_owned())
        .collect();
    let tls = TlsConfig::builder()
        .root_certs(RootCerts::Specific(Arc::new(roots)))
        .unversioned_rustls_crypto_provider(Arc::new(aws_lc_rs::default_provider()))
        .build();
    Agent::config_builder()
        .tls_config(tls)
        .proxy(None)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .http_status_as_error(false)
        .timeout_global(Some(TIME_LIMIT))
        .max_idle_connections(0)
        .build()
}

/// An error of the client for administrators.
fn told(error: impl fmt::Display) -> String {
    error.to_string()
}

#[cfg(test)]
mod tests;
