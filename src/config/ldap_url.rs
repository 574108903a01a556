//! The address of a directory server.

use std::fmt;
use std::net::IpAddr;
use std::net::Ipv6Addr;
use std::str::FromStr;

/// `ldap://host[:port]` or `ldaps://host[:port]`, and nothing behind it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LdapUrl {
    tls: bool,
    host: String,
    port: u16,
}

/// RFC 4513 and the registry of ports.
const PLAIN_PORT: u16 = 389;
const TLS_PORT: u16 = 636;

impl LdapUrl {
    /// Whether it is `ldaps`.
    pub fn is_tls(&self) -> bool {
        self.tls
    }

    /// The host name or address; an IPv6 address in its brackets.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port, be it the usual one.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Whether it is on this machine, as far as the text tells.
    pub fn is_loopback(&self) -> bool {
        let bare = self.host.trim_start_matches('[').trim_end_matches(']');
        bare.eq_ignore_ascii_case("localhost")
            || bare
                .parse()
                .is_ok_and(|address: IpAddr| address.is_loopback())
    }
}

impl FromStr for LdapUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || {
            format!(
                "{text:?} is no address of a directory: write ldaps://ldap.example.org or ldap://ldap.example.org:389"
            )
        };
        let text = text.trim();
        let (scheme, rest) = text.split_once("://").ok_or_else(wrong)?;
        let tls = match scheme.to_ascii_lowercase().as_str() {
            "ldap" => false,
            "ldaps" => true,
            _ => return Err(wrong()),
        };
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        if rest.contains(['/', '?', '#', '@']) {
            return Err(format!(
                "{text:?}: write host and port only; the base is ldap.search_base, the account ldap.bind_dn"
            ));
        }
        let (host, port) = split(rest).ok_or_else(wrong)?;
        let usual = if tls { TLS_PORT } else { PLAIN_PORT };
        let port = port.map_or(Ok(usual), str::parse).map_err(|_| wrong())?;
        if !is_host(host) || port == 0 {
            return Err(wrong());
        }
        Ok(Self {
            tls,
            host: host.to_owned(),
            port,
        })
    }
}

/// Host and port; the colons of an IPv6 address stand in brackets.
fn split(text: &str) -> Option<(&str, Option<&str>)> {
    if text.starts_with('[') {
        let end = text.find(']')? + 1;
        let (host, rest) = text.split_at_checked(end)?;
        return match rest.strip_prefix(':') {
            Some(port) => Some((host, Some(port))),
            None => rest.is_empty().then_some((host, None)),
        };
    }
    match text.split_once(':') {
        Some((host, port)) => Some((host, Some(port))),
        None => Some((text, None)),
    }
}

fn is_host(text: &str) -> bool {
    if let Some(inner) = text.strip_prefix('[') {
        let inner = inner.strip_suffix(']').unwrap_or(inner);
        return inner.parse::<Ipv6Addr>().is_ok();
    }
    !text.is_empty()
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b))
}

impl fmt::Display for LdapUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.tls { "ldaps" } else { "ldap" };
        write!(f, "{scheme}://{}:{}", self.host, self.port)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_a_host_and_a_port() {
        let read = |text: &str| text.parse::<LdapUrl>().map(|url| url.to_string());
        for (text, shown) in [
            ("ldap://dc1.example.org", "ldap://dc1.example.org:389"),
            ("LDAPS://dc1/", "ldaps://dc1:636"),
            ("ldap://127.0.0.1:1389", "ldap://127.0.0.1:1389"),
            ("ldaps://[::1]:1636", "ldaps://[::1]:1636"),
        ] {
            assert_eq!(read(text).as_deref(), Ok(shown));
        }
        for text in [
            "",
            "dc1.example.org",
            "ldapi:///run/slapd",
            "https://dc1",
            "ldap://",
            "ldap://:389",
            "ldap://dc1:0",
            "ldap://dc1:port",
            "ldap://a b",
            "ldap://::1",
            "ldap://[dc1]",
            "ldap://user:pw@dc1",
            "ldap://dc1/dc=example,dc=org",
            "ldap://dc1?x",
        ] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
