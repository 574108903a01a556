//! TLS by the gateway itself: 1.2 and 1.3, and nothing in clear on that port.
//!
//! `tls_files` holds a certificate for `localhost` that nobody trusts but this test.

use std::io::{Read, Write};

use rustls::SupportedProtocolVersion;
use rustls::version::{TLS12, TLS13};

use crate::support::tls::{connect, fixture};
use crate::support::{Fixture, Raw, TOKEN};

/// One request over TLS of this version; what came back, as text.
fn exchange(fixture: &Fixture, version: &'static SupportedProtocolVersion) -> String {
    let mut stream = connect(fixture.address, &[version], "");
    let request = format!(
        "GET /scim/v2/Users HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {TOKEN}\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = Vec::new();
    // A peer may close without saying goodbye; the answer is whole by then.
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8(answer).unwrap()
}

#[test]
fn both_versions_of_tls_are_served() {
    let fixture = fixture();
    for version in [&TLS12, &TLS13] {
        let answer = exchange(&fixture, version);
        assert!(
            answer.starts_with("HTTP/1.1 200 OK"),
            "{version:?}: {answer}"
        );
        assert!(answer.contains("\"totalResults\":0"));
    }
}

#[test]
fn the_port_says_nothing_in_clear() {
    let fixture = fixture();
    let reply = Raw::get(
        fixture.address,
        "/scim/v2/Users",
        &format!("Authorization: Bearer {TOKEN}\r\n"),
    );
    assert_eq!(reply.status, 0, "{}", reply.head);
}
