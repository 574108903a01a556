//! Where lines leave the process: many in one call of the system, and none that matters waits.

use std::io::{self, Write};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// How long a line waits for others. A busy gateway answers some hundred requests meanwhile.
const GATHER: Duration = Duration::from_millis(10);

/// From so many bytes on, whoever logs writes them out: what reads the log is slower than we are.
const MOST: usize = 256 * 1024;

/// Lines on their way to standard error.
#[derive(Debug, Clone, Default)]
pub(super) struct Outlet(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    waiting: Mutex<Waiting>,
    filled: Condvar,
}

#[derive(Debug, Default)]
struct Waiting {
    lines: String,
    closed: bool,
}

impl Outlet {
    /// Writes what gathers, on a thread of its own, until it is closed.
    pub(super) fn spawn(&self) -> io::Result<()> {
        let outlet = self.clone();
        let thread = thread::Builder::new().name("log".to_owned());
        thread.spawn(move || outlet.run()).map(drop)
    }

    /// Takes a line with its end. One that is `urgent` is written at once, and what waited before it.
    pub(super) fn push(&self, line: &str, urgent: bool) {
        let mut waiting = self.lock();
        let first = waiting.lines.is_empty();
        waiting.lines.push_str(line);
        if urgent || waiting.closed || waiting.lines.len() > MOST {
            write_out(&mut waiting);
        } else if first {
            drop(waiting);
            self.0.filled.notify_one();
        }
    }

    /// Writes what waits; nothing waits from now on.
    pub(super) fn close(&self) {
        let mut waiting = self.lock();
        waiting.closed = true;
        write_out(&mut waiting);
        drop(waiting);
        self.0.filled.notify_one();
    }

    fn run(&self) {
        loop {
            let waiting = self.lock();
            let empty = |waiting: &mut Waiting| waiting.lines.is_empty() && !waiting.closed;
            let filled = self.0.filled.wait_while(waiting, empty);
            if filled.unwrap_or_else(PoisonError::into_inner).closed {
                return;
            }
            thread::sleep(GATHER);
            write_out(&mut self.lock());
        }
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.0
            .waiting
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// With the lock held, so that lines stay in order. Nobody could be told that standard error is closed.
fn write_out(waiting: &mut Waiting) {
    drop(io::stderr().lock().write_all(waiting.lines.as_bytes()));
    waiting.lines.clear();
}
