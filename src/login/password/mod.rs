//! Local passwords: what may be one, how it is hashed, and whether one is right.

mod common;
mod hash;
mod policy;

pub use hash::{HashFault, SALT_BYTES, hash, is_current, rehash, verify};
pub use policy::{MAX_CHARS, MIN_CHARS, NewPassword, Typed, Weak};
