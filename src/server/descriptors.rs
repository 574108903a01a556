//! The file descriptors of the process: how many it may open, and how many are open.

use std::fs;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Where Linux lists the open descriptors of a process.
const OPEN_DESCRIPTORS: &str = "/proc/self/fd";
/// Descriptors that are assumed to be in use by others than clients where the system does not tell:
/// standard streams, the database with its readers, the runtime, connections to directories.
const ASSUMED_OTHERS: usize = 64;

/// Raises the soft limit of open descriptors to the hard one. The usual soft limit of 1,024 is meant
/// for programs that use `select`.
pub(super) fn raise_limit() {
    let limit = getrlimit(Resource::Nofile);
    if limit.current == limit.maximum {
        return;
    }
    let raised = Rlimit {
        current: limit.maximum,
        ..limit
    };
    match setrlimit(Resource::Nofile, raised) {
        Ok(()) => tracing::info!(
            from = limit.current,
            to = limit.maximum,
            "raised the limit of open file descriptors"
        ),
        Err(error) => tracing::warn!(
            %error,
            limit = limit.current,
            "cannot raise the limit of open file descriptors"
        ),
    }
}

/// The number of descriptors that the process may have open.
pub(super) fn limit() -> usize {
    let limit = getrlimit(Resource::Nofile).current;
    limit.map_or(usize::MAX, |limit| {
        usize::try_from(limit).unwrap_or(usize::MAX)
    })
}

/// The number of open descriptors that are not connections of clients, of which there are `clients`.
pub(super) fn count_others(clients: usize) -> usize {
    let open = fs::read_dir(OPEN_DESCRIPTORS).map(Iterator::count);
    open.map_or(ASSUMED_OTHERS, |open| open.saturating_sub(clients))
}
