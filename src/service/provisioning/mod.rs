//! The provisioning log: every change and every refusal over SCIM, and the last reads of each connection.
//!
//! A change is written in its own transaction. Refusals wait in memory for a second. Reads, and requests without valid
//! credentials, wait for a minute and are written together with the last use of tokens: each commit makes every reader
//! forget the pages that it holds. Past what may wait entries are dropped, and counted; a process that is killed loses what
//! waits.

mod buffer;
mod entry;
mod flush;
mod prune;
mod read;

pub(super) use buffer::Buffer;
pub(super) use entry::{Asked, Notes, Scene, done, refused};
pub use entry::{Request, Said};
pub use read::LogFilter;
