//! The keys that come from the server's secret: one for each purpose, none the secret itself.

use aws_lc_rs::{constant_time, hmac};

use crate::config::Secret;

/// Keys derived with HMAC-SHA-256 from `server.secret` and a label each.
pub(super) struct Keys {
    tokens: hmac::Key,
}

impl Keys {
    pub(super) fn derive(secret: &Secret) -> Self {
        let root = hmac::Key::new(hmac::HMAC_SHA256, secret.expose().as_bytes());
        let derived = hmac::sign(&root, b"muster/token/1");
        Self {
            tokens: hmac::Key::new(hmac::HMAC_SHA256, derived.as_ref()),
        }
    }

    /// What the store keeps of a bearer token.
    pub(super) fn token_hash(&self, token: &str) -> [u8; 32] {
        let mut hash = [0; 32];
        for (to, from) in hash
            .iter_mut()
            .zip(hmac::sign(&self.tokens, token.as_bytes()).as_ref())
        {
            *to = *from;
        }
        hash
    }
}

/// Compares without telling by its duration where the first difference is.
pub(super) fn same(left: &[u8], right: &[u8]) -> bool {
    constant_time::verify_slices_are_equal(left, right).is_ok()
}
