//! Large request bodies: read on threads of their own, so that nobody waits behind them for a worker.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::thread::available_parallelism;

use bytes::Bytes;
use tokio::sync::Semaphore;

use crate::scim;
use crate::scim::json;
use crate::service::{Caller, Error, Gateway, Result};

/// A body of more bytes is read on another thread. Up to here parsing and checking take about 1 ms, which
/// is what others on the same worker wait; a body of 2 MiB takes some 50 ms.
const READ_APART_FROM: usize = 64 * 1024;

/// The places for large bodies that are read at the same time: one for each core, so that they take no
/// more of the machine than its workers.
pub(in crate::service) struct LargeBodies(Arc<Semaphore>);

impl Default for LargeBodies {
    fn default() -> Self {
        let cores = available_parallelism().map_or(1, NonZeroUsize::get);
        Self(Arc::new(Semaphore::new(cores)))
    }
}

impl Gateway {
    /// Reads a body with `read`, which is told how many JSON values it may have.
    ///
    /// # Errors
    /// Those of `read`.
    pub(in crate::service) async fn read_body<T: Send + 'static>(
        &self,
        caller: &Caller,
        body: Bytes,
        read: impl FnOnce(&Caller, &[u8], usize) -> scim::Result<T> + Send + 'static,
    ) -> Result<T> {
        let max_values = json::max_values(self.settings().scim.max_payload.as_usize());
        let read = move |caller: &Caller, body: &Bytes| read(caller, body, max_values);
        if body.len() <= READ_APART_FROM {
            return Ok(read(caller, &body)?);
        }
        let size = body.len();
        let read = self.work_apart(size, caller, move |caller| read(caller, &body));
        // Boxed, so that the future of a small body, of which there are most, stays small.
        Ok(Box::pin(read).await??)
    }

    /// Does what a body of `size` bytes asks for: here, or on another thread if it is large.
    ///
    /// # Errors
    /// [`Error::Internal`] when the work panicked.
    pub(in crate::service) async fn work_apart<T: Send + 'static>(
        &self,
        size: usize,
        caller: &Caller,
        work: impl FnOnce(&Caller) -> T + Send + 'static,
    ) -> Result<T> {
        if size <= READ_APART_FROM {
            return Ok(work(caller));
        }
        let (caller, span) = (caller.clone(), tracing::Span::current());
        let work = move || span.in_scope(|| work(&caller));
        self.large_bodies().run(work).await
    }
}

impl LargeBodies {
    /// Runs `work` on a thread of its own when a place is free.
    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
        let place = Arc::clone(&self.0).acquire_owned().await;
        let place = place.map_err(|_| broken("no more large bodies are read"))?;
        let done = tokio::task::spawn_blocking(move || {
            let _place = place;
            work()
        });
        done.await
            .map_err(|why| broken(&format!("a large body was not read: {why}")))
    }
}

fn broken(why: &str) -> Error {
    Error::Internal {
        why: why.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use futures_util::future::join_all;
    use tokio::runtime::Builder;

    use super::*;

    #[test]
    fn large_bodies_are_read_elsewhere_and_a_panic_spoils_nothing() {
        let (bodies, here) = (LargeBodies::default(), thread::current().id());
        let runtime = Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            for _ in 0..3 {
                let broken = bodies.run(|| panic!("on purpose")).await;
                assert!(matches!(broken, Err(Error::Internal { .. })));
            }
            let all = (0..20).map(|_| bodies.run(|| thread::current().id()));
            let threads = join_all(all).await;
            assert!(threads.into_iter().all(|there| there.unwrap() != here));
        });
    }
}
