//! Signatures that were verified: the same token is shown with every request of an application, and verifying it costs more
//! than all the rest.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aws_lc_rs::digest::{Context, SHA256};

use super::claims::Claims;

/// How many tokens are remembered: of 1 KiB as a rule and 16 KiB at most. When there are more, all are forgotten.
const MOST: usize = 1_024;

/// What a token says that a key has signed, under the hash of both. Whether that still holds is no part of it.
#[derive(Default)]
pub(in crate::service) struct Verified(Mutex<HashMap<Proof, Arc<Claims>>>);

/// The hash of a token and of the key that is to have signed it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Proof([u8; 32]);

impl Proof {
    pub(super) fn of(token: &str, public: &str) -> Self {
        let mut context = Context::new(&SHA256);
        for part in [token, "\n", public] {
            context.update(part.as_bytes());
        }
        let mut hash = [0; 32];
        hash.copy_from_slice(context.finish().as_ref());
        Self(hash)
    }
}

impl Verified {
    pub(super) fn find(&self, proof: Proof) -> Option<Arc<Claims>> {
        self.lock().get(&proof).cloned()
    }

    pub(super) fn remember(&self, proof: Proof, claims: &Arc<Claims>) {
        let mut known = self.lock();
        if known.len() >= MOST {
            known.clear();
        }
        known.insert(proof, Arc::clone(claims));
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Proof, Arc<Claims>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
