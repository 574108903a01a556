//! What tests share: a gateway in this process, and clients to talk to it.

mod allocations;
mod browser;
mod client;
mod fixture;
mod http2;
pub mod log;
pub mod postgres;
mod process;
mod raw;
pub mod strict;
pub mod tls;
mod until;
mod world;

pub use allocations::AllocationCount;
pub use browser::{Browser, encoded};
pub use client::{Client, Reply, patch_body};
pub use fixture::{Fixture, Ran, Setup, TOKEN};
pub use http2::Http2;
pub use process::{Place, Serving};
pub use raw::Raw;
pub use until::until;
pub use world::{World, group, user};
