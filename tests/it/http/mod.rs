//! The gateway over HTTP: what a client and an attacker notice.

mod bad_filters;
mod bad_json;
mod bad_patches;
mod bodies;
mod identity;
mod logs;
mod races;
mod refusals;
mod resources;
mod routes;
mod slow;
mod spelling;
mod stop;
mod tls;
mod versions;
