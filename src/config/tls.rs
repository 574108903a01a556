//! Reads the certificate and key that `server.tls_cert` and `server.tls_key` name.

use std::path::Path;

use rustls::Error;
use rustls::InconsistentKeys;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem;
use rustls::pki_types::pem::PemObject;
use rustls::sign::CertifiedKey;

/// Reads a certificate chain and its private key, both PEM, and makes sure that they belong
/// together. The error names the file and what is wrong with it.
pub fn read_tls(cert: &Path, key: &Path) -> Result<CertifiedKey, String> {
    let fault = |path: &Path, e: pem::Error| match e {
        pem::Error::Io(e) => format!("{}: {e}", path.display()),
        pem::Error::NoItemsFound => {
            format!("{}: holds no PEM block of the right kind", path.display())
        }
        other => format!("{}: is not good PEM: {other}", path.display()),
    };
    let chain = CertificateDer::pem_file_iter(cert)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|e| fault(cert, e))?;
    if chain.is_empty() {
        return Err(fault(cert, pem::Error::NoItemsFound));
    }
    let private = PrivateKeyDer::from_pem_file(key).map_err(|e| fault(key, e))?;
    CertifiedKey::from_der(chain, private, &aws_lc_rs::default_provider()).map_err(|e| match e {
        Error::InconsistentKeys(InconsistentKeys::KeyMismatch) => {
            format!(
                "{} is not the key of the certificate in {}",
                key.display(),
                cert.display()
            )
        }
        other => format!(
            "{} and {} cannot be used: {other}",
            cert.display(),
            key.display()
        ),
    })
}
