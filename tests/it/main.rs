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

mod bulk;
mod http;
mod store;
mod support;
