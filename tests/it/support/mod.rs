//! What tests share: a gateway in this process, and clients to talk to it.

mod client;
mod fixture;
mod raw;

pub use client::{Client, Reply};
pub use fixture::{Fixture, Setup, TOKEN};
pub use raw::{Raw, RawReply};
