//! Where lines leave the process: many in one call of the system, and none that matters waits.

use std::fmt;
use std::io::{self, Write};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// How long a line waits for others. A busy gateway answers some hundred requests meanwhile.
const GATHER: Duration = Duration::from_millis(10);

/// From so many bytes on, whoever logs writes them out: what reads the log is slower than we are.
const MOST: usize = 256 * 1024;

/// Lines on their way out.
#[derive(Clone)]
pub(super) struct Outlet(Arc<Inner>);

struct Inner {
    waiting: Mutex<Waiting>,
    filled: Condvar,
}

struct Waiting {
    lines: String,
    closed: bool,
    out: Box<dyn Write + Send>,
}

impl Outlet {
    pub(super) fn new(out: impl Write + Send + 'static) -> Self {
        let waiting = Mutex::new(Waiting {
            lines: String::new(),
            closed: false,
            out: Box::new(out),
        });
        Self(Arc::new(Inner {
            waiting,
            filled: Condvar::new(),
        }))
    }

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
            waiting.write_out();
        } else if first {
            drop(waiting);
            self.0.filled.notify_one();
        }
    }

    /// Writes what waits; nothing waits from now on.
    pub(super) fn close(&self) {
        let mut waiting = self.lock();
        waiting.closed = true;
        waiting.write_out();
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
            self.lock().write_out();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.0
            .waiting
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting {
    /// With the lock held, so that lines stay in order. Nobody could be told that there is no way out.
    fn write_out(&mut self) {
        drop(self.out.write_all(self.lines.as_bytes()));
        self.lines.clear();
    }
}

impl fmt::Debug for Outlet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Outlet")
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Sender, channel};

    use super::*;

    struct Told(Sender<String>);

    impl Write for Told {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let text = String::from_utf8(bytes.to_vec()).unwrap();
            self.0.send(text).map_err(io::Error::other)?;
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn lines_wait_for_others_but_not_once_one_matters() {
        let (tell, told) = channel();
        let outlet = Outlet::new(Told(tell));
        outlet.push("a\n", false);
        outlet.push("b\n", false);
        assert!(told.try_recv().is_err());
        outlet.push("c\n", true);
        assert_eq!(told.try_recv().as_deref(), Ok("a\nb\nc\n"));
        outlet.push(&"d".repeat(MOST + 1), false);
        assert_eq!(told.try_recv().map(|text| text.len()), Ok(MOST + 1));
        outlet.spawn().unwrap();
        outlet.push("e\n", false);
        assert_eq!(told.recv().as_deref(), Ok("e\n"));
        outlet.push("f\n", false);
        outlet.close();
        assert_eq!(told.recv().as_deref(), Ok("f\n"));
        outlet.push("g\n", false);
        assert_eq!(told.try_recv().as_deref(), Ok("g\n"));
    }
}
