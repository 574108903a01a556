//! A bounded queue between many callers and one worker or a few.

use std::collections::VecDeque;
use std::sync::Condvar;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::time::Duration;

/// Jobs in the order they came.
pub(super) struct Queue<T> {
    state: Mutex<State<T>>,
    arrived: Condvar,
    limit: usize,
}

struct State<T> {
    jobs: VecDeque<T>,
    open: bool,
}

/// Why a job was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refused {
    /// The queue holds as many jobs as it may.
    Full,
    /// No more jobs are taken.
    Closed,
}

impl<T> Queue<T> {
    /// A queue of at most `limit` waiting jobs.
    pub(super) fn new(limit: usize) -> Self {
        Self {
            state: Mutex::new(State {
                jobs: VecDeque::new(),
                open: true,
            }),
            arrived: Condvar::new(),
            limit,
        }
    }

    /// Adds a job, never waiting.
    pub(super) fn push(&self, job: T) -> Result<(), Refused> {
        let mut state = self.lock();
        if !state.open {
            return Err(Refused::Closed);
        }
        if state.jobs.len() >= self.limit {
            return Err(Refused::Full);
        }
        state.jobs.push_back(job);
        drop(state);
        self.arrived.notify_one();
        Ok(())
    }

    /// Takes what is waiting, at most `most` jobs, or waits for one; `None` when the queue is closed and empty.
    pub(super) fn take(&self, most: usize) -> Option<Vec<T>> {
        self.take_within(most, None)
    }

    /// [`Queue::take`], but waits for `patience` only, if there is a limit to it; then no job is taken.
    pub(super) fn take_within(&self, most: usize, patience: Option<Duration>) -> Option<Vec<T>> {
        let mut state = self.lock();
        while state.jobs.is_empty() {
            if !state.open {
                return None;
            }
            state = match patience {
                None => {
                    let waited = self.arrived.wait(state);
                    waited.unwrap_or_else(PoisonError::into_inner)
                }
                Some(patience) => {
                    let waited = self.arrived.wait_timeout(state, patience);
                    let (state, over) = waited.unwrap_or_else(PoisonError::into_inner);
                    if over.timed_out() && state.jobs.is_empty() && state.open {
                        return Some(Vec::new());
                    }
                    state
                }
            };
        }
        let count = state.jobs.len().min(most);
        Some(state.jobs.drain(..count).collect())
    }

    /// How many jobs wait.
    pub(super) fn len(&self) -> usize {
        self.lock().jobs.len()
    }

    /// Takes no more jobs; those that wait are still done.
    pub(super) fn close(&self) {
        self.lock().open = false;
        self.arrived.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_what_is_too_much_and_drains_what_it_took() {
        let queue = Queue::new(3);
        for job in 0..3 {
            assert_eq!(queue.push(job), Ok(()));
        }
        assert_eq!(queue.push(3), Err(Refused::Full));
        assert_eq!(queue.take(2), Some(vec![0, 1]));
        assert_eq!(queue.take(1), Some(vec![2]));
        let soon = Some(Duration::from_millis(1));
        assert_eq!(queue.take_within(1, soon), Some(vec![]));
        assert_eq!(queue.push(2), Ok(()));
        queue.close();
        assert_eq!(queue.push(4), Err(Refused::Closed));
        assert_eq!(queue.take(2), Some(vec![2]));
        assert_eq!(queue.take(2), None);
    }
}
