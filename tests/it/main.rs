//! The one integration binary.

#![expect(
    unreachable_pub,
    reason = "what the modules of a test binary share is public between them, and reachable for nobody"
)]
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a helper of a test fails the test, as the test itself would"
)]

// `cfg(test)` always holds here; it tells clippy that helpers beside the tests are tests too.
#[cfg(test)]
mod bulk;
#[cfg(test)]
mod clients;
#[cfg(test)]
mod http;
#[cfg(test)]
mod store;
#[cfg(test)]
mod support;
