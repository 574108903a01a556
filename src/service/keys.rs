//! The keys that come from the server's secret: one for each purpose, none the secret itself.

use std::fmt;

use aws_lc_rs::aead::{AES_256_GCM_SIV, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::{constant_time, hmac};

use crate::config::Secret;

/// Keys derived with HMAC-SHA-256 from `server.secret` and a label each.
pub(super) struct Keys {
    tokens: hmac::Key,
    audit: hmac::Key,
    cursors: [u8; 32],
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
            audit: derived(b"muster/audit/1"),
            cursors: signed(&root, b"muster/cursor/1"),
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
        mut text: Vec<u8>,
    ) -> Option<Vec<u8>> {
        let key = cursor_key(&self.cursors)?;
        let sealing = Nonce::assume_unique_for_key(nonce);
        key.seal_in_place_append_tag(sealing, Aad::from(bound), &mut text)
            .ok()?;
        Some([nonce.as_slice(), &text].concat())
    }

    /// What [`Keys::seal_cursor`] sealed for `bound`; `None` when it was not, or was altered.
    pub(super) fn open_cursor(&self, bound: &[u8], sealed: Vec<u8>) -> Option<Vec<u8>> {
        let (nonce, text) = sealed.split_first_chunk::<NONCE_LEN>()?;
        let mut text = text.to_vec();
        let opening = Nonce::assume_unique_for_key(*nonce);
        let key = cursor_key(&self.cursors)?;
        let opened = key.open_in_place(opening, Aad::from(bound), &mut text);
        opened.ok().map(|text| text.to_vec())
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

fn cursor_key(bytes: &[u8; 32]) -> Option<LessSafeKey> {
    let key = UnboundKey::new(&AES_256_GCM_SIV, bytes);
    key.ok().map(LessSafeKey::new)
}

/// Compares without telling by its duration where the first difference is.
pub(super) fn same(left: &[u8], right: &[u8]) -> bool {
    constant_time::verify_slices_are_equal(left, right).is_ok()
}
