//! Whom a directory must be vouched for by: the authorities of `ldap.ca_file` alone, or those of the system.

use std::io;
use std::path::Path;
use std::sync::Arc;

use ldap3::LdapError;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{CertificateError, ClientConfig, Error, RootCertStore};

use super::course::Stop;

/// The way connections are secured. There is no way to do without the check of a certificate.
pub(super) fn client(ca_file: Option<&Path>) -> Result<Arc<ClientConfig>, String> {
    let roots = match ca_file {
        Some(path) => own(path)?,
        None => system()?,
    };
    let provider = Arc::new(aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|why| why.to_string())?;
    Ok(Arc::new(
        config.with_root_certificates(roots).with_no_client_auth(),
    ))
}

fn own(path: &Path) -> Result<RootCertStore, String> {
    let fault = |why: String| format!("ldap.ca_file {}: {why}", path.display());
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(path).map_err(|why| fault(why.to_string()))? {
        let certificate = certificate.map_err(|why| fault(format!("is not good PEM: {why}")))?;
        roots
            .add(certificate)
            .map_err(|why| fault(format!("holds a certificate that cannot be used: {why}")))?;
    }
    if roots.is_empty() {
        return Err(fault("holds no PEM certificate".to_owned()));
    }
    Ok(roots)
}

/// One certificate of the system that does not load must not take the others with it.
fn system() -> Result<RootCertStore, String> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if roots.is_empty() {
        return Err("the system has no certificates of authorities: set ldap.ca_file".to_owned());
    }
    Ok(roots)
}

/// What went wrong with a connection, and what to change.
pub(super) fn fault(error: LdapError) -> Stop {
    match error {
        LdapError::Io { source } => match inner(&source) {
            Some(fault) => Stop::tls(told(fault)),
            None => Stop::unavailable(format!("I/O error: {source}")),
        },
        LdapError::Rustls { source } => Stop::tls(told(&source)),
        LdapError::DNSName { source } => Stop::tls(source),
        LdapError::LdapResult { result } => {
            Stop::tls(format!("the server refuses StartTLS: {result}"))
        }
        other => Stop::unavailable(other),
    }
}

fn inner(error: &io::Error) -> Option<&Error> {
    error.get_ref()?.downcast_ref()
}

fn told(fault: &Error) -> String {
    let hint = match fault {
        Error::InvalidCertificate(
            CertificateError::UnknownIssuer | CertificateError::BadSignature,
        ) => "name the certificate of its authority in ldap.ca_file",
        Error::InvalidCertificate(
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
        ) => "ldap.url must name the server as its certificate does",
        Error::InvalidCertificate(
            CertificateError::Expired
            | CertificateError::ExpiredContext { .. }
            | CertificateError::NotValidYet
            | CertificateError::NotValidYetContext { .. },
        ) => "renew it, or set the clock of this machine",
        Error::InvalidMessage(_) => "the server does not speak TLS at this port",
        _ => "see the log of the server",
    };
    format!("{fault}: {hint}")
}
