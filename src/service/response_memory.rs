//! The memory of responses in progress, which is counted until the client has them: a client that does not read its
//! responses uses up its own share and nothing else.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::error::{Error, Result};

/// All responses in progress together. With the program itself (some 120 MiB under load) and the requests in
/// progress, a gateway stays below 512 MiB.
const ALL_BYTES: usize = 256 * 1024 * 1024;

/// The responses in progress of one client: a quarter, so that it takes four clients to use up everything. It is a
/// page of 500 users of 130 KiB each, or the members of a group of 1.7 million.
const CLIENT_BYTES: usize = ALL_BYTES / 4;

/// What responses in progress hold, in all and by client. Clones are the same count.
#[derive(Clone)]
pub(in crate::service) struct ResponseMemory(Arc<Counters>);

struct Counters {
    all_bytes: usize,
    client_bytes: usize,
    held: Mutex<HeldBytes>,
}

#[derive(Default)]
struct HeldBytes {
    all: usize,
    by_client: HashMap<Arc<str>, usize>,
}

/// The bytes that one response holds; they are given back when it is dropped.
pub struct ResponseLease {
    memory: ResponseMemory,
    client: Arc<str>,
    bytes: usize,
}

impl Default for ResponseMemory {
    fn default() -> Self {
        Self::new(ALL_BYTES, CLIENT_BYTES)
    }
}

impl ResponseMemory {
    fn new(all_bytes: usize, client_bytes: usize) -> Self {
        Self(Arc::new(Counters {
            all_bytes,
            client_bytes,
            held: Mutex::default(),
        }))
    }

    /// Returns a lease of no bytes for a response to `client`: a connection, or a user who is logged in.
    pub(in crate::service) fn lease(&self, client: &Arc<str>) -> ResponseLease {
        ResponseLease {
            memory: self.clone(),
            client: Arc::clone(client),
            bytes: 0,
        }
    }

    /// Returns how many bytes a further response to `client` may have.
    pub(in crate::service) fn room(&self, client: &str) -> usize {
        let held = self.lock();
        self.room_in(&held, client)
    }

    fn room_in(&self, held: &HeldBytes, client: &str) -> usize {
        let own = held.by_client.get(client).copied().unwrap_or_default();
        let in_all = self.0.all_bytes.saturating_sub(held.all);
        in_all.min(self.0.client_bytes.saturating_sub(own))
    }

    fn lock(&self) -> MutexGuard<'_, HeldBytes> {
        let held = self.0.held.lock();
        held.unwrap_or_else(PoisonError::into_inner)
    }
}

impl ResponseLease {
    /// Adds bytes to the lease.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the client, or all together, would hold more than they may; nothing is added then.
    pub(in crate::service) fn reserve(&mut self, bytes: usize) -> Result<()> {
        let mut held = self.memory.lock();
        if bytes > self.memory.room_in(&held, &self.client) {
            let own = held
                .by_client
                .get(&self.client)
                .copied()
                .unwrap_or_default();
            return Err(Error::Unavailable {
                why: format!(
                    "a response of {} bytes does not fit: {} holds {own} of {} bytes, all clients {} of {}",
                    self.bytes + bytes,
                    self.client,
                    self.memory.0.client_bytes,
                    held.all,
                    self.memory.0.all_bytes
                ),
            });
        }
        held.all += bytes;
        match held.by_client.get_mut(&self.client) {
            Some(own) => *own += bytes,
            None => drop(held.by_client.insert(Arc::clone(&self.client), bytes)),
        }
        self.bytes += bytes;
        Ok(())
    }

    /// Makes the lease one of exactly so many bytes.
    ///
    /// # Errors
    /// Those of [`ResponseLease::reserve`].
    pub(in crate::service) fn fit(&mut self, bytes: usize) -> Result<()> {
        if bytes > self.bytes {
            return self.reserve(bytes - self.bytes);
        }
        self.release(self.bytes - bytes);
        Ok(())
    }

    /// Gives back bytes of the lease.
    pub(in crate::service) fn release(&mut self, bytes: usize) {
        let bytes = bytes.min(self.bytes);
        let mut held = self.memory.lock();
        held.all -= bytes;
        self.bytes -= bytes;
        if let Some(own) = held.by_client.get_mut(&self.client) {
            *own -= bytes;
            if *own == 0 {
                held.by_client.remove(&self.client);
            }
        }
    }
}

impl Drop for ResponseLease {
    fn drop(&mut self) {
        self.release(self.bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_is_refused_past_its_share_and_others_are_not() {
        let memory = ResponseMemory::new(100, 25);
        let [ada, bea] = ["ada", "bea"].map(Arc::from);
        let mut first = memory.lease(&ada);
        first.reserve(20).unwrap();
        let mut second = memory.lease(&ada);
        assert!(second.reserve(6).is_err());
        second.reserve(5).unwrap();
        assert_eq!(memory.room("ada"), 0);
        memory.lease(&bea).reserve(25).unwrap();
        first.release(10);
        assert_eq!(memory.room("ada"), 10);
        drop(first);
        assert_eq!(memory.room("ada"), 20);
        drop(second);
        let held = memory.lock();
        assert_eq!((held.all, held.by_client.len()), (0, 0));
    }

    #[test]
    fn all_clients_together_are_bounded() {
        let memory = ResponseMemory::new(100, 25);
        let leases: Vec<ResponseLease> = (0..4)
            .map(|number| {
                let mut lease = memory.lease(&Arc::from(format!("client {number}")));
                lease.reserve(25).unwrap();
                lease
            })
            .collect();
        let mut one_more = memory.lease(&Arc::from("a fifth"));
        let Err(Error::Unavailable { why }) = one_more.reserve(1) else {
            panic!("101 of 100 bytes were given out");
        };
        assert!(
            why.contains("a fifth holds 0 of 25 bytes, all clients 100 of 100"),
            "{why}"
        );
        drop(leases);
        one_more.reserve(25).unwrap();
    }
}
