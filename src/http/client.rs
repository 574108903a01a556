//! The address of the client: the peer, or what trusted proxies say about it.

use std::net::{IpAddr, SocketAddr};

use actix_web::HttpRequest;
use actix_web::http::header::{HeaderMap, HeaderValue};

use super::request::gateway;
use crate::config::{ForwardedHeader, Server};

/// Returns the client of `request`; `None` for one that came over no network.
pub(super) fn of(request: &HttpRequest) -> Option<IpAddr> {
    let peer = request.peer_addr()?;
    let Ok(gateway) = gateway(request) else {
        return Some(peer.ip().to_canonical());
    };
    Some(address(peer, request.headers(), &gateway.settings().server))
}

/// Warns of a forwarding header that is not believed, because its peer is not a trusted proxy or
/// because a trusted proxy sends the other header alone.
pub(super) fn warn_of_ignored_header(request: &HttpRequest) {
    let (Ok(gateway), Some(peer)) = (gateway(request), request.peer_addr()) else {
        return;
    };
    let (server, peer) = (&gateway.settings().server, peer.ip().to_canonical());
    let believed = server.forwarded_header;
    let is_sent = |header: ForwardedHeader| request.headers().contains_key(header.as_str());
    let other = match believed {
        ForwardedHeader::XForwardedFor => ForwardedHeader::Forwarded,
        ForwardedHeader::Forwarded => ForwardedHeader::XForwardedFor,
    };
    let ignored = match (is_sent(believed), is_sent(other)) {
        (true, _) if is_trusted(server, peer) => return,
        (true, _) => believed,
        (false, true) => other,
        (false, false) => return,
    };
    if !gateway.shall_warn_of_peer(peer) {
        return;
    }
    let (header, setting) = (ignored.as_str(), believed.as_str());
    if is_trusted(server, peer) {
        tracing::warn!(
            %peer, header,
            "a trusted proxy sends {header} and not {setting}: set server.forwarded_header to the header that it sends"
        );
    } else {
        tracing::warn!(
            %peer, header,
            "{header} of a peer that is not a trusted proxy was ignored: if {peer} is your proxy, add it to server.trusted_proxies"
        );
    }
}

/// The nearest address that is not a trusted proxy: `peer` itself, or, when a trusted proxy calls, the
/// last that is not one in the header that `server.forwarded_header` names. Whatever stands further
/// left, and the other header, may be written by the client.
fn address(peer: SocketAddr, headers: &HeaderMap, server: &Server) -> IpAddr {
    let peer = peer.ip().to_canonical();
    if !is_trusted(server, peer) {
        return peer;
    }
    let header = server.forwarded_header;
    let lines: Vec<&HeaderValue> = headers.get_all(header.as_str()).collect();
    let elements = lines.into_iter().rev();
    let elements = elements.flat_map(|line| line.to_str().unwrap_or("?").rsplit(','));
    let mut nearest = peer;
    for element in elements {
        let hop = match header {
            ForwardedHeader::Forwarded => forwarded_for(element),
            ForwardedHeader::XForwardedFor => node(element),
        };
        // An obfuscated or broken hop hides all that lie behind it.
        let Some(hop) = hop else {
            break;
        };
        nearest = hop;
        if !is_trusted(server, hop) {
            break;
        }
    }
    nearest
}

fn is_trusted(server: &Server, address: IpAddr) -> bool {
    let mut trusted = server.trusted_proxies.iter();
    trusted.any(|network| network.contains(address))
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

    use super::*;
    use crate::config::{Settings, Sources};

    /// The settings of a gateway behind proxies that write this header.
    fn server(header: &str) -> Server {
        let flags = [
            ("server.trusted_proxies", "10.0.0.0/8,::1"),
            ("server.forwarded_header", header),
        ];
        let sources = Sources {
            flags: flags
                .map(|(key, value)| (key.to_owned(), value.to_owned()))
                .to_vec(),
            environment: Vec::new(),
            file: None,
            read_secret: &|_| Err("no secrets here".to_owned()),
        };
        Settings::load(sources).unwrap().server
    }

    fn seen(header: &str, peer: &str, sent: &[(&'static str, &'static str)]) -> String {
        let mut headers = HeaderMap::new();
        for (name, value) in sent {
            headers.append(
                HeaderName::from_static(name),
                HeaderValue::from_static(value),
            );
        }
        let peer = SocketAddr::new(peer.parse().unwrap(), 4711);
        address(peer, &headers, &server(header)).to_string()
    }

    #[test]
    fn only_a_trusted_proxy_is_believed() {
        let claim = [("x-forwarded-for", "203.0.113.9")];
        for (peer, sent, expected) in [
            ("198.51.100.1", &claim[..], "198.51.100.1"),
            ("10.1.1.1", &claim, "203.0.113.9"),
            ("::ffff:10.1.1.1", &claim, "203.0.113.9"),
            ("10.1.1.1", &[], "10.1.1.1"),
        ] {
            assert_eq!(seen("x-forwarded-for", peer, sent), expected, "{peer}");
        }
    }

    #[test]
    fn the_nearest_stranger_is_the_client() {
        let forged = [
            ("x-forwarded-for", "1.2.3.4, 203.0.113.9:5555"),
            ("x-forwarded-for", "10.9.9.9"),
        ];
        assert_eq!(seen("x-forwarded-for", "10.1.1.1", &forged), "203.0.113.9");
        let hidden = [("x-forwarded-for", "1.2.3.4, unknown, 10.2.2.2")];
        assert_eq!(seen("x-forwarded-for", "10.1.1.1", &hidden), "10.2.2.2");
    }

    #[test]
    fn one_header_is_believed_and_the_other_never() {
        let both = [
            (
                "forwarded",
                "for=\"[2001:db8::7]:80\";proto=https, for=10.3.3.3",
            ),
            ("x-forwarded-for", "203.0.113.9"),
        ];
        assert_eq!(seen("x-forwarded-for", "::1", &both), "203.0.113.9");
        assert_eq!(seen("forwarded", "::1", &both), "2001:db8::7");
        let hidden = [("forwarded", "for=_hidden")];
        assert_eq!(seen("forwarded", "::1", &hidden), "::1");
        assert_eq!(seen("x-forwarded-for", "::1", &both[..1]), "::1");
    }
}
