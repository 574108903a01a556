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

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    /// Made for these tests, trusted nowhere: `localhost`, valid for a hundred years.
    const CERT: &str = "\
-----BEGIN CERTIFICATE-----\n\
MIIBljCCATugAwIBAgIUYcGxPjoNxmAQRgr1xwdQDvSy+vAwCgYIKoZIzj0EAwIw\n\
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyMzE3MTgyM1oYDzIxMjYxMDMw\n\
MTcxODIzWjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO\n\
PQMBBwNCAATuMRvHWOWbr77+CGRJV24NybhsP65O6kARdB//WmACrSPWzfA7GRps\n\
yzXT+8J4Z2C4kGe8PBjYaSyl8DESi9yfo2kwZzAdBgNVHQ4EFgQUCRp79j4qreUk\n\
uVaRu0JSyBYE8igwHwYDVR0jBBgwFoAUCRp79j4qreUkuVaRu0JSyBYE8igwDwYD\n\
VR0TAQH/BAUwAwEB/zAUBgNVHREEDTALgglsb2NhbGhvc3QwCgYIKoZIzj0EAwID\n\
SQAwRgIhAKVBmrHVvrjuRxUEMbNUn6btAzsp7kPTb8TIxTpLZa8lAiEAqjGID7UV\n\
TTaHSMCduA/Cfza+sZLHrQJgD8+55ZMIrrY=\n\
-----END CERTIFICATE-----\n";
    const KEY: &str = "\
-----BEGIN PRIVATE KEY-----\n\
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgmb2B88E8Gu/9F+Lk\n\
9jEGFg4+DwmyIm+U5bW2fHVoMZahRANCAATuMRvHWOWbr77+CGRJV24NybhsP65O\n\
6kARdB//WmACrSPWzfA7GRpsyzXT+8J4Z2C4kGe8PBjYaSyl8DESi9yf\n\
-----END PRIVATE KEY-----\n";
    const OTHER_KEY: &str = "\
-----BEGIN PRIVATE KEY-----\n\
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgxKWMUuTgkT7ewE3E\n\
U7MjW3lmQvIGz58sgoFPI1s9UyKhRANCAARFcgRatru0S1GrwuW9QMER9n7NkHNX\n\
jobMrNYnap4YFJjGFAypgIr5lx9KQb0ntGfq1vFoi8O1sOZK6WGNNNnZ\n\
-----END PRIVATE KEY-----\n";

    fn read(cert: &str, key: &str) -> Result<usize, String> {
        let directory = tempfile::tempdir().unwrap();
        let [cert_path, key_path] = ["cert.pem", "key.pem"].map(|name| directory.path().join(name));
        fs::write(&cert_path, cert).unwrap();
        fs::write(&key_path, key).unwrap();
        let read = read_tls(&cert_path, &key_path).map(|pair| pair.cert.len());
        read.map_err(|why| why.replace(&format!("{}/", directory.path().display()), ""))
    }

    #[test]
    fn a_chain_and_its_key_are_read() {
        assert_eq!(read(CERT, KEY), Ok(1));
        assert_eq!(
            read(&format!("{CERT}\n{CERT}"), &format!("{KEY}\n{CERT}")),
            Ok(2)
        );
    }

    #[test]
    fn what_does_not_fit_is_named() {
        insta::assert_snapshot!(read(CERT, OTHER_KEY).unwrap_err(), @"key.pem is not the key of the certificate in cert.pem");
        insta::assert_snapshot!(read(KEY, KEY).unwrap_err(), @"cert.pem: holds no PEM block of the right kind");
        insta::assert_snapshot!(read(CERT, CERT).unwrap_err(), @"key.pem: holds no PEM block of the right kind");
        insta::assert_snapshot!(read(&CERT.replace("MII", "!!!"), KEY).unwrap_err(), @"cert.pem: is not good PEM: base64 decode error: InvalidCharacter(33)");
    }
}
