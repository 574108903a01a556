//! The keys of an issuer at a URL or in a file: read when they are needed, kept, renewed, and kept on when that fails.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::fetch::Fetch;
use super::jwt::{Key, read_set};
use crate::clock::Clock;
use crate::config::Location;

/// Between two attempts to read a set lies at least this much, whatever keys tokens name: an unknown key is asked for
/// once a minute, not once a token.
const PAUSE: Duration = Duration::from_secs(60);
/// A set that is older is read again beside the requests: a key that the issuer withdrew is believed no longer than this.
const FRESH: Duration = Duration::from_secs(3600);

/// The keys of one issuer. Clones share them.
#[derive(Clone)]
pub struct KeySet(Arc<Inner>);

struct Inner {
    location: Location,
    fetch: Fetch,
    clock: Clock,
    kept: Mutex<Kept>,
    /// Held while the first set is read, so that those who need it wait for one attempt.
    first: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct Kept {
    keys: Arc<[Key]>,
    /// When they were read and when that was last tried, as monotonic readings.
    read: Option<Duration>,
    tried: Option<Duration>,
}

/// Why there is no key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoKey {
    /// The issuer has no key of this name, as far as is known.
    #[error("the issuer publishes no key of that name")]
    Unknown,
    /// The keys could never be read.
    #[error("the keys of the issuer could not be read yet")]
    Unavailable,
}

impl KeySet {
    /// The keys at `location`; nothing is read yet.
    pub fn new(location: Location, fetch: Fetch, clock: Clock) -> Self {
        Self(Arc::new(Inner {
            location,
            fetch,
            clock,
            kept: Mutex::default(),
            first: tokio::sync::Mutex::default(),
        }))
    }

    /// The keys named `id`. A name that is not known makes the set be read again, at most once a minute; while it cannot be
    /// read, the keys it had are good.
    ///
    /// # Errors
    /// [`NoKey`]; why the set cannot be read is told in the log.
    pub async fn find(&self, id: &str) -> Result<Vec<Key>, NoKey> {
        let known = self.known(id);
        if !known.is_empty() {
            if self.begin(FRESH) {
                let set = self.clone();
                tokio::spawn(async move { set.read().await });
            }
            return Ok(known);
        }
        if self.kept().read.is_none() {
            let _one_at_a_time = self.0.first.lock().await;
            self.read_if_due().await;
        } else {
            self.read_if_due().await;
        }
        let known = self.known(id);
        match (known.is_empty(), self.kept().read) {
            (false, _) => Ok(known),
            (true, Some(_)) => Err(NoKey::Unknown),
            (true, None) => Err(NoKey::Unavailable),
        }
    }

    /// Reads the set now, and says how many keys it holds; nothing is kept.
    ///
    /// # Errors
    /// Why it cannot be read, or is none.
    pub async fn probe(&self) -> Result<usize, String> {
        Ok(read_set(&self.document().await?)?.len())
    }

    async fn read_if_due(&self) {
        if self.begin(Duration::ZERO) {
            self.read().await;
        }
    }

    fn known(&self, id: &str) -> Vec<Key> {
        let keys = Arc::clone(&self.kept().keys);
        keys.iter().filter(|key| key.id() == id).cloned().collect()
    }

    /// Whether the set is to be read now: it is older than `age`, and the last attempt long enough ago. Then that is the attempt.
    fn begin(&self, age: Duration) -> bool {
        let now = self.0.clock.monotonic();
        let mut kept = self.kept();
        let within =
            |at: Option<Duration>, time| at.is_some_and(|at| now.saturating_sub(at) < time);
        let due = !within(kept.read, age) && !within(kept.tried, PAUSE);
        if due {
            kept.tried = Some(now);
        }
        due
    }

    async fn read(&self) {
        let keys = match self.document().await {
            Ok(text) => read_set(&text),
            Err(why) => Err(why),
        };
        match keys {
            Ok(keys) => {
                let mut kept = self.kept();
                kept.keys = keys.into();
                kept.read = Some(self.0.clock.monotonic());
            }
            Err(why) => {
                tracing::warn!(keys = %self.0.location, %why, "the keys of an issuer were not read; those known before stay good");
            }
        }
    }

    async fn document(&self) -> Result<Vec<u8>, String> {
        match &self.0.location {
            Location::Url(url) => self.0.fetch.get(url).await.map_err(|error| error.why),
            Location::File(path) => std::fs::read(path).map_err(|why| why.to_string()),
        }
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
