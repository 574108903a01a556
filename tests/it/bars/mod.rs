//! What an attacker or a broken client may send, and what must come of it.

mod advertised;
mod bombs;
mod expiry;
mod internals;
mod mass_assignment;
mod operations;
mod rate;
mod secrets;
mod tokens;
