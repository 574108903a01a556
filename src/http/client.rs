//! The address of the client: the peer, or what trusted proxies say about it.

use std::net::{IpAddr, SocketAddr};

use actix_web::HttpRequest;
use actix_web::http::header;
use actix_web::http::header::HeaderMap;

use super::request::gateway;
use crate::config::Network;

/// The client of `request`; `None` for one that came over no network.
pub(super) fn of(request: &HttpRequest) -> Option<IpAddr> {
    let trusted = gateway(request).map_or(&[][..], |gateway| {
        &gateway.settings().server.trusted_proxies
    });
    let peer = request.peer_addr()?;
    Some(address(peer, request.headers(), trusted))
}

/// The nearest address that is no trusted proxy: `peer` itself, or, when a trusted proxy calls, the
/// last of `Forwarded` (RFC 7239) or `X-Forwarded-For` that is not one. What stands further left was
/// written by somebody nobody vouches for.
fn address(peer: SocketAddr, headers: &HeaderMap, trusted: &[Network]) -> IpAddr {
    let is_proxy = |address: &IpAddr| trusted.iter().any(|network| network.contains(*address));
    let peer = peer.ip().to_canonical();
    if !is_proxy(&peer) {
        return peer;
    }
    let mut nearest = peer;
    for hop in hops(headers).into_iter().rev() {
        // An obfuscated or broken hop hides all that lie behind it.
        let Some(hop) = hop else {
            break;
        };
        nearest = hop;
        if !is_proxy(&hop) {
            break;
        }
    }
    nearest
}

/// The addresses of the path, farthest first. `Forwarded` wins where both are given.
fn hops(headers: &HeaderMap) -> Vec<Option<IpAddr>> {
    let forwarded: Vec<_> = elements(headers, "forwarded").map(forwarded_for).collect();
    if forwarded.is_empty() {
        return elements(headers, "x-forwarded-for").map(node).collect();
    }
    forwarded
}

fn elements<'h>(headers: &'h HeaderMap, name: &'static str) -> impl Iterator<Item = &'h str> {
    let lines = headers.get_all(header::HeaderName::from_static(name));
    lines.flat_map(|line| line.to_str().unwrap_or("?").split(','))
}

fn forwarded_for(element: &str) -> Option<IpAddr> {
    element
        .split(';')
        .filter_map(|pair| pair.split_once('='))
        .find(|(name, _)| name.trim().eq_ignore_ascii_case("for"))
        .and_then(|(_, value)| node(value.trim().trim_matches('"')))
}

/// An address with or without port: `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`, `[2001:db8::1]:80`.
fn node(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let bare = || text.strip_prefix('[')?.strip_suffix(']')?.parse().ok();
    let with_port = || text.parse().ok().map(|socket: SocketAddr| socket.ip());
    let address: Option<IpAddr> = text.parse().ok().or_else(with_port).or_else(bare);
    address.map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderName;
    use actix_web::http::header::HeaderValue;

    use super::*;

    fn seen(peer: &str, sent: &[(&'static str, &'static str)]) -> String {
        let mut headers = HeaderMap::new();
        for (name, value) in sent {
            headers.append(
                HeaderName::from_static(name),
                HeaderValue::from_static(value),
            );
        }
        let trusted = ["10.0.0.0/8", "::1"].map(|network| network.parse().unwrap());
        address(
            SocketAddr::new(peer.parse().unwrap(), 4711),
            &headers,
            &trusted,
        )
        .to_string()
    }

    #[test]
    fn only_a_trusted_proxy_is_believed() {
        let claim = [("x-forwarded-for", "203.0.113.9")];
        assert_eq!(seen("198.51.100.1", &claim), "198.51.100.1");
        assert_eq!(seen("10.1.1.1", &claim), "203.0.113.9");
        assert_eq!(seen("::ffff:10.1.1.1", &claim), "203.0.113.9");
        assert_eq!(seen("10.1.1.1", &[]), "10.1.1.1");
    }

    #[test]
    fn the_nearest_stranger_is_the_client() {
        let forged = [
            ("x-forwarded-for", "1.2.3.4, 203.0.113.9:5555"),
            ("x-forwarded-for", "10.9.9.9"),
        ];
        assert_eq!(seen("10.1.1.1", &forged), "203.0.113.9");
        assert_eq!(
            seen(
                "10.1.1.1",
                &[("x-forwarded-for", "1.2.3.4, unknown, 10.2.2.2")]
            ),
            "10.2.2.2"
        );
    }

    #[test]
    fn forwarded_is_read_and_wins() {
        let both = [
            (
                "forwarded",
                "for=\"[2001:db8::7]:80\";proto=https, for=10.3.3.3",
            ),
            ("x-forwarded-for", "1.2.3.4"),
        ];
        assert_eq!(seen("::1", &both), "2001:db8::7");
        assert_eq!(seen("::1", &[("forwarded", "for=_hidden")]), "::1");
    }
}
