//! TLS to a gateway whose certificate nobody but these tests trusts.

use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::sync::Arc;

use rustls::crypto::aws_lc_rs;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{
    ClientConfig, ClientConnection, RootCertStore, StreamOwned, SupportedProtocolVersion,
};

use super::fixture::{Fixture, Setup};

const CERT: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/tests/it/http/tls_files/cert.pem"
);
const KEY: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/tests/it/http/tls_files/key.pem"
);

/// A client's end of a connection.
pub type TlsClient = StreamOwned<ClientConnection, TcpStream>;

/// A gateway that serves TLS itself.
pub fn fixture() -> Fixture {
    let settings = vec![("server.tls_cert", CERT), ("server.tls_key", KEY)];
    Fixture::with(Setup {
        settings,
        ..Setup::default()
    })
}

/// A connection over TLS of these versions that offers the protocol `alpn`, if it is not empty.
pub fn connect(
    address: SocketAddr,
    versions: &[&'static SupportedProtocolVersion],
    alpn: &str,
) -> TlsClient {
    let mut roots = RootCertStore::empty();
    roots
        .add(CertificateDer::from_pem_file(Path::new(CERT)).unwrap())
        .unwrap();
    let mut config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_protocol_versions(versions)
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    if !alpn.is_empty() {
        config.alpn_protocols = vec![alpn.into()];
    }
    let connection =
        ClientConnection::new(Arc::new(config), "localhost".try_into().unwrap()).unwrap();
    StreamOwned::new(connection, TcpStream::connect(address).unwrap())
}
