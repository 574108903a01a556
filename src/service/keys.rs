//! The keys that come from the server's secret: one for each purpose, none the secret itself.

use std::fmt;

use aws_lc_rs::aead::{AES_256_GCM_SIV, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::{constant_time, hmac};

use super::token::hex;
use crate::config::Secret;

/// Keys derived with HMAC-SHA-256 from `server.secret` and a label each.
pub(super) struct Keys {
    tokens: hmac::Key,
    links: hmac::Key,
    forms: hmac::Key,
    audit: hmac::Key,
    sessions: hmac::Key,
    visitors: hmac::Key,
    requests: hmac::Key,
    cursors: [u8; 32],
    signing: [u8; 32],
    sealer: String,
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keys(hidden)")
    }
}

impl Keys {
    pub(super) fn derive(secret: &Secret) -> Self {
        let root = hmac::Key::new(hmac::HMAC_SHA256, secret.expose().as_bytes());
        let derived = |label: &[u8]| hmac::Key::new(hmac::HMAC_SHA256, &signed(&root, label));
        Self {
            tokens: derived(b"muster/token/1"),
            links: derived(b"muster/link/1"),
            forms: derived(b"muster/form/1"),
            audit: derived(b"muster/audit/1"),
            sessions: derived(b"muster/session/1"),
            visitors: derived(b"muster/visitor/1"),
            requests: derived(b"muster/saml-request/1"),
            cursors: signed(&root, b"muster/cursor/1"),
            signing: signed(&root, b"muster/signing-key/1"),
            sealer: hex(&signed(&root, b"muster/sealer/1")),
        }
    }

    /// A MAC of the audit log over `parts`, each with its length; `None` differs from every text. MACs of one
    /// `purpose` say nothing about another.
    pub(super) fn audit_mac(&self, purpose: &str, parts: &[Option<&[u8]>]) -> Vec<u8> {
        let mut context = hmac::Context::with_key(&self.audit);
        for part in [Some(purpose.as_bytes())].iter().chain(parts) {
            let length = part.map_or(u64::MAX, |part| part.len() as u64);
            context.update(&length.to_be_bytes());
            context.update(part.unwrap_or_default());
        }
        context.sign().as_ref().to_vec()
    }

    /// Encrypts what a cursor holds and binds it to `bound`; a nonce that comes twice gives away no more than that two
    /// cursors are equal.
    pub(super) fn seal_cursor(
        &self,
        nonce: [u8; NONCE_LEN],
        bound: &[u8],
        text: Vec<u8>,
    ) -> Option<Vec<u8>> {
        seal(&self.cursors, nonce, bound, text)
    }

    /// What [`Keys::seal_cursor`] sealed for `bound`; `None` when it was not, or was altered.
    pub(super) fn open_cursor(&self, bound: &[u8], sealed: Vec<u8>) -> Option<Vec<u8>> {
        open(&self.cursors, bound, sealed)
    }

    /// Encrypts the private half of the signing key `kid`.
    pub(super) fn seal_signing_key(
        &self,
        nonce: [u8; NONCE_LEN],
        kid: &str,
        private: Vec<u8>,
    ) -> Option<Vec<u8>> {
        seal(&self.signing, nonce, kid.as_bytes(), private)
    }

    /// What [`Keys::seal_signing_key`] sealed.
    pub(super) fn open_signing_key(&self, kid: &str, sealed: Vec<u8>) -> Option<Vec<u8>> {
        open(&self.signing, kid.as_bytes(), sealed)
    }

    /// What stands for the secret: signing keys that another one has sealed are not ours.
    pub(super) fn sealer(&self) -> &str {
        &self.sealer
    }

    /// What the store keeps of a set-password link, or of the code of the launchpad.
    pub(super) fn link_hash(&self, secret: &str) -> [u8; 32] {
        signed(&self.links, secret.as_bytes())
    }

    /// What a form carries that is for the browser with the cookie `bound`.
    pub(super) fn form_mac(&self, bound: &str) -> [u8; 32] {
        signed(&self.forms, bound.as_bytes())
    }

    /// What the store keeps of a session cookie.
    pub(super) fn session_hash(&self, cookie: &str) -> [u8; 32] {
        signed(&self.sessions, cookie.as_bytes())
    }

    /// What stands for a browser or an address from which a name was logged in: it tells neither. The parts are joined with their
    /// lengths.
    pub(super) fn visitor_mac(&self, parts: &[&[u8]]) -> [u8; 32] {
        let mut text = Vec::new();
        for part in parts {
            text.extend((part.len() as u64).to_be_bytes());
            text.extend(*part);
        }
        signed(&self.visitors, &text)
    }

