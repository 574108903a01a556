//! The gateway over HTTP: what a client and an attacker notice.

mod routes;
mod spelling;
