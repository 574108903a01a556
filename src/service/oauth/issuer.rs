//! The keys of the issuers whose JWTs are taken: one set a URL, shared by all requests.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use crate::clock::Clock;
use crate::config::{Location, Settings};
use crate::login::{Disbelief, Expected, Fetch, KeySet, NoKey, key_id, verify};

/// More issuers than connections of one gateway have; past it the sets are forgotten and read again.
const MOST_SETS: usize = 1_000;

/// Keys by where they are.
pub(in crate::service) struct Issuers {
    fetch: Fetch,
    clock: Clock,
    sets: Mutex<HashMap<Location, KeySet>>,
}

/// Why a JWT is no proof.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum NoProof {
    /// It is not what it should be.
    #[error(transparent)]
    Disbelieved(#[from] Disbelief),
    /// Its key is not known, or no key is.
    #[error("jwt.key: {0}")]
    Key(#[from] NoKey),
}

/// How many keys are at `scim.jwks`; `None` when that is not set.
///
/// # Errors
/// Why they cannot be had.
pub async fn probe_jwks(settings: &Settings) -> Option<Result<usize, String>> {
    let keys = settings.scim.jwks.as_ref()?;
    Some(
        Issuers::new(settings, &Clock::system())
            .set(keys)
            .probe()
            .await,
    )
}

impl Issuers {
    pub(in crate::service) fn new(settings: &Settings, clock: &Clock) -> Self {
        Self {
            fetch: Fetch::new(&settings.outbound.allow),
            clock: clock.clone(),
            sets: Mutex::default(),
        }
    }

    /// Believes `token` if a key at `keys` signed it and it says what is expected.
    pub(super) async fn believe(
        &self,
        token: &str,
        keys: &Location,
        expected: Expected<'_>,
    ) -> Result<(), NoProof> {
        let id = key_id(token)?;
        let found = self.set(keys).find(&id).await?;
        Ok(verify(token, &found, expected, self.clock.now())?)
    }

    fn set(&self, at: &Location) -> KeySet {
        let mut sets = self.sets.lock().unwrap_or_else(PoisonError::into_inner);
        if sets.len() >= MOST_SETS && !sets.contains_key(at) {
            sets.clear();
        }
        let new = || KeySet::new(at.clone(), self.fetch.clone(), self.clock.clone());
        sets.entry(at.clone()).or_insert_with(new).clone()
    }
}
