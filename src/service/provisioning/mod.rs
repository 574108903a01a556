//! The provisioning log: every change and every refusal over SCIM, and the last reads of each connection.
//!
//! A change is written in its own transaction. Refusals and reads wait in memory for the next flush, which a server
//! runs once a second; past what may wait they are dropped, and counted.

mod buffer;
mod entry;
mod flush;
mod prune;
mod read;

pub(super) use buffer::Buffer;
pub(super) use entry::{Asked, Notes, Scene, done, refused};
pub use entry::{Request, Said};
pub use read::LogFilter;