    /// Returns the MAC of the SAML requests that a browser's cookie holds.
    pub(super) fn request_mac(&self, requests: &[u8]) -> [u8; 32] {
        signed(&self.requests, requests)
    }

    /// What the store keeps of a bearer token.
    pub(super) fn token_hash(&self, token: &str) -> TokenHash {
        TokenHash(signed(&self.tokens, token.as_bytes()))
    }
}

/// The hash of a token that was shown. It has no `==`: it can only be compared without telling by the duration where
/// the first difference is.
pub(super) struct TokenHash([u8; 32]);

impl TokenHash {
    /// Whether `stored` is the hash of the same token. With nothing stored the work is the same.
    pub(super) fn is(&self, stored: Option<&[u8]>) -> bool {
        same(&self.0, stored.unwrap_or(&[0; 32])) && stored.is_some()
    }

    /// Whether both are hashes of the same token.
    pub(super) fn is_that_of(&self, other: &Self) -> bool {
        self.is(Some(&other.0))
    }

    /// As it is stored.
    pub(super) fn to_stored(&self) -> Vec<u8> {
        self.0.to_vec()
    }
}

fn signed(key: &hmac::Key, text: &[u8]) -> [u8; 32] {
    let mut hash = [0; 32];
    for (to, from) in hash.iter_mut().zip(hmac::sign(key, text).as_ref()) {
        *to = *from;
    }
    hash
}

fn seal(
    key: &[u8; 32],
    nonce: [u8; NONCE_LEN],
    bound: &[u8],
    mut text: Vec<u8>,
) -> Option<Vec<u8>> {
    let sealing = Nonce::assume_unique_for_key(nonce);
    aead_key(key)?
        .seal_in_place_append_tag(sealing, Aad::from(bound), &mut text)
        .ok()?;
    Some([nonce.as_slice(), &text].concat())
}

fn open(key: &[u8; 32], bound: &[u8], sealed: Vec<u8>) -> Option<Vec<u8>> {
    let (nonce, text) = sealed.split_first_chunk::<NONCE_LEN>()?;
    let mut text = text.to_vec();
    let opening = Nonce::assume_unique_for_key(*nonce);
    let key = aead_key(key)?;
    let opened = key.open_in_place(opening, Aad::from(bound), &mut text);
    opened.ok().map(|text| text.to_vec())
}

fn aead_key(bytes: &[u8; 32]) -> Option<LessSafeKey> {
    let key = UnboundKey::new(&AES_256_GCM_SIV, bytes);
    key.ok().map(LessSafeKey::new)
}

/// Compares without telling by its duration where the first difference is.
pub(super) fn same(left: &[u8], right: &[u8]) -> bool {
    constant_time::verify_slices_are_equal(left, right).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys() -> Keys {
        Keys::derive(&Secret::new("s".repeat(64)))
    }

    #[test]
    fn a_token_is_known_by_its_hash_alone() {
        let keys = keys();
        let hash = keys.token_hash("muster_1_a");
        assert!(
            hash.is(Some(&hash.to_stored())) && hash.is_that_of(&keys.token_hash("muster_1_a"))
        );
        let other = keys.token_hash("muster_1_b");
        assert!(!hash.is_that_of(&other) && !hash.is(Some(&other.to_stored())));
        assert!(!hash.is(None) && !hash.is(Some(&[])));
        assert!(!TokenHash([0; 32]).is(None), "nothing is no token");
    }

    /// Bar 24, by code: the one comparison of hashes is that of the cryptographic library, and no other is possible.
    #[test]
    fn hashes_of_tokens_are_compared_in_constant_time_only() {
        let code = include_str!("keys.rs");
        let body = code
            .split("fn same(left: &[u8], right: &[u8]) -> bool {")
            .nth(1);
        let body = body
            .and_then(|rest| rest.split('}').next())
            .unwrap_or_default();
        assert_eq!(
            body.trim(),
            "constant_time::verify_slices_are_equal(left, right).is_ok()"
        );
        let type_of_hashes = code.split("struct TokenHash").next().unwrap_or_default();
        assert!(
            !type_of_hashes.trim_end().ends_with(")]\npub(super)"),
            "TokenHash derives nothing, so it has no =="
        );
        for code in [
            include_str!("authenticate.rs"),
            include_str!("metrics.rs"),
            include_str!("oauth/access.rs"),
            include_str!("oauth/grant.rs"),
        ] {
            for wrong in [
                "hash ==",
                "hash !=",
                "== token.hash",
                "!= token.hash",
                "hash.eq(",
            ] {
                assert!(!code.contains(wrong), "{wrong}");
            }
        }
    }
}
