//! Muster, a SCIM 2.0 provisioning gateway.
//!
//! The floors of the house, lowest last, are drawn in `ARCHITECTURE.md`; `tests/layers.rs` keeps who may import whom.

pub mod cli;
pub mod clock;
pub mod config;
pub mod http;
pub mod login;
pub mod scim;
pub mod server;
pub mod service;
pub mod store;
pub mod telemetry;
