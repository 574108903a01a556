//! A host or network that the gateway may fetch from although it is private or speaks plain http.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use super::Network;

/// An entry of `outbound.allow`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Destination {
    /// A host by the name that stands in URLs, in lower case.
    Host(String),
    /// An address, or all addresses of a network.
    Network(Network),
}

impl Destination {
    /// Whether it is this host, whatever its address.
    pub fn is_host(&self, host: &str) -> bool {
        match self {
            Self::Host(name) => name.eq_ignore_ascii_case(host),
            Self::Network(_) => false,
        }
    }

    /// Whether this address lies in it.
    pub fn contains(&self, address: IpAddr) -> bool {
        match self {
            Self::Host(_) => false,
            Self::Network(network) => network.contains(address),
        }
    }
}

impl FromStr for Destination {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Ok(network) = text.parse() {
            return Ok(Self::Network(network));
        }
        let plain = |c: char| c.is_ascii_alphanumeric() || ['-', '_', '.'].contains(&c);
        let named = text.chars().any(|c| c.is_ascii_alphabetic());
        if !named || text.len() > 253 || !text.chars().all(plain) {
            return Err(format!(
                "{text:?} is neither a host name, such as keys.example.org, nor an address or network, such as 10.0.0.0/8"
            ));
        }
        Ok(Self::Host(text.to_ascii_lowercase()))
    }
}

impl fmt::Display for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Host(name) => f.write_str(name),
            Self::Network(network) => network.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_destination_is_a_host_or_a_network() {
        for text in ["keys.example.org", "10.0.0.0/8", "::1"] {
            assert_eq!(text.parse::<Destination>().unwrap().to_string(), text);
        }
        for text in ["", "https://example.org", "10.0.0.0/33", "a b", "10.0.0"] {
            assert!(text.parse::<Destination>().is_err(), "{text}");
        }
    }
}
