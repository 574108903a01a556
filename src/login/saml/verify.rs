//! Asks samael (libxmlsec1) whether a signature was made by the identity provider. Only what the gate let through comes here.
//!
//! The library is used for this one question: its answer is the very bytes that were digested, and those are read again.
//! It blocks, so whoever calls this from a task does so on a thread for it.

use samael::crypto::AllowedSignatureAlgorithm;
use samael::crypto::CertificateDer;
use samael::crypto::Crypto;
use samael::crypto::CryptoProvider;
use samael::crypto::ReduceMode;

use super::certificate::Certificate;
use super::fault::Fault;
use super::signature::ALGORITHMS;

/// Proof that the library verified a good signature and refused a forged one in this process.
#[derive(Debug, Clone, Copy)]
pub struct Verifier {
    algorithms: [AllowedSignatureAlgorithm; 6],
}

const SAMPLE: &str = include_str!("verify/sample.xml");
const SAMPLE_CERTIFICATE: &str = include_str!("verify/sample.pem");

impl Verifier {
    /// Verifies a built-in message, and makes sure that the same message with another content is refused. Without this
    /// nobody logs in: a library that cannot do it would rather not be asked.
    pub fn new() -> Result<Self, String> {
        let verifier = Self {
            algorithms: ALGORITHMS,
        };
        let certificate = [Certificate::parse(SAMPLE_CERTIFICATE)?];
        let good = verifier.signed(SAMPLE, &certificate).map_err(|fault| {
            format!(
                "libxmlsec1 does not verify a good signature: {}",
                fault.detail
            )
        })?;
        if !good.contains("somebody@example.org") {
            return Err("libxmlsec1 does not give what was signed".to_owned());
        }
        let forged = SAMPLE.replace("somebody@example.org", "everybody@example.org");
        if verifier.signed(&forged, &certificate).is_ok() {
            return Err("libxmlsec1 accepts a forged message".to_owned());
        }
        Ok(verifier)
    }

    /// What of a message is signed by one of the certificates: the bytes that were digested. The signature's form was
    /// checked before.
    pub(super) fn signed(self, xml: &str, certificates: &[Certificate]) -> Result<String, Fault> {
        let refused = |detail: &str| Fault::new("saml.signature", detail);
        if certificates.is_empty() {
            return Err(refused("the identity provider has no key"));
        }
        let keys: Vec<CertificateDer> = certificates
            .iter()
            .map(|each| CertificateDer::from(each.der().to_vec()))
            .collect();
        Crypto::reduce_xml_to_signed_with_allowed_algorithms(
            xml,
            &keys,
            ReduceMode::PreDigest,
            Some(&self.algorithms),
        )
        .map_err(|_| {
            refused(
                "the signature is not of the identity provider's key: the message was altered, or the key in the metadata is another",
            )
        })
    }
}
