//! What tests share: a gateway in this process, and clients to talk to it.

mod client;
mod fixture;
mod raw;
mod strict;

pub use client::{Client, Reply, patch_body};
pub use fixture::{Fixture, Setup, TOKEN};
pub use raw::{Raw, RawReply};
pub use strict::{ENTERPRISE, GROUP, USER, column, group, made, query, stored, strict, user, with};
