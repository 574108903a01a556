//! A public key that may sign tokens, with the algorithms that its own record allows (RFC 7517, RFC 8725 §3.1).

use jsonwebtoken::jwk::{
    AlgorithmParameters, CommonParameters, EllipticCurve, Jwk, KeyAlgorithm, KeyOperations,
    PublicKeyUse,
};
use jsonwebtoken::{Algorithm, DecodingKey};
use serde::Deserialize;
use serde_json::Value;

/// The characters of a modulus of 2,048 bits in base64url; a shorter key can be factored by those who want to.
const MIN_MODULUS: usize = 342;
/// More keys than any provider publishes at once.
const MAX_KEYS: usize = 100;

/// A public key of an issuer.
#[derive(Clone)]
pub struct Key {
    /// Its name.
    pub(super) id: String,
    /// What it may be used with.
    pub(super) algorithms: Vec<Algorithm>,
    pub(super) decoding: DecodingKey,
}

impl Key {
    /// Its `kid`.
    pub fn id(&self) -> &str {
        &self.id
    }
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Key")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

#[derive(Deserialize)]
struct Set {
    keys: Vec<Value>,
}

/// The keys of a JWK Set (RFC 7517 §5) that can verify signatures; others are passed over, as §5 says.
///
/// # Errors
/// That it is no JWK Set, or holds no such key.
pub(in crate::login) fn read_set(text: &[u8]) -> Result<Vec<Key>, String> {
    let set: Set =
        serde_json::from_slice(text).map_err(|why| format!("this is no JWK Set: {why}"))?;
    let keys = set.keys.into_iter().take(MAX_KEYS);
    let keys: Vec<Key> = keys
        .filter_map(|key| read(serde_json::from_value(key).ok()?))
        .collect();
    if keys.is_empty() {
        return Err(
            "the JWK Set holds no public key with a kid that can verify signatures".to_owned(),
        );
    }
    Ok(keys)
}

fn read(jwk: Jwk) -> Option<Key> {
    if !is_for_signatures(&jwk.common) {
        return None;
    }
    let algorithms = match jwk.common.key_algorithm {
        None => fitting(&jwk.algorithm),
        Some(said) => {
            let mut fitting = fitting(&jwk.algorithm);
            fitting.retain(|algorithm| named(*algorithm) == said);
            fitting
        }
    };
    let decoding = DecodingKey::from_jwk(&jwk)
        .ok()
        .filter(|_| !algorithms.is_empty())?;
    Some(Key {
        id: jwk.common.key_id?,
        algorithms,
        decoding,
    })
}

fn is_for_signatures(common: &CommonParameters) -> bool {
    let usage = common.public_key_use.as_ref();
    let operations = common.key_operations.as_ref();
    usage.is_none_or(|usage| *usage == PublicKeyUse::Signature)
        && operations.is_none_or(|all| all.contains(&KeyOperations::Verify))
}

/// The algorithms that fit the type of a key; none for shared secrets and for keys that are too short.
fn fitting(parameters: &AlgorithmParameters) -> Vec<Algorithm> {
    use Algorithm::{ES256, ES384, EdDSA, PS256, PS384, PS512, RS256, RS384, RS512};
    match parameters {
        AlgorithmParameters::RSA(rsa) if rsa.n.len() >= MIN_MODULUS => {
            vec![RS256, RS384, RS512, PS256, PS384, PS512]
        }
        AlgorithmParameters::EllipticCurve(curve) => match curve.curve {
            EllipticCurve::P256 => vec![ES256],
            EllipticCurve::P384 => vec![ES384],
            _ => Vec::new(),
        },
        AlgorithmParameters::OctetKeyPair(pair) if pair.curve == EllipticCurve::Ed25519 => {
            vec![EdDSA]
        }
        _ => Vec::new(),
    }
}

fn named(algorithm: Algorithm) -> KeyAlgorithm {
    match algorithm {
        Algorithm::HS256 => KeyAlgorithm::HS256,
        Algorithm::HS384 => KeyAlgorithm::HS384,
        Algorithm::HS512 => KeyAlgorithm::HS512,
        Algorithm::ES256 => KeyAlgorithm::ES256,
        Algorithm::ES384 => KeyAlgorithm::ES384,
        Algorithm::RS256 => KeyAlgorithm::RS256,
        Algorithm::RS384 => KeyAlgorithm::RS384,
        Algorithm::RS512 => KeyAlgorithm::RS512,
        Algorithm::PS256 => KeyAlgorithm::PS256,
        Algorithm::PS384 => KeyAlgorithm::PS384,
        Algorithm::PS512 => KeyAlgorithm::PS512,
        Algorithm::EdDSA => KeyAlgorithm::EdDSA,
        _ => KeyAlgorithm::UNKNOWN_ALGORITHM,
    }
}
