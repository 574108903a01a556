//! The keys that come from the server's secret: one for each purpose, none the secret itself.

use aws_lc_rs::{constant_time, hmac};

use crate::config::Secret;

/// Keys derived with HMAC-SHA-256 from `server.secret` and a label each.
pub(super) struct Keys {
    tokens: hmac::Key,
    audit: hmac::Key,
}

impl Keys {
    pub(super) fn derive(secret: &Secret) -> Self {
        let root = hmac::Key::new(hmac::HMAC_SHA256, secret.expose().as_bytes());
        let derived = |label: &[u8]| {
            let derived = hmac::sign(&root, label);
            hmac::Key::new(hmac::HMAC_SHA256, derived.as_ref())
        };
        Self {
            tokens: derived(b"muster/token/1"),
            audit: derived(b"muster/audit/1"),
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
