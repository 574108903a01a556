//! TLS by the gateway itself: 1.2 and 1.3, and nothing in clear on that port.
//!
//! `tls_files` holds a certificate for `localhost` that nobody trusts but this test.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::sync::Arc;

use rustls::crypto::aws_lc_rs;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::version::{TLS12, TLS13};
use rustls::{
    ClientConfig, ClientConnection, RootCertStore, StreamOwned, SupportedProtocolVersion,
};

use crate::support::{Fixture, Raw, Setup, TOKEN};

const CERT: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/tests/it/http/tls_files/cert.pem"
);
const KEY: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/tests/it/http/tls_files/key.pem"
);

fn fixture() -> Fixture {
    let settings = vec![("server.tls_cert", CERT), ("server.tls_key", KEY)];
    Fixture::with(Setup {
        settings,
        ..Setup::default()
    })
}

/// One request over TLS of this version; what came back, as text.
fn exchange(fixture: &Fixture, version: &'static SupportedProtocolVersion) -> String {
    let mut roots = RootCertStore::empty();
    roots
        .add(CertificateDer::from_pem_file(Path::new(CERT)).unwrap())
        .unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_protocol_versions(&[version])
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let connection =
        ClientConnection::new(Arc::new(config), "localhost".try_into().unwrap()).unwrap();
    let mut stream = StreamOwned::new(connection, TcpStream::connect(fixture.address).unwrap());
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
