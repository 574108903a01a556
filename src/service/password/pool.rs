//! Hashes at work: no more at once than there are cores, and no more waiting than can be served soon.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::thread::available_parallelism;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::service::{Error, Result};

/// How many may wait for each that is at work. A hash takes 60 to 90 ms, so the last one waits about 4 s: more would
/// only wait longer than their browsers do.
const WAITING_PER_CORE: usize = 48;

/// The places for those that are at work, and for those and all that wait. Each at work takes 19 MiB.
pub(in crate::service) struct Pool {
    at_work: Arc<Semaphore>,
    inside: Arc<Semaphore>,
}

impl Pool {
    /// As many at once as there are cores.
    pub(in crate::service) fn new() -> Self {
        Self::of(available_parallelism().map_or(1, NonZeroUsize::get))
    }

    fn of(cores: usize) -> Self {
        Self {
            at_work: Arc::new(Semaphore::new(cores)),
            inside: Arc::new(Semaphore::new(cores + cores * WAITING_PER_CORE)),
        }
    }

    /// Runs `work` on a thread of its own when a place is free. Who no longer waits for the answer gives up their place
    /// in the line; what is at work keeps its place until it is done.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when too many wait.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T> {
        let inside = Arc::clone(&self.inside).try_acquire_owned();
        let inside = inside.map_err(|_| unavailable("too many passwords wait to be checked"))?;
        let at_work = Arc::clone(&self.at_work).acquire_owned().await;
        let at_work = at_work.map_err(|_| unavailable("no more passwords are checked"))?;
        let places: [OwnedSemaphorePermit; 2] = [inside, at_work];
        let done = tokio::task::spawn_blocking(move || {
            let done = work();
            drop(places);
            done
        });
        done.await.map_err(|why| Error::Internal {
            why: format!("a password was not checked: {why}"),
        })
    }
}

fn unavailable(why: &str) -> Error {
    Error::Unavailable {
        why: why.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::mpsc;

    use futures_util::future::join_all;
    use tokio::runtime::Builder;

    use super::*;

    #[test]
    fn never_more_are_at_work_than_there_are_places() {
        let runtime = Builder::new_current_thread().build().unwrap();
        let pool = Pool::of(2);
        let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let all = (0..98).map(|_| {
            let (now, most) = (Arc::clone(&now), Arc::clone(&most));
            pool.run(move || {
                let at_work = now.fetch_add(1, Ordering::SeqCst) + 1;
                most.fetch_max(at_work, Ordering::SeqCst);
                std::thread::yield_now();
                now.fetch_sub(1, Ordering::SeqCst);
            })
        });
        let done = runtime.block_on(join_all(all));
        assert!(done.iter().all(Result::is_ok));
        assert!(most.load(Ordering::SeqCst) <= 2);
    }

    #[test]
    fn who_comes_when_all_places_are_taken_is_told_to_come_again() {
        let runtime = Builder::new_current_thread().build().unwrap();
        let pool = Arc::new(Pool::of(1));
        let (open, shut) = mpsc::channel::<()>();
        let gate = Arc::new(std::sync::Mutex::new(shut));
        runtime.block_on(async {
            let waiting: Vec<_> = (0..=WAITING_PER_CORE)
                .map(|_| {
                    let (pool, gate) = (Arc::clone(&pool), Arc::clone(&gate));
                    tokio::spawn(async move {
                        pool.run(move || gate.lock().unwrap().recv().unwrap()).await
                    })
                })
                .collect();
            while pool.inside.available_permits() > 0 {
                tokio::task::yield_now().await;
            }
            assert!(matches!(
                pool.run(|| ()).await,
                Err(Error::Unavailable { .. })
            ));
            for _ in 0..=WAITING_PER_CORE {
                open.send(()).unwrap();
            }
            for one in waiting {
                assert!(one.await.unwrap().is_ok());
            }
            assert!(pool.run(|| ()).await.is_ok());
        });
    }
}
