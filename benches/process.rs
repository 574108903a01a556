//! What the system tells of a process, and the end of those that were started here.

use std::fs;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use crate::Result;

/// How long a process may take to end.
const PATIENCE: Duration = Duration::from_secs(30);

/// Resident memory now and at its highest, in KiB.
#[derive(Clone, Copy)]
pub(crate) struct Memory {
    pub(crate) now: u64,
    pub(crate) peak: u64,
}

/// Reads it from `/proc/PID/status`.
pub(crate) fn memory(pid: u32) -> Result<Memory> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let kib = |name: &str| -> Result<u64> {
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        let number = line.and_then(|line| line.split_whitespace().nth(1));
        Ok(number.ok_or("no such line in /proc")?.parse()?)
    };
    Ok(Memory {
        now: kib("VmRSS")?,
        peak: kib("VmHWM")?,
    })
}

/// Lets the peak begin anew.
pub(crate) fn forget_peak(pid: u32) -> Result<()> {
    Ok(fs::write(format!("/proc/{pid}/clear_refs"), "5")?)
}

/// Asks a process to end.
pub(crate) fn terminate(pid: u32) -> Result<()> {
    let done = Command::new("kill")
        .args(["-TERM", &pid.to_string()])
        .status()?;
    if done.success() {
        Ok(())
    } else {
        Err(format!("cannot end {pid}").into())
    }
}

/// Waits until it has ended.
pub(crate) fn wait(child: &mut Child) -> Result<()> {
    let started = Instant::now();
    while child.try_wait()?.is_none() {
        if started.elapsed() > PATIENCE {
            child.kill()?;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    Ok(())
}

/// The only child of a process.
pub(crate) fn child_of(pid: u32) -> Result<u32> {
    let started = Instant::now();
    loop {
        let children = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children"))?;
        if let Some(child) = children.split_whitespace().next() {
            return Ok(child.parse()?);
        }
        if started.elapsed() > PATIENCE {
            return Err(format!("{pid} started nothing").into());
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}
