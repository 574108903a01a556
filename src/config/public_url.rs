//! The address under which the world reaches the gateway.

use std::fmt;
use std::net::Ipv6Addr;
use std::net::SocketAddr;
use std::str::FromStr;

/// Base of every absolute URL: `http` or `https`, a host, perhaps a port and a path; no slash at
/// the end, no query, no fragment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicUrl {
    scheme: Scheme,
    /// Host and port as in a `Host` header.
    authority: String,
    /// Empty, or a path that starts with a slash and does not end with one.
    path: String,
}

/// The protocol of a URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// Without TLS.
    Http,
    /// With TLS.
    Https,
}

impl PublicUrl {
    /// The URL of a gateway that nothing stands in front of.
    pub fn of_listener(scheme: Scheme, listen: SocketAddr) -> Self {
        Self {
            scheme,
            authority: listen.to_string(),
            path: String::new(),
        }
    }

    /// The protocol by which clients come.
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// Host and port as in a `Host` header.
    pub fn authority(&self) -> &str {
        &self.authority
    }

    /// The host without its port; an IPv6 address without brackets.
    pub fn host(&self) -> &str {
        if let Some((address, _)) = self
            .authority
            .strip_prefix('[')
            .and_then(|rest| rest.split_once(']'))
        {
            return address;
        }
        self.authority
            .split_once(':')
            .map_or(&self.authority, |(host, _)| host)
    }

    /// Whether the host is this domain, or one in it.
    pub fn is_within(&self, domain: &str) -> bool {
        let (host, domain) = (self.host(), domain.to_ascii_lowercase());
        let rest = host.strip_suffix(&domain);
        rest.is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    }

    /// Whether only this machine can reach it.
    pub fn is_loopback(&self) -> bool {
        let host = self.host();
        host == "localhost"
            || host
                .parse()
                .is_ok_and(|ip: std::net::IpAddr| ip.is_loopback())
    }

    /// Scheme and authority: what a browser sends as `Origin`.
    pub fn origin(&self) -> String {
        format!("{}://{}", self.scheme, self.authority)
    }

    /// Empty, or the path below which a proxy serves the gateway: `/muster`.
    pub fn path(&self) -> &str {
        &self.path
    }
}

impl fmt::Display for PublicUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}{}", self.scheme, self.authority, self.path)
    }
}

impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Http => "http",
            Self::Https => "https",
        })
    }
}

impl FromStr for PublicUrl {
    type Err = String;

    /// The text is not repeated in errors: it might hold a password.
    fn from_str(text: &str) -> Result<Self, String> {
        let (scheme, rest) = split_scheme(text).ok_or("must start with http:// or https://")?;
        if rest.contains(['?', '#']) {
            return Err(
                "must have neither query nor fragment: leave out everything from the ? or #".into(),
            );
        }
        let (authority, path) = rest
            .split_at_checked(rest.find('/').unwrap_or(rest.len()))
            .unwrap_or((rest, ""));
        if authority.contains('@') {
            return Err("must hold no user name and no password".into());
        }
        if !is_authority(authority) {
            return Err(
                "must have a host, such as https://id.example.org or http://[::1]:8080".into(),
            );
        }
        let path = path.trim_end_matches('/');
        if !path.bytes().all(is_path_byte)
            || path.contains("//")
            || path.split('/').any(|s| matches!(s, "." | ".."))
        {
            return Err("must have a plain path: letters, digits and -._~/ only, no empty parts, no . or ..".into());
        }
        Ok(Self {
            scheme,
            authority: authority.to_ascii_lowercase(),
            path: path.to_owned(),
        })
    }
}

fn split_scheme(text: &str) -> Option<(Scheme, &str)> {
    let (scheme, rest) = text.split_once("://")?;
    [("http", Scheme::Http), ("https", Scheme::Https)]
        .into_iter()
        .find(|(name, _)| name.eq_ignore_ascii_case(scheme))
        .map(|(_, scheme)| (scheme, rest))
}

fn is_authority(text: &str) -> bool {
    let (host, port) = match text.strip_prefix('[') {
        Some(rest) => {
            let Some((address, after)) = rest.split_once(']') else {
                return false;
            };
            if address.parse::<Ipv6Addr>().is_err() {
                return false;
            }
            return after.is_empty() || after.strip_prefix(':').is_some_and(is_port);
        }
        None => text
            .split_once(':')
            .map_or((text, None), |(host, port)| (host, Some(port))),
    };
    port.is_none_or(is_port)
        && host.split('.').all(|label| {
            !label.is_empty()
                && label
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
        })
}

fn is_port(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_digit()) && text.parse::<u16>().is_ok()
}

fn is_path_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn good_urls_are_read_and_tidied() {
        for (said, read) in [
            ("https://id.example.org", "https://id.example.org"),
            ("https://id.example.org/", "https://id.example.org"),
            (
                "HTTPS://ID.Example.org:8443/Muster//",
                "https://id.example.org:8443/Muster",
            ),
            ("http://[::1]:8080", "http://[::1]:8080"),
            ("http://localhost", "http://localhost"),
        ] {
            assert_eq!(
                said.parse::<PublicUrl>().map(|url| url.to_string()),
                Ok(read.to_owned()),
                "{said}"
            );
        }
    }

    #[test]
    fn bad_urls_are_refused_without_repeating_them() {
        for said in [
            "",
            "id.example.org",
            "ftp://id.example.org",
            "https://",
            "https:///path",
            "https://a b",
            "https://a:99999",
            "https://a:",
            "https://a:+1",
            "https://[::1",
            "https://[x]",
            "https://me:swordfish@a",
            "https://a?x",
            "https://a/#x",
            "https://a/../b",
            "https://a//b",
            "https://a/%2e",
            "https://a..b",
        ] {
            let why = said.parse::<PublicUrl>().unwrap_err();
            assert!(!why.contains("swordfish"), "{said}");
        }
    }
}
