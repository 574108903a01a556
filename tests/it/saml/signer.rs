//! An identity provider of the tests: it signs what it is given, in canonical form already, as good or as bad as it is told.

use std::fmt::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use openssl::asn1::Asn1Time;
use openssl::bn::BigNum;
use openssl::hash::{MessageDigest, hash};
use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;
use openssl::sign::Signer;
use openssl::x509::{X509, X509NameBuilder};

pub const DS: &str = "http://www.w3.org/2000/09/xmldsig#";
pub const EXCLUSIVE: &str = "http://www.w3.org/2001/10/xml-exc-c14n#";
pub const ENVELOPED: &str = "http://www.w3.org/2000/09/xmldsig#enveloped-signature";
pub const RSA_SHA256: &str = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256";
pub const SHA256: &str = "http://www.w3.org/2001/04/xmlenc#sha256";

/// A key and its certificate.
#[derive(Clone)]
pub struct Key {
    pub key: PKey<Private>,
    pub certificate: X509,
}

impl Key {
    pub fn rsa() -> Self {
        Self::of(PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap(), 365)
    }

    pub fn of(key: PKey<Private>, days: u32) -> Self {
        let mut name = X509NameBuilder::new().unwrap();
        name.append_entry_by_text("CN", "idp.example.org").unwrap();
        let name = name.build();
        let mut builder = X509::builder().unwrap();
        builder.set_version(2).unwrap();
        let serial = BigNum::from_u32(7).unwrap().to_asn1_integer().unwrap();
        builder.set_serial_number(&serial).unwrap();
        builder.set_subject_name(&name).unwrap();
        builder.set_issuer_name(&name).unwrap();
        builder
            .set_not_before(&Asn1Time::days_from_now(0).unwrap())
            .unwrap();
        builder
            .set_not_after(&Asn1Time::days_from_now(days).unwrap())
            .unwrap();
        builder.set_pubkey(&key).unwrap();
        builder.sign(&key, MessageDigest::sha256()).unwrap();
        let certificate = builder.build();
        Self { key, certificate }
    }

    /// The certificate as it stands in metadata.
    pub fn base64(&self) -> String {
        STANDARD.encode(self.certificate.to_der().unwrap())
    }

    pub fn pem(&self) -> String {
        String::from_utf8(self.certificate.to_pem().unwrap()).unwrap()
    }
}

/// How a signature is made. Each field is what a good one has until a test bends it.
#[derive(Clone)]
pub struct Signing {
    pub key: Key,
    pub algorithm: String,
    pub digest: String,
    /// The hash that the signature is really made with.
    pub hash: MessageDigest,
    /// The hash that the digest is really made with.
    pub digest_hash: MessageDigest,
    pub canonicalization: String,
    pub transforms: String,
    /// `Reference`'s attributes, instead of the URI of what is signed.
    pub reference: Option<String>,
    /// What stands between the digest's tags, instead of the digest.
    pub digest_value: Option<String>,
    pub key_info: String,
    /// After KeyInfo, in the signature.
    pub more: String,
    /// Further attributes of the signature.
    pub attributes: String,
    /// HMAC with this secret instead of a signature.
    pub secret: Option<Vec<u8>>,
}

impl Signing {
    pub fn good(key: &Key) -> Self {
        Self {
            key: key.clone(),
            algorithm: RSA_SHA256.to_owned(),
            digest: SHA256.to_owned(),
            hash: MessageDigest::sha256(),
            digest_hash: MessageDigest::sha256(),
            canonicalization: EXCLUSIVE.to_owned(),
            transforms: transforms(&[ENVELOPED, EXCLUSIVE]),
            reference: None,
            digest_value: None,
            key_info: format!(
                "<ds:KeyInfo><ds:X509Data><ds:X509Certificate>{}</ds:X509Certificate></ds:X509Data></ds:KeyInfo>",
                key.base64()
            ),
            more: String::new(),
            attributes: String::new(),
            secret: None,
        }
    }

    /// A signature element over `canonical`, the element of that id in exclusive canonical form.
    pub fn sign(&self, id: &str, canonical: &str) -> String {
        let digest = STANDARD.encode(hash(self.digest_hash, canonical.as_bytes()).unwrap());
        let digest = self.digest_value.clone().unwrap_or(digest);
        let reference = self
            .reference
            .clone()
            .unwrap_or_else(|| format!(r##"URI="#{id}""##));
        let mut info = format!(
            r#"<ds:SignedInfo xmlns:ds="{DS}"><ds:CanonicalizationMethod Algorithm="{}"></ds:CanonicalizationMethod><ds:SignatureMethod Algorithm="{}"></ds:SignatureMethod><ds:Reference {reference}>"#,
            self.canonicalization, self.algorithm
        );
        write!(
            info,
            r#"<ds:Transforms>{}</ds:Transforms><ds:DigestMethod Algorithm="{}"></ds:DigestMethod><ds:DigestValue>{digest}</ds:DigestValue></ds:Reference></ds:SignedInfo>"#,
            self.transforms, self.digest
        )
        .unwrap();
        let value = STANDARD.encode(self.make(info.as_bytes()));
        let info = info.replacen(&format!(r#" xmlns:ds="{DS}""#), "", 1);
        format!(
            r#"<ds:Signature xmlns:ds="{DS}"{}>{info}<ds:SignatureValue>{value}</ds:SignatureValue>{}{}</ds:Signature>"#,
            self.attributes, self.key_info, self.more
        )
    }

    fn make(&self, bytes: &[u8]) -> Vec<u8> {
        if let Some(secret) = &self.secret {
            let key = PKey::hmac(secret).unwrap();
            return Signer::new(self.hash, &key)
                .unwrap()
                .sign_oneshot_to_vec(bytes)
                .unwrap();
        }
        let made = Signer::new(self.hash, &self.key.key)
            .unwrap()
            .sign_oneshot_to_vec(bytes)
            .unwrap();
        if self.key.key.ec_key().is_err() {
            return made;
        }
        // XML signatures hold r and s side by side.
        let pair = openssl::ecdsa::EcdsaSig::from_der(&made).unwrap();
        let half = |n: &openssl::bn::BigNumRef| n.to_vec_padded(32).unwrap();
        [half(pair.r()), half(pair.s())].concat()
    }
}

pub fn transforms(all: &[&str]) -> String {
    let one = |each: &&str| format!(r#"<ds:Transform Algorithm="{each}"></ds:Transform>"#);
    joined(all.iter().map(one))
}

/// Texts one after the other.
pub fn joined(all: impl Iterator<Item = String>) -> String {
    all.collect::<Vec<_>>().concat()
}
