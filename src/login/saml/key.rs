//! Our own key: it signs requests and logout messages.

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeyPair;
use aws_lc_rs::signature;
use aws_lc_rs::signature::UnparsedPublicKey;
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject;

use super::certificate::Certificate;

/// How we sign: every identity provider understands it.
pub(super) const RSA_SHA256: &str = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256";

/// An RSA key with its certificate.
#[derive(Clone)]
pub struct SigningKey {
    pair: Arc<KeyPair>,
    certificate: Certificate,
}

impl SigningKey {
    /// Reads a key and its certificate, both PEM, and makes sure that they belong together.
    pub fn parse(key: &str, certificate: &str) -> Result<Self, String> {
        let der = PrivateKeyDer::from_pem_slice(key.as_bytes())
            .map_err(|_| "saml.sp_key holds no private key in PEM".to_owned())?;
        let pair = match &der {
            PrivateKeyDer::Pkcs1(der) => KeyPair::from_der(der.secret_pkcs1_der()),
            PrivateKeyDer::Pkcs8(der) => KeyPair::from_pkcs8(der.secret_pkcs8_der()),
            _ => return Err("saml.sp_key is no RSA key".to_owned()),
        };
        let pair = pair.map_err(|_| {
            "saml.sp_key is no RSA key of 2048 to 8192 bits: openssl genpkey -algorithm RSA makes one"
                .to_owned()
        })?;
        let certificate =
            Certificate::parse(certificate).map_err(|why| format!("saml.sp_cert {why}"))?;
        let public = signature::KeyPair::public_key(&pair).as_der();
        let public = public.map_err(|_| "saml.sp_key has no public part".to_owned())?;
        let public: &[u8] = public.as_ref();
        if public != certificate.key() {
            return Err("saml.sp_key is not the key of saml.sp_cert".to_owned());
        }
        Ok(Self {
            pair: Arc::new(pair),
            certificate,
        })
    }

    /// What our metadata shows of it.
    pub fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    /// Signs by RSA-SHA256.
    pub(super) fn sign(&self, bytes: &[u8]) -> Option<Vec<u8>> {
        let mut made = vec![0; self.pair.public_modulus_len()];
        self.pair
            .sign(
                &signature::RSA_PKCS1_SHA256,
                &SystemRandom::new(),
                bytes,
                &mut made,
            )
            .ok()?;
        Some(made)
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({})", self.certificate.fingerprint())
    }
}

/// Whether one of the certificates' keys made the signature. `None`: not with an algorithm that is accepted.
pub(super) fn verifies(
    certificates: &[Certificate],
    algorithm: &str,
    bytes: &[u8],
    made: &[u8],
) -> Option<bool> {
    let name = algorithm.strip_prefix("http://www.w3.org/2001/04/xmldsig-more#")?;
    let algorithm: &dyn signature::VerificationAlgorithm = match name {
        "rsa-sha256" => &signature::RSA_PKCS1_2048_8192_SHA256,
        "rsa-sha384" => &signature::RSA_PKCS1_2048_8192_SHA384,
        "rsa-sha512" => &signature::RSA_PKCS1_2048_8192_SHA512,
        "ecdsa-sha256" => &signature::ECDSA_P256_SHA256_FIXED,
        "ecdsa-sha384" => &signature::ECDSA_P384_SHA384_FIXED,
        _ => return None,
    };
    Some(certificates.iter().any(|certificate| {
        UnparsedPublicKey::new(algorithm, certificate.key())
            .verify(bytes, made)
            .is_ok()
    }))
}
