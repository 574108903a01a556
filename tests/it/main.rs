//! The one integration binary.

#![expect(
    unreachable_pub,
    reason = "what the modules of a test binary share is public between them, and reachable for nobody"
)]

mod bars;
mod http;
mod rfc7643;
mod rfc7644;
mod store;
mod support;
