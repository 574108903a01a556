//! The one integration binary.

#![expect(
    unreachable_pub,
    reason = "what the modules of a test binary share is public between them, and reachable for nobody"
)]
// `cfg(test)` always holds here; it tells clippy that helpers beside the tests are tests too.
#[cfg(test)]
mod bulk;
#[cfg(test)]
mod cli_user;
#[cfg(test)]
mod clients;
#[cfg(test)]
mod http;
#[cfg(test)]
mod life;
#[cfg(test)]
mod limits;
#[cfg(test)]
mod roles;
#[cfg(test)]
mod store;
#[cfg(test)]
mod support;
