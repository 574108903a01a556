//! Connections for those who look at a few rows: on their own thread, where a hand-over would cost more than the look.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use super::Result;
use super::engine::{Access, Driver, Engine};
use super::work::attempt;
use crate::store::{Error, Tx};

/// Idle connections, lent to one caller at a time. The lock is held while one is taken or given back, never while it is
/// used.
pub(super) struct Near {
    state: Mutex<State>,
    returned: Condvar,
}

struct State {
    idle: Vec<Box<dyn Driver>>,
    lent: usize,
    open: bool,
}

impl Near {
    /// At most `count` of them; none where the engine is another process.
    pub(super) fn open(engine: &dyn Engine, count: usize) -> Result<Self> {
        let mut idle = Vec::with_capacity(count);
        for _ in 0..count {
            idle.extend(engine.connect_near(count)?);
        }
        Ok(Self {
            state: Mutex::new(State {
                idle,
                lent: 0,
                open: true,
            }),
            returned: Condvar::new(),
        })
    }

    /// Runs `closure` on one snapshot. `None` when a reader must do it: no connection is free, or it was no few rows
    /// that it looked at.
    pub(super) fn run<T, E: From<Error>>(
        &self,
        closure: &impl Fn(&mut Tx<'_>) -> std::result::Result<T, E>,
    ) -> Option<std::result::Result<T, E>> {
        let mut driver = self.take()?;
        let found = match driver.begin(Access::Read) {
            Ok(()) => Some(attempt(&mut *driver, None, closure).0),
            Err(_) => None,
        };
        driver.rollback();
        let (fit, late) = (!driver.in_transaction(), driver.interrupted());
        self.give_back(fit.then_some(driver));
        found.filter(|found| found.is_ok() || !late)
    }

    /// Lends nothing more, and waits until everything is back.
    pub(super) fn close(&self) {
        let mut state = self.lock();
        state.open = false;
        state.idle.clear();
        while state.lent > 0 {
            let waited = self.returned.wait(state);
            state = waited.unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn take(&self) -> Option<Box<dyn Driver>> {
        let mut state = self.lock();
        let driver = state.idle.pop()?;
        state.lent += 1;
        Some(driver)
    }

    fn give_back(&self, driver: Option<Box<dyn Driver>>) {
        let mut state = self.lock();
        state.lent -= 1;
        let open = state.open;
        state.idle.extend(driver.filter(|_| open));
        drop(state);
        if !open {
            self.returned.notify_all();
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
